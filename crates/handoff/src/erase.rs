//! Deletion of a visitor: profile, session and all that hangs on them.

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

/// Deletes a profile with its session, messages, files and handoff. Returns the
/// blobs that are to be deleted after commit.
///
/// # Errors
/// [`EraseError`].
pub fn profile<S>(store: &mut S, id: ProfileId) -> Result<Vec<BlobKey>, EraseError>
where
    S: Sessions + Profiles + Erasing + Outbox + Audit + ActingAs<Office> + ?Sized,
{
    let profile = store.profile(id)?.ok_or(EraseError::NotFound)?;
    // Under the lock no turn can add to what is being deleted.
    store.lock(profile.session)?.ok_or(EraseError::NotFound)?;
    let blobs = store.erase(id)?;
    store.emit(profile.session_id, EventKind::Erased);
    store.record(Action::ProfileDeleted, Object::Profile(id));
    Ok(blobs)
}
