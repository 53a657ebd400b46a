//! How far each side has read.

use chatbot::{Sessions, Side};
use tenancy::{
    SessionRowId, StoreError,
    access::{ActingAs, Visitor},
};

use crate::{EventKind, Outbox};

/// Notes that the caller has read its conversation up to the message at `seq`, and returns how far it has read. The
/// position is never lowered, and never raised beyond the last message.
///
/// Returns `None` if the caller has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn mark_read<S>(store: &mut S, seq: i64) -> Result<Option<i64>, StoreError>
where
    S: Sessions + Outbox + ActingAs<Visitor> + ?Sized,
{
    let Some(access) = store.caller().session() else { return Ok(None) };
    raise(store, access.row_id(), Side::Visitor, seq)
}

/// Notes that one side has read a session up to the message at `seq`, and returns how far it has read. The position is
/// never lowered, and never raised beyond the last message. `None` if the session was deleted.
pub(crate) fn raise<S>(store: &mut S, session: SessionRowId, side: Side, seq: i64) -> Result<Option<i64>, StoreError>
where
    S: Sessions + Outbox + ?Sized,
{
    let Some(snapshot) = store.lock(session)? else { return Ok(None) };
    let session = snapshot.session;
    let read = match side {
        Side::Visitor => session.visitor_read_seq,
        Side::Staff => session.staff_read_seq,
    };
    let seq = seq.min(session.last_seq);
    if seq <= read {
        return Ok(Some(read));
    }
    store.raise_read_seq(session.key, side, seq)?;
    store.emit(session.id, EventKind::Read { side, seq });
    Ok(Some(seq))
}
