//! Everything this crate wants of a store, and which door it stands behind.
//!
//! | port | lobby | platform | company (`C`) | methods |
//! |---|---|---|---|---|
//! | [`Accounts`] | yes | - | - | `credentials_by_login`, `credentials_by_email`, `credentials_for_update`, `set_password`, `own_account` |
//! | [`Families`] | yes | - | - | `family_for_update`, `insert_family`, `update_family` |
//! | [`Arrivals`] | yes | - | - | `agent_arrived`, `agent_set_offline` |
//! | [`Logins`] | yes | - | every | `reserve_login` |
//! | [`AdminList`] | - | yes | - | `admin`, `count_admins`, `page_of_admins` |
//! | [`AgentList`] | - | yes | - | `active_agents_everywhere`, `company_of_agent` |
//! | [`Platform`] | - | yes | - | `enter` |
//! | [`Admins`] | - | - | every | `insert_admin` |
//! | [`Agents`] | - | - | every | `count_agents`, `agent_has_email`, `insert_agent`, `active_agents`, `reset_agent_password` |
//! | [`CompanyOffice`] | - | - | `Office`, by its blanket implementation | (none of its own) |
//!
//! Use cases also ask for tenancy's ports: `access::Directory` (lobby),
//! `Companies` and `Plans` (platform), `Assignments` and `ActingAs` (company).
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
    AgentId, CompanyCode, StoreError, Timestamp, UserId,
    access::{self, ActingAs, Staff},
    assignments::Assignments,
};

use crate::{
    Email, PasswordHash,
    accounts::{Account, Contact, Credentials, NewAccount, Reserved},
    admins::AdminFilter,
    agents::{Agent, NewAgentRow},
    refresh::Family,
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
}

/// What an agent's way through the lobby leaves in its company's rows.
///
/// In the lobby's own transaction; the company is the caller value's.
pub trait Arrivals {
    /// Sets the agent's status to `AVAILABLE`, opens an agent session (sign-in
    /// time `now`, this address, no sign-out time) and writes an activity of
    /// type `login` with metadata `{}` and this address.
    fn agent_arrived(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError>;

    /// Sets the agent's status to `OFFLINE`, nothing else.
    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError>;
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

/// The agents of all companies, for the platform.
pub trait AgentList {
    /// The active agents of all companies that are not closed, newest first
    /// (`created_at`, then id).
    fn active_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError>;

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
}

/// A company store in the hands of those who run the company.
pub trait CompanyOffice: Logins + Admins + Agents + Assignments + ActingAs<access::Office> {}

impl<S> CompanyOffice for S where S: Logins + Admins + Agents + Assignments + ActingAs<access::Office> + ?Sized {}
