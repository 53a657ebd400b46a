//! Reports the quality of a ranking and of a fit as Markdown.

use crate::outcome::Outcome;

/// The number of stored questions that are shown if an answer is not sure enough.
const SHOWN: usize = 3;

/// Below this confidence, no stored questions are shown.
pub(crate) const LOWEST: f64 = knowledge::answer::NEAR_ENOUGH;

/// The threshold of a company that has not chosen one.
const DEFAULT: f64 = 0.35;

/// A question with the confidence of its first passage.
#[derive(Clone)]
pub(crate) struct Judged<'o> {
    pub(crate) outcome: &'o Outcome,
    pub(crate) confidence: f64,
}

/// Shares of questions at a threshold.
struct Shares {
    right: f64,
    wrong: f64,
    /// Answered right, or shown among the stored questions.
    helped: f64,
    /// Out of scope, and yet answered.
    false_answers: f64,
    /// Out of scope, and stored questions were shown.
    shown: f64,
}

fn shares(judged: &[Judged<'_>], threshold: f64) -> Shares {
    let share = |in_scope: bool, is: &dyn Fn(&Judged<'_>) -> bool| {
        let side = || judged.iter().filter(|one| one.outcome.in_scope == in_scope);
        real(side().filter(|one| is(one)).count()) / real(side().count().max(1))
    };
    let is_answered = |one: &Judged<'_>| one.confidence >= threshold;
    let is_shown = |one: &Judged<'_>| !is_answered(one) && one.confidence >= LOWEST;
    let is_near = |one: &Judged<'_>| one.outcome.rank.is_some_and(|rank| rank <= SHOWN);
    Shares {
        right: share(true, &|one| is_answered(one) && one.outcome.is_right()),
        wrong: share(true, &|one| is_answered(one) && !one.outcome.is_right()),
        helped: share(true, &|one| {
            if is_answered(one) { one.outcome.is_right() } else { is_shown(one) && is_near(one) }
        }),
        false_answers: share(false, &is_answered),
        shown: share(false, &is_shown),
    }
}

/// Reports each company by itself, with the mean and the spread.
pub(crate) fn companies(companies: &[(&str, Vec<Judged<'_>>)]) -> String {
    let mut text =
        "| company | R@1 | R@3 | right | wrong | helped | false | shown |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut rows: Vec<[f64; 7]> = Vec::new();
    for (name, judged) in companies {
        let within = |limit: usize| {
            let inside = || judged.iter().filter(|one| one.outcome.in_scope);
            real(inside().filter(|one| one.outcome.rank.is_some_and(|rank| rank <= limit)).count())
                / real(inside().count())
        };
        let Shares { right, wrong, helped, false_answers, shown } = shares(judged, DEFAULT);
        let row = [within(1), within(SHOWN), right, wrong, helped, false_answers, shown];
        text.push_str(&line(name, &row));
        rows.push(row);
    }
    let mut mean = [0.0; 7];
    let mut spread = [0.0; 7];
    for (at, (mean, spread)) in mean.iter_mut().zip(&mut spread).enumerate() {
        let values = || rows.iter().filter_map(|row| row.get(at));
        *mean = values().sum::<f64>() / real(rows.len());
        *spread = (values().map(|value| (value - *mean).powi(2)).sum::<f64>() / real(rows.len())).sqrt();
    }
    text.push_str(&line("**mean**", &mean));
    text.push_str(&line("standard deviation", &spread));
    text
}

/// Reports small companies by their number of entries.
pub(crate) fn sizes(sizes: &[(usize, Vec<Judged<'_>>)]) -> String {
    let mut text = "| entries | right | wrong | helped | false | shown |\n|---|---|---|---|---|---|\n".to_owned();
    for (size, judged) in sizes {
        let Shares { right, wrong, helped, false_answers, shown } = shares(judged, DEFAULT);
        text.push_str(&line(&size.to_string(), &[right, wrong, helped, false_answers, shown]));
    }
    text
}

fn line(name: &str, values: &[f64]) -> String {
    let cells: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
    format!("| {name} | {} |\n", cells.join(" | "))
}

pub(crate) fn thresholds(judged: &[Judged<'_>]) -> String {
    let mut text =
        "| threshold | right | wrong | helped | false | shown | precision |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for threshold in [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7] {
        let Shares { right, wrong, helped, false_answers, shown } = shares(judged, threshold);
        let precision = right / (right + wrong).max(f64::MIN_POSITIVE);
        text.push_str(&line(&threshold.to_string(), &[right, wrong, helped, false_answers, shown, precision]));
    }
    let precise = (1..100).map(|percent| f64::from(percent) / 100.0).find(|&threshold| {
        let Shares { right, wrong, .. } = shares(judged, threshold);
        right >= 0.95 * (right + wrong)
    });
    if let Some(threshold) = precise {
        let Shares { right, wrong, .. } = shares(judged, threshold);
        text.push_str(&format!("\nCoverage at 95 % precision: {:.3} (threshold {threshold:.2})\n", right + wrong));
    }
    text
}

/// A tenth of the range of confidence: the number of questions, their mean confidence, and the share answered right.
pub(crate) struct Bin {
    pub(crate) count: usize,
    pub(crate) mean: f64,
    pub(crate) right: f64,
}

pub(crate) fn bins(judged: &[Judged<'_>]) -> Vec<Bin> {
    let bin = |number: u8| {
        let (low, high) = (f64::from(number) / 10.0, f64::from(number + 1) / 10.0);
        let is_member =
            |one: &&Judged<'_>| (low..high).contains(&one.confidence) || number == 9 && one.confidence >= high;
        let members: Vec<_> = judged.iter().filter(is_member).collect();
        let count = real(members.len()).max(1.0);
        Bin {
            count: members.len(),
            mean: members.iter().map(|one| one.confidence).sum::<f64>() / count,
            right: real(members.iter().filter(|one| one.outcome.is_right()).count()) / count,
        }
    };
    (0..10).map(bin).collect()
}

pub(crate) fn calibration(judged: &[Judged<'_>]) -> String {
    let mut text = "| mean confidence | share right | questions |\n|---|---|---|\n".to_owned();
    for Bin { count, mean, right } in bins(judged) {
        text.push_str(&format!("| {mean:.3} | {right:.3} | {count} |\n"));
    }
    let error = |one: &Judged<'_>| (one.confidence - f64::from(u8::from(one.outcome.is_right()))).powi(2);
    text.push_str(&format!("\nBrier score {:.4}\n", judged.iter().map(error).sum::<f64>() / real(judged.len())));
    text
}

pub(crate) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
