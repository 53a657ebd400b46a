//! The caller values: what each says, and how one is made from another.

use crate::{AgentId, CompanyCode, SessionId, SessionRowId, UserId};

/// The one company a store is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanyScope {
    pub(super) company: CompanyCode,
}

impl CompanyScope {
    /// The company's code.
    pub fn company(&self) -> CompanyCode {
        self.company
    }
}

/// A caller that acts for exactly one company; only this module implements it.
pub trait Caller: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The company the caller was admitted to.
    fn scope(&self) -> CompanyScope;
}

/// A store that works on behalf of a caller of kind `C`.
pub trait ActingAs<C> {
    /// The caller the store's door was opened with.
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

/// The installation's own staff: no company, all companies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superadmin {
    pub(super) user: UserId,
}

/// Anyone who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staff {
    /// Acts for the installation.
    Superadmin(Superadmin),
    /// Acts for one company, with all its rows.
    Admin(Admin),
    /// Acts for one company, with the sessions it handles.
    Agent(Agent),
}

/// Staff of any role at one company's desk.
///
/// Use cases that several roles may call ask for this and look at
/// [`Desk::actor`] where the roles differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub(super) scope: CompanyScope,
    pub(super) actor: Actor,
}

/// Which role sits at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An agent of the company.
    Agent {
        /// The agent, as handoffs name it.
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

/// An admin of the company, or a superadmin who entered it: those who run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    pub(super) scope: CompanyScope,
    pub(super) by: Supervisor,
}

/// Who runs companies: an admin its own, a superadmin any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supervisor {
    /// Runs every company.
    Superadmin(Superadmin),
    /// Runs one company.
    Admin(Admin),
}

/// A visitor of one company, perhaps of a known session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub(super) scope: CompanyScope,
    pub(super) company_name: String,
    pub(super) session: Option<SessionAccess>,
}

/// The server's own background work for one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Housekeeper {
    pub(super) scope: CompanyScope,
}

/// Proof that its holder may use one session of one company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionAccess {
    pub(super) scope: CompanyScope,
    pub(super) id: SessionId,
    pub(super) key: SessionRowId,
}

impl SessionAccess {
    /// The session's company.
    pub fn scope(&self) -> CompanyScope {
        self.scope
    }

    /// The public id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The internal key.
    pub fn key(&self) -> SessionRowId {
        self.key
    }
}

impl Staff {
    /// The account behind the caller.
    pub fn user(&self) -> UserId {
        match self {
            Self::Superadmin(superadmin) => superadmin.user,
            Self::Admin(admin) => admin.user,
            Self::Agent(agent) => agent.user,
        }
    }

    /// The caller's own company; a superadmin has none.
    pub fn company(&self) -> Option<CompanyCode> {
        match self {
            Self::Superadmin(_) => None,
            Self::Admin(admin) => Some(admin.scope.company),
            Self::Agent(agent) => Some(agent.scope.company),
        }
    }
}

impl Agent {
    /// The agent's own id.
    pub fn id(&self) -> AgentId {
        self.id
    }

    /// The agent's account.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Display name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Admin {
    /// The admin's account.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl Superadmin {
    /// The superadmin's account.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl Desk {
    /// Which role sits at the desk.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The agent at the desk, if it is one.
    pub fn agent(&self) -> Option<AgentId> {
        match self.actor {
            Actor::Agent { id, .. } => Some(id),
            Actor::Admin { .. } | Actor::Superadmin { .. } => None,
        }
    }
}

impl Office {
    /// Who runs the company.
    pub fn by(&self) -> &Supervisor {
        &self.by
    }
}

impl Visitor {
    /// The session the visitor was admitted to.
    pub fn session(&self) -> Option<SessionAccess> {
        self.session
    }

    /// The display name of the visitor's company.
    pub fn company_name(&self) -> &str {
        &self.company_name
    }
}

impl From<Agent> for Desk {
    fn from(agent: Agent) -> Self {
        Self { scope: agent.scope, actor: Actor::Agent { id: agent.id, name: agent.name } }
    }
}

impl From<Admin> for Desk {
    fn from(admin: Admin) -> Self {
        Self { scope: admin.scope, actor: Actor::Admin { user: admin.user, name: admin.name } }
    }
}

impl From<Admin> for Office {
    fn from(admin: Admin) -> Self {
        Self { scope: admin.scope, by: Supervisor::Admin(admin) }
    }
}

impl From<Office> for Desk {
    fn from(office: Office) -> Self {
        let actor = match office.by {
            Supervisor::Admin(admin) => Actor::Admin { user: admin.user, name: admin.name },
            Supervisor::Superadmin(superadmin) => Actor::Superadmin { user: superadmin.user },
        };
        Self { scope: office.scope, actor }
    }
}

impl From<Office> for Housekeeper {
    fn from(office: Office) -> Self {
        Self { scope: office.scope }
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
