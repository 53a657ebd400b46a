//! Agents: creating them within the plan's limit, listing them, and resetting their passwords.

pub mod change;

use std::net::IpAddr;

use tenancy::{
    AgentId, AgentSessionId, CompanyCode, StoreError, Timestamp, UserId,
    access::{ActingAs, Office},
    assignments::{Assignments, SeatLimit, seat_limit},
    audit::{Action, Audit, Object},
};

use crate::{
    Email, PasswordHash,
    accounts::{LoginReservation, Logins, NewAccount, PersonName, Role, first_version},
};

tenancy::word_enum! {
    /// Whether an agent is available for visitors.
    pub enum AgentStatus {
        /// The agent has not replaced its temporary password yet.
        Pending => "PENDING",
        /// The agent takes new sessions.
        Available => "AVAILABLE",
        /// The agent is present but does not take new sessions.
        Busy => "BUSY",
        /// The agent is not present.
        Offline => "OFFLINE",
    }
}

/// A stored agent with the values of its account that lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The agent's id, which is not the id of its account.
    pub id: AgentId,
    /// The account.
    pub user: UserId,
    /// The agent's company.
    pub company: CompanyCode,
    /// Display name.
    pub name: String,
    /// E-mail address, which is also the username.
    pub email: Email,
    /// Phone number, free text.
    pub phone: String,
    /// Specialization, free text.
    pub specialization: String,
    /// The status in the row. It ignores the first login, so use [`Agent::status`] instead.
    pub stored_status: AgentStatus,
    /// Whether the password is a temporary one, which must be replaced first.
    pub first_login: bool,
    /// Whether the account is active.
    pub is_active: bool,
    /// When the agent last signed out.
    pub last_active: Option<Timestamp>,
    /// When the agent last called the server.
    pub last_seen: Option<Timestamp>,
    /// When the row was created.
    pub created_at: Timestamp,
}

impl Agent {
    /// Returns the status to show: pending until the first login. If the operator has set the password
    /// instead, no first login is due, and a stored `PENDING` means offline.
    pub fn status(&self) -> AgentStatus {
        match self.stored_status {
            _ if self.first_login => AgentStatus::Pending,
            AgentStatus::Pending => AgentStatus::Offline,
            status => status,
        }
    }

    /// Returns whether the agent has called the server at `since` or later.
    pub fn was_seen_since(&self, since: Timestamp) -> bool {
        self.last_seen.is_some_and(|seen| seen >= since)
    }
}

/// An agent session: the time from an agent's sign-in to the sign-out that closed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSession {
    /// Id.
    pub id: AgentSessionId,
    /// The agent's current display name.
    pub agent_name: String,
    /// When the agent signed in.
    pub login: Timestamp,
    /// When the agent session was closed; `None` while it is open.
    pub logout: Option<Timestamp>,
    /// The IP address that the agent signed in from.
    pub ip: Option<IpAddr>,
}

impl AgentSession {
    /// Returns the whole minutes from sign-in to sign-out, if the agent session is closed.
    pub fn minutes(&self) -> Option<u64> {
        self.logout.map(|logout| logout.since(self.login).as_secs() / 60)
    }
}

/// How many agents a company has, and how many it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The number of agents, including deactivated ones.
    pub current: i64,
    /// The maximum, and the reason for it.
    pub limit: SeatLimit,
}

/// The values of an agent row to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgentRow {
    /// Display name.
    pub name: String,
    /// Phone number, free text. It is also the account's phone number.
    pub phone: String,
    /// Specialization, free text.
    pub specialization: String,
}

/// The values of an agent to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgent {
    /// E-mail address, which becomes the username.
    pub email: Email,
    /// The hash of a generated password.
    pub hash: PasswordHash,
    /// The values of the agent row.
    pub row: NewAgentRow,
}

