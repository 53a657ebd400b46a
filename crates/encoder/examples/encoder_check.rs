//! Compares a packed model on each way to compute with reference vectors, and its speed with that of the embedded model.
//!
//! `cargo run --release -p encoder --example encoder_check -- MODEL REFERENCE TEXTS`, where REFERENCE has a vector for each
//! line of TEXTS, in numbers of 32 bits. It fails if a cosine is below .985.

use std::{error::Error, fs, time::Instant};

use encoder::{MAX_TOKENS, Model, Path};

/// The lowest cosine between a vector and its reference.
const NEAR: f32 = 0.985;

/// The number of tokens of the text whose encoding is timed, and how often it is encoded in a round.
const TOKENS: usize = 12;
const TIMES: u32 = 40;
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, reference, texts] = arguments.as_slice() else {
        return Err("arguments: MODEL REFERENCE TEXTS".into());
    };
    let (file, texts) = (fs::read(file)?, fs::read_to_string(texts)?);
    let numbers = fs::read(reference)?;
    let numbers: Vec<f32> = numbers.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let mut is_near = true;
    for path in Path::available() {
        let model = Model::on(file.clone(), path)?;
        if numbers.len() != texts.lines().count() * model.dimensions() {
            return Err("the reference has another number of vectors, or of dimensions".into());
        }
        let references = numbers.chunks_exact(model.dimensions());
        let mut cosines: Vec<(f32, &str)> = texts
            .lines()
            .zip(references)
            .map(|(text, reference)| (cosine(&model.values(text, MAX_TOKENS), reference), text))
            .collect();
        cosines.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (cosine, text) in cosines.iter().take(3) {
            println!("{path}: {cosine:.4} {text}");
        }
        is_near &= cosines.first().is_some_and(|(cosine, _)| *cosine >= NEAR);
        let embedded = Model::embedded_on(path)?;
        let (mut own, mut other) = (f64::INFINITY, f64::INFINITY);
        // In turns, so that both have the same noise.
        for _ in 0..ROUNDS {
            own = own.min(milliseconds(&model));
            other = other.min(milliseconds(&embedded));
        }
        println!(
            "{path}: {TOKENS} tokens {own:.2} ms, the embedded model {other:.2} ms, ratio {ratio:.2}",
            ratio = own / other
        );
    }
    if is_near { Ok(()) } else { Err(format!("a cosine is below {NEAR}").into()) }
}

/// Returns what it takes to encode a text.
fn milliseconds(model: &Model) -> f64 {
    let text = "where is it ".repeat(TOKENS);
    let start = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(model.encode(&text, TOKENS));
    }
    start.elapsed().as_secs_f64() * 1000.0 / f64::from(TIMES)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
