//! Computes the confidence of a ranking.
//!
//! It is a logistic function without negative weights, so more evidence never lowers
//! the confidence. `just fit-confidence` fits the weights on labelled questions, some
//! of which have no answer in the knowledge. The result is therefore not a raw score,
//! but the probability that the first passage is right for such a question.
//! `docs/confidence.md` describes the method, the calibration and the thresholds.

use encoder::Model;

/// The evidence for the first passage of a ranking by words. Each value is between 0 and 1.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct WordFeatures {
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

/// The evidence for the first passage of a ranking by meaning. No value is negative.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct MeaningFeatures {
    /// The similarity, plus at most 0.5 for shared words.
    pub score: f64,
    /// The score difference to the best passage that says something else, at least to a passage that has nothing to do
    /// with the query.
    pub margin: f64,
    /// The share of the passage in a softmax over the scores of all passages, and of some that have nothing to do with
    /// the query.
    pub share: f64,
    /// The similarity of the query to the passage: a weighted mean of cosines.
    pub similarity: f64,
    /// The difference of similarity to the most similar passage that says something else.
    pub similarity_margin: f64,
    /// The fraction of the query's idf mass that occurs in the passage.
    pub coverage: f64,
}

/// Evidence as numbers, in the order of its weights.
pub trait Features<const N: usize> {
    /// Returns the values.
    fn values(&self) -> [f64; N];
}

impl Features<4> for WordFeatures {
    fn values(&self) -> [f64; 4] {
        [self.score, self.margin, self.coverage, self.overlap]
    }
}

impl Features<6> for MeaningFeatures {
    fn values(&self) -> [f64; 6] {
        let Self { score, margin, share, similarity, similarity_margin, coverage } = *self;
        [score, margin, share, similarity, similarity_margin, coverage]
    }
}

/// The coefficients of the logistic function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights<const N: usize> {
    /// The log-odds without evidence.
    pub intercept: f64,
    /// The weights of the features. None is negative.
    pub features: [f64; N],
}

/// The coefficients that were fitted for a ranking by words with the default parameters.
pub const WORDS: Weights<4> = Weights { intercept: -3.199, features: [2.801, 3.145, 1.608, 1.489] };

/// The coefficients of a ranking by meaning. They belong to the model that made the vectors.
pub type MeaningWeights = Weights<6>;

/// The coefficients that were fitted for a ranking by meaning with the embedded model.
pub const MEANING: MeaningWeights = Weights { intercept: -3.475, features: [1.551, 2.196, 3.120, 1.647, 2.082, 0.299] };

/// Maximum of the fitted probability. 1 is reserved for a query that equals the stored question.
const MAX: f64 = 0.99;

impl<const N: usize> Weights<N> {
    /// Returns the probability that the passage answers the query.
    pub fn probability(&self, features: &impl Features<N>) -> f64 {
        let evidence: f64 = self.features.iter().zip(features.values()).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-self.intercept - evidence).exp())
    }
}

/// Returns the fitted probability for a ranking by words, rounded to four decimals and at most 0.99.
pub fn of_words(features: &WordFeatures) -> f64 {
    rounded(WORDS.probability(features))
}

/// Returns the fitted probability for a ranking by meaning, rounded to four decimals and at most 0.99.
pub fn of_meaning(features: &MeaningFeatures, weights: &MeaningWeights) -> f64 {
    rounded(weights.probability(features))
}

/// Returns the coefficients for a ranking with the vectors of a model: those in its file, for the embedded model
/// [`MEANING`], and `None` for another model without any.
pub fn weights_of(model: &Model) -> Option<MeaningWeights> {
    match model.weights() {
        Some([intercept, features @ ..]) => {
            Some(Weights { intercept: f64::from(intercept), features: features.map(f64::from) })
        }
        None => (model.id() == Model::embedded_id()).then_some(MEANING),
    }
}

fn rounded(probability: f64) -> f64 {
    (probability.min(MAX) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Values<const N: usize>([f64; N]);

    impl<const N: usize> Features<N> for Values<N> {
        fn values(&self) -> [f64; N] {
            self.0
        }
    }

    #[test]
    fn no_evidence_is_hardly_believed_and_full_evidence_is() {
        assert!(WORDS.probability(&Values([0.0; 4])) < 0.05);
        assert!(WORDS.probability(&Values([1.0; 4])) > 0.9);
        assert!(MEANING.probability(&Values([0.0; 6])) < 0.05);
        assert!(MEANING.probability(&Values([1.0; 6])) > 0.9);
    }

    proptest! {
        #[test]
        fn more_of_any_evidence_never_lowers_the_confidence(
            values in prop::array::uniform6(0.0..=1.0_f64),
            which in 0_usize..6,
            more in 0.0..=1.0_f64,
        ) {
            let mut raised = values;
            raised[which] = (raised[which] + more).min(1.0);
            prop_assert!(MEANING.probability(&Values(raised)) >= MEANING.probability(&Values(values)));
            let four = |values: [f64; 6]| Values([values[0], values[1], values[2], values[3]]);
            prop_assert!(WORDS.probability(&four(raised)) >= WORDS.probability(&four(values)));
        }
    }
}
