//! Presence of agents: changing the status and signing out. Each use case is one lobby write.

use std::{net::IpAddr, time::Duration};

use tenancy::{
    AgentId, CompanyCode, StoreError, Timestamp,
    access::{ActingAs, Agent, Housekeeper},
};

use crate::{
    accounts::Accounts,
    agents::{self, AgentStatus, Agents},
    refresh::Families,
    tokens::FamilyId,
};

/// How long an agent may be without a connection before it counts as offline.
const ABSENCE: Duration = Duration::from_secs(30);

/// How often a server states that the agents who are connected to it still are.
pub const RENEWAL: Duration = Duration::from_secs(5);

/// Returns until when an agent with a connection counts as connected. If the server is killed now, that moment is at least
/// [`ABSENCE`] later.
fn lease(now: Timestamp) -> Timestamp {
    now.plus(ABSENCE + RENEWAL)
}

/// The status that an agent may set while it is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The agent takes new sessions.
    Available,
    /// The agent is present but does not take new sessions.
    Busy,
}

impl From<Presence> for AgentStatus {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::Available => Self::Available,
            Presence::Busy => Self::Busy,
        }
    }
}

/// Why an agent's presence was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// The account was deleted after the caller was admitted.
    #[error("the account was deleted")]
    Gone,
    /// The account was deactivated after the caller was admitted.
    #[error("the account is not active")]
    Inactive,
    /// The store failed.
    #[error("the presence could not be stored")]
    Store(#[from] StoreError),
}

