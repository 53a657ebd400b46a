//! How far a visitor has read.

use chatbot::{Sessions, Side};
use tenancy::{
    StoreError,
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
    let Some(snapshot) = store.lock(access.row_id())? else { return Ok(None) };
    let session = snapshot.session;
    let seq = seq.min(session.last_seq);
    if seq <= session.visitor_read_seq {
        return Ok(Some(session.visitor_read_seq));
    }
    store.raise_read_seq(session.key, Side::Visitor, seq)?;
    store.emit(session.id, EventKind::Read { side: Side::Visitor, seq });
    Ok(Some(seq))
}
