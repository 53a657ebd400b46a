//! The store's side of this crate: a trait that a store implements.

use tenancy::{StoreError, Timestamp};

use crate::{Chunk, Entry, Version};

/// The size of a company's knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Number of chunks.
    pub chunks: u64,
    /// Length of all questions and answers, in Unicode scalar values.
    pub characters: u64,
}

/// The knowledge of the company the store is bound to.
///
/// The shared library is the knowledge of the reserved company
/// [`tenancy::CompanyCode::shared_library`], behind the same port.
pub trait KnowledgeBase {
    /// Returns the current version, [`Version::NONE`] before the first change.
    fn version(&mut self) -> Result<Version, StoreError>;

    /// Returns the company's name.
    fn company_name(&mut self) -> Result<String, StoreError>;

    /// Returns all chunks, ordered by document id, then by position.
    ///
    /// Reading [`KnowledgeBase::version`] in the same transaction gives the version that
    /// the chunks belong to.
    fn chunks(&mut self) -> Result<Vec<Chunk>, StoreError>;

    /// Returns the size of the knowledge.
    fn extent(&mut self) -> Result<Extent, StoreError>;

    /// Replaces the whole FAQ with `entries` and returns the new version.
    ///
    /// Removes all other FAQ chunks, and the FAQ documents that have no chunk left. A
    /// document whose title is used again keeps its id. Positions follow the order of
    /// `entries`. The version rises even if the entries are the same as before.
    fn replace_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError>;

    /// Merges `entries` into the FAQ and returns the new version.
    ///
    /// Each entry replaces the FAQ chunk with its `chunk_id`, or is added if there is
    /// none. An entry that stays in its document keeps its position, and any other entry
    /// goes to the end of its document. FAQ documents that have no chunk left are removed.
    fn merge_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError>;
}
