//! What the texts of a search mean.

use std::{collections::HashMap, sync::Arc};

use encoder::Vector;

use crate::{Speller, confidence::MeaningWeights};

/// The vectors of texts that are searched for, and the speller that repairs them.
///
/// [`crate::Index::readings`] tells which texts have to be encoded for a search. The default has no vector, so that
/// words alone are searched.
#[derive(Debug, Clone, Default)]
pub struct Meanings {
    speller: Option<Arc<Speller>>,
    weights: Option<MeaningWeights>,
    vectors: HashMap<String, Vector>,
}

impl Meanings {
    /// Makes an empty collection with a speller, for a model. `weights` are those of the confidence that were fitted for the
    /// model. Without them, entries are ranked by their meaning, but only shared words make a ranking probable: what a
    /// similarity is worth differs from model to model.
    pub fn new(speller: Arc<Speller>, weights: Option<MeaningWeights>) -> Self {
        Self { speller: Some(speller), weights, vectors: HashMap::new() }
    }

    /// Adds the vector of a text.
    pub fn insert(&mut self, text: String, vector: Vector) {
        self.vectors.insert(text, vector);
    }

    /// Whether the vector of a text is known.
    pub fn contains(&self, text: &str) -> bool {
        self.vectors.contains_key(text)
    }

    /// Returns the speller; `None` if nothing is encoded.
    pub(crate) fn speller(&self) -> Option<&Speller> {
        self.speller.as_deref()
    }

    /// Returns the weights of the confidence, if the model has some.
    pub(crate) fn weights(&self) -> Option<&MeaningWeights> {
        self.weights.as_ref()
    }

    /// Returns the vectors of those texts that have one.
    pub(crate) fn of(&self, texts: &[String]) -> Vec<&Vector> {
        texts.iter().filter_map(|text| self.vectors.get(text)).collect()
    }
}
