//! What a change would make of a company's entries.

use std::collections::{HashMap, HashSet};

use tenancy::DocumentId;

use crate::{
    Chunk, Document, Draft, Entry, EntryChange, Extent,
    entries::RESERVED_ID,
    load::{LoadMode, MAX_EXTENT},
    upload::{Change, Diff},
};

/// A change of a company's entries that has not been made. [`Proposal::applied`] says what it makes of them, as a
/// [`crate::KnowledgeBase`] would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The ids of the entries that are removed; `None` for all.
    removed: Option<HashSet<String>>,
    /// The entries that replace those with their ids, or are added.
    put: Vec<Entry>,
    /// Whether positions follow the order of `put`. Otherwise an entry that stays in its document keeps its place, and
    /// others go to the end.
    in_order: bool,
}

impl Proposal {
    /// Proposes to add an entry. `None` if its id is taken.
    pub fn creation(draft: Draft, chunks: &[Chunk]) -> Option<Self> {
        let entry = draft.in_plain_text().into_entry();
        let is_taken = entry.chunk_id == RESERVED_ID || find(chunks, &entry.chunk_id).is_some();
        (!is_taken).then(|| Self::put(vec![entry]))
    }

    /// Proposes to change an entry. `None` if there is none with the id.
    pub fn update(chunk_id: &str, change: EntryChange, chunks: &[Chunk]) -> Option<Self> {
        let before = find(chunks, chunk_id)?.clone();
        Some(Self::put(vec![change.of(before.into())]))
    }

    /// Proposes to remove an entry.
    pub fn deletion(chunk_id: String) -> Self {
        Self { removed: Some(HashSet::from([chunk_id])), put: Vec::new(), in_order: false }
    }

    /// Proposes a load.
    pub fn load(entries: &[Entry], mode: LoadMode) -> Self {
        match mode {
            LoadMode::Merge => Self::put(entries.to_vec()),
            LoadMode::Replace => Self { removed: None, put: entries.to_vec(), in_order: true },
        }
    }

    /// Proposes an upload. `None` if it cannot be loaded.
    pub fn upload(diff: &Diff) -> Option<Self> {
        let entries = |is_removed: bool| {
            let outcomes = diff.outcomes.iter().filter(move |it| (it.change == Change::Removed) == is_removed);
            outcomes.map(|outcome| outcome.entry.clone())
        };
        let removed = entries(true).map(|entry| entry.chunk_id).collect();
        (!diff.has_errors).then(|| Self { removed: Some(removed), put: entries(false).collect(), in_order: true })
    }

    fn put(put: Vec<Entry>) -> Self {
        Self { removed: Some(HashSet::new()), put, in_order: false }
    }

    /// Returns the entries after the change, by document, then by position. `None` if they would exceed [`MAX_EXTENT`]
    /// and more than before: such a change is refused.
    pub fn applied(self, chunks: &[Chunk]) -> Option<Vec<Chunk>> {
        let Self { removed, put, in_order } = self;
        let documents = documents(chunks, &put);
        let mut ends: HashMap<DocumentId, i64> = HashMap::new();
        if !in_order {
            for chunk in chunks {
                let end = ends.entry(chunk.document.id).or_default();
                *end = (*end).max(chunk.position);
            }
        }
        let places: HashMap<&str, (DocumentId, i64)> =
            chunks.iter().map(|chunk| (chunk.chunk_id.as_str(), (chunk.document.id, chunk.position))).collect();
        let mut after: Vec<Chunk> = Vec::with_capacity(chunks.len() + put.len());
        let mut is_put = HashSet::new();
        for entry in put {
            let Some(document) = documents.get(&entry.document).cloned() else { continue };
            let end = ends.entry(document.id).or_default();
            *end += 1;
            let stays = places.get(entry.chunk_id.as_str()).filter(|(before, _)| !in_order && *before == document.id);
            let position = stays.map_or(*end, |(_, position)| *position);
            is_put.insert(entry.chunk_id.clone());
            after.push(placed(entry, document, position));
        }
        let stays = |chunk: &&Chunk| {
            let id = &chunk.chunk_id;
            !is_put.contains(id) && removed.as_ref().is_some_and(|removed| !removed.contains(id))
        };
        after.extend(chunks.iter().filter(stays).cloned());
        after.sort_by_key(|chunk| (chunk.document.id, chunk.position));
        let extent = extent(&after);
        (extent.is_within(MAX_EXTENT) || extent.is_within(self::extent(chunks))).then_some(after)
    }
}

fn find<'c>(chunks: &'c [Chunk], chunk_id: &str) -> Option<&'c Chunk> {
    chunks.iter().find(|chunk| chunk.chunk_id == chunk_id)
}

/// Returns the documents by title: those that are there, and new ones with the ids after theirs.
fn documents(chunks: &[Chunk], put: &[Entry]) -> HashMap<String, Document> {
    let mut documents: HashMap<String, Document> =
        chunks.iter().map(|chunk| (chunk.document.title.clone(), chunk.document.clone())).collect();
    let mut last = chunks.iter().map(|chunk| chunk.document.id.get()).max().unwrap_or_default();
    for entry in put {
        documents.entry(entry.document.clone()).or_insert_with(|| {
            last += 1;
            Document { id: DocumentId::new(last), title: entry.document.clone() }
        });
    }
    documents
}

fn placed(entry: Entry, document: Document, position: i64) -> Chunk {
    let Entry { document: _, chunk_id, section, question, alternatives, answer, page } = entry;
    Chunk { document, chunk_id, section, question, alternatives, answer, page, position }
}

fn extent(chunks: &[Chunk]) -> Extent {
    let extents = chunks.iter().map(Chunk::extent);
    extents.fold(Extent { questions: 0, characters: 0 }, Extent::plus)
}
