//! The store's side of this crate: a trait that a store implements.

use tenancy::{DocumentId, StoreError, Timestamp};

use crate::{Chunk, Document, Entry, Extent, Version};

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

    /// Removes the chunks with the ids `removed`, merges `entries` as [`KnowledgeBase::merge_faq`] does, and returns the
    /// new version. Unlike there, positions follow the order of `entries`, which are all entries of their documents.
    fn replace_documents(
        &mut self,
        removed: &[&str],
        entries: &[&Entry],
        now: Timestamp,
    ) -> Result<Version, StoreError>;

    /// Locks the FAQ until the transaction ends, so that what is read from now on is what a change finds.
    fn lock_faq(&mut self) -> Result<(), StoreError>;

    /// Removes the FAQ chunk with this id, and its document if that has no other, and returns the new version.
    fn remove_from_faq(&mut self, chunk_id: &str, now: Timestamp) -> Result<Version, StoreError>;
}

/// An entry as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    /// The entry.
    pub chunk: Chunk,
    /// When it was added or changed last. A load that merges it as it is changes nothing.
    pub updated_at: Timestamp,
}

impl ListedEntry {
    /// Returns its place in the order of the list.
    pub fn position(&self) -> EntryPosition {
        EntryPosition { document: self.chunk.document.id, position: self.chunk.position }
    }
}

/// A place in the list of entries: by document, then by position in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPosition {
    /// The document.
    pub document: DocumentId,
    /// The position in it.
    pub position: i64,
}

/// A document as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Its id and title.
    pub document: Document,
    /// The number of its entries.
    pub entries: u64,
    /// When it was loaded first.
    pub created_at: Timestamp,
}

/// The entries and documents of the company the store is bound to, one by one and page by page.
pub trait EntryList {
    /// Returns the entry with this id.
    fn entry(&mut self, chunk_id: &str) -> Result<Option<ListedEntry>, StoreError>;

    /// Returns up to `limit` entries after a place, in order; only those of one document, if it is given.
    fn entries_after(
        &mut self,
        document: Option<DocumentId>,
        after: Option<EntryPosition>,
        limit: usize,
    ) -> Result<Vec<ListedEntry>, StoreError>;

    /// Returns the id of the document with exactly this title.
    fn document_titled(&mut self, title: &str) -> Result<Option<DocumentId>, StoreError>;

    /// Returns up to `limit` documents with a greater id, by id.
    fn documents_after(&mut self, after: Option<DocumentId>, limit: usize) -> Result<Vec<ListedDocument>, StoreError>;
}
