//! Closes a handoff, for staff who resolve it and for a visitor who leaves.

use chatbot::{Session, Sessions};
use serde_json::json;
use tenancy::{StoreError, Timestamp};

use crate::{Activities, ActivityKind, EventKind, Handoff, Handoffs, NewActivity, Outbox, State, locked, transitions};

/// Closes an open handoff for staff. The caller has locked its session, and both are stored.
///
/// An agent who had it gets a line in its log.
pub(crate) fn close<S>(
    store: &mut S,
    mut session: Session,
    handoff: Handoff,
    notes: &str,
    now: Timestamp,
) -> Result<Handoff, StoreError>
where
    S: Sessions + Handoffs + Activities + Outbox + ?Sized,
{
    let agent = handoff.state.agent().cloned();
    transitions::apply(&mut session, &State::Resolved { agent, at: now }, now);
    store_closed(store, &session, handoff, notes, now)
}

/// Stores a session whose handoff is closed, and the handoff. The caller has locked the session, and changed it with
/// [`transitions`].
pub(crate) fn store_closed<S>(
    store: &mut S,
    session: &Session,
    mut handoff: Handoff,
    notes: &str,
    now: Timestamp,
) -> Result<Handoff, StoreError>
where
    S: Sessions + Handoffs + Activities + Outbox + ?Sized,
{
    let agent = handoff.state.agent().cloned();
    handoff.state = State::Resolved { agent: agent.clone(), at: now };
    handoff.notes = Some(notes.to_owned());
    handoff.session_status = session.status;
    locked::write(store, session, now)?;
    store.move_handoff(handoff.id, &handoff.state, Some(notes))?;
    if let Some(agent) = &agent {
        let activity = NewActivity {
            agent: agent.id,
            kind: ActivityKind::SessionResolve,
            description: format!("A session of {} was resolved.", agent.name),
            metadata: json!({ "session_id": session.id.as_str(), "notes": notes }),
            ip: None,
        };
        store.log(&activity, now)?;
    }
    store.emit(session.id, EventKind::Resolved { handoff: handoff.id, agent });
    Ok(handoff)
}
