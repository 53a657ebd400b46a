//! The result of asking all golden questions.

use super::{Expect, Golden, Holdings, Outcome, Said, judged};

/// What came of one golden question.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The question.
    pub golden: Golden,
    /// What is said to it.
    pub said: Said,
    /// Whether that is right.
    pub outcome: Outcome,
    /// Whether the question passes at one of two thresholds only; `None` if there is only one threshold.
    pub flips: Option<bool>,
}

impl Row {
    /// Judges what is said to a question, and compares that with what is said at another threshold.
    pub fn new(golden: Golden, said: Said, at_other: Option<&Said>, holdings: &Holdings) -> Self {
        let outcome = judged(&golden.expect, &said, holdings);
        let passes = |outcome| outcome == Outcome::Passed;
        let flips = at_other.map(|other| passes(judged(&golden.expect, other, holdings)) != passes(outcome));
        Self { golden, said, outcome, flips }
    }

    /// Whether what is said is right.
    pub fn is_passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// All questions, in the order in which they were asked.
    pub rows: Vec<Row>,
}

impl Report {
    /// Returns the number of questions that passed.
    pub fn passed(&self) -> usize {
        self.count(Outcome::Passed)
    }

    /// Returns the number of questions with an outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns the share of the answerable questions, those that expect an entry, that were answered with it. `None`
    /// without such questions.
    pub fn recall(&self) -> Option<f64> {
        let answerable = self.rows.iter().filter(|row| row.golden.expect != Expect::Clarify);
        let right = answerable.clone().filter(|row| row.is_passed()).count();
        fraction(right, answerable.count())
    }

    /// Returns the share of the answerable questions that were answered with other entries. `None` without such
    /// questions. A question whose entry is missing is not among them, whatever was said.
    pub fn wrong(&self) -> Option<f64> {
        fraction(self.count(Outcome::Wrong), self.rows.len() - self.unanswerable())
    }

    /// Returns the share of the questions that expect no answer and got one. `None` without such questions.
    pub fn false_answers(&self) -> Option<f64> {
        fraction(self.count(Outcome::FalseAnswer), self.unanswerable())
    }

    fn unanswerable(&self) -> usize {
        self.rows.iter().filter(|row| row.golden.expect == Expect::Clarify).count()
    }
}

/// Divides, if there is something to divide by.
pub(super) fn fraction(part: usize, whole: usize) -> Option<f64> {
    let number = |count: usize| u32::try_from(count).map(f64::from).ok();
    (whole > 0).then(|| Some(number(part)? / number(whole)?)).flatten()
}

#[cfg(test)]
mod tests {
    use tenancy::{GoldenId, Timestamp};

    use super::*;
    use crate::{
        Origin,
        golden::outcome::tests::{asks_back, holdings, says},
    };

    fn golden(expect: Expect) -> Golden {
        let created_at = Timestamp::from_micros(0);
        Golden { id: GoldenId::new(1), question: "When?".to_owned(), expect, created_at }
    }

    fn row(expect: &str, said: Said) -> Row {
        Row::new(golden(Expect::of(expect.to_owned())), said, None, &holdings())
    }

    #[test]
    fn each_share_is_of_the_questions_that_it_is_about() {
        let own = |id| says(Origin::Company, id, 0.5);
        let rows = vec![
            row("c0", own("c0")),
            row("c0", own("c1")),
            row("c0", asks_back(0.2)),
            row("gone", own("c1")),
            row("clarify", asks_back(0.2)),
            row("clarify", own("c0")),
        ];
        let report = Report { rows };
        assert_eq!((report.passed(), report.count(Outcome::Missing)), (2, 1));
        assert_eq!((report.recall(), report.wrong(), report.false_answers()), (Some(0.25), Some(0.25), Some(0.5)));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let none = Report::default();
        assert_eq!((none.recall(), none.wrong(), none.false_answers()), (None, None, None));
        let only = Report { rows: vec![row("c0", asks_back(0.0))] };
        assert_eq!((only.recall(), only.false_answers()), (Some(0.0), None));
    }

    #[test]
    fn a_question_flips_if_it_passes_at_one_threshold_only() {
        let (right, back) = (says(Origin::Company, "c0", 0.5), asks_back(0.5));
        let flips = |expect: &str, said: &Said, other: &Said| {
            Row::new(golden(Expect::of(expect.to_owned())), said.clone(), Some(other), &holdings()).flips
        };
        assert_eq!(flips("c0", &right, &back), Some(true));
        assert_eq!(flips("clarify", &right, &back), Some(true));
        assert_eq!(flips("c0", &right, &right), Some(false));
        // Wrong and unanswered are both failures.
        assert_eq!(flips("c1", &right, &back), Some(false));
        assert_eq!(row("c0", right).flips, None);
    }
}
