//! Writes the packed file.

use std::{collections::HashMap, error::Error};

use crate::{
    compensate::Inputs,
    quantise,
    reference::{self, Matrix},
    source::Source,
};

const EMBEDDING_BITS: usize = 4;
const LAYER_BITS: usize = 5;

/// The published models have 512 positions, but texts are cut to this number of tokens.
const POSITIONS: usize = 256;

/// The layout is described in `src/file.rs`.
///
/// A model with the usual widths and without weights of the confidence gets the short head, `encoder1`.
pub(crate) fn packed(
    source: &Source,
    name: &str,
    calibration: &str,
    weights: Option<[f32; encoder::WEIGHTS]>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    use sha2::Digest as _;
    let tokens = encoder::Vocabulary::new(source.vocabulary.lines()).ok_or("a special piece is missing")?;
    let mut inputs = HashMap::new();
    for text in calibration.lines() {
        reference::forward(source, &tokens.split(text, POSITIONS), |layer, matrix, rows| {
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
        EMBEDDING_BITS,
        LAYER_BITS,
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
    quantise::rows(&source.tensor("embeddings.word_embeddings.weight")?, EMBEDDING_BITS, &mut file);
    floats(&source.positions(POSITIONS)?, &mut file);
    norm(source, "embeddings.LayerNorm", &mut file)?;
    for layer in 0..source.layers {
        let within = |name: &str| format!("encoder.layer.{layer}.{name}");
        let mut linear = |matrix, weights: &[f32], bias: &[f32], file: &mut Vec<u8>| -> Result<(), Box<dyn Error>> {
            let inputs = inputs.remove(&(layer, matrix)).ok_or("no calibration")?;
            quantise::matrix(weights, weights.len() / bias.len(), &inputs.spread(), LAYER_BITS, file);
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

fn floats(values: &[f32], file: &mut Vec<u8>) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn norm(source: &Source, name: &str, file: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    floats(&source.tensor(&format!("{name}.weight"))?, file);
    floats(&source.tensor(&format!("{name}.bias"))?, file);
    Ok(())
}
