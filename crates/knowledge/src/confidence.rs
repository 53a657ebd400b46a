//! Computes the confidence of a ranking.
//!
//! It is a logistic function without negative weights, so more evidence never lowers
//! the confidence. `just fit-confidence` fits the weights on labelled questions, half
//! of which have no answer in the knowledge. The result is therefore not a raw score,
//! but the probability that the first passage is right for such a question.
//! `docs/confidence.md` describes the method, the calibration and the thresholds.

/// The evidence for the first passage of a ranking. Each value is between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// `score / (score + m)`, where `m` is the maximum score of a single word with the
    /// greatest idf. One shared word is therefore little evidence, even in a short query.
    pub score: f64,
    /// The score difference to the second passage, as a fraction of the maximum score
    /// of a query with these words. A fraction of the first score would not do: it is
    /// always 1 if only one passage shares any word with the query.
    pub margin: f64,
    /// The fraction of the query's idf mass that occurs in the passage.
    pub coverage: f64,
    /// The Dice coefficient of query and stored question: twice the idf mass that they
    /// share, as a fraction of the sum of their masses.
    pub overlap: f64,
}

impl Features {
    /// Returns the values in the order of [`Weights::features`].
    pub fn values(&self) -> [f64; 4] {
        [self.score, self.margin, self.coverage, self.overlap]
    }
}

/// The coefficients of the logistic function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// The log-odds without evidence.
    pub intercept: f64,
    /// The weights of score, margin, coverage and overlap. None is negative.
    pub features: [f64; 4],
}

/// The coefficients that were fitted for the default ranking parameters.
pub const FITTED: Weights = Weights { intercept: -6.44, features: [7.40, 9.99, 2.26, 1.76] };

/// Maximum of the fitted probability. 1 is reserved for a query that equals the stored question.
const MAX: f64 = 0.99;

impl Weights {
    /// Returns the probability that the passage answers the query.
    pub fn probability(&self, features: &Features) -> f64 {
        let evidence: f64 = self.features.iter().zip(features.values()).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-self.intercept - evidence).exp())
    }
}

/// Returns the fitted probability, rounded to four decimals and at most 0.99.
pub fn probability(features: &Features) -> f64 {
    let exact = FITTED.probability(features).min(MAX);
    (exact * 10_000.0).round() / 10_000.0
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
