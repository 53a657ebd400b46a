//! Automatic assignment: gives waiting sessions to the agents who are there.
//!
//! The session that has waited longest comes first. An agent gets no session while it has as many open ones as the
//! company allows, and none that it has just put back into the queue.

use chatbot::{BotSettings, Sessions, settings::Assignment};
use identity::agents::{self, AgentStatus, Agents};
use serde_json::Value;
use tenancy::{
    AgentId, CompanyCode, HandoffId, StoreError, Timestamp,
    access::{ActingAs, Housekeeper},
};

use crate::{
    Activities, ActivityFilter, ActivityKind, AgentRef, Handoff, HandoffFilter, Handoffs, Order, Outbox, Sight,
    StateFilter,
    desk_list::DeskLists,
    giving, locked,
    transitions::{self, Command, Transition},
    turn::SEEN,
};

/// How many of the sessions that have waited longest are looked at. An agent may have put the first ones back.
const LOOKED_AT: usize = 10;

/// The queues of all companies, for the lobby.
pub trait Queues {
    /// Returns the companies in whose queue a session waits, at most `limit`.
    fn companies_with_queue(&mut self, limit: i64) -> Result<Vec<CompanyCode>, StoreError>;
}

/// What an attempt to give a session to an agent has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A session was given to an agent. More may wait.
    Given,
    /// Another transaction has changed the queue or the agent meanwhile. Nothing was done.
    Disturbed,
    /// Nothing can be done: no session waits, no agent is free, or the company's staff do it themselves.
    Done,
}

/// A waiting session and the agent who is to get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Match {
    handoff: HandoffId,
    agent: AgentId,
}

/// Returns whether [`assign_next`] has something to do. It only reads.
///
/// # Errors
/// [`StoreError`].
pub fn is_due<S>(store: &mut S, now: Timestamp) -> Result<bool, StoreError>
where
    S: Sessions + Handoffs + Activities + Agents + DeskLists + ActingAs<Housekeeper> + ?Sized,
{
    Ok(find(store, now)?.is_some())
}

/// Gives one waiting session to an agent, as the company's settings say.
///
/// # Errors
/// [`StoreError`].
pub fn assign_next<S>(store: &mut S, now: Timestamp) -> Result<Progress, StoreError>
where
    S: Sessions + Handoffs + Activities + Agents + DeskLists + Outbox + ActingAs<Housekeeper> + ?Sized,
{
    let Some((Match { handoff, agent }, limit)) = find(store, now)? else { return Ok(Progress::Done) };
    // Under this lock nobody else gives the agent a session, so the number of its open sessions stays.
    let Some(locked) = store.agent_for_update(agent)? else { return Ok(Progress::Disturbed) };
    if !locked.is_active || !is_there(&locked, now) || is_full(limit, open_of(store, agent)?) {
        return Ok(Progress::Disturbed);
    }
    let Some((session, handoff)) = locked::lock_handoff(store, handoff)? else { return Ok(Progress::Disturbed) };
    let owner = handoff.state.agent().map(|agent| agent.id);
    let decided = transitions::decide(session.status, owner, Command::Assign(agent), None);
    if decided != Ok(Transition::Assigned(agent)) {
        return Ok(Progress::Disturbed);
    }
    giving::give(store, session, handoff, AgentRef { id: agent, name: locked.name }, now)?;
    Ok(Progress::Given)
}

/// Finds a session and the agent who is to get it, and returns them with the most sessions that an agent is given.
fn find<S>(store: &mut S, now: Timestamp) -> Result<Option<(Match, u8)>, StoreError>
where
    S: Sessions + Handoffs + Activities + Agents + DeskLists + ?Sized,
{
    let Some(snapshot) = store.snapshot(None, now)? else { return Ok(None) };
    let BotSettings { assignment, assignment_limit: limit, .. } = *snapshot.settings;
    if assignment == Assignment::Manual {
        return Ok(None);
    }
    let queue =
        HandoffFilter { state: Some(StateFilter::Pending), order: Order::LongestWait, ..HandoffFilter::default() };
    let waiting = store.handoffs_after(&queue, Sight::All, None, LOOKED_AT)?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let there: Vec<_> = store.active_agents()?.into_iter().filter(|agent| is_there(agent, now)).collect();
    let open = store.open_of_agents()?;
    let count = |id| open.iter().find(|(agent, _)| *agent == id).map_or(0, |(_, open)| *open);
    let free = there.iter().map(|agent| (agent.id, count(agent.id))).filter(|(_, open)| !is_full(limit, *open));
    let last = ActivityFilter { agent: None, kind: Some(ActivityKind::SessionAssign), limit: 1 };
    let last = store.activities(&last)?.pop().map(|activity| activity.agent.id);
    let agents = in_order(assignment, free.collect(), last);
    for handoff in &waiting {
        for agent in &agents {
            if !has_put_back(store, *agent, handoff)? {
                return Ok(Some((Match { handoff: handoff.id, agent: *agent }, limit)));
            }
        }
    }
    Ok(None)
}

