//! Writes of a session whose lock the caller holds.

use chatbot::{ExpectedVersions, NewMessage, Session, Sessions};
use tenancy::{Fault, HandoffId, MessageId, SessionRowId, StoreError, Timestamp};

use crate::{Handoff, Handoffs};

/// Locks the session of a handoff and reads both as they are under the lock.
///
/// The first read only finds the session; what it says of the handoff may be
/// outdated by the time the lock is held.
pub(crate) fn lock_handoff<S>(store: &mut S, id: HandoffId) -> Result<Option<(Session, Handoff)>, StoreError>
where
    S: Sessions + Handoffs + ?Sized,
{
    let Some(found) = store.handoff(id)? else {
        return Ok(None);
    };
    let Some(snapshot) = store.lock(found.session)? else {
        return Ok(None);
    };
    Ok(store.handoff(id)?.map(|handoff| (snapshot.session, handoff)))
}

/// Stores a locked session and appends messages to it.
pub(crate) fn write<S>(
    store: &mut S,
    session: &Session,
    messages: &[NewMessage],
    now: Timestamp,
) -> Result<(SessionRowId, Vec<MessageId>), StoreError>
where
    S: Sessions + ?Sized,
{
    // The versions are left out: what was planned under the lock stands on what the same transaction read.
    let basis = ExpectedVersions { revision: session.revision, versions: None };
    store.append(session, basis, messages, now)?.ok_or_else(|| broken("a locked session moved"))
}

/// A row did what its port rules out.
pub(crate) fn broken(what: &'static str) -> StoreError {
    StoreError::new(Fault::Broken, what)
}
