//! Reports the quality of a ranking and of a fit as Markdown.

use knowledge::{
    Index,
    confidence::{Features, Weights},
    index::{Evidence, Ranking},
};

use crate::data::Question;

const CUTOFF: usize = 5;

/// The result of one question.
pub(crate) struct Outcome {
    in_scope: bool,
    /// The rank of the labelled entry, from 1.
    rank: Option<usize>,
    /// `None` if nothing was retrieved.
    evidence: Option<Evidence>,
}

impl Outcome {
    pub(crate) fn of(index: &Index, question: &Question) -> Self {
        let ranking = index.search(&question.text, CUTOFF);
        let place = |entry: &String| {
            let passages = ranking.as_ref()?.passages();
            passages.iter().position(|passage| passage.chunk.chunk_id == *entry).map(|at| at + 1)
        };
        let rank = question.entry.as_ref().and_then(place);
        Self { in_scope: question.entry.is_some(), rank, evidence: ranking.as_ref().map(Ranking::evidence) }
    }

    /// Returns an example for the fit, `None` if the confidence does not depend on the weights.
    pub(crate) fn example(&self) -> Option<(Features, bool)> {
        match self.evidence? {
            Evidence::Similar(features) => Some((features, self.right())),
            Evidence::Exact => None,
        }
    }

    fn right(&self) -> bool {
        self.rank == Some(1)
    }

    fn confidence(&self, weights: &Weights) -> f64 {
        match self.evidence {
            None => 0.0,
            Some(Evidence::Exact) => 1.0,
            Some(Evidence::Similar(features)) => weights.probability(&features),
        }
    }
}

pub(crate) fn ranking(outcomes: &[Outcome]) -> String {
    let inside = || outcomes.iter().filter(|outcome| outcome.in_scope);
    let total = real(inside().count());
    let within = |limit: usize| real(inside().filter(|o| o.rank.is_some_and(|rank| rank <= limit)).count()) / total;
    let reciprocal: f64 = inside().filter_map(|outcome| outcome.rank).map(|rank| 1.0 / real(rank)).sum();
    format!("R@1 {:.3}, R@5 {:.3}, MRR@5 {:.3} ({total} questions)", within(1), within(CUTOFF), reciprocal / total)
}

pub(crate) fn calibration(outcomes: &[Outcome], weights: &Weights) -> String {
    let mut text = "\n| confidence | questions | mean confidence | share right |\n|---|---|---|---|\n".to_owned();
    for bin in 0..10_u8 {
        let (low, high) = (f64::from(bin) / 10.0, f64::from(bin + 1) / 10.0);
        let members: Vec<_> = outcomes
            .iter()
            .map(|outcome| (outcome.confidence(weights), outcome.right()))
            .filter(|(confidence, _)| (low..high).contains(confidence) || (bin == 9 && *confidence >= high))
            .collect();
        let count = real(members.len());
        let mean = members.iter().map(|(confidence, _)| confidence).sum::<f64>() / count;
        let right = real(members.iter().filter(|(_, right)| *right).count()) / count;
        text.push_str(&format!("| {low:.1} to {high:.1} | {count} | {mean:.3} | {right:.3} |\n"));
    }
    let error = |outcome: &Outcome| (outcome.confidence(weights) - f64::from(u8::from(outcome.right()))).powi(2);
    let brier = outcomes.iter().map(error).sum::<f64>() / real(outcomes.len());
    text.push_str(&format!("\nBrier score {brier:.4}, AUC {:.4}\n", auc(outcomes, weights)));
    text
}

/// Returns the probability that a right first passage has a higher confidence than a wrong one.
fn auc(outcomes: &[Outcome], weights: &Weights) -> f64 {
    let side = |right: bool| -> Vec<f64> {
        outcomes.iter().filter(|o| o.right() == right).map(|o| o.confidence(weights)).collect()
    };
    let (right, mut wrong) = (side(true), side(false));
    wrong.sort_by(f64::total_cmp);
    let beaten = |confidence: &f64| {
        let below = wrong.partition_point(|other| other < confidence);
        let not_above = wrong.partition_point(|other| other <= confidence);
        (real(below) + real(not_above)) / 2.0
    };
    right.iter().map(beaten).sum::<f64>() / (real(right.len()) * real(wrong.len()))
}

pub(crate) fn thresholds(outcomes: &[Outcome], weights: &Weights) -> String {
    let mut text =
        "| threshold | in scope: answered | of these right | out of scope: answered |\n|---|---|---|---|\n".to_owned();
    for threshold in [0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7] {
        let answered = |in_scope: bool| {
            outcomes.iter().filter(move |o| o.in_scope == in_scope && o.confidence(weights) >= threshold)
        };
        let total = |in_scope: bool| real(outcomes.iter().filter(|o| o.in_scope == in_scope).count());
        let inside = real(answered(true).count());
        text.push_str(&format!(
            "| {threshold} | {:.3} | {:.3} | {:.3} |\n",
            inside / total(true),
            real(answered(true).filter(|o| o.right()).count()) / inside,
            real(answered(false).count()) / total(false),
        ));
    }
    text
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
