//! Fits the confidence function and prints the report of `docs/confidence.md`.
//!
//! `cargo run --release -p knowledge --example fit_confidence PATH`, where PATH
//! is a folder with `documents-with-ids.json` and `ground-truth-data.csv`.

mod data;
mod logistic;
mod report;

use std::{error::Error, path::Path};

use data::{Collection, Question, Split};
use knowledge::index::Parameters;
use report::Outcome;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("missing argument: the folder with the labelled questions")?;
    let training = |question: &Question| question.split == Split::Train;
    let collections = data::read(Path::new(&path))?;

    println!("## Ranking parameters, training questions\n");
    for parameters in candidates() {
        let ranked = outcomes(&collections, &parameters, training);
        println!("{parameters:?}: {}", report::ranking(&ranked));
    }

    let parameters = Parameters::default();
    let train = outcomes(&collections, &parameters, training);
    let weights = logistic::fit(train.iter().filter_map(Outcome::example));
    println!("\n## Coefficients\n\n{weights:#?}");
    for (title, size) in [("whole courses", usize::MAX), ("60 entries each", 60), ("20 entries each", 20)] {
        for (form, keywords) in [("questions", false), ("keywords", true)] {
            let asked = |question: &Question| question.split == Split::HeldOut && question.keywords == keywords;
            let chosen: Vec<_> = collections.iter().filter(|collection| collection.size == size).cloned().collect();
            let held_out = outcomes(&chosen, &parameters, asked);
            println!("\n## Held out: {form}, {title}\n\n{}", report::ranking(&held_out));
            println!("{}", report::calibration(&held_out, &weights));
            println!("{}", report::thresholds(&held_out, &weights));
        }
    }
    Ok(())
}

fn candidates() -> Vec<Parameters> {
    let base = Parameters::default();
    let mut all = vec![base];
    for question in [1.0, 3.0, 5.0] {
        all.push(Parameters { question, ..base });
    }
    for (k1, b) in [(0.9, 0.4), (1.2, 0.6), (1.5, 0.75), (2.0, 0.75)] {
        all.push(Parameters { k1, b, ..base });
    }
    for section in [0.0, 1.0] {
        all.push(Parameters { section, ..base });
    }
    all
}

fn outcomes(collections: &[Collection], parameters: &Parameters, asked: impl Fn(&Question) -> bool) -> Vec<Outcome> {
    let mut all = Vec::new();
    for collection in collections {
        let index = collection.index(parameters);
        let questions = collection.questions.iter().filter(|question| asked(question));
        all.extend(questions.map(|question| Outcome::of(&index, question)));
    }
    all
}
