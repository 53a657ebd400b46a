//! Changes and deletes agents, and returns their sessions to the queue in the same transaction.
//!
//! The agent's account is locked first and its sessions after that. Every function
//! that gives a session to an agent locks in the same order ([`Handoffs::active_agent`]).
//! So no session is given to an agent who is being removed, and there is no deadlock.

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
    HandoffFilter, Handoffs, Outbox, Sight, StateFilter, giving, locked,
    transitions::{self, Command, Transition},
};

/// Changes an agent.
///
/// If the change deactivates the agent, the agent is signed out and its open
/// sessions return to the queue.
///
/// # Errors
/// [`UpdateAgentError`]. Then nothing is changed.
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

/// Deletes an agent and its account, whose e-mail address can then be used again.
///
/// The agent's open sessions return to the queue. Closed handoffs and transfers
/// stay, but do not name the agent.
///
/// # Errors
/// [`DeleteAgentError`]. Then nothing is changed.
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

/// Returns every open session of an agent to the queue. The caller has locked the agent's account.
fn return_to_queue<S>(store: &mut S, agent: AgentId, now: Timestamp) -> Result<(), StoreError>
where
    S: Sessions + Handoffs + Outbox + ActingAs<Office> + ?Sized,
{
    let open = HandoffFilter { state: Some(StateFilter::Assigned), ..HandoffFilter::default() };
    for found in store.handoffs(&open, Sight::Mine(agent))? {
        // The list was read without locks, so another transaction may have moved the session since.
        let Some((session, handoff)) = locked::lock_handoff(store, found.id)? else { continue };
        let owner = handoff.state.agent().map(|agent| agent.id);
        if transitions::decide(session.status, owner, Command::ReturnToQueue(agent), None) != Ok(Transition::Requeued) {
            continue;
        }
        giving::take_back(store, session, handoff, now)?;
    }
    Ok(())
}
