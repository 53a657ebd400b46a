//! Everything this crate wants of a store, and which door it stands behind.
//!
//! | port | lobby | platform | company (`C`) | methods |
//! |---|---|---|---|---|
//! | [`Accounts`] | yes | - | - | `credentials_by_login`, `credentials_by_email`, `credentials_for_update`, `set_password`, `end_tokens`, `own_account` |
//! | [`Families`] | yes | - | - | `family_for_update`, `insert_family`, `update_family`, `revoke_families` |
//! | [`Tickets`] | yes | - | - | `insert_ticket`, `take_ticket` |
//! | [`Addresses`] | yes | - | - | `signs_in_from`, `note_sign_in` |
//! | [`PresenceRecord`] | yes | - | - | `agent_arrived`, `agent_set_offline`, `agent_left`, `agent_set_status` |
//! | [`Logins`] | yes | - | every | `reserve_login` |
//! | [`AdminList`] | - | yes | - | `admin`, `count_admins`, `page_of_admins` |
//! | [`Subscriptions`] | - | yes | - | `subscription`, `subscriptions` |
//! | [`AgentList`] | - | yes | - | `active_agents_everywhere`, `agent_sessions_everywhere`, `company_of_agent` |
//! | [`Platform`] | - | yes | - | `enter` |
//! | [`Admins`] | - | - | every | `insert_admin`, `change_admin`, `delete_admin`, `reset_admin_password`, `owner` |
//! | [`Agents`] | - | - | every | `count_agents`, `agent_has_email`, `insert_agent`, `active_agents`, `reset_agent_password`, `agent_for_update`, `write_agent`, `send_off`, `delete_agent`, `agent_sessions` |
//! | [`CompanyOffice`] | - | - | `Office`, by its blanket implementation | (none of its own) |
//!
//! Use cases also ask for tenancy's ports: `access::Directory` and `audit::Register` (lobby),
//! `Companies` and `Plans` (platform), `Assignments`, `audit::Audit` and `ActingAs` (company).
//!
//! Rules for all implementations:
//! - `accounts` and refresh families have no company of their own in queries of
//!   the lobby; `admins` and `agents` are company tables. A company store
//!   touches an account only where a row of its own company references it.
//! - A closed company's rows are in no list; a suspended one's are.
//! - Where a method takes a caller value (`&Staff`, `&Agent`), the value is the
//!   proof: its company is the company whose rows are read or written.

use std::net::IpAddr;

use tenancy::{
    AgentId, AssignmentId, CompanyCode, StoreError, Timestamp, UserId,
    access::{self, ActingAs, Staff},
    assignments::Assignments,
    audit::Audit,
    companies::CompanyRecord,
};

use crate::{
    Email, Origin, PasswordHash,
    accounts::{Account, Contact, Credentials, Names, NewAccount, Reserved},
    admins::{AdminChange, AdminFilter, Changed},
    agents::{Agent, AgentSession, AgentStatus, NewAgentRow},
    refresh::Family,
    subscriptions::Subscription,
    tickets::{TicketHash, TicketRecord},
    tokens::FamilyId,
};

/// Accounts and their credentials, for the lobby.
pub trait Accounts {
    /// The account whose username equals `login` exactly, else the one whose
    /// e-mail key equals `email_key`; of any state. One query, so that the
    /// work is the same whichever matches.
    fn credentials_by_login(&mut self, login: &str, email_key: &str) -> Result<Option<Credentials>, StoreError>;

    /// The account with this e-mail key, of any state.
    fn credentials_by_email(&mut self, email_key: &str) -> Result<Option<Credentials>, StoreError>;

