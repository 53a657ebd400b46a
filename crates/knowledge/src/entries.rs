//! Lists entries, and adds, changes and removes one at a time.

mod list;

use std::slice;

use tenancy::{
    Fault, StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

pub use list::{EntryFilter, EntryPage, MAX_EXAMINED, Words, all, page};

use crate::{
    Chunk, Draft, Entry, EntryChange, EntryList, KnowledgeBase, ListedEntry, load::MAX_EXTENT, plain, text::normal_form,
};

/// The id that [`create`] gives to no entry: `entries/export/` is the path of the export.
///
/// Loads and uploads can bring an entry with it. It answers and is listed as any other, but only loads and uploads change and remove it.
pub const RESERVED_ID: &str = "export";

/// Why an entry is not added.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is an entry with this id already.
    #[error("the id is taken")]
    Taken,
    /// The knowledge would exceed [`MAX_EXTENT`].
    #[error("the knowledge would exceed the limits of a company")]
    TooMuch,
    /// The store failed.
    #[error("the entry could not be stored")]
    Store(#[from] StoreError),
}

/// Why an entry is not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// There is no such entry.
    #[error("there is no such entry")]
    NotFound,
    /// The knowledge would exceed [`MAX_EXTENT`].
    #[error("the knowledge would exceed the limits of a company")]
    TooMuch,
    /// The store failed.
    #[error("the entry could not be stored")]
    Store(#[from] StoreError),
}

/// Why an entry is not removed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is no such entry.
    #[error("there is no such entry")]
    NotFound,
    /// The store failed.
    #[error("the entry could not be removed")]
    Store(#[from] StoreError),
}

/// Adds an entry at the end of its document, which is made if there is none. HTML in its texts becomes plain text.
///
/// # Errors
/// [`CreateError`]. Then the transaction must not commit.
pub fn create<S>(store: &mut S, draft: Draft, now: Timestamp) -> Result<ListedEntry, CreateError>
where
    S: KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    let entry = draft.in_plain_text().into_entry();
    store.lock_faq()?;
    if entry.chunk_id == RESERVED_ID || store.entry(&entry.chunk_id)?.is_some() {
        return Err(CreateError::Taken);
    }
    record(store, Action::EntryCreated);
    store.merge_faq(slice::from_ref(&entry), now)?;
    if !store.extent()?.is_within(MAX_EXTENT) {
        return Err(CreateError::TooMuch);
    }
    stored(store, &entry).map_err(CreateError::Store)
}

/// Returns the id of the first entry with this question other than the one with the id `chunk_id`. Of two such entries,
/// only the first can equal what a visitor asks.
///
/// # Errors
/// Only when the store fails.
pub fn with_question<S>(store: &mut S, question: &str, chunk_id: Option<&str>) -> Result<Option<String>, StoreError>
where
    S: KnowledgeBase + ?Sized,
{
    let form = normal_form(&plain::line(question));
    if form.is_empty() {
        return Ok(None);
    }
    let has_it = |chunk: &Chunk| Some(chunk.chunk_id.as_str()) != chunk_id && normal_form(&chunk.question) == form;
    Ok(store.chunks()?.into_iter().find(has_it).map(|chunk| chunk.chunk_id))
}

/// Changes an entry, as [`EntryChange::of`] says. In another document, it becomes the last one. A change that changes nothing leaves the version of
/// the knowledge as it is.
///
/// # Errors
/// [`UpdateError`]. Then the transaction must not commit.
pub fn update<S>(store: &mut S, chunk_id: &str, change: EntryChange, now: Timestamp) -> Result<ListedEntry, UpdateError>
where
    S: KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    store.lock_faq()?;
    let listed = store.entry(chunk_id)?.ok_or(UpdateError::NotFound)?;
    let before = Entry::from(listed.chunk.clone());
    let after = change.of(before.clone());
    if after == before {
        return Ok(listed);
    }
    record(store, Action::EntryUpdated);
    store.merge_faq(slice::from_ref(&after), now)?;
    // A company that knows too much already can still correct and shorten it.
    let grows = !after.extent().is_within(before.extent());
    if grows && !store.extent()?.is_within(MAX_EXTENT) {
        return Err(UpdateError::TooMuch);
    }
    stored(store, &after).map_err(UpdateError::Store)
}

/// Removes an entry, and its document if that has no other.
///
/// # Errors
/// [`DeleteError`]. Then nothing has changed.
pub fn delete<S>(store: &mut S, chunk_id: &str, now: Timestamp) -> Result<(), DeleteError>
where
    S: KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    store.lock_faq()?;
    store.entry(chunk_id)?.ok_or(DeleteError::NotFound)?;
    record(store, Action::EntryDeleted);
    store.remove_from_faq(chunk_id, now)?;
    Ok(())
}

fn stored<S: EntryList + ?Sized>(store: &mut S, entry: &Entry) -> Result<ListedEntry, StoreError> {
    store.entry(&entry.chunk_id)?.ok_or_else(|| StoreError::new(Fault::Broken, NotStored))
}

#[derive(Debug, thiserror::Error)]
#[error("an entry that was stored is not there")]
struct NotStored;

fn record<S: Audit + ActingAs<Office> + ?Sized>(store: &mut S, action: Action) {
    let company = store.caller().scope().company();
    store.record(action, Object::Company(company));
}