/// Sorts agents, given with the number of their open sessions, by who is to get the next session. `last` is the agent
/// who got the last one.
fn in_order(assignment: Assignment, mut agents: Vec<(AgentId, i64)>, last: Option<AgentId>) -> Vec<AgentId> {
    // In turn by id: those after the last one come first.
    let turn = |id: AgentId| (last.is_some_and(|last| id <= last), id);
    match assignment {
        Assignment::Manual | Assignment::RoundRobin => agents.sort_by_key(|(id, _)| turn(*id)),
        Assignment::LeastLoaded => agents.sort_by_key(|(id, open)| (*open, turn(*id))),
    }
    agents.into_iter().map(|(id, _)| id).collect()
}

fn is_full(limit: u8, open: i64) -> bool {
    limit > 0 && open >= i64::from(limit)
}

fn is_there(agent: &agents::Agent, now: Timestamp) -> bool {
    agent.status() == AgentStatus::Available && agent.last_seen.is_some_and(|seen| seen >= now.minus(SEEN))
}

fn open_of<S: DeskLists + ?Sized>(store: &mut S, agent: AgentId) -> Result<i64, StoreError> {
    let open = store.open_of_agents()?;
    Ok(open.into_iter().find(|(id, _)| *id == agent).map_or(0, |(_, open)| open))
}

/// Returns whether the last session that an agent has put back into the queue is this one.
fn has_put_back<S: Activities + ?Sized>(store: &mut S, agent: AgentId, handoff: &Handoff) -> Result<bool, StoreError> {
    let released = ActivityFilter { agent: Some(agent), kind: Some(ActivityKind::SessionRelease), limit: 1 };
    let last = store.activities(&released)?.pop();
    Ok(last.is_some_and(|activity| {
        let session = activity.metadata.get("session_id").and_then(Value::as_str);
        activity.timestamp >= handoff.escalated_at && session == Some(handoff.session_id.as_str())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(assignment: Assignment, agents: &[(i64, i64)], last: Option<i64>) -> Vec<i64> {
        let agents = agents.iter().map(|(id, open)| (AgentId::new(*id), *open)).collect();
        in_order(assignment, agents, last.map(AgentId::new)).into_iter().map(AgentId::get).collect()
    }

    #[test]
    fn agents_take_turns_whatever_they_have() {
        let agents = [(7, 0), (2, 9), (5, 1)];
        assert_eq!(order(Assignment::RoundRobin, &agents, None), [2, 5, 7]);
        assert_eq!(order(Assignment::RoundRobin, &agents, Some(2)), [5, 7, 2]);
        assert_eq!(order(Assignment::RoundRobin, &agents, Some(7)), [2, 5, 7]);
        // The last one may have left.
        assert_eq!(order(Assignment::RoundRobin, &agents, Some(6)), [7, 2, 5]);
    }

    #[test]
    fn the_least_loaded_agent_comes_first_and_equals_take_turns() {
        let agents = [(7, 1), (2, 1), (5, 3)];
        assert_eq!(order(Assignment::LeastLoaded, &agents, None), [2, 7, 5]);
        assert_eq!(order(Assignment::LeastLoaded, &agents, Some(2)), [7, 2, 5]);
    }

    #[test]
    fn a_limit_of_zero_is_no_limit() {
        assert_eq!(
            [(0, 99), (3, 2), (3, 3), (3, 4)].map(|(limit, open)| is_full(limit, open)),
            [false, false, true, true]
        );
    }
}
