//! Reads a published model.

use std::{collections::HashMap, error::Error, fs, io::Read as _, path::Path};

use serde_json::Value;

pub(crate) struct Source {
    pub(crate) vocabulary: String,
    pub(crate) layers: usize,
    /// The number of dimensions.
    pub(crate) width: usize,
    /// The width of the feed-forward network.
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    /// Whether a text is the mean of its tokens, and not the first one.
    pub(crate) is_mean: bool,
    tensors: HashMap<String, Vec<f32>>,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, Box<dyn Error>> {
        let weights = file(path, "model.safetensors")?;
        let vocabulary = String::from_utf8(file(path, "vocab.txt")?)?;
        let pooling: Value = serde_json::from_slice(&file(path, "1_Pooling/config.json")?)?;
        let (length, rest) = weights.split_first_chunk().ok_or("no header")?;
        let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length))?);
        let header: HashMap<String, Value> = serde_json::from_slice(header)?;
        let mut tensors = HashMap::new();
        for (name, entry) in &header {
            let place =
                |at: usize| entry.get("data_offsets")?.get(at)?.as_u64().and_then(|place| usize::try_from(place).ok());
            if let (Some("F32"), Some(from), Some(to)) =
                (entry.get("dtype").and_then(Value::as_str), place(0), place(1))
            {
                let bytes = data.get(from..to).ok_or("a tensor ends after the file")?;
                let values = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                tensors.insert(name.trim_start_matches("bert.").to_owned(), values);
            }
        }
        let config: Value = serde_json::from_slice(&file(path, "config.json")?)?;
        let heads = config.get("num_attention_heads").and_then(Value::as_u64).ok_or("no number of heads")?;
        let is_mean = pooling.get("pooling_mode_mean_tokens").and_then(Value::as_bool).ok_or("no pooling mode")?;
        Self::of(vocabulary, tensors, usize::try_from(heads)?, is_mean)
    }

    /// Makes a model of its tensors by name.
    pub(crate) fn of(
        vocabulary: String,
        tensors: HashMap<String, Vec<f32>>,
        heads: usize,
        is_mean: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let is_layer = |layer: usize| tensors.contains_key(&format!("encoder.layer.{layer}.output.dense.bias"));
        let layers = (0..).take_while(|&layer| is_layer(layer)).count();
        let length = |name: &str| tensors.get(name).map(Vec::len).ok_or("no layer");
        let width = length("encoder.layer.0.output.dense.bias")?;
        let inner = length("encoder.layer.0.intermediate.dense.bias")?;
        Ok(Self { vocabulary, layers, width, inner, heads, is_mean, tensors })
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Vec<f32>, Box<dyn Error>> {
        Ok(self.tensors.get(name).ok_or_else(|| format!("no tensor {name}"))?.clone())
    }

    /// Returns the weights and the bias of a matrix.
    pub(crate) fn linear(&self, name: &str) -> Result<(Vec<f32>, Vec<f32>), Box<dyn Error>> {
        Ok((self.tensor(&format!("{name}.weight"))?, self.tensor(&format!("{name}.bias"))?))
    }

    /// Returns the first positions, with the type of a first sentence added to each.
    pub(crate) fn positions(&self, count: usize) -> Result<Vec<f32>, Box<dyn Error>> {
        let types = self.tensor("embeddings.token_type_embeddings.weight")?;
        let positions = self.tensor("embeddings.position_embeddings.weight")?;
        let types = types.into_iter().take(self.width).collect::<Vec<_>>();
        Ok(positions.iter().take(count * self.width).zip(types.iter().cycle()).map(|(a, b)| a + b).collect())
    }

    /// Returns the matrix and bias for queries, keys and values.
    pub(crate) fn attention(&self, layer: usize) -> Result<(Vec<f32>, Vec<f32>), Box<dyn Error>> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for part in ["query", "key", "value"] {
            weights.extend(self.tensor(&format!("encoder.layer.{layer}.attention.self.{part}.weight"))?);
            bias.extend(self.tensor(&format!("encoder.layer.{layer}.attention.self.{part}.bias"))?);
        }
        Ok((weights, bias))
    }
}

/// Reads a file of a folder, or the file of a wheel whose path ends in this name.
fn file(path: &Path, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    if path.is_dir() {
        return Ok(fs::read(path.join(name))?);
    }
    let mut wheel = zip::ZipArchive::new(fs::File::open(path)?)?;
    let is_wanted = |full: &&String| full.ends_with(&format!("/{name}"));
    let names: Vec<String> = wheel.file_names().map(|full| full.map(Into::into)).collect::<Result<_, _>>()?;
    // The one in the outermost folder.
    let full = names.iter().filter(is_wanted).min_by_key(|full| full.len()).ok_or("not in the wheel")?;
    let mut content = Vec::new();
    wheel.by_name(full)?.read_to_end(&mut content)?;
    Ok(content)
}
