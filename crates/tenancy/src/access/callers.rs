//! The caller values and the conversions between them.

use crate::{AgentId, CompanyCode, SessionId, SessionRowId, UserId};

/// The one company that a store is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanyScope {
    pub(super) company: CompanyCode,
}

impl CompanyScope {
    /// Returns the company's code.
    pub fn company(&self) -> CompanyCode {
        self.company
    }
}

/// A caller that acts for exactly one company. Only this module implements it.
pub trait Caller: sealed::Sealed + Clone + Send + Sync + 'static {
    /// Returns the company that the caller was admitted to.
    fn scope(&self) -> CompanyScope;
}

/// A store that works on behalf of a caller of kind `C`.
pub trait ActingAs<C> {
    /// Returns the caller for which the store was opened.
    fn caller(&self) -> &C;
}

/// A signed-in agent of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub(super) scope: CompanyScope,
    pub(super) user: UserId,
    pub(super) id: AgentId,
    pub(super) name: String,
}

/// A signed-in admin of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    pub(super) scope: CompanyScope,
    pub(super) user: UserId,
    pub(super) name: String,
}

/// A signed-in superadmin: staff of the installation, who belongs to no company and may enter any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superadmin {
    pub(super) user: UserId,
}

/// A signed-in caller of any role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staff {
    /// Acts for the installation.
    Superadmin(Superadmin),
    /// Acts for one company, on all its rows.
    Admin(Admin),
    /// Acts for one company, on the sessions it handles.
    Agent(Agent),
}

/// Staff of any role, acting on the conversations of one company.
///
/// Use cases that several roles may call take a desk, and look at [`Desk::actor`] where the roles
/// differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub(super) scope: CompanyScope,
    pub(super) account: UserId,
    pub(super) actor: Actor,
}

/// The role and the identity of a [`Desk`] caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An agent of the company.
    Agent {
        /// The agent's id, which handoffs refer to.
        id: AgentId,
        /// The agent's display name.
        name: String,
    },
    /// An admin of the company.
    Admin {
        /// The admin's account.
        user: UserId,
        /// The admin's display name.
        name: String,
    },
    /// A superadmin who entered the company.
    Superadmin {
        /// The superadmin's account.
        user: UserId,
    },
}

/// The caller who runs a company: one of its admins, or a superadmin who entered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    pub(super) scope: CompanyScope,
    pub(super) supervisor: Supervisor,
}

/// A caller who may run companies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supervisor {
    /// May enter and run any company.
    Superadmin(Superadmin),
    /// Runs its own company.
    Admin(Admin),
}

/// A visitor of one company, with or without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub(super) scope: CompanyScope,
    pub(super) company_name: String,
    pub(super) session: Option<SessionAccess>,
}

/// The server itself, as the caller of background work for one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Housekeeper {
    pub(super) scope: CompanyScope,
}

/// Proof that the caller may use one session of one company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionAccess {
    pub(super) scope: CompanyScope,
    pub(super) id: SessionId,
    pub(super) row_id: SessionRowId,
}

/// Somebody who has named an agent and proved nothing.
///
/// It may learn that something has happened in the agent's company, but not what. It is no [`Caller`], so no door opens
/// for it. By default it has named nobody.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Anybody {
    pub(super) company: Option<CompanyCode>,
}

impl Anybody {
    /// Returns the company of the agent. `None` if there is no such agent, or if its company is not active.
    pub fn company(&self) -> Option<CompanyCode> {
        self.company
    }
}

impl SessionAccess {
    /// Returns the session's company.
    pub fn scope(&self) -> CompanyScope {
        self.scope
    }

    /// Returns the public id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Returns the row id.
    pub fn row_id(&self) -> SessionRowId {
        self.row_id
    }
}

impl Staff {
    /// Returns the caller's account.
    pub fn user(&self) -> UserId {
        match self {
            Self::Superadmin(superadmin) => superadmin.user,
            Self::Admin(admin) => admin.user,
            Self::Agent(agent) => agent.user,
        }
    }

    /// Returns the caller's own company; a superadmin has none.
    pub fn company(&self) -> Option<CompanyCode> {
        match self {
            Self::Superadmin(_) => None,
            Self::Admin(admin) => Some(admin.scope.company),
            Self::Agent(agent) => Some(agent.scope.company),
        }
    }
}

impl Supervisor {
    /// Returns the caller's own company; a superadmin has none.
    pub fn company(&self) -> Option<CompanyCode> {
        match self {
            Self::Superadmin(_) => None,
            Self::Admin(admin) => Some(admin.scope.company),
        }
    }
}

impl Agent {
    /// Returns the agent's id, which is not the id of its account.
    pub fn id(&self) -> AgentId {
        self.id
    }

    /// Returns the agent's account.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Returns the agent's display name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Admin {
    /// Returns the admin's account.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Returns the admin's display name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Superadmin {
    /// Returns the superadmin's account.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl Desk {
    /// Returns the caller's account.
    pub fn account(&self) -> UserId {
        self.account
    }

    /// Returns the caller's role and identity.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Returns the agent's id if the caller is an agent.
    pub fn agent(&self) -> Option<AgentId> {
        match self.actor {
            Actor::Agent { id, .. } => Some(id),
            Actor::Admin { .. } | Actor::Superadmin { .. } => None,
        }
    }
}

impl Office {
    /// Returns the admin or superadmin who runs the company.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }
}

impl Visitor {
    /// Returns the session that the visitor was admitted to.
    pub fn session(&self) -> Option<SessionAccess> {
        self.session
    }

    /// Returns the display name of the visitor's company.
    pub fn company_name(&self) -> &str {
        &self.company_name
    }
}

impl From<Supervisor> for Staff {
    fn from(supervisor: Supervisor) -> Self {
        match supervisor {
            Supervisor::Superadmin(superadmin) => Self::Superadmin(superadmin),
            Supervisor::Admin(admin) => Self::Admin(admin),
        }
    }
}

impl From<Agent> for Desk {
    fn from(agent: Agent) -> Self {
        Self { scope: agent.scope, account: agent.user, actor: Actor::Agent { id: agent.id, name: agent.name } }
    }
}

impl From<Admin> for Desk {
    fn from(admin: Admin) -> Self {
        Self { scope: admin.scope, account: admin.user, actor: Actor::Admin { user: admin.user, name: admin.name } }
    }
}

impl From<Admin> for Office {
    fn from(admin: Admin) -> Self {
        Self { scope: admin.scope, supervisor: Supervisor::Admin(admin) }
    }
}

impl From<Office> for Desk {
    fn from(office: Office) -> Self {
        let (account, actor) = match office.supervisor {
            Supervisor::Admin(admin) => (admin.user, Actor::Admin { user: admin.user, name: admin.name }),
            Supervisor::Superadmin(superadmin) => (superadmin.user, Actor::Superadmin { user: superadmin.user }),
        };
        Self { scope: office.scope, account, actor }
    }
}

impl From<Office> for Housekeeper {
    fn from(office: Office) -> Self {
        Self { scope: office.scope }
    }
}

impl From<Desk> for Housekeeper {
    fn from(desk: Desk) -> Self {
        Self { scope: desk.scope }
    }
}

impl From<Visitor> for Housekeeper {
    fn from(visitor: Visitor) -> Self {
        Self { scope: visitor.scope }
    }
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! callers {
    ($($name:ident),*) => {$(
        impl sealed::Sealed for $name {}
        impl Caller for $name {
            fn scope(&self) -> CompanyScope {
                self.scope
            }
        }
    )*};
}

callers!(Agent, Admin, Desk, Office, Visitor, Housekeeper);
