//! The priority of an open handoff.

use chatbot::Sessions;
use tenancy::{
    SessionId,
    access::{ActingAs, Desk},
};

use crate::{EventKind, Handoffs, Outbox, Priority, locked, moves::MoveError};

/// Changes the priority of the open handoff of a session. An agent may do so for what it has and what waits.
///
/// # Errors
/// [`MoveError`].
pub fn change<S>(store: &mut S, session: SessionId, priority: Priority) -> Result<(), MoveError>
where
    S: Sessions + Handoffs + Outbox + ActingAs<Desk> + ?Sized,
{
    let (session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
    if !session.status.is_escalated() {
        return Err(MoveError::IllegalTransition { from: session.status, event: "prioritise" });
    }
    let handoff = handoff.ok_or_else(|| locked::broken("an open session has no handoff"))?;
    let (agent, owner) = (store.caller().agent(), handoff.state.agent().map(|owner| owner.id));
    if agent.is_some() && owner.is_some() && agent != owner {
        return Err(MoveError::NotAssigned);
    }
    if handoff.priority != priority {
        store.set_priority(handoff.id, priority)?;
        store.emit(session.id, EventKind::Prioritised);
    }
    Ok(())
}
