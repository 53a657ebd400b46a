//! Fits the confidence of both rankings, and prints the report of `docs/confidence.md`.
//!
//! `cargo run --release -p knowledge --example fit_confidence -- PLOT [MODEL]`, where PLOT is the file for the reliability
//! curve, and MODEL a packed model to fit the confidence for instead of the embedded one. Each company is evaluated with coefficients that were fitted on the others.

mod data;
mod logistic;
mod outcome;
mod plot;
#[cfg(test)]
mod quality;
mod report;

use std::{error::Error, fs};

use data::Company;
use encoder::Model;
use knowledge::{Index, Meanings, confidence::Features};
use logistic::Example;
use outcome::{Outcome, Tier};

/// How much each kind of example counts in the fit, for each company: questions that an entry answers, questions that
/// none answers, and the first kind again without the entries that answer it.
const SHARES: [f64; 3] = [0.395, 0.3025, 0.3025];

/// Numbers of entries of small companies, which are parts of the others.
const SMALL: [usize; 4] = [1, 3, 8, 20];

/// How much the small companies of one size count in the fit, compared with the whole company.
const SMALL_SHARE: f64 = 0.15;

/// How much a passage without any evidence counts in the fit. It is wrong.
const NOTHING_SHARE: f64 = 0.6;

/// A company's questions as they were answered.
struct Evaluated {
    name: &'static str,
    asked: Vec<Outcome>,
    /// The questions in scope, asked without the entries that answer them.
    unanswerable: Vec<Outcome>,
    /// The questions to the parts of the company, by their size.
    small: Vec<(usize, Vec<Outcome>)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let plot = std::env::args().nth(1).ok_or("missing argument: the file for the plot")?;
    let model = match std::env::args().nth(2) {
        Some(file) => Model::read(fs::read(file)?)?,
        None => Model::embedded()?,
    };
    let encoder = data::Encoder::new(model);
    let companies = data::companies(&encoder.model)?;
    for (title, tier) in [("Meaning", Tier::Meaning), ("Words", Tier::Words)] {
        let search = |index: &Index, question: &data::Question| {
            let meanings = match tier {
                Tier::Meaning => encoder.meanings(index, &question.text),
                Tier::Words => Meanings::default(),
            };
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
    let unanswerable = inside.map(|question| {
        let nothing = data::Question { text: question.text.clone(), entries: Vec::new() };
        search(&company.index_without(&question.entries), &nothing)
    });
    let small = SMALL.map(|size| {
        let parts = company.parts(size).into_iter();
        let asked = parts.flat_map(|(index, questions)| {
            questions.iter().map(|question| search(&index, question)).collect::<Vec<_>>()
        });
        (size, asked.collect())
    });
    Evaluated { name: company.name, asked, unanswerable: unanswerable.collect(), small: small.into() }
}

/// Returns the examples of a company, whose weights add up to 1, and of its parts.
fn examples<F: Default>(company: &Evaluated, evidence: impl Fn(&Outcome) -> Option<F>) -> Vec<Example<F>> {
    let (inside, outside): (Vec<_>, Vec<_>) = company.asked.iter().partition(|outcome| outcome.in_scope);
    let kinds = [inside, outside, company.unanswerable.iter().collect()];
    let small = company.small.iter().flat_map(|(_, asked)| {
        let (inside, outside): (Vec<_>, Vec<_>) = asked.iter().partition(|outcome| outcome.in_scope);
        let [share, ..] = SHARES;
        [(inside, SMALL_SHARE * share), (outside, SMALL_SHARE * (1.0 - share))]
    });
    let weighted = kinds.into_iter().zip(SHARES).chain(small).flat_map(|(outcomes, share)| {
        let weight = share / report::real(outcomes.len());
        outcomes.into_iter().map(move |outcome| (outcome, weight))
    });
    let weighted = weighted.filter_map(|(outcome, weight)| Some((evidence(outcome)?, outcome.is_right(), weight)));
    weighted.chain([(F::default(), false, NOTHING_SHARE)]).collect()
}

fn report<const N: usize, F: Features<N> + Default>(
    companies: &[Evaluated],
    evidence: impl Fn(&Outcome) -> Option<F>,
    plot: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let all: Vec<_> = companies.iter().flat_map(|company| examples(company, &evidence)).collect();
    println!("Coefficients: {:#.3?}\n", logistic::fit(&all));
    let mut judged = Vec::new();
    let mut small: Vec<(usize, Vec<report::Judged<'_>>)> = SMALL.map(|size| (size, Vec::new())).into();
    for company in companies {
        let others = companies.iter().filter(|other| other.name != company.name);
        let weights = logistic::fit(&others.flat_map(|other| examples(other, &evidence)).collect::<Vec<_>>());
        let confidence = |outcome: &Outcome| match evidence(outcome) {
            Some(features) => weights.probability(&features),
            None => f64::from(u8::from(outcome.is_exact)),
        };
        let asked = company.asked.iter().map(|outcome| report::Judged { outcome, confidence: confidence(outcome) });
        judged.push((company.name, asked.collect::<Vec<_>>()));
        for ((_, all), (_, asked)) in small.iter_mut().zip(&company.small) {
            all.extend(asked.iter().map(|outcome| report::Judged { outcome, confidence: confidence(outcome) }));
        }
    }
    println!("{}\n", report::companies(&judged));
    let all: Vec<_> = judged.iter().flat_map(|(_, judged)| judged.iter().cloned()).collect();
    println!("{}\n", report::sizes(&small));
    println!("{}\n", report::thresholds(&all));
    println!("{}\n", report::calibration(&all));
    if let Some(plot) = plot {
        fs::write(plot, plot::reliability(&report::bins(&all)))?;
    }
    Ok(())
}
