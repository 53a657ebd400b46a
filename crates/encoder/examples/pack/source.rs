//! Reads a published model.

use std::{collections::HashMap, error::Error, fs, io::Read as _, path::Path};

use serde_json::Value;

use crate::onnx;

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
    /// Opens a folder, a wheel, or `WHEEL:FOLDER` for a wheel that has several models. `is_mean` tells how a text is made of
    /// its tokens if the files do not.
    pub(crate) fn open(path: &str, is_mean: Option<bool>) -> Result<Self, Box<dyn Error>> {
        let files = Files::open(path)?;
        let tensors = match files.read("model.safetensors") {
            Ok(weights) => safetensors(&weights)?,
            Err(_) => onnx::tensors(&files.read("model.onnx")?)?,
        };
        let vocabulary = String::from_utf8(files.read("vocab.txt")?)?;
        let is_mean = match files.read("1_Pooling/config.json") {
            Ok(pooling) => {
                let pooling: Value = serde_json::from_slice(&pooling)?;
                pooling.get("pooling_mode_mean_tokens").and_then(Value::as_bool).ok_or("no pooling mode")?
            }
            Err(_) => is_mean.ok_or("the files do not say how a text is made of its tokens: set POOLING")?,
        };
        let config: Value = serde_json::from_slice(&files.read("config.json")?)?;
        let heads = config.get("num_attention_heads").and_then(Value::as_u64).ok_or("no number of heads")?;
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

    /// Subtracts values from every token after the last layer, and so from the vector of every text.
    pub(crate) fn subtract(&mut self, values: &[f32]) -> Result<(), Box<dyn Error>> {
        let last = self.layers.checked_sub(1).ok_or("no layer")?;
        let shift = self.tensors.get_mut(&format!("encoder.layer.{last}.output.LayerNorm.bias")).ok_or("no shift")?;
        shift.iter_mut().zip(values).for_each(|(shift, value)| *shift -= value);
        Ok(())
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

/// Returns the tensors of a file in the format safetensors.
fn safetensors(weights: &[u8]) -> Result<HashMap<String, Vec<f32>>, Box<dyn Error>> {
    let (length, rest) = weights.split_first_chunk().ok_or("no header")?;
    let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length))?);
    let header: HashMap<String, Value> = serde_json::from_slice(header)?;
    let mut tensors = HashMap::new();
    for (name, entry) in &header {
        let place =
            |at: usize| entry.get("data_offsets")?.get(at)?.as_u64().and_then(|place| usize::try_from(place).ok());
        if let (Some("F32"), Some(from), Some(to)) = (entry.get("dtype").and_then(Value::as_str), place(0), place(1)) {
            let bytes = data.get(from..to).ok_or("a tensor ends after the file")?;
            let values = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            tensors.insert(name.trim_start_matches("bert.").to_owned(), values);
        }
    }
    Ok(tensors)
}

/// Where the files of a model are.
enum Files<'p> {
    Folder(&'p Path),
    /// A wheel, and the folder in it or nothing.
    Wheel(&'p Path, &'p str),
}

impl<'p> Files<'p> {
    fn open(path: &'p str) -> Result<Self, Box<dyn Error>> {
        let (wheel, folder) = match path.rsplit_once(".whl:") {
            Some((start, folder)) => (path.get(..start.len() + ".whl".len()).ok_or("no path")?, folder),
            None => (path, ""),
        };
        let wheel = Path::new(wheel);
        Ok(if wheel.is_dir() { Self::Folder(wheel) } else { Self::Wheel(wheel, folder) })
    }

    /// Reads a file of the folder, or the file of the wheel whose path ends in its name.
    fn read(&self, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        let (wheel, folder) = match self {
            Self::Folder(folder) => return Ok(fs::read(folder.join(name))?),
            Self::Wheel(wheel, folder) => (wheel, folder),
        };
        let mut wheel = zip::ZipArchive::new(fs::File::open(wheel)?)?;
        let end = if folder.is_empty() { format!("/{name}") } else { format!("/{folder}/{name}") };
        let is_wanted = |full: &&String| full.ends_with(&end);
        let names: Vec<String> = wheel.file_names().map(|full| full.map(Into::into)).collect::<Result<_, _>>()?;
        // The one in the outermost folder.
        let full = names.iter().filter(is_wanted).min_by_key(|full| full.len()).ok_or("not in the wheel")?;
        let mut content = Vec::new();
        wheel.by_name(full)?.read_to_end(&mut content)?;
        Ok(content)
    }
}
