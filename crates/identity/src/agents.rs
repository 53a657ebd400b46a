//! Agents: making them within the plan's limit, listing them, new passwords.

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
    accounts::{Names, NewAccount, Reserved, Role, first_version},
    ports::{Agents, Logins},
};

tenancy::word_enum! {
    /// Whether an agent is there for visitors.
    pub enum AgentStatus {
        /// Has not replaced the handed-out password yet.
        Pending => "PENDING",
        /// Ready.
        Available => "AVAILABLE",
        /// There, but not for new sessions.
        Busy => "BUSY",
        /// Away.
        Offline => "OFFLINE",
    }
}

/// A stored agent with what the lists show of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Id; not the account's.
    pub id: AgentId,
    /// The account.
    pub user: UserId,
    /// Where the agent works.
    pub company: CompanyCode,
    /// Display name.
    pub name: String,
    /// Address, which is the username too.
    pub email: Email,
    /// Free text.
    pub phone: String,
    /// Free text.
    pub specialization: String,
    /// As stored; ask [`Agent::status`] instead.
    pub stored: AgentStatus,
    /// Whether the password must be replaced first.
    pub first_login: bool,
    /// Whether the account may be used.
    pub is_active: bool,
    /// When the agent was last seen leaving.
    pub last_active: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
}

impl Agent {
    /// The status as everybody is told it: pending until the first login, which an operator who
    /// sets the password takes the place of.
    pub fn status(&self) -> AgentStatus {
        match self.stored {
            _ if self.first_login => AgentStatus::Pending,
            AgentStatus::Pending => AgentStatus::Offline,
            stored => stored,
        }
    }
}

/// One stay of an agent: from a sign-in to the sign-out that closed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSession {
    /// Id.
    pub id: AgentSessionId,
    /// Display name of the agent, as it is now.
    pub agent_name: String,
    /// When the agent signed in.
    pub login: Timestamp,
    /// When the agent left; `None` while nothing closed it.
    pub logout: Option<Timestamp>,
    /// Where the agent signed in from.
    pub ip: Option<IpAddr>,
}

impl AgentSession {
    /// Whole minutes from sign-in to sign-out.
    pub fn minutes(&self) -> Option<u64> {
        self.logout.map(|logout| logout.since(self.login).as_secs() / 60)
    }
}

/// How many agents a company has, and how many it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// All agents, deactivated ones too.
    pub current: i64,
    /// The most, and why.
    pub limit: SeatLimit,
}

/// The company's part of a new agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgentRow {
    /// Display name.
    pub name: String,
    /// Free text; the account's phone number too.
    pub phone: String,
    /// Free text.
    pub specialization: String,
}

/// What a new agent needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgent {
    /// Address, which becomes the username.
    pub email: Email,
    /// The hash of a made-up password.
    pub hash: PasswordHash,
    /// The rest.
    pub row: NewAgentRow,
}

/// Why no agent was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAgentError {
    /// An agent of this company, active or not, has the e-mail.
    #[error("an agent of this company has the e-mail")]
    AgentExists,
    /// Some other account has the e-mail.
    #[error("the e-mail is in use")]
    EmailTaken,
    /// The plan has no seat left.
    #[error("the plan's agent limit is reached")]
    SeatLimitReached {
        /// How many agents there are.
        current: i64,
        /// How many the plan allows.
        max: i64,
        /// Display name of the plan.
        plan: &'static str,
    },
    /// The subscription was cancelled, so there are no seats.
    #[error("the subscription was cancelled")]
    SubscriptionCancelled {
        /// How many agents there are.
        current: i64,
    },
    /// There is no active plan, so there are no seats.
    #[error("the company has no active plan")]
    NoActivePlan,
    /// The store failed.
    #[error("the agent could not be stored")]
    Store(#[from] StoreError),
}

/// Why no password was reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetAgentPasswordError {
    /// No such agent in this company, or not active.
    #[error("agent not found or inactive")]
    NotFound,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Makes an agent of the store's company, if its plan has a seat left.
///
/// The subscription is locked first, so that of two calls for the last seat one
/// is refused. The limit is judged before the e-mail.
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
        names: Names::split(&row.name),
    };
    let user = match store.reserve_login(&account, now)? {
        Reserved::Account(user) => user,
        Reserved::EmailTaken | Reserved::UsernameTaken => return Err(CreateAgentError::EmailTaken),
    };
    let agent = store.insert_agent(user, &row, now)?;
    store.record(Action::AgentCreated, Object::Agent(agent.id));
    Ok(agent)
}

/// How many seats there are and how many are taken.
///
/// # Errors
/// Only when the store fails.
pub fn seats<S>(store: &mut S, now: Timestamp) -> Result<Seats, StoreError>
where
    S: Agents + Assignments + ActingAs<Office> + ?Sized,
{
    let limit = seat_limit(&store.assignments()?, now);
    Ok(Seats { current: store.count_agents()?, limit })
}

/// The stays of the company's agents, or of one of them, newest first.
///
/// # Errors
/// Only when the store fails.
pub fn sessions<S>(store: &mut S, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>
where
    S: Agents + ActingAs<Office> + ?Sized,
{
    store.agent_sessions(agent)
}

/// The active agents of the store's company, newest first.
///
/// # Errors
/// Only when the store fails.
pub fn list<S>(store: &mut S) -> Result<Vec<Agent>, StoreError>
where
    S: Agents + ActingAs<Office> + ?Sized,
{
    store.active_agents()
}

/// Gives an active agent a made-up password, and answers the agent's e-mail.
///
/// The agent's tokens end, and the password must be replaced first.
///
/// # Errors
/// [`ResetAgentPasswordError`].
pub fn reset_password<S>(store: &mut S, agent: AgentId, hash: &PasswordHash) -> Result<Email, ResetAgentPasswordError>
where
    S: Agents + Audit + ActingAs<Office> + ?Sized,
{
    let email = store.reset_agent_password(agent, hash)?.ok_or(ResetAgentPasswordError::NotFound)?;
    store.record(Action::PasswordReset, Object::Agent(agent));
    Ok(email)
}

#[cfg(test)]
mod tests;
