//! From a ranking's evidence to a probability.
//!
//! A logistic function whose weights may not be negative: more evidence never
//! lowers the confidence. The weights are fitted by `just fit-confidence` on
//! labelled questions, half of them about something else, so the result is how
//! often the first passage is right for such a question, not a raw score.
//! `docs/confidence.md` has method, calibration and operating points.

/// What speaks for the first passage of a ranking; each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Its score, set against the most that one word of the greatest idf can
    /// score: `score / (score + that)`. One shared word is little evidence,
    /// however much of a short query it makes up.
    pub score: f64,
    /// How far the second is behind, as a share of the most that a query of
    /// these words can score. A share of the first's score was tried: where
    /// only one passage has any word at all, that is always the whole.
    pub margin: f64,
    /// The share of the query's idf mass that occurs in the passage.
    pub coverage: f64,
    /// The idf mass that query and stored question share, twice, as a share of
    /// what both have (Dice).
    pub overlap: f64,
}

impl Features {
    /// The values in the order of [`Weights::features`].
    pub fn values(&self) -> [f64; 4] {
        [self.score, self.margin, self.coverage, self.overlap]
    }
}

/// The coefficients of the logistic function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// The log-odds without any evidence.
    pub intercept: f64,
    /// What each feature adds: score, margin, coverage, overlap; none negative.
    pub features: [f64; 4],
}

/// The fitted coefficients; they go with the default ranking parameters.
pub const FITTED: Weights = Weights { intercept: -6.44, features: [7.40, 9.99, 2.26, 1.76] };

/// Less than 1, which is kept for a query that is the stored question.
const MOST: f64 = 0.99;

impl Weights {
    /// The probability that the passage answers the query.
    pub fn probability(&self, features: &Features) -> f64 {
        let evidence: f64 = self.features.iter().zip(features.values()).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-self.intercept - evidence).exp())
    }
}

/// The fitted probability, in steps of a ten-thousandth and at most 0.99.
pub fn probability(features: &Features) -> f64 {
    let fine = FITTED.probability(features).min(MOST);
    (fine * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn features(values: [f64; 4]) -> Features {
        let [score, margin, coverage, overlap] = values;
        Features { score, margin, coverage, overlap }
    }

    #[test]
    fn no_evidence_is_hardly_believed_and_full_evidence_is() {
        assert!(probability(&features([0.0; 4])) < 0.05);
        assert!(probability(&features([1.0; 4])) > 0.9);
    }

    proptest! {
        #[test]
        fn more_of_any_evidence_never_lowers_the_confidence(
            values in prop::array::uniform4(0.0..=1.0_f64),
            which in 0_usize..4,
            more in 0.0..=1.0_f64,
        ) {
            let mut raised = values;
            raised[which] = (raised[which] + more).min(1.0);
            prop_assert!(probability(&features(raised)) >= probability(&features(values)));
        }
    }
}