    /// The account as it is now, locked (`FOR UPDATE`) until the transaction
    /// ends.
    fn credentials_for_update(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError>;

    /// Sets the hash, clears `first_login` and raises `ver` by one, so that all
    /// earlier tokens end. Does nothing for an id without an account.
    fn set_password(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError>;

    /// Raises `ver` by one, so that all earlier tokens end. Does nothing for an
    /// id without an account.
    fn end_tokens(&mut self, user: UserId) -> Result<(), StoreError>;

    /// The caller's own account, `None` if it has gone since it was admitted.
    /// [`Account::plan`] is the assignment of the caller's company that is
    /// stored as active and expires after `now`, else the newest by id.
    fn own_account(&mut self, caller: &Staff, now: Timestamp) -> Result<Option<Account>, StoreError>;
}

/// Storing new accounts, for the lobby (superadmins) and for company stores.
pub trait Logins {
    /// Stores the account, unless its e-mail key (looked at first) or its
    /// username is taken; says which, never by whom. A unique violation that
    /// comes late is mapped to the same answers. An account made through a
    /// company store belongs to that company. Ids are never reused.
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<Reserved, StoreError>;
}

/// Refresh token families, for the lobby.
pub trait Families {
    /// A family, locked (`FOR UPDATE`) until the transaction ends; revoked ones
    /// too.
    fn family_for_update(&mut self, id: FamilyId) -> Result<Option<Family>, StoreError>;

    /// Stores a new family, and removes those of the same account whose newest
    /// refresh token has expired by `now`: they can never be used again, and
    /// the table must not grow for ever.
    fn insert_family(&mut self, family: &Family, now: Timestamp) -> Result<(), StoreError>;

    /// Replaces everything but the id of a stored family.
    fn update_family(&mut self, family: &Family) -> Result<(), StoreError>;

    /// Revokes every family of an account.
    fn revoke_families(&mut self, user: UserId) -> Result<(), StoreError>;
}

/// Tickets that were issued and not used, for the lobby.
pub trait Tickets {
    /// Stores a ticket, and removes those of the same account that have expired
    /// by `now`.
    fn insert_ticket(&mut self, hash: TicketHash, stub: &TicketRecord, now: Timestamp) -> Result<(), StoreError>;

    /// Removes a ticket and says what it stood for, expired or not. Of two calls
    /// at once one gets it.
    fn take_ticket(&mut self, hash: TicketHash) -> Result<Option<TicketRecord>, StoreError>;
}

/// The origins that accounts have signed in from, for the lobby.
pub trait Addresses {
    /// Whether the account has signed in from this origin at `since` or later. For an id without an
    /// account the answer is no, after the same query.
    fn signs_in_from(&mut self, user: UserId, origin: Origin, since: Timestamp) -> Result<bool, StoreError>;

    /// Notes that the account has signed in from this origin. MissingInput not write if it did so within
    /// the last day; where it writes, it drops what the account's sign-ins before `since` left.
    fn note_sign_in(
        &mut self,
        user: UserId,
        origin: Origin,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError>;
}

/// What an agent's way through the lobby leaves in its company's rows.
///
/// In the lobby's own transaction; the company is the caller value's.
pub trait PresenceRecord {
    /// Sets the agent's status to `AVAILABLE`, opens an agent session (sign-in
    /// time `now`, this address, no sign-out time) and writes an activity of
    /// type `login` with metadata `{}` and this address.
    fn agent_arrived(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError>;

    /// Sets the agent's status to `OFFLINE`, nothing else.
    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError>;

    /// Sets the agent's status to `OFFLINE` and its last activity to `now`,
    /// closes its newest open agent session at `now`, and writes an activity of
    /// type `logout` with metadata `{}` and this address.
    fn agent_left(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError>;

    /// Sets the agent's status, and where that is a change writes an activity of
    /// type `status_change` with `{"from","to"}` and this address.
    fn agent_set_status(
        &mut self,
        agent: &access::Agent,
        status: AgentStatus,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}

/// The admins of all companies that are not closed, for the platform.
pub trait AdminList {
    /// The account, if its role is admin. [`Account::plan`] as in
    /// [`Accounts::own_account`].
    fn admin(&mut self, user: UserId, now: Timestamp) -> Result<Option<Account>, StoreError>;

    /// How many admins the search lets through: those where it is a part, case
    /// ignored, of the contact name, the e-mail or the company code. `None`
    /// lets all through; `%`, `_` and `\` in it mean themselves.
    fn count_admins(&mut self, search: Option<&str>) -> Result<i64, StoreError>;

    /// The admins a filter lets through, in its order (names and e-mails by
    /// their lower-case form), ties by id in the same direction: from `offset`
    /// on, at most `limit`. [`Account::plan`] as in [`Accounts::own_account`],
    /// without a query for each row.
    fn page_of_admins(
        &mut self,
        filter: &AdminFilter,
        offset: i64,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Account>, StoreError>;
}

/// The assignments of all companies that are not closed, with their owners, for
/// the platform.
pub trait Subscriptions {
    /// One of them.
    fn subscription(&mut self, id: AssignmentId) -> Result<Option<Subscription>, StoreError>;

    /// All of them, or one company's, newest first.
    fn subscriptions(&mut self, of: Option<CompanyCode>) -> Result<Vec<Subscription>, StoreError>;
}

/// The agents of all companies, for the platform.
pub trait AgentList {
    /// The active agents of all companies that are not closed, newest first
    /// (`created_at`, then id).
    fn active_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// The agent sessions of all companies that are not closed, or of one agent,
    /// newest first (sign-in time, then id).
    fn agent_sessions_everywhere(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>;

    /// Where an agent of any state works.
    fn company_of_agent(&mut self, agent: AgentId) -> Result<Option<CompanyCode>, StoreError>;
}

/// The platform's way into one company.
pub trait Platform {
    /// A store bound to the company, in the platform's transaction, for a
    /// superadmin's writes. The company is one the store knows, perhaps since a
    /// moment ago; a code that was never issued is a broken call.
    fn enter(&mut self, company: CompanyCode) -> Result<Box<dyn CompanyOffice + '_>, StoreError>;
}

/// The admins of the store's company.
pub trait Admins {
    /// Stores the admin row of an account that [`Logins::reserve_login`] has
    /// just made in the same store.
    fn insert_admin(&mut self, user: UserId, contact: &Contact) -> Result<(), StoreError>;

    /// Changes what is given of an admin of this company, in its own row and in
    /// its account. Another account's e-mail is looked for first; a unique
    /// violation that comes late is mapped to the same answer.
    fn change_admin(&mut self, user: UserId, change: &AdminChange) -> Result<Changed, StoreError>;

    /// Deletes the admin row and its account, with all its tokens; whether there
    /// was one here.
    fn delete_admin(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Sets the hash and `first_login` and raises `ver` by one on the account of
    /// an active admin; answers its e-mail, `None` if there is no such admin here
    /// or it is not active.
    fn reset_admin_password(&mut self, user: UserId, hash: &PasswordHash) -> Result<Option<Email>, StoreError>;

    /// The oldest admin, who owns the company.
    fn owner(&mut self) -> Result<Option<UserId>, StoreError>;
}

/// The agents of the store's company.
pub trait Agents {
    /// How many agent rows there are, deactivated ones too.
    fn count_agents(&mut self) -> Result<i64, StoreError>;

    /// Whether an agent of this company, active or not, has the e-mail.
    fn agent_has_email(&mut self, email: &Email) -> Result<bool, StoreError>;

    /// Stores the agent row of an account that [`Logins::reserve_login`] has
    /// just made in the same store, with status `PENDING` and no last activity,
    /// and answers it whole.
    fn insert_agent(&mut self, user: UserId, agent: &NewAgentRow, now: Timestamp) -> Result<Agent, StoreError>;

    /// The active agents, newest first (`created_at`, then id).
    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError>;

    /// Sets the hash and `first_login` and raises `ver` by one on the account
    /// of an active agent; answers its e-mail, `None` if there is no such agent
    /// here or it is not active.
    fn reset_agent_password(&mut self, agent: AgentId, hash: &PasswordHash) -> Result<Option<Email>, StoreError>;

    /// An agent of any state. Its account is locked (`FOR UPDATE`) until the
    /// transaction ends, before anything else of the agent is read or written:
    /// whoever gives work to an agent keeps the account as it is first, so
    /// neither can overtake the other.
    fn agent_for_update(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError>;

    /// Writes name, phone, specialization, e-mail and `is_active` of an agent and
    /// its account; the e-mail is the username too, and `names` are the account's.
    /// False, and nothing has changed, if another account has the e-mail or the
    /// username.
    fn write_agent(&mut self, agent: &Agent, names: &Names) -> Result<bool, StoreError>;

    /// Ends the agent's stay: raises `ver` by one and revokes every refresh
    /// family, closes all open agent sessions at `now`, and makes the status
    /// `OFFLINE`, but a pending one stays. Answers the status.
    fn send_off(&mut self, agent: &Agent, now: Timestamp) -> Result<AgentStatus, StoreError>;

    /// Deletes the agent with its log and agent sessions, and its account with
    /// every refresh family. What else named the agent names nobody then; an open
    /// handoff must not name it any more.
    fn delete_agent(&mut self, agent: &Agent) -> Result<(), StoreError>;

    /// Agent sessions, of all agents or of one, newest first (sign-in time, then
    /// id).
    fn agent_sessions(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError>;
}

/// A company store in the hands of those who run the company.
pub trait CompanyOffice:
    Logins + Admins + Agents + Assignments + CompanyRecord + Audit + ActingAs<access::Office>
{
}

impl<S> CompanyOffice for S where
    S: Logins + Admins + Agents + Assignments + CompanyRecord + Audit + ActingAs<access::Office> + ?Sized
{
}