/// Recording an agent's presence in the rows of its company. Implemented for the lobby.
///
/// The methods run in the lobby's transaction. The company is that of the caller value.
pub trait PresenceRecord {
    /// Sets the agent's status to `AVAILABLE` and its last call to `now`, opens an agent session (sign-in at
    /// `now`, with this IP address, not closed), and writes an activity of type `login` with metadata `{}` and this
    /// address.
    fn agent_arrived(&mut self, agent: &Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError>;

    /// Sets the agent's status to `OFFLINE`, and nothing else.
    fn agent_set_offline(&mut self, agent: &Agent) -> Result<(), StoreError>;

    /// Sets the agent's status to `OFFLINE` and its last activity to `now`, closes its newest open
    /// agent session at `now`, and writes an activity of type `logout` with metadata `{}` and this IP
    /// address.
    fn agent_left(&mut self, agent: &Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError>;

    /// Sets the agent's status, and its last call to `now` if the status is `AVAILABLE`. If this changes the
    /// status, writes an activity of type `status_change` with `{"from","to"}` and this IP address.
    fn agent_set_status(
        &mut self,
        agent: &Agent,
        status: AgentStatus,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the agent's status as stored, `None` if there is no such agent.
    fn agent_status(&mut self, agent: &Agent) -> Result<Option<AgentStatus>, StoreError>;

    /// Sets the agent's status to `OFFLINE` and its last activity to `now`. If this changes the status, writes an
    /// activity as [`PresenceRecord::agent_set_status`] does.
    fn agent_lost(&mut self, agent: &Agent, now: Timestamp) -> Result<(), StoreError>;

    /// Records that the agent called at `now`, unless a later call is recorded.
    fn agent_seen(&mut self, agent: &Agent, now: Timestamp) -> Result<(), StoreError>;

    /// Records that the agent has a connection, and counts as connected until this moment.
    fn agent_connected(&mut self, agent: &Agent, until: Timestamp) -> Result<(), StoreError>;

    /// Moves the moment until which the agent counts as connected. Returns false, and changes nothing, if the agent does
    /// not count as connected any more.
    fn agent_stays(&mut self, agent: &Agent, until: Timestamp) -> Result<bool, StoreError>;

    /// Returns the agents of all companies who counted as connected until `now` or an earlier moment, at most `limit`.
    fn agents_gone(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(CompanyCode, AgentId)>, StoreError>;
}

/// Ending the presence of agents whose connections have ended. Implemented for the store of a company.
pub trait Absences {
    /// States that an agent is not connected any more, if it counted as connected until `now` or an earlier moment.
    ///
    /// If its status is `AVAILABLE` or `BUSY`, sets it to `OFFLINE` and the last activity to `now`, and writes an activity
    /// as [`PresenceRecord::agent_set_status`] does. Returns whether it has changed the status.
    fn end_connection(&mut self, agent: &agents::Agent, now: Timestamp) -> Result<bool, StoreError>;
}

/// Signs an agent out: sets it to `OFFLINE`, closes its newest open agent session, and revokes those of the
/// families that are the agent's. All tokens of these families end.
///
/// # Errors
/// [`PresenceError`]; nothing has changed then.
pub fn leave<S>(
    store: &mut S,
    agent: &Agent,
    families: &[FamilyId],
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), PresenceError>
where
    S: Accounts + Families + PresenceRecord + ?Sized,
{
    confirm(store, agent)?;
    for id in families {
        if let Some(mut family) = store.family_for_update(*id)?
            && family.newest.user == agent.user()
        {
            family.revoked = true;
            store.update_family(&family)?;
        }
    }
    Ok(store.agent_left(agent, ip, now)?)
}

/// Sets an agent's status.
///
/// # Errors
/// [`PresenceError`]; nothing has changed then.
pub fn set<S>(
    store: &mut S,
    agent: &Agent,
    presence: Presence,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), PresenceError>
where
    S: Accounts + PresenceRecord + ?Sized,
{
    confirm(store, agent)?;
    Ok(store.agent_set_status(agent, presence.into(), ip, now)?)
}

/// What opening a connection has done to an agent's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    /// The status.
    pub status: AgentStatus,
    /// Whether the connection has changed it.
    pub has_changed: bool,
}

/// Notes that an agent has opened a connection. The first one makes it available, if it was offline.
///
/// From now on the agent counts as connected for a time, which [`stay`] has to prolong.
///
/// # Errors
/// [`PresenceError`]; nothing has changed then.
pub fn connect<S>(
    store: &mut S,
    agent: &Agent,
    is_first: bool,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Connected, PresenceError>
where
    S: Accounts + PresenceRecord + ?Sized,
{
    confirm(store, agent)?;
    let status = store.agent_status(agent)?.ok_or(PresenceError::Gone)?;
    store.agent_connected(agent, lease(now))?;
    if status != AgentStatus::Offline || !is_first {
        return Ok(Connected { status, has_changed: false });
    }
    store.agent_set_status(agent, AgentStatus::Available, ip, now)?;
    Ok(Connected { status: AgentStatus::Available, has_changed: true })
}

/// Notes that agents of one company are still connected, and returns those who did not count as connected any more.
///
/// An agent is one of them if the database could not be reached for a long time, and another server has ended its
/// connection meanwhile. It has to [`connect`] again.
///
/// # Errors
/// Fails only when the store fails.
pub fn stay<S>(store: &mut S, mut agents: Vec<Agent>, now: Timestamp) -> Result<Vec<Agent>, StoreError>
where
    S: PresenceRecord + ?Sized,
{
    // Two servers may renew the same agents. In one order they do not wait for each other.
    agents.sort_by_key(Agent::id);
    let mut ended = Vec::new();
    for agent in agents {
        if !store.agent_stays(&agent, lease(now))? {
            ended.push(agent);
        }
    }
    Ok(ended)
}

/// Sets an agent offline whose last connection ended some time ago, wherever it was. Returns the agent, if this has
/// changed its status; `None` if it has connected again, or was offline already.
///
/// # Errors
/// Fails only when the store fails.
pub fn expire<S>(store: &mut S, agent: AgentId, now: Timestamp) -> Result<Option<agents::Agent>, StoreError>
where
    S: Agents + Absences + ActingAs<Housekeeper> + ?Sized,
{
    // Under this lock the agent cannot connect.
    let Some(agent) = store.agent_for_update(agent)? else { return Ok(None) };
    Ok(store.end_connection(&agent, now)?.then_some(agent))
}

/// Sets an agent offline who asks for it. The agent stays signed in.
///
/// # Errors
/// [`PresenceError`]; nothing has changed then.
pub fn disconnect<S>(store: &mut S, agent: &Agent, now: Timestamp) -> Result<(), PresenceError>
where
    S: Accounts + PresenceRecord + ?Sized,
{
    confirm(store, agent)?;
    Ok(store.agent_lost(agent, now)?)
}

/// Locks the account, so that the agent cannot be deleted concurrently, and checks that it is active.
fn confirm<S>(store: &mut S, agent: &Agent) -> Result<(), PresenceError>
where
    S: Accounts + ?Sized,
{
    match store.credentials_for_update(agent.user())? {
        None => Err(PresenceError::Gone),
        Some(account) if !account.active => Err(PresenceError::Inactive),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tenancy::access::{self, Staff};

    use super::*;
    use crate::testing::World;

    fn arrived() -> (World, Agent, FamilyId) {
        let mut world = World::default();
        let company = world.company("Tesla");
        let (user, _) = world.agent("bo@t.com", company, false);
        let grant = world.sign_in(user);
        let version = world.credentials(user).version;
        let Ok(Staff::Agent(agent)) = access::staff(&mut world, user, version) else { panic!("no agent") };
        (world, agent, grant.family)
    }

    #[test]
    fn leaving_ends_the_families_that_are_named_and_no_others() {
        let (mut world, agent, family) = arrived();
        let other = world.sign_in(agent.user()).family;
        world.sign_in(agent.user());
        let (now, version) = (world.now, world.credentials(agent.user()).version);
        leave(&mut world, &agent, &[family, other], None, now).unwrap();
        let revoked: Vec<_> = world.families.iter().map(|family| family.revoked).collect();
        assert_eq!((revoked, world.agents[0].stored_status), (vec![true, true, false], AgentStatus::Offline));
        assert_eq!(world.agents[0].last_active, Some(now));
        let families: Vec<_> = world.families.iter().map(|family| family.newest.family).collect();
        let admits = |family: &FamilyId| access::bearer(&mut world, agent.user(), version, Some(*family)).is_ok();
        assert_eq!(families.iter().map(admits).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn anothers_family_is_not_touched() {
        let (mut world, agent, _) = arrived();
        let company = world.agents[0].company;
        let (other, _) = world.agent("cy@t.com", company, false);
        let family = world.sign_in(other).family;
        let now = world.now;
        leave(&mut world, &agent, &[family, FamilyId::random()], None, now).unwrap();
        assert!(world.families.iter().all(|family| !family.revoked));
    }

    #[test]
    fn an_agent_who_was_dismissed_meanwhile_changes_nothing() {
        let (mut world, agent, family) = arrived();
        world.stored_mut(agent.user()).credentials.active = false;
        let now = world.now;
        let refused = leave(&mut world, &agent, &[family], None, now);
        assert!(matches!(refused, Err(PresenceError::Inactive)));
        assert!(world.families.iter().all(|family| !family.revoked));
        world.accounts.clear();
        let refused = set(&mut world, &agent, Presence::Busy, None, now);
        assert!(matches!(refused, Err(PresenceError::Gone)));
    }

    #[test]
    fn a_present_agent_is_available_or_busy() {
        let (mut world, agent, _) = arrived();
        let now = world.now;
        for (presence, status) in [(Presence::Busy, AgentStatus::Busy), (Presence::Available, AgentStatus::Available)] {
            set(&mut world, &agent, presence, None, now).unwrap();
            assert_eq!(world.agents[0].stored_status, status);
        }
    }

    #[test]
    fn the_first_connection_makes_an_agent_available_only_if_it_was_offline() {
        let (mut world, agent, _) = arrived();
        let now = world.now;
        for (before, is_first, after) in [
            (AgentStatus::Offline, true, AgentStatus::Available),
            (AgentStatus::Offline, false, AgentStatus::Offline),
            (AgentStatus::Busy, true, AgentStatus::Busy),
            (AgentStatus::Available, true, AgentStatus::Available),
        ] {
            world.agents[0].stored_status = before;
            let connected = Connected { status: after, has_changed: before != after };
            assert_eq!(connect(&mut world, &agent, is_first, None, now).unwrap(), connected);
            assert_eq!(world.agents[0].stored_status, after);
        }
    }

    #[test]
    fn an_agent_counts_as_connected_for_half_a_minute_after_its_server_has_last_said_so() {
        let (mut world, agent, _) = arrived();
        let now = world.now;
        let at = |seconds| now.plus(Duration::from_secs(seconds));
        assert_eq!(stay(&mut world, vec![agent.clone()], now).unwrap(), std::slice::from_ref(&agent));
        connect(&mut world, &agent, true, None, now).unwrap();
        assert_eq!(stay(&mut world, vec![agent.clone()], at(5)).unwrap(), []);
        assert_eq!(world.agents_gone(at(39), 9).unwrap(), []);
        assert_eq!(world.agents_gone(at(40), 9).unwrap(), [(world.agents[0].company, agent.id())]);
    }

    #[test]
    fn an_agent_without_connections_is_offline_and_stays_signed_in() {
        let (mut world, agent, _) = arrived();
        let now = world.now;
        disconnect(&mut world, &agent, now).unwrap();
        assert_eq!((world.agents[0].stored_status, world.agents[0].last_active), (AgentStatus::Offline, Some(now)));
        assert!(world.families.iter().all(|family| !family.revoked));
    }
}
