//! Assigns an open handoff to an agent, or puts it back into the queue. The use cases decide whether that is allowed.

use chatbot::{Session, Sessions};
use serde_json::json;
use tenancy::{StoreError, Timestamp};

use crate::{
    Activities, ActivityKind, AgentRef, EventKind, Handoff, Handoffs, NewActivity, Outbox, State, locked, transitions,
};

/// Gives an open handoff, whose session the caller has locked, to an agent, and stores both.
///
/// The agent gets a line in its log. If another agent had the handoff, this is a transfer.
pub(crate) fn give<S>(
    store: &mut S,
    mut session: Session,
    mut handoff: Handoff,
    agent: AgentRef,
    now: Timestamp,
) -> Result<Handoff, StoreError>
where
    S: Sessions + Handoffs + Activities + Outbox + ?Sized,
{
    let id = handoff.id;
    let previous = handoff.state.agent().cloned();
    handoff.state = State::Assigned(agent.clone());
    transitions::apply(&mut session, &handoff.state, now);
    handoff.session_status = session.status;
    locked::write(store, &session, now)?;
    store.move_handoff(id, &handoff.state, handoff.notes.as_deref())?;
    let activity = NewActivity {
        agent: agent.id,
        kind: ActivityKind::SessionAssign,
        description: format!("A session was assigned to {}.", agent.name),
        metadata: json!({ "session_id": session.id.as_str() }),
        ip: None,
    };
    store.log(&activity, now)?;
    let kind = match previous {
        None => EventKind::Assigned { handoff: id, agent },
        Some(from) => {
            store.record_transfer(id, from.id, agent.id, now)?;
            EventKind::Transferred { handoff: id, from, to: agent }
        }
    };
    store.emit(session.id, kind);
    Ok(handoff)
}

/// Puts an open handoff, whose session the caller has locked, back into the queue, and stores both.
///
/// Reason, priority and the time of escalation stay, so the session keeps its place in the queue.
pub(crate) fn take_back<S>(
    store: &mut S,
    mut session: Session,
    mut handoff: Handoff,
    now: Timestamp,
) -> Result<Handoff, StoreError>
where
    S: Sessions + Handoffs + Outbox + ?Sized,
{
    transitions::requeue(&mut session, now);
    handoff.state = State::Pending;
    handoff.session_status = session.status;
    locked::write(store, &session, now)?;
    store.move_handoff(handoff.id, &handoff.state, handoff.notes.as_deref())?;
    let (id, reason, priority) = (handoff.id, handoff.reason.clone(), handoff.priority);
    store.emit(session.id, EventKind::Escalated { handoff: id, reason, priority });
    Ok(handoff)
}
