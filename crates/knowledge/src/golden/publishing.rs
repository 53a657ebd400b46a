//! Changes of the knowledge, which are compared with the golden questions before they are made.

use std::collections::{HashMap, HashSet};

use encoder::Vector;
use tenancy::StoreError;

use super::Proposal;
use crate::{Chunk, EntryText, Index, KnowledgeBase, Snapshot, TextHash, Version, entry_texts};

/// Maximum number of golden questions that are named as lost.
pub const MOST_LOST: usize = 20;

/// Maximum number of wordings that are encoded for a comparison: as many as an entry with all its alternatives has, and
/// some more.
pub const MOST_ENCODED: usize = 32;

/// A company's knowledge before and after a change that has not been made.
///
/// Vectors are computed after a change, in the background. A comparison must not mistake a vector that is not there yet
/// for a change of meaning, so both sides have all vectors or none: up to [`MOST_ENCODED`] missing ones are computed for
/// it, and if more are missing, as for a large load, words alone are compared on both sides.
#[derive(Debug)]
pub struct Comparison {
    before: Snapshot,
    after: Vec<Chunk>,
    missing: Vec<EntryText>,
}

impl Comparison {
    /// Compares what is known with what a change makes of it. Without `encodes`, words alone are compared.
    ///
    /// `None` if there is nothing to compare: the change would be refused, or changes no entry.
    pub fn of(
        mut before: Snapshot,
        encodes: bool,
        propose: impl FnOnce(Version, &[Chunk]) -> Option<Proposal>,
    ) -> Option<Self> {
        let after = propose(before.version, &before.chunks)?.applied(&before.chunks)?;
        if before.chunks.len() == after.len()
            && before.chunks.iter().zip(&after).all(|(one, other)| is_same(one, other))
        {
            return None;
        }
        let missing = if encodes { missing(&before, &after) } else { None };
        if missing.is_none() {
            before.vectors = HashMap::new();
        }
        Some(Self { missing: missing.unwrap_or_default(), before, after })
    }

    /// Takes the texts whose vectors [`Comparison::indexes`] needs, at most [`MOST_ENCODED`].
    pub fn take_missing(&mut self) -> Vec<EntryText> {
        std::mem::take(&mut self.missing)
    }

    /// Returns the indexes before and after the change. This takes a while.
    pub fn indexes(self, vectors: Vec<(TextHash, Vector)>) -> (Index, Index) {
        let Self { mut before, after, missing: _ } = self;
        before.vectors.extend(vectors);
        let after = Snapshot { chunks: after, ..before.clone() };
        (Index::build(before), Index::build(after))
    }
}

/// Whether two entries are the same to a search. Where an entry is among the others matters, its position does not.
fn is_same(one: &Chunk, other: &Chunk) -> bool {
    (&one.chunk_id, &one.section, &one.question, &one.alternatives, &one.answer)
        == (&other.chunk_id, &other.section, &other.question, &other.alternatives, &other.answer)
}

/// Returns the texts without a vector, each once; `None` if there are more than are encoded.
fn missing(before: &Snapshot, after: &[Chunk]) -> Option<Vec<EntryText>> {
    let (mut seen, mut missing) = (HashSet::new(), Vec::new());
    for chunk in before.chunks.iter().chain(after) {
        for text in entry_texts(chunk, &before.company_name) {
            if !before.vectors.contains_key(&text.hash) && seen.insert(text.hash) {
                missing.push(text);
            }
            if missing.len() > MOST_ENCODED {
                return None;
            }
        }
    }
    Some(missing)
}

