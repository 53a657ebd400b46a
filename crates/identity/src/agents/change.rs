//! Changing agents: their rows and their accounts.
//!
//! The caller handles the open sessions of an agent that is deactivated or deleted, in the same
//! transaction.

use tenancy::{
    AgentId, StoreError, Timestamp,
    access::{ActingAs, Office},
    audit::{Action, Audit, Object},
};

use super::{Agent, Agents};
use crate::{Email, accounts::PersonName};

/// The new values of an agent. `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// Display name, which is also split into the account's first and last name.
    pub name: Option<String>,
    /// E-mail address, which is also the username.
    pub email: Option<Email>,
    /// Phone number, free text. It is also the account's phone number.
    pub phone: Option<String>,
    /// Specialization, free text.
    pub specialization: Option<String>,
    /// Whether the account is active.
    pub is_active: Option<bool>,
}

/// An agent after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedAgent {
    /// The change did not deactivate the agent.
    Kept(Agent),
    /// The change deactivated the agent, and its tokens ended.
    Deactivated(Agent),
}

/// Why an agent was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAgentError {
    /// The company has no such agent.
    #[error("agent not found")]
    NotFound,
    /// Another agent of this company has the e-mail address.
    #[error("an agent of this company has the e-mail")]
    AgentExists,
    /// An account that is not an agent of this company has the e-mail address.
    #[error("the e-mail is in use")]
    EmailTaken,
    /// The store failed.
    #[error("the agent could not be changed")]
    Store(#[from] StoreError),
}

/// Why an agent was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAgentError {
    /// The company has no such agent.
    #[error("agent not found")]
    NotFound,
    /// The store failed.
    #[error("the agent could not be deleted")]
    Store(#[from] StoreError),
}

/// Changes an agent, active or not.
///
/// Deactivating an agent signs it out everywhere. Deactivated agents keep their seats, so activating
/// one again needs no free seat.
///
/// # Errors
/// [`UpdateAgentError`]; nothing has changed then.
pub fn change<S>(
    store: &mut S,
    id: AgentId,
    change: AgentChange,
    now: Timestamp,
) -> Result<ChangedAgent, UpdateAgentError>
where
    S: Agents + Audit + ActingAs<Office> + ?Sized,
{
    let before = store.agent_for_update(id)?.ok_or(UpdateAgentError::NotFound)?;
    let mut agent = before.clone();
    agent.name = change.name.unwrap_or(agent.name);
    agent.email = change.email.unwrap_or(agent.email);
    agent.phone = change.phone.unwrap_or(agent.phone);
    agent.specialization = change.specialization.unwrap_or(agent.specialization);
    agent.is_active = change.is_active.unwrap_or(agent.is_active);
    if agent.email != before.email && store.agent_has_email(&agent.email)? {
        return Err(UpdateAgentError::AgentExists);
    }
    if !store.write_agent(&agent, &PersonName::split(&agent.name))? {
        return Err(UpdateAgentError::EmailTaken);
    }
    let action = match (before.is_active, agent.is_active) {
        (true, false) => Action::AgentDeactivated,
        (false, true) => Action::AgentActivated,
        _ => Action::AgentUpdated,
    };
    store.record(action, Object::Agent(id));
    if before.is_active && !agent.is_active {
        agent.stored_status = store.send_off(&agent, now)?;
        return Ok(ChangedAgent::Deactivated(agent));
    }
    Ok(ChangedAgent::Kept(agent))
}

#[cfg(test)]
mod tests {
    use tenancy::CompanyCode;

    use super::*;
    use crate::{accounts::Role, admins::Platform as _, agents::AgentStatus, testing::World};

    fn staffed() -> (World, CompanyCode, AgentId) {
        let mut world = World::default();
        let company = world.company("Tesla");
        let (_, id) = world.agent("bo@t.com", company, false);
        (world, company, id)
    }

    fn apply(
        world: &mut World,
        company: CompanyCode,
        id: AgentId,
        values: AgentChange,
    ) -> Result<ChangedAgent, UpdateAgentError> {
        let now = world.now;
        change(world.enter(company).unwrap().as_mut(), id, values, now)
    }

    fn email(text: &str) -> AgentChange {
        AgentChange { email: Some(Email::parse(text).unwrap()), ..AgentChange::default() }
    }

    #[test]
    fn what_is_not_named_stays_and_the_account_follows() {
        let (mut world, company, id) = staffed();
        let before = world.agents[0].clone();
        let values = AgentChange { name: Some("Bo Ann Lin".into()), ..email("Lin@t.com") };
        let ChangedAgent::Kept(agent) = apply(&mut world, company, id, values).unwrap() else { panic!("not active") };
        assert_eq!((agent.phone.as_str(), &agent.specialization), ("555-TEST", &before.specialization));
        assert_eq!((agent.name.as_str(), agent.email.as_str()), ("Bo Ann Lin", "Lin@t.com"));
        let row = world.stored_mut(agent.user);
        assert_eq!((row.username.as_str(), row.credentials.email.as_str()), ("Lin@t.com", "Lin@t.com"));
        assert_eq!((row.names.first.as_str(), row.names.last.as_str()), ("Bo", "Ann Lin"));
        assert_eq!(apply(&mut world, company, id, AgentChange::default()).unwrap(), ChangedAgent::Kept(agent));
    }

    #[test]
    fn an_address_in_use_is_refused_and_the_own_one_is_not() {
        let (mut world, company, id) = staffed();
        let other = world.company("Spacex");
        world.agent("cy@t.com", company, false);
        world.agent("di@s.com", other, false);
        world.account(Role::Admin, "ann@t.com", Some(company), false);
        let refused = apply(&mut world, company, id, email("CY@t.com"));
        assert!(matches!(refused, Err(UpdateAgentError::AgentExists)));
        for taken in ["di@s.com", "ann@t.com"] {
            let refused = apply(&mut world, company, id, email(taken));
            assert!(matches!(refused, Err(UpdateAgentError::EmailTaken)), "{taken}");
        }
        apply(&mut world, company, id, email("BO@t.com")).unwrap();
        let foreign = apply(&mut world, other, id, AgentChange::default());
        assert!(matches!(foreign, Err(UpdateAgentError::NotFound)));
    }

    #[test]
    fn deactivating_ends_tokens_once_and_bringing_back_starts_none() {
        let (mut world, company, id) = staffed();
        let user = world.agents[0].user;
        world.sign_in(user);
        world.agents[0].stored_status = AgentStatus::Busy;
        let before = world.credentials(user).version;
        let active = |is_active| AgentChange { is_active: Some(is_active), ..AgentChange::default() };
        let ChangedAgent::Deactivated(agent) = apply(&mut world, company, id, active(false)).unwrap() else {
            panic!("still active")
        };
        assert_eq!((agent.stored_status, agent.is_active), (AgentStatus::Offline, false));
        let after = world.credentials(user);
        assert_eq!((after.version.0, after.active), (before.0 + 1, false));
        assert!(world.families.iter().all(|family| family.revoked));
        assert!(matches!(apply(&mut world, company, id, active(false)), Ok(ChangedAgent::Kept(_))));
        assert!(matches!(apply(&mut world, company, id, active(true)), Ok(ChangedAgent::Kept(_))));
        let back = world.credentials(user);
        assert_eq!((back.version, back.active), (after.version, true));
    }
}
