//! Finds the threshold at which enough of what is answered is right.

use super::{Expect, Holdings, Outcome, Said, judged, report::fraction};

/// Fewest answerable golden questions from which a threshold is computed. With fewer, one question decides too much.
pub const FEWEST_ANSWERABLE: usize = 10;

/// What is said to a question at every threshold.
///
/// An answer is given or not by comparing a few confidences with the threshold, so what is said changes only there.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// What is said at each threshold up to this one and above the one before, by threshold.
    rungs: Vec<(f64, Said)>,
    /// The best confidence. At higher thresholds the bot asks back.
    best: f64,
}

impl Ladder {
    /// Asks a question at each of the confidences that are compared with the threshold.
    pub fn of(mut confidences: Vec<f64>, ask: impl Fn(f64) -> Said) -> Self {
        confidences.sort_unstable_by(f64::total_cmp);
        confidences.dedup_by(|one, other| one.total_cmp(other).is_eq());
        let best = confidences.last().copied().unwrap_or_default();
        Self { rungs: confidences.into_iter().map(|confidence| (confidence, ask(confidence))).collect(), best }
    }

    /// Returns what is said at a threshold.
    pub fn at(&self, threshold: f64) -> Said {
        let asks_back = || Said { quoted: Vec::new(), confidence: self.best };
        self.rung(threshold).cloned().unwrap_or_else(asks_back)
    }

    /// Returns what is said at a threshold; `None` if it is above all confidences, and the bot asks back.
    fn rung(&self, threshold: f64) -> Option<&Said> {
        self.rungs.iter().find(|(confidence, _)| *confidence >= threshold).map(|(_, said)| said)
    }
}

/// A threshold, and how the golden questions do at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibrated {
    /// The threshold.
    pub threshold: f64,
    /// The share of the answered questions whose answer is right.
    pub precision: f64,
    /// The share of the answerable questions that are answered right.
    pub recall: f64,
    /// The number of questions that are answered, right or wrong.
    pub answered: usize,
}

/// Why there is no threshold.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// There are fewer than [`FEWEST_ANSWERABLE`] answerable questions.
    #[error("there are too few golden questions")]
    TooFew {
        /// The number of golden questions that expect an entry.
        answerable: usize,
    },
    /// No threshold reaches the precision.
    #[error("no threshold reaches the precision")]
    OutOfReach {
        /// The threshold with the greatest precision, and of those the lowest one. `None` if nothing is answered at any threshold.
        best: Option<Calibrated>,
    },
}

/// Returns the lowest threshold at which at least this share of the answered golden questions is answered right.
///
/// Only confidences of these questions are tried: between two of them nothing changes, and the golden questions say
/// nothing of a threshold below the lowest one.
///
/// # Errors
/// [`CalibrationError`].
pub fn calibrate(
    questions: &[(Expect, Ladder)],
    holdings: &Holdings,
    precision: f64,
) -> Result<Calibrated, CalibrationError> {
    let answerable = questions.iter().filter(|(expect, _)| *expect != Expect::Clarify).count();
    if answerable < FEWEST_ANSWERABLE {
        return Err(CalibrationError::TooFew { answerable });
    }
    let mut thresholds: Vec<f64> =
        questions.iter().flat_map(|(_, ladder)| ladder.rungs.iter().map(|(confidence, _)| *confidence)).collect();
    thresholds.sort_unstable_by(f64::total_cmp);
    thresholds.dedup_by(|one, other| one.total_cmp(other).is_eq());
    let mut best: Option<Calibrated> = None;
    for threshold in thresholds {
        let Some(found) = at(questions, holdings, threshold, answerable) else { continue };
        if found.precision >= precision {
            return Ok(found);
        }
        best = best.filter(|best| best.precision >= found.precision).or(Some(found));
    }
    Err(CalibrationError::OutOfReach { best })
}

