//! Trains the weights by which texts are read where no phrase decides, and prints them.
//!
//! ```text
//! cargo run -p chatbot --example train_understanding > weights.tsv
//! mv weights.tsv crates/chatbot/data/intents/weights.tsv
//! ```
//!
//! It is a logistic regression over the features of the texts in `tests/utterances/looked-at.tsv` and
//! `tests/utterances/training.tsv` that answer no question of the bot. Equal files give equal weights. With the
//! argument `check` it prints how many texts it reads correctly that it was not trained on, instead of the weights.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    error::Error,
    fs,
    path::Path,
};

use chatbot::understanding::{Intent, features};

/// How often each text is gone through.
const ROUNDS: u32 = 12;

/// How far one text moves a weight at first.
const PACE: f32 = 0.1;

/// Pulls weights towards zero.
const PULL: f32 = 3e-4;

/// What a weight of 1 is in the file.
const UNIT: f32 = 20.0;

/// A feature whose weights are all smaller is left out.
const LEAST: f32 = 0.25;

/// In a check, each part of the texts in turn is read with the weights that the others give.
const PARTS: usize = 5;

const INTENTS: usize = Intent::ALL.len();

type Weights = [f32; INTENTS];

struct Text {
    intent: usize,
    features: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/utterances");
    let mut texts = Vec::new();
    for file in ["looked-at.tsv", "training.tsv"] {
        texts.extend(fs::read_to_string(folder.join(file))?.lines().filter_map(text));
    }
    shuffle(&mut texts);
    let texts: Vec<&Text> = texts.iter().collect();
    if std::env::args().nth(1).as_deref() == Some("check") {
        check(&texts);
        return Ok(());
    }
    for (name, weights) in train(&texts) {
        let numbers: Vec<String> = weights.iter().map(|weight| format!("{:.0}", weight * UNIT)).collect();
        if weights.iter().any(|weight| weight.abs() >= LEAST) {
            println!("{name}\t{}", numbers.join("\t"));
        }
    }
    Ok(())
}

/// Reads a line of intent, step, language and text; `None` if the text answers a question of the bot.
fn text(line: &str) -> Option<Text> {
    let mut columns = line.split('\t');
    let (intent, step, text) = (columns.next()?, columns.next()?, columns.nth(1)?);
    let intent = Intent::ALL.iter().position(|one| one.as_str() == intent)?;
    let mut features = features(text);
    features.sort_unstable();
    features.dedup();
    (step == "none").then_some(Text { intent, features })
}

/// Puts the texts in an order that is always the same and has nothing to do with their intents.
fn shuffle<T>(all: &mut [T]) {
    let mut state: u64 = 1;
    for last in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = (state >> 33) % (u64::try_from(last).unwrap_or(u64::MAX) + 1);
        all.swap(last, usize::try_from(place).unwrap_or(last));
    }
}

/// Returns the weights of each feature, by its name.
fn train(texts: &[&Text]) -> BTreeMap<String, Weights> {
    let names: BTreeSet<&str> = texts.iter().flat_map(|text| &text.features).map(String::as_str).collect();
    let places: HashMap<&str, usize> = names.iter().zip(0..).map(|(name, place)| (*name, place)).collect();
    let rows: Vec<(usize, Vec<usize>)> = texts
        .iter()
        .map(|text| (text.intent, text.features.iter().filter_map(|name| places.get(name.as_str()).copied()).collect()))
        .collect();
    let mut weights: Vec<Weights> = vec![[0.0; INTENTS]; names.len()];
    let mut squares: Vec<Weights> = vec![[1e-6; INTENTS]; names.len()];
    for _ in 0..ROUNDS {
        for (intent, row) in &rows {
            let shares = shares(row.iter().filter_map(|&place| weights.get(place)));
            for &place in row {
                let (Some(weights), Some(squares)) = (weights.get_mut(place), squares.get_mut(place)) else { continue };
                for (at, ((weight, square), share)) in weights.iter_mut().zip(squares).zip(shares).enumerate() {
                    let slope = share - f32::from(u8::from(at == *intent)) + PULL * *weight;
                    *square += slope * slope;
                    *weight -= PACE * slope / square.sqrt();
                }
            }
        }
    }
    names.into_iter().map(str::to_owned).zip(weights).collect()
}

/// Returns how likely each intent is, from the weights of the features of a text.
fn shares<'w>(all: impl Iterator<Item = &'w Weights>) -> Weights {
    let mut sums = [0.0; INTENTS];
    for weights in all {
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
    let most = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares = sums.map(|sum: f32| (sum - most).exp());
    let whole: f32 = shares.iter().sum();
    shares.map(|share| share / whole)
}

/// Prints precision and recall on texts that were not trained on.
fn check(texts: &[&Text]) {
    let mut scores = [(0_u32, 0_u32, 0_u32); INTENTS];
    for part in 0..PARTS {
        let (others, part): (Vec<_>, Vec<_>) = texts.iter().copied().zip(0..).partition(|(_, at)| at % PARTS != part);
        let others: Vec<&Text> = others.into_iter().map(|(text, _)| text).collect();
        let weights = train(&others);
        for (text, _) in part {
            let shares = shares(text.features.iter().filter_map(|name| weights.get(name)));
            let best = (0..INTENTS).zip(shares).max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |best| best.0);
            for (at, (right, found, all)) in scores.iter_mut().enumerate() {
                *right += u32::from(best == text.intent && best == at);
                *found += u32::from(best == at);
                *all += u32::from(text.intent == at);
            }
        }
    }
    println!("intent, precision, recall, utterances");
    for (intent, (right, found, all)) in Intent::ALL.into_iter().zip(scores) {
        let ratio = |whole: u32| f64::from(right) / f64::from(whole.max(1));
        println!("{:12} {:.3} {:.3} {all}", intent.as_str(), ratio(found), ratio(all));
    }
}
