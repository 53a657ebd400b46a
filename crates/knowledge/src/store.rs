//! The port to the stored knowledge of one company.

use tenancy::{StoreError, Timestamp};

use crate::{Chunk, Entry, Version};

/// How much a company knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Chunks.
    pub chunks: u64,
    /// Unicode scalar values of questions and answers.
    pub characters: u64,
}

/// The knowledge of the company the store is bound to.
///
/// The shared library is the knowledge of the reserved company
/// [`tenancy::CompanyCode::shared_library`], behind the same port.
pub trait KnowledgeBase {
    /// The present version, [`Version::NONE`] before the first change.
    fn version(&mut self) -> Result<Version, StoreError>;

    /// Every chunk, ordered by document id, then position. Reading
    /// [`KnowledgeBase::version`] in the same transaction gives the version
    /// that the chunks belong to.
    fn chunks(&mut self) -> Result<Vec<Chunk>, StoreError>;

    /// How much there is.
    fn extent(&mut self) -> Result<Extent, StoreError>;

    /// Makes `entries` the whole FAQ: every FAQ chunk stored before and every
    /// FAQ document left without a chunk are removed. A document whose title is
    /// still named keeps its id; positions follow the order of `entries`.
    /// Raises the version, also for the same entries again, and returns it.
    fn replace_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError>;

    /// Stores each entry over the FAQ chunk with its `chunk_id`, or adds it
    /// where there is none. An entry that stays in its document keeps its
    /// position, any other goes to the end of the document it names; an FAQ
    /// document left without a chunk is removed. Raises the version and returns
    /// it.
    fn merge_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError>;
}