/// Why a change is not made.
#[derive(Debug, thiserror::Error)]
pub enum PublishError<E> {
    /// The knowledge has changed since the change was compared. The comparison is made again.
    #[error("the knowledge has changed")]
    Moved,
    /// The change was refused or failed.
    #[error("the change was not made")]
    Change(#[source] E),
}

impl<E: From<StoreError>> From<StoreError> for PublishError<E> {
    fn from(error: StoreError) -> Self {
        Self::Change(error.into())
    }
}

/// Makes a change of the knowledge, if the knowledge has the version that the change was compared with. Without a
/// version there was nothing to compare, and the change is made in any case.
///
/// # Errors
/// [`PublishError`]. Then the transaction must not commit.
pub fn publish<S, T, E>(
    store: &mut S,
    compared: Option<Version>,
    change: impl FnOnce(&mut S) -> Result<T, E>,
) -> Result<T, PublishError<E>>
where
    S: KnowledgeBase + ?Sized,
    E: From<StoreError>,
{
    if let Some(version) = compared {
        store.lock_faq()?;
        if store.version()? != version {
            return Err(PublishError::Moved);
        }
    }
    change(store).map_err(PublishError::Change)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{
        Entry, EntryChange,
        index::tests::snapshot,
        load::{LoadMode, MAX_EXTENT},
    };

    fn known() -> Snapshot {
        let mut known = snapshot(&[("S", "When?", "Now."), ("S", "Who?", "Me.")]);
        let texts = known.chunks.iter().flat_map(|chunk| entry_texts(chunk, &known.company_name));
        known.vectors = texts.map(|text| (text.hash, Vector::unit(&[1.0; 384]))).collect();
        known
    }

    fn asks(question: &str) -> impl FnOnce(Version, &[Chunk]) -> Option<Proposal> {
        let change = EntryChange { question: Some(question.to_owned()), ..EntryChange::default() };
        |_, chunks: &[Chunk]| Proposal::update("c0", change, chunks)
    }

    fn load(number: usize) -> impl FnOnce(Version, &[Chunk]) -> Option<Proposal> {
        move |_, chunks: &[Chunk]| {
            let entry =
                |at| Entry { chunk_id: format!("n{at}"), question: format!("{at}?"), ..chunks[0].clone().into() };
            Some(Proposal::load(&(0..number).map(entry).collect::<Vec<_>>(), LoadMode::Merge))
        }
    }

    #[test]
    fn what_changes_nothing_or_is_refused_is_not_compared() {
        assert!(Comparison::of(known(), true, asks("When?")).is_none());
        assert!(Comparison::of(known(), true, |_, _| None).is_none());
        let gone = |_: Version, chunks: &[Chunk]| Proposal::update("c9", EntryChange::default(), chunks);
        assert!(Comparison::of(known(), true, gone).is_none());
        assert!(Comparison::of(known(), true, asks("At what time?")).is_some());
        let most = usize::try_from(MAX_EXTENT.questions).unwrap();
        assert!(Comparison::of(known(), false, load(most - 2)).is_some());
        assert!(Comparison::of(known(), false, load(most - 1)).is_none());
    }

    #[test]
    fn a_small_change_is_encoded_and_a_large_one_is_compared_by_words() {
        let vector = |text: EntryText| (text.hash, Vector::unit(&[1.0; 384]));
        let mut small = Comparison::of(known(), true, load(MOST_ENCODED)).unwrap();
        let missing = small.take_missing();
        assert_eq!(missing.len(), MOST_ENCODED);
        let (before, after) = small.indexes(missing.into_iter().map(vector).collect());
        assert!(before.has_all_vectors() && after.has_all_vectors());
        assert_eq!((before.len(), after.len()), (2, 2 + MOST_ENCODED));
        for (number, encodes) in [(MOST_ENCODED + 1, true), (1, false)] {
            let mut by_words = Comparison::of(known(), encodes, load(number)).unwrap();
            assert!(by_words.take_missing().is_empty());
            let (before, after) = by_words.indexes(Vec::new());
            assert!(!before.compares_meaning("x") && !after.compares_meaning("x"));
        }
    }

    #[test]
    fn what_waits_for_its_vector_is_encoded_for_both_sides() {
        let mut waits = known();
        waits.vectors.clear();
        let mut comparison = Comparison::of(waits, true, asks("At what time?")).unwrap();
        assert_eq!(comparison.take_missing().len(), 3);
    }
}