/// Returns how the questions do at a threshold; `None` if none is answered.
fn at(questions: &[(Expect, Ladder)], holdings: &Holdings, threshold: f64, answerable: usize) -> Option<Calibrated> {
    let (mut answered, mut right) = (0, 0);
    for (expect, ladder) in questions {
        let Some(said) = ladder.rung(threshold).filter(|said| said.is_answer()) else { continue };
        answered += 1;
        right += usize::from(judged(expect, said, holdings) == Outcome::Passed);
    }
    let (precision, recall) = (fraction(right, answered)?, fraction(right, answerable)?);
    Some(Calibrated { threshold, precision, recall, answered })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Origin,
        golden::outcome::tests::{asks_back, holdings, says},
    };

    /// A question with one answer, the entry `said`, of this confidence.
    fn question(expect: &str, said: &'static str, confidence: f64) -> (Expect, Ladder) {
        let ladder = Ladder::of(vec![confidence], |_| says(Origin::Company, said, confidence));
        (Expect::of(expect.to_owned()), ladder)
    }

    fn times(number: usize, question: &(Expect, Ladder)) -> Vec<(Expect, Ladder)> {
        vec![question.clone(); number]
    }

    #[test]
    fn a_ladder_says_what_is_said_at_each_threshold() {
        let ladder = Ladder::of(vec![0.8, 0.4, 0.8], |threshold| {
            let id = if threshold > 0.4 { "c1" } else { "c0" };
            says(Origin::Company, id, threshold)
        });
        let at = |threshold| ladder.at(threshold).quoted.first().map(|quoted| quoted.chunk_id.clone());
        assert_eq!((at(0.0).as_deref(), at(0.4).as_deref()), (Some("c0"), Some("c0")));
        assert_eq!((at(0.5).as_deref(), at(0.8).as_deref()), (Some("c1"), Some("c1")));
        assert_eq!(ladder.at(0.9), asks_back(0.8));
        assert_eq!(Ladder::of(Vec::new(), |_| asks_back(0.0)).at(0.0), asks_back(0.0));
    }

    #[test]
    fn the_lowest_threshold_that_is_precise_enough_is_found() {
        let mut questions = times(9, &question("c0", "c0", 0.6));
        questions.push(question("c0", "c1", 0.5));
        questions.push(question("c0", "c0", 0.4));
        let found = |precision| calibrate(&questions, &holdings(), precision).unwrap();
        let loose = found(0.9);
        assert!((loose.threshold - 0.4).abs() < f64::EPSILON && loose.answered == 11, "{loose:?}");
        let strict = found(0.95);
        assert!((strict.threshold - 0.6).abs() < f64::EPSILON && strict.answered == 9, "{strict:?}");
        assert!((strict.recall - 9.0 / 11.0).abs() < 1e-9 && (strict.precision - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_answer_to_what_should_not_be_answered_is_not_right() {
        let mut questions = times(10, &question("c0", "c0", 0.5));
        questions.push(question("clarify", "c0", 0.7));
        let best = match calibrate(&questions, &holdings(), 1.0) {
            Err(CalibrationError::OutOfReach { best: Some(best) }) => best,
            other => panic!("{other:?}"),
        };
        assert!((best.threshold - 0.5).abs() < f64::EPSILON && (best.precision - 10.0 / 11.0).abs() < 1e-9, "{best:?}");
    }

    #[test]
    fn few_questions_decide_nothing() {
        let mut questions = times(9, &question("c0", "c0", 0.5));
        questions.extend(times(9, &question("clarify", "c0", 0.3)));
        let few = CalibrationError::TooFew { answerable: 9 };
        assert_eq!(calibrate(&questions, &holdings(), 0.5), Err(few));
        let silent = (Expect::of("c0".to_owned()), Ladder::of(Vec::new(), |_| asks_back(0.0)));
        let nothing = CalibrationError::OutOfReach { best: None };
        assert_eq!(calibrate(&times(10, &silent), &holdings(), 0.0), Err(nothing));
    }

    fn any_question() -> impl Strategy<Value = (Expect, Ladder)> {
        let ids = prop_oneof![Just("c0"), Just("c1"), Just("gone")];
        let expect = prop_oneof![4 => Just("c0"), 2 => Just("c1"), 1 => Just("clarify"), 1 => Just("gone")];
        (expect, prop::collection::vec((0_u8..=20, ids), 0..3)).prop_map(|(expect, rungs)| {
            let rungs: Vec<_> = rungs.into_iter().map(|(confidence, id)| (f64::from(confidence) / 20.0, id)).collect();
            let ladder = Ladder::of(rungs.iter().map(|(confidence, _)| *confidence).collect(), |threshold| {
                let id = rungs.iter().find(|(confidence, _)| *confidence >= threshold).unwrap().1;
                says(Origin::Company, id, threshold)
            });
            (Expect::of(expect.to_owned()), ladder)
        })
    }

    proptest! {
        #[test]
        fn the_threshold_is_precise_enough_and_no_lower_one_is(
            questions in prop::collection::vec(any_question(), 0..40),
            precision in 0.0..=1.0_f64,
        ) {
            let answerable = questions.iter().filter(|(expect, _)| *expect != Expect::Clarify).count();
            let at = |threshold| at(&questions, &holdings(), threshold, answerable.max(1));
            // Confidences here are multiples of a twentieth, so these are all thresholds that differ.
            let all = (0..=20_u8).filter_map(|step| at(f64::from(step) / 20.0));
            match calibrate(&questions, &holdings(), precision) {
                Ok(found) => {
                    prop_assert!(found.precision >= precision);
                    prop_assert_eq!(at(found.threshold), Some(found));
                    // A lower threshold that is as precise would answer the same questions.
                    let is_lower = |it: &Calibrated| it.threshold < found.threshold && it.answered != found.answered;
                    prop_assert!(all.filter(is_lower).all(|it| it.precision < precision));
                }
                Err(CalibrationError::TooFew { .. }) => prop_assert!(answerable < FEWEST_ANSWERABLE),
                Err(CalibrationError::OutOfReach { best }) => {
                    prop_assert!(all.clone().all(|it| it.precision < precision));
                    let most = all.map(|it| it.precision).fold(None, |most: Option<f64>, it| Some(most.map_or(it, |most| most.max(it))));
                    prop_assert_eq!(best.map(|it| it.precision), most);
                }
            }
        }
    }
}
