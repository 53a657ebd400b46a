//! Automatic assignment: gives waiting sessions to the agents who are there.
//!
//! The session that has waited longest comes first. An agent gets no session while it has as many open ones as the
//! company allows, and none that it has just released.

use std::{collections::HashMap, time::Duration};

use chatbot::{BotSettings, Sessions, settings::Assignment};
use identity::agents::{self, AgentStatus, Agents};
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

/// How many of the sessions that have waited longest are looked at. The agents may have released the first ones.
const LOOKED_AT: usize = 10;
/// How long the agent who got the last session is remembered, so that the next one has its turn.
const TURNS: Duration = Duration::from_hours(24);

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
    if !locked.is_active || !is_there(&locked, now) || is_full(limit, open_of(&store.open_of_agents()?, agent)) {
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
    let open = store.open_of_agents()?;
    let there = store.active_agents()?.into_iter().filter(|agent| is_there(agent, now));
    let free = there.map(|agent| (agent.id, open_of(&open, agent.id))).filter(|(_, open)| !is_full(limit, *open));
    let given = ActivityFilter {
        agent: None,
        kind: Some(ActivityKind::SessionAssign),
        since: Some(now.minus(TURNS)),
        limit: 1,
    };
    let last = store.activities(&given)?.pop().map(|activity| activity.agent.id);
    let agents = in_order(assignment, free.collect(), last);
    for handoff in &waiting {
        for agent in &agents {
            if !has_released(store, *agent, handoff)? {
                return Ok(Some((Match { handoff: handoff.id, agent: *agent }, limit)));
            }
        }
    }
    Ok(None)
}

/// Sorts agents, given with the number of their open sessions, by who is to get the next session. `last` is the agent
/// who got the last one.
fn in_order(assignment: Assignment, mut agents: Vec<(AgentId, i64)>, last: Option<AgentId>) -> Vec<AgentId> {
    agents.sort_by_key(|(id, open)| {
        let load = if assignment == Assignment::LeastLoaded { *open } else { 0 };
        // In turn by id: those after the last one come first.
        (load, last.is_some_and(|last| *id <= last), *id)
    });
    agents.into_iter().map(|(id, _)| id).collect()
}

fn is_full(limit: u8, open: i64) -> bool {
    limit > 0 && open >= i64::from(limit)
}

fn is_there(agent: &agents::Agent, now: Timestamp) -> bool {
    agent.status() == AgentStatus::Available && agent.was_seen_since(now.minus(SEEN))
}

fn open_of(open: &HashMap<AgentId, i64>, agent: AgentId) -> i64 {
    open.get(&agent).copied().unwrap_or(0)
}

/// Returns whether this is the last session that an agent has released since it was escalated.
fn has_released<S: Activities + ?Sized>(store: &mut S, agent: AgentId, handoff: &Handoff) -> Result<bool, StoreError> {
    let released = ActivityFilter {
        agent: Some(agent),
        kind: Some(ActivityKind::SessionRelease),
        since: Some(handoff.escalated_at),
        limit: 1,
    };
    let session = store.activities(&released)?.pop();
    let session = session.as_ref().and_then(|activity| activity.metadata.get("session_id")?.as_str());
    Ok(session == Some(handoff.session_id.as_str()))
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
