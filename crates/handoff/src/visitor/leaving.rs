//! A visitor leaves its conversation.

use chatbot::{SessionStatus, Sessions};
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use crate::{
    Activities, Handoffs, Outbox, State, closing, locked,
    transitions::{self, Command, Transition},
};

/// The notes of a handoff that the visitor has closed.
const NOTES: &str = "left by the visitor";

/// Records that the caller leaves, and returns the status of its session. An open handoff is closed.
///
/// Without an open handoff the status stays as it is. The visitor may come back: its next message goes on with the
/// same session.
///
/// Returns `None` if the caller has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn leave<S>(store: &mut S, now: Timestamp) -> Result<Option<SessionStatus>, StoreError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Visitor> + ?Sized,
{
    let Some(access) = store.caller().session() else { return Ok(None) };
    let Some(snapshot) = store.lock(access.row_id())? else { return Ok(None) };
    let mut session = snapshot.session;
    session.left_at = Some(now);
    let handoff = store.handoff_of(session.key)?;
    let owner = handoff.as_ref().and_then(|handoff| handoff.state.agent()).map(|agent| agent.id);
    match (transitions::decide(session.status, owner, Command::Leave, None), handoff) {
        (Ok(Transition::Resolved), Some(handoff)) => {
            let state = State::Resolved { agent: handoff.state.agent().cloned(), at: now };
            transitions::leave(&mut session, &state, now);
            closing::store_closed(store, &session, handoff, NOTES, now).map(|handoff| Some(handoff.session_status))
        }
        _ => {
            session.updated_at = now;
            locked::write(store, &session, now)?;
            Ok(Some(session.status))
        }
    }
}
