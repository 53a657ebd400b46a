//! What the texts of a search mean.

use std::{collections::HashMap, sync::Arc};

use encoder::Vector;

use crate::Speller;

/// The vectors of texts that are searched for, and the speller that repairs them.
///
/// [`crate::Index::readings`] tells which texts have to be encoded for a search. The default has no vector, so that
/// words alone are searched.
#[derive(Debug, Clone, Default)]
pub struct Meanings {
    speller: Option<Arc<Speller>>,
    vectors: HashMap<String, Vector>,
}

impl Meanings {
    /// Makes an empty collection with a speller.
    pub fn new(speller: Arc<Speller>) -> Self {
        Self { speller: Some(speller), vectors: HashMap::new() }
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

    /// Returns the vectors of those texts that have one.
    pub(crate) fn of(&self, texts: &[String]) -> Vec<&Vector> {
        texts.iter().filter_map(|text| self.vectors.get(text)).collect()
    }
}
