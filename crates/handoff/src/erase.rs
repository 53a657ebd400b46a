//! Deletes a visitor: the profile, the session and everything that belongs to them.

use attachments::BlobKey;
use chatbot::{Profiles, Sessions};
use tenancy::{
    ProfileId, StoreError,
    access::{ActingAs, Office},
    audit::{Action, Audit, Object},
};

use crate::{Erasing, EventKind, Outbox};

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The company has no such profile.
    #[error("user profile not found")]
    NotFound,
    /// The store failed.
    #[error("the profile could not be deleted")]
    Store(#[from] StoreError),
}

/// Deletes a profile with its session, messages, files and handoff.
///
/// Returns the keys of the blobs that the caller must delete after the commit.
///
/// # Errors
/// [`EraseError`].
pub fn profile<S>(store: &mut S, id: ProfileId) -> Result<Vec<BlobKey>, EraseError>
where
    S: Sessions + Profiles + Erasing + Outbox + Audit + ActingAs<Office> + ?Sized,
{
    let profile = store.profile(id)?.ok_or(EraseError::NotFound)?;
    // While the lock is held, no chat turn can add rows to the session.
    store.lock(profile.session)?.ok_or(EraseError::NotFound)?;
    let blobs = store.erase(id)?;
    store.emit(profile.session_id, EventKind::Erased);
    store.record(Action::ProfileDeleted, Object::Profile(id));
    Ok(blobs)
}