/// Why an agent was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAgentError {
    /// An agent of this company, active or not, has the e-mail address.
    #[error("an agent of this company has the e-mail")]
    AgentExists,
    /// An account that is not an agent of this company has the e-mail address.
    #[error("the e-mail is in use")]
    EmailTaken,
    /// The plan has no seat left.
    #[error("the plan's agent limit is reached")]
    SeatLimitReached {
        /// The number of agents.
        current: i64,
        /// The number that the plan allows.
        max: i64,
        /// Display name of the plan.
        plan: &'static str,
    },
    /// The subscription was cancelled, so there are no seats.
    #[error("the subscription was cancelled")]
    SubscriptionCancelled {
        /// The number of agents.
        current: i64,
    },
    /// There is no active plan, so there are no seats.
    #[error("the company has no active plan")]
    NoActivePlan,
    /// The store failed.
    #[error("the agent could not be stored")]
    Store(#[from] StoreError),
}

/// Why an agent's password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetAgentPasswordError {
    /// The company has no such agent, or the agent is not active.
    #[error("agent not found or inactive")]
    NotFound,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// The agents of the store's company.
pub trait Agents {
    /// Counts the agent rows, including those of deactivated agents.
    fn count_agents(&mut self) -> Result<i64, StoreError>;

    /// Returns whether an agent of this company, active or not, has the e-mail address.
    fn agent_has_email(&mut self, email: &Email) -> Result<bool, StoreError>;

    /// Stores the agent row of an account that [`Logins::reserve_login`] has just stored through the
    /// same store, with status `PENDING` and no last activity. Returns the whole agent.
    fn insert_agent(&mut self, user: UserId, agent: &NewAgentRow, now: Timestamp) -> Result<Agent, StoreError>;

