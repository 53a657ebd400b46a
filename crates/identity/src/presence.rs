//! An agent says whether it is there, and leaves. Each is one lobby write.

use std::net::IpAddr;

use tenancy::{StoreError, Timestamp, access::Agent};

use crate::{
    agents::AgentStatus,
    ports::{Accounts, Families, PresenceRecord},
    tokens::RefreshClaims,
};

/// What an agent may say of itself while signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Ready.
    Available,
    /// There, but not for new sessions.
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
    /// The account was deleted since the caller was admitted.
    #[error("the account is gone")]
    Gone,
    /// The account was deactivated since the caller was admitted.
    #[error("the account is not active")]
    Inactive,
    /// The store failed.
    #[error("the presence could not be stored")]
    Store(#[from] StoreError),
}

/// Signs an agent out: `OFFLINE`, seen last now, the newest stay closed.
///
/// The family of the refresh token ends too, if the token is the agent's own;
/// access tokens run out by themselves.
///
/// # Errors
/// [`PresenceError`]; nothing has changed then.
pub fn leave<S>(
    store: &mut S,
    agent: &Agent,
    refresh: Option<&RefreshClaims>,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), PresenceError>
where
    S: Accounts + Families + PresenceRecord + ?Sized,
{
    confirm(store, agent)?;
    if let Some(token) = refresh
        && let Some(mut family) = store.family_for_update(token.family)?
        && family.newest.user == agent.user()
    {
        family.revoked = true;
        store.update_family(&family)?;
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

/// Locks the account, so that nobody deletes the agent meanwhile.
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
    use crate::{
        testing::World,
        tokens::{Claims, Grant},
    };

    fn arrived() -> (World, Agent, RefreshClaims) {
        let mut world = World::default();
        let company = world.company("Tesla");
        let (user, _) = world.agent("bo@t.com", company, false);
        let grant = world.sign_in(user);
        let version = world.credentials(user).version;
        let Ok(Staff::Agent(agent)) = access::staff(&mut world, user, version) else { panic!("no agent") };
        (world, agent, token_of(&grant))
    }

    fn token_of(grant: &Grant) -> RefreshClaims {
        let claims = Claims {
            user: grant.user,
            version: grant.version,
            id: grant.refresh_id,
            expires_at: grant.refresh_expires,
        };
        RefreshClaims { claims, family: grant.family }
    }

    #[test]
    fn leaving_ends_the_family_that_is_named_and_no_other() {
        let (mut world, agent, token) = arrived();
        world.sign_in(agent.user());
        let now = world.now;
        leave(&mut world, &agent, Some(&token), None, now).unwrap();
        let revoked: Vec<_> = world.families.iter().map(|family| family.revoked).collect();
        assert_eq!((revoked, world.agents[0].stored), (vec![true, false], AgentStatus::Offline));
        assert_eq!(world.agents[0].last_active, Some(now));
    }

    #[test]
    fn anothers_refresh_token_is_not_looked_at() {
        let (mut world, agent, _) = arrived();
        let company = world.agents[0].company;
        let (other, _) = world.agent("cy@t.com", company, false);
        let token = token_of(&world.sign_in(other));
        let now = world.now;
        leave(&mut world, &agent, Some(&token), None, now).unwrap();
        assert!(world.families.iter().all(|family| !family.revoked));
    }

    #[test]
    fn an_agent_who_was_dismissed_meanwhile_changes_nothing() {
        let (mut world, agent, token) = arrived();
        world.stored_mut(agent.user()).credentials.active = false;
        let now = world.now;
        let refused = leave(&mut world, &agent, Some(&token), None, now);
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
            assert_eq!(world.agents[0].stored, status);
        }
    }
}
