//! The store's side of the vectors of entries.

use std::collections::{HashMap, HashSet};

use encoder::Vector;
use tenancy::StoreError;

use crate::Version;

/// The hash of the texts of an entry, by which its vector is stored. Entries with the same texts share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextHash([u8; Self::BYTES]);

impl TextHash {
    /// The length in bytes.
    pub const BYTES: usize = 16;

    /// Wraps the bytes of a hash.
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a hash from a row; `None` for bytes of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Returns the bytes in rows.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

/// The vectors of the entries of the company the store is bound to.
///
/// A vector belongs to a model and a text. Vectors of different models must not be compared, so `model` is
/// [`encoder::Model::id`].
pub trait EntryVectors {
    /// Returns all vectors of a model.
    fn vectors(&mut self, model: &str) -> Result<HashMap<TextHash, Vector>, StoreError>;

    /// Returns which texts have a vector of a model.
    fn vector_hashes(&mut self, model: &str) -> Result<HashSet<TextHash>, StoreError>;

    /// Stores vectors of a model. A text that has one already keeps it.
    fn put_vectors(&mut self, model: &str, vectors: &[(TextHash, Vector)]) -> Result<(), StoreError>;

    /// Deletes the vectors of all other models, and those of this model whose text is not in `keep`.
    fn drop_other_vectors(&mut self, model: &str, keep: &HashSet<TextHash>) -> Result<(), StoreError>;

    /// Raises the version of the knowledge, and returns it, so that every process builds the company's index anew and
    /// finds the stored vectors. Unlike a change of the knowledge it enqueues no job.
    fn publish_vectors(&mut self) -> Result<Version, StoreError>;
}