    /// Returns the active agents, newest first (by `created_at`, then id).
    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// Returns an active agent.
    fn agent(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError>;

    /// Returns all agents, including deactivated ones, in the order of [`Agents::active_agents`].
    fn all_agents(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// Sets the password hash and `first_login` of an active agent, as handed out at `now`, and raises the
    /// token version by one. Returns the e-mail address, or `None` if the company has no such agent or
    /// the agent is not active.
    fn reset_agent_password(
        &mut self,
        agent: AgentId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError>;

    /// Returns an agent, active or not, and locks its account (`FOR UPDATE`) until the transaction
    /// ends, before it reads anything else of the agent. Transactions that give work to an agent lock
    /// the account first too, so the two cannot run concurrently.
    fn agent_for_update(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError>;

    /// Writes name, phone number, specialization, e-mail address and `is_active` of an agent and its
    /// account. The e-mail address becomes the username, and `names` the account's names. Returns
    /// false, and changes nothing, if another account has the e-mail address or the username.
    fn write_agent(&mut self, agent: &Agent, names: &PersonName) -> Result<bool, StoreError>;

    /// Signs an agent out everywhere: raises the token version by one, revokes every refresh family,
    /// closes all open agent sessions at `now`, and sets the status to `OFFLINE` unless it is
    /// `PENDING`. Returns the new status.
    fn send_off(&mut self, agent: &Agent, now: Timestamp) -> Result<AgentStatus, StoreError>;

    /// Deletes the agent with its activity log and agent sessions, and its account with every refresh
    /// family. Other references to the agent are cleared. No open handoff may refer to the agent.
    fn delete_agent(&mut self, agent: &Agent) -> Result<(), StoreError>;

    /// Returns the agent sessions of all agents or of one, newest first (by sign-in time, then id).
    fn agent_sessions(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>;
}

/// The agents of all companies. Implemented for the platform.
pub trait AgentList {
    /// Returns the active agents of all companies that are not closed, newest first (by `created_at`,
    /// then id).
    fn active_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// Returns all agents, including deactivated ones, in the order of
    /// [`AgentList::active_agents_everywhere`].
    fn all_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// Returns the agent sessions of all companies that are not closed, or of one agent, newest first
    /// (by sign-in time, then id).
    fn agent_sessions_everywhere(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>;

    /// Returns the company of an agent, active or not.
    fn company_of_agent(&mut self, agent: AgentId) -> Result<Option<CompanyCode>, StoreError>;
}

/// Creates an agent of the store's company, if its plan has a seat left.
///
/// The subscription is locked first, so that of two concurrent calls for the last seat one is
/// refused. The limit is checked before the e-mail address.
///
/// # Errors
/// [`CreateAgentError`]; nothing has changed then.
pub fn create<S>(store: &mut S, new: NewAgent, now: Timestamp) -> Result<Agent, CreateAgentError>
where
    S: Agents + Logins + Assignments + Audit + ActingAs<Office> + ?Sized,
{
    let NewAgent { email, hash, row } = new;
    let limit = seat_limit(&store.assignments_for_update()?, now);
    let current = store.count_agents()?;
    match limit {
        SeatLimit::Plan { max, .. } if current < max => {}
        SeatLimit::Plan { plan, max } => return Err(CreateAgentError::SeatLimitReached { current, max, plan }),
        SeatLimit::Cancelled => return Err(CreateAgentError::SubscriptionCancelled { current }),
        SeatLimit::NoPlan => return Err(CreateAgentError::NoActivePlan),
    }
    if store.agent_has_email(&email)? {
        return Err(CreateAgentError::AgentExists);
    }
    let account = NewAccount {
        role: Role::Agent,
        username: email.as_str().to_owned(),
        email,
        hash,
        version: first_version(),
        first_login: true,
        names: PersonName::split(&row.name),
    };
    let user = match store.reserve_login(&account, now)? {
        LoginReservation::Account(user) => user,
        LoginReservation::EmailTaken | LoginReservation::UsernameTaken => return Err(CreateAgentError::EmailTaken),
    };
    let agent = store.insert_agent(user, &row, now)?;
    store.record(Action::AgentCreated, Object::Agent(agent.id));
    Ok(agent)
}

/// Returns how many seats the company has and how many are taken.
///
/// # Errors
/// Fails only when the store fails.
pub fn seats<S>(store: &mut S, now: Timestamp) -> Result<Seats, StoreError>
where
    S: Agents + Assignments + ActingAs<Office> + ?Sized,
{
    let limit = seat_limit(&store.assignments()?, now);
    Ok(Seats { current: store.count_agents()?, limit })
}

/// Returns the agent sessions of the company's agents, or of one of them, newest first.
///
/// # Errors
/// Fails only when the store fails.
pub fn sessions<S>(store: &mut S, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>
where
    S: Agents + ActingAs<Office> + ?Sized,
{
    store.agent_sessions(agent)
}

/// Returns the active agents of the store's company, newest first.
///
/// # Errors
/// Fails only when the store fails.
pub fn list<S>(store: &mut S) -> Result<Vec<Agent>, StoreError>
where
    S: Agents + ActingAs<Office> + ?Sized,
{
    store.active_agents()
}

/// Returns all agents of the store's company, newest first. Deactivated ones are among them, because
/// they keep their seats.
///
/// # Errors
/// Fails only when the store fails.
pub fn list_all<S>(store: &mut S) -> Result<Vec<Agent>, StoreError>
where
    S: Agents + ActingAs<Office> + ?Sized,
{
    store.all_agents()
}

/// Sets the hash of a generated password for an active agent, and returns the agent's e-mail address.
///
/// The agent's tokens end. The new password is temporary and must be replaced first.
///
/// # Errors
/// [`ResetAgentPasswordError`].
pub fn reset_password<S>(
    store: &mut S,
    agent: AgentId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Email, ResetAgentPasswordError>
where
    S: Agents + Audit + ActingAs<Office> + ?Sized,
{
    let email = store.reset_agent_password(agent, hash, now)?.ok_or(ResetAgentPasswordError::NotFound)?;
    store.record(Action::PasswordReset, Object::Agent(agent));
    Ok(email)
}

#[cfg(test)]
mod tests;
