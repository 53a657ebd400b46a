//! Fits the confidence of both rankings, and prints the report of `docs/confidence.md`.
//!
//! `cargo run --release -p knowledge --example fit_confidence -- PLOT`, where PLOT is the file for the reliability
//! curve. Each company is evaluated with coefficients that were fitted on the others.

mod data;
mod logistic;
mod outcome;
mod plot;
#[cfg(test)]
mod quality;
mod report;

use std::{error::Error, fs, sync::Arc};

use data::Company;
use encoder::Model;
use knowledge::{Index, Meanings, Speller, confidence::Features};
use logistic::Example;
use outcome::{Outcome, Tier};

/// How much each kind of example counts in the fit, for each company: questions that an entry answers, questions that
/// none answers, and the first kind again with the right entries taken away.
const SHARES: [f64; 3] = [0.45, 0.275, 0.275];

/// A company's questions as they were answered.
struct Evaluated {
    name: &'static str,
    asked: Vec<Outcome>,
    /// The questions in scope, with the right entries taken away.
    taken_away: Vec<Outcome>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let plot = std::env::args().nth(1).ok_or("missing argument: the file for the plot")?;
    let model = Model::embedded()?;
    let speller = Arc::new(Speller::new(model.words()));
    let companies = data::companies(&model)?;
    for (title, tier) in [("Meaning", Tier::Meaning), ("Words", Tier::Words)] {
        let empty = if tier == Tier::Meaning { Meanings::new(Arc::clone(&speller)) } else { Meanings::default() };
        let search = |index: &Index, question: &data::Question| {
            let meanings = data::meanings(&model, &empty, index, &question.text);
            Outcome::of(index.search(&question.text, &meanings, outcome::CUTOFF), question)
        };
        let evaluated: Vec<Evaluated> = companies.iter().map(|company| evaluate(company, search)).collect();
        println!("## {title}\n");
        match tier {
            Tier::Meaning => report(&evaluated, Outcome::meaning, Some(&plot))?,
            Tier::Words => report(&evaluated, Outcome::words, None)?,
        }
    }
    Ok(())
}

fn evaluate(company: &Company, search: impl Fn(&Index, &data::Question) -> Outcome) -> Evaluated {
    let index = company.index();
    let asked = company.questions.iter().map(|question| search(&index, question)).collect();
    let inside = company.questions.iter().filter(|question| !question.entries.is_empty());
    let taken_away = inside.map(|question| {
        let nothing = data::Question { text: question.text.clone(), entries: Vec::new() };
        search(&company.index_without(&question.entries), &nothing)
    });
    Evaluated { name: company.name, asked, taken_away: taken_away.collect() }
}

/// Returns the examples of a company, whose weights add up to 1.
fn examples<F>(company: &Evaluated, evidence: impl Fn(&Outcome) -> Option<F>) -> Vec<Example<F>> {
    let (inside, outside): (Vec<_>, Vec<_>) = company.asked.iter().partition(|outcome| outcome.in_scope);
    let kinds = [inside, outside, company.taken_away.iter().collect()];
    let weighted = kinds.into_iter().zip(SHARES).flat_map(|(outcomes, share)| {
        let weight = share / report::real(outcomes.len());
        outcomes.into_iter().map(move |outcome| (outcome, weight))
    });
    weighted.filter_map(|(outcome, weight)| Some((evidence(outcome)?, outcome.is_right(), weight))).collect()
}

fn report<const N: usize, F: Features<N>>(
    companies: &[Evaluated],
    evidence: impl Fn(&Outcome) -> Option<F>,
    plot: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let all: Vec<_> = companies.iter().flat_map(|company| examples(company, &evidence)).collect();
    println!("Coefficients: {:#.2?}\n", logistic::fit(&all));
    let mut judged = Vec::new();
    for company in companies {
        let others = companies.iter().filter(|other| other.name != company.name);
        let weights = logistic::fit(&others.flat_map(|other| examples(other, &evidence)).collect::<Vec<_>>());
        let confidence = |outcome: &Outcome| match evidence(outcome) {
            Some(features) => weights.probability(&features),
            None => f64::from(u8::from(outcome.is_exact)),
        };
        let asked = company.asked.iter().map(|outcome| report::Judged { outcome, confidence: confidence(outcome) });
        judged.push((company.name, asked.collect::<Vec<_>>()));
    }
    println!("{}\n", report::companies(&judged));
    let all: Vec<_> = judged.iter().flat_map(|(_, judged)| judged.iter().cloned()).collect();
    println!("{}\n", report::thresholds(&all));
    println!("{}\n", report::calibration(&all));
    if let Some(plot) = plot {
        fs::write(plot, plot::reliability(&report::bins(&all)))?;
    }
    Ok(())
}
