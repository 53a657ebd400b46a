//! Prints how long reading a text takes, in microseconds.
//!
//! ```text
//! cargo run --release -p chatbot --example understanding_speed
//! ```

use std::{hint::black_box, time::Instant};

use chatbot::{
    BotSettings, Step,
    understanding::{Awaited, read},
};

/// How often each text is read.
const ROUNDS: u32 = 5_000;

fn main() {
    let settings = BotSettings::default();
    let sentence = "Hello, I ordered a blue bike last week and I would like to know when it arrives, because nobody \
                    could tell me on the phone and the tracking page shows an old date. Could you please check it?";
    let texts = [
        ("short", "Do you deliver?".to_owned()),
        ("200 characters", sentence.to_owned()),
        ("2,000 characters", format!("{sentence} ").repeat(11)),
        ("2,000 unknown words", "abcdefg hijklmn ".repeat(125)),
        ("2,000 patterns", "i want to talk ".repeat(133)),
        ("Devanagari", "\u{92e}\u{947}\u{930}\u{94b} \u{928}\u{93e}\u{92e} ".repeat(20)),
    ];
    for step in [None, Some(Step::Name), Some(Step::CountryCode)] {
        for (name, text) in &texts {
            let awaited = Awaited { step, calling_code: "+977", person_phrases: &settings.escalation_phrases };
            // The first reading builds the tables.
            black_box(read(text, &awaited));
            let start = Instant::now();
            for _ in 0..ROUNDS {
                black_box(read(black_box(text), &awaited));
            }
            let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
            println!("{:12} {name:20} {micros:8.1}", step.map_or("none", Step::as_str));
        }
    }
}
