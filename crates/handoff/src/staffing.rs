//! Agents change, go and come back; what they had goes back to the queue in the
//! same transaction.
//!
//! The agent's account is locked first and its sessions after it. Whoever gives
//! a session to an agent locks in the same order
//! ([`Handoffs::active_agent`]), so no session is
//! given to an agent who is on the way out, and nobody waits for each other.

use chatbot::Sessions;
use identity::agents::{
    Agent, Agents,
    change::{self, AgentChange, ChangedAgent, DeleteAgentError, UpdateAgentError},
};
use tenancy::{
    AgentId, StoreError, Timestamp,
    access::{ActingAs, Office},
    audit::{Action, Audit, Object},
};

use crate::{
    EventKind, HandoffFilter, Handoffs, Outbox, Sight, State, StateFilter, locked,
    transitions::{self, Command, Transition},
};

/// Changes an agent. One who is thereby deactivated is signed out, and every
/// open session of the agent waits in the queue again.
///
/// # Errors
/// [`UpdateAgentError`]; nothing has changed then.
pub fn update<S>(store: &mut S, id: AgentId, change: AgentChange, now: Timestamp) -> Result<Agent, UpdateAgentError>
where
    S: Agents + Sessions + Handoffs + Outbox + Audit + ActingAs<Office> + ?Sized,
{
    match change::change(store, id, change, now)? {
        ChangedAgent::Kept(agent) => Ok(agent),
        ChangedAgent::Deactivated(agent) => {
            return_to_queue(store, id, now)?;
            Ok(agent)
        }
    }
}

/// Deletes an agent and its account; the e-mail is free again. Open sessions wait
/// in the queue, and what is past stays without naming the agent.
///
/// # Errors
/// [`DeleteAgentError`]; nothing has changed then.
pub fn delete<S>(store: &mut S, id: AgentId, now: Timestamp) -> Result<(), DeleteAgentError>
where
    S: Agents + Sessions + Handoffs + Outbox + Audit + ActingAs<Office> + ?Sized,
{
    let agent = store.agent_for_update(id)?.ok_or(DeleteAgentError::NotFound)?;
    return_to_queue(store, id, now)?;
    store.forget_agent(id)?;
    store.record(Action::AgentDeleted, Object::Agent(id));
    Ok(store.delete_agent(&agent)?)
}

/// Takes every open session from an agent whose account is locked.
///
/// Reason, priority and the time of escalation stay, so a session keeps its place
/// in the queue.
fn return_to_queue<S>(store: &mut S, agent: AgentId, now: Timestamp) -> Result<(), StoreError>
where
    S: Sessions + Handoffs + Outbox + ActingAs<Office> + ?Sized,
{
    let open = HandoffFilter { state: Some(StateFilter::Assigned), ..HandoffFilter::default() };
    for found in store.handoffs(&open, Sight::Mine(agent))? {
        // Only under the lock is it certain that the agent still has it.
        let Some((mut session, handoff)) = locked::lock_handoff(store, found.id)? else { continue };
        let owner = handoff.state.agent().map(|agent| agent.id);
        if transitions::decide(session.status, owner, Command::Return(agent), None) != Ok(Transition::Queue) {
            continue;
        }
        transitions::queue(&mut session, now);
        locked::write(store, &session, &[], now)?;
        store.move_handoff(handoff.id, &State::Pending, handoff.notes.as_deref())?;
        let kind = EventKind::Escalated { handoff: handoff.id, reason: handoff.reason, priority: handoff.priority };
        store.emit(session.id, kind);
    }
    Ok(())
}
