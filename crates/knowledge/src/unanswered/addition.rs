//! Closes a group into an entry that answers it: its questions become alternative questions of the entry.

use std::collections::HashSet;

use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Office},
    audit::Audit,
};

use super::{CloseError, Group, Misses, close};
use crate::{
    Chunk, EntryChange, EntryList, KnowledgeBase, ListedEntry,
    entries::{self, UpdateError},
    entry::MAX_ALTERNATIVES,
    text::normal_form,
};

/// What further wordings make of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The wordings that the entry did not have, and gets.
    pub added: Vec<String>,
    /// Those for which there is no room: an entry has at most [`MAX_ALTERNATIVES`] alternatives.
    pub left_out: Vec<String>,
}

impl Addition {
    /// Sorts wordings, the most important first, by whether the entry has them, gets them, or has no room for them.
    pub fn of(chunk: &Chunk, wordings: &[String]) -> Self {
        let mut seen: HashSet<String> = chunk.questions().map(normal_form).collect();
        let new = wordings.iter().filter(|wording| seen.insert(normal_form(wording)));
        let mut added: Vec<String> = new.cloned().collect();
        let left_out = added.split_off(added.len().min(MAX_ALTERNATIVES.saturating_sub(chunk.alternatives.len())));
        Self { added, left_out }
    }

    /// Whether there are new wordings and the entry has room for none of them.
    pub fn is_refused(&self) -> bool {
        self.added.is_empty() && !self.left_out.is_empty()
    }

    /// Returns the change of the entry.
    pub fn change(&self, chunk: &Chunk) -> EntryChange {
        let alternatives = [&chunk.alternatives[..], &self.added].concat();
        EntryChange { alternatives: Some(alternatives), ..EntryChange::default() }
    }
}

/// What came of closing a group into an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedInto {
    /// The entry as it is now.
    pub entry: ListedEntry,
    /// What it got.
    pub addition: Addition,
    /// The number of questions that were closed.
    pub closed: usize,
}

/// Why a group was not closed into an entry.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// No question of the group is open.
    #[error("there is no such group of questions")]
    NotFound,
    /// The company has no entry with the id.
    #[error("there is no such entry")]
    NoEntry,
    /// No wording of the group says by itself what it is about, and no other ones were sent.
    #[error("the questions of the group need those before them")]
    NoQuestion,
    /// Another entry has one of the wordings, so this one would not be found by it.
    #[error("another entry has the wording")]
    Held {
        /// The wording.
        wording: String,
        /// The id of the other entry.
        chunk_id: String,
    },
    /// The entry has as many alternatives as it can have.
    #[error("the entry has no room for another alternative")]
    Full,
    /// The knowledge would exceed [`crate::load::MAX_EXTENT`].
    #[error("the knowledge would exceed the limits of a company")]
    TooMuch,
    /// The store failed.
    #[error("the group could not be closed")]
    Store(#[from] StoreError),
}

impl From<CloseError> for ExtendError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => Self::NotFound,
            CloseError::Store(error) => Self::Store(error),
        }
    }
}

impl From<UpdateError> for ExtendError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => Self::NoEntry,
            UpdateError::TooMuch => Self::TooMuch,
            UpdateError::Store(error) => Self::Store(error),
        }
    }
}

/// Returns the first wording that is one of another entry than the one with the id, and the id of that entry.
pub fn holder<'w, 'c>(
    chunks: impl IntoIterator<Item = &'c Chunk>,
    wordings: &'w [String],
    chunk_id: &str,
) -> Option<(&'w str, &'c str)> {
    let forms: Vec<String> = wordings.iter().map(|wording| normal_form(wording)).collect();
    chunks.into_iter().filter(|chunk| chunk.chunk_id != chunk_id).find_map(|chunk| {
        let held = chunk.questions().map(normal_form).find_map(|form| forms.iter().position(|own| *own == form))?;
        Some((wordings.get(held)?.as_str(), chunk.chunk_id.as_str()))
    })
}

/// Adds wordings to an entry as alternative questions, and closes the group. What the entry has already is not added
/// again.
///
/// # Errors
/// [`ExtendError`]. Then the transaction must not commit.
pub fn close_into<S>(
    store: &mut S,
    group: &Group,
    chunk_id: &str,
    wordings: &[String],
    now: Timestamp,
) -> Result<ClosedInto, ExtendError>
where
    S: Misses + KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    // As every change of the knowledge, so that two of them do not wait for each other.
    store.lock_faq()?;
    let closed = close(store, group, now)?;
    let before = store.entry(chunk_id)?.ok_or(ExtendError::NoEntry)?.chunk;
    let addition = Addition::of(&before, wordings);
    if addition.is_refused() {
        return Err(ExtendError::Full);
    }
    let entry = entries::update(store, chunk_id, addition.change(&before), now)?;
    Ok(ClosedInto { entry, addition, closed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::{asked_as, snapshot};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn an_entry_gets_the_wordings_that_it_does_not_have_while_there_is_room() {
        let chunks = asked_as(snapshot(&[("S", "When?", "Now.")]), 0, &["At what time?"]).chunks;
        let of = |wordings: &[&str]| Addition::of(&chunks[0], &texts(wordings));
        let addition = of(&["WHEN", "Opening hours?", "at what TIME", "opening hours"]);
        assert_eq!(addition, Addition { added: texts(&["Opening hours?"]), left_out: Vec::new() });
        assert_eq!(addition.change(&chunks[0]).alternatives, Some(texts(&["At what time?", "Opening hours?"])));
        let many: Vec<String> = (0..MAX_ALTERNATIVES + 1).map(|number| format!("Hours {number}?")).collect();
        let addition = Addition::of(&chunks[0], &many);
        assert_eq!((addition.added.len(), addition.left_out.len()), (MAX_ALTERNATIVES - 1, 2));
        assert!(!addition.is_refused() && !of(&["When"]).is_refused());
        let full = Chunk { alternatives: many[..MAX_ALTERNATIVES].to_vec(), ..chunks[0].clone() };
        assert!(Addition::of(&full, &texts(&["New?"])).is_refused());
        assert!(!Addition::of(&full, &many[..2]).is_refused());
    }

    #[test]
    fn a_wording_of_another_entry_is_found_and_one_of_its_own_is_not() {
        let chunks = asked_as(snapshot(&[("S", "When?", "Now."), ("S", "Who?", "Me.")]), 1, &["Which person?"]).chunks;
        let wordings = texts(&["At what time?", "which PERSON"]);
        assert_eq!(holder(&chunks, &wordings, "c0"), Some(("which PERSON", "c1")));
        assert_eq!(holder(&chunks, &wordings, "c1"), None);
    }
}
