//! Prints what a text costs on each way to compute: `cargo run --release -p encoder --example encoder_speed`.

use std::{error::Error, time::Instant};

use encoder::{Model, Path};

const ROUNDS: u32 = 40;

fn main() -> Result<(), Box<dyn Error>> {
    for path in Path::available() {
        let start = Instant::now();
        let model = Model::embedded_on(path)?;
        println!("{path}: read in {:.0?}", start.elapsed());
        for tokens in [6, 12, 24, 48, 128, 256] {
            let text = "where is it ".repeat(tokens);
            let best = (0..5).map(|_| {
                let start = Instant::now();
                for _ in 0..ROUNDS {
                    std::hint::black_box(model.encode(&text, tokens));
                }
                start.elapsed() / ROUNDS
            });
            println!("{path}: {tokens} tokens {:.2?}", best.min().unwrap_or_default());
        }
    }
    Ok(())
}
