//! Writes the packed file.

use std::{collections::HashMap, error::Error};

use crate::{
    compensate::Inputs,
    quantise,
    reference::{self, Matrix},
    source::Source,
};

/// The bits of the weights in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits {
    pub(crate) embeddings: usize,
    pub(crate) layers: usize,
}

impl Default for Bits {
    /// Those of the embedded model, whose file has to be small.
    fn default() -> Self {
        Self { embeddings: 4, layers: 5 }
    }
}

/// The published models have 512 positions, but texts are cut to this number of tokens.
const POSITIONS: usize = 256;

/// The layout is described in `src/file.rs`.
///
/// A model with the usual widths and without weights of the confidence gets the short head, `encoder1`.
pub(crate) fn packed(
    source: &Source,
    name: &str,
    calibration: &str,
    bits: Bits,
    weights: Option<[f32; encoder::WEIGHTS]>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    use sha2::Digest as _;
    let mut inputs = HashMap::new();
    for tokens in tokens(source, calibration)? {
        reference::forward(source, &tokens, |layer, matrix, rows| {
            let size = rows.first().map_or(0, Vec::len);
            let sums = inputs.entry((layer, matrix)).or_insert_with(|| Inputs::new(size));
            rows.iter().for_each(|row| sums.add(row));
        })?;
    }
    let widths = [source.width, source.inner, source.heads];
    let is_short = widths == [384, 1536, 12] && weights.is_none();
    let mut file = if is_short { b"encoder1".to_vec() } else { b"encoder2".to_vec() };
    let pieces = source.vocabulary.lines().count();
    let numbers = [
        source.layers,
        usize::from(!source.is_mean),
        bits.embeddings,
        bits.layers,
        POSITIONS,
        pieces,
        source.vocabulary.len(),
        name.len(),
    ];
    for number in numbers {
        file.extend(u32::try_from(number)?.to_le_bytes());
    }
    if !is_short {
        for number in widths.into_iter().chain([weights.map_or(0, |weights| weights.len())]) {
            file.extend(u32::try_from(number)?.to_le_bytes());
        }
        floats(weights.as_ref().map_or(&[], |weights| &weights[..]), &mut file);
    }
    file.extend(name.as_bytes());
    file.extend(source.vocabulary.as_bytes());
    quantise::rows(&source.tensor("embeddings.word_embeddings.weight")?, bits.embeddings, &mut file);
    floats(&source.positions(POSITIONS)?, &mut file);
    norm(source, "embeddings.LayerNorm", &mut file)?;
    for layer in 0..source.layers {
        let within = |name: &str| format!("encoder.layer.{layer}.{name}");
        let mut linear = |matrix, weights: &[f32], bias: &[f32], file: &mut Vec<u8>| -> Result<(), Box<dyn Error>> {
            let inputs = inputs.remove(&(layer, matrix)).ok_or("no calibration")?;
            quantise::matrix(weights, weights.len() / bias.len(), &inputs.spread(), bits.layers, file);
            floats(bias, file);
            Ok(())
        };
        let (weights, bias) = source.attention(layer)?;
        linear(Matrix::Attention, &weights, &bias, &mut file)?;
        let (weights, bias) = source.linear(&within("attention.output.dense"))?;
        linear(Matrix::Output, &weights, &bias, &mut file)?;
        norm(source, &within("attention.output.LayerNorm"), &mut file)?;
        let (weights, bias) = source.linear(&within("intermediate.dense"))?;
        linear(Matrix::Up, &weights, &bias, &mut file)?;
        let (weights, bias) = source.linear(&within("output.dense"))?;
        linear(Matrix::Down, &weights, &bias, &mut file)?;
        norm(source, &within("output.LayerNorm"), &mut file)?;
    }
    let hash = sha2::Sha256::digest(&file);
    file.extend(hash);
    Ok(file)
}

/// Returns the tokens of each line.
pub(crate) fn tokens(source: &Source, lines: &str) -> Result<Vec<Vec<u32>>, Box<dyn Error>> {
    let tokens = encoder::Vocabulary::new(source.vocabulary.lines()).ok_or("a special piece is missing")?;
    Ok(lines.lines().map(|text| tokens.split(text, POSITIONS)).collect())
}

fn floats(values: &[f32], file: &mut Vec<u8>) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn norm(source: &Source, name: &str, file: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    floats(&source.tensor(&format!("{name}.weight"))?, file);
    floats(&source.tensor(&format!("{name}.bias"))?, file);
    Ok(())
}
