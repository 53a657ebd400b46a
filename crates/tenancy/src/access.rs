//! Caller values: proof of who is calling.
//!
//! Caller values are created only in this module, from what the store confirms
//! through [`Directory`]. The doors of the database take them by value, so a
//! store is proof that a caller was admitted, in which role, and for which company.
//!
//! ```compile_fail
//! // Other modules cannot construct a scope: its field is private.
//! let company = tenancy::CompanyCode::parse("TES001").unwrap();
//! let scope = tenancy::access::CompanyScope { company };
//! ```
//!
//! ```compile_fail
//! // Other modules cannot construct a caller: there is no constructor.
//! let company = tenancy::CompanyCode::parse("TES001").unwrap();
//! let agent = tenancy::access::Agent::new(company, tenancy::UserId::new(1));
//! ```

mod callers;

pub use callers::{
    ActingAs, Actor, Admin, Agent, Anybody, Caller, CompanyScope, Desk, Housekeeper, Office, SessionAccess, Staff,
    Superadmin, Supervisor, Visitor,
};

use crate::{AgentId, CompanyCode, CompanyStatus, FamilyId, SessionId, SessionRowId, StoreError, UserId};

/// The version of an account's tokens. Raising it ends all earlier tokens of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenVersion(pub i64);

/// The state of an account, read from the store for every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// The account's role and company.
    pub role: Role,
    /// Whether both the account and its company are active.
    pub active: bool,
    /// The version that a token of this account must carry.
    pub version: TokenVersion,
    /// Whether the sign-in of the family that was asked about has ended. False if none was asked about.
    pub signed_out: bool,
}

/// An account's role as stored, with the company it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A superadmin, who belongs to no company.
    Superadmin,
    /// An admin.
    Admin {
        /// The company that the account belongs to.
        company: CompanyCode,
        /// Display name.
        name: String,
    },
    /// An agent.
    Agent {
        /// The company that the account belongs to.
        company: CompanyCode,
        /// The agent row of the account.
        id: AgentId,
        /// Display name.
        name: String,
    },
}

impl Role {
    /// Returns the company of the account; a superadmin has none.
    pub const fn company(&self) -> Option<CompanyCode> {
        match self {
            Self::Superadmin => None,
            Self::Admin { company, .. } | Self::Agent { company, .. } => Some(*company),
        }
    }
}

/// Lookups of accounts, companies and sessions, before a caller is admitted.
///
/// Implementations read the current rows and never rely on the claims of a token.
pub trait Directory {
    /// Returns the state of an account, and whether its sign-in of this family has ended: a family that was
    /// revoked, does not exist or belongs to another account. It is one query. `None` if there is no such
    /// account, or if it is an agent's and has no agent row.
    fn account_state(&mut self, user: UserId, family: Option<FamilyId>) -> Result<Option<AccountState>, StoreError>;

    /// Returns a company's name and status. `None` if the code was never issued.
    fn company(&mut self, code: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError>;

    /// Returns a session's company and row id, in one read.
    fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError>;

    /// Returns an agent's company and its status.
    fn agent(&mut self, id: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError>;
}

/// The company and the row of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLocation {
    /// The session's company.
    pub company: CompanyCode,
    /// That company's name.
    pub company_name: String,
    /// That company's status.
    pub status: CompanyStatus,
    /// The session's row id.
    pub row_id: SessionRowId,
}

/// Why a staff account was not admitted, in order of precedence.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// No such account.
    #[error("user not found")]
    Gone,
    /// The account or its company is not active.
    #[error("user is inactive")]
    Inactive,
    /// The token carries another version than the account, or its sign-in has ended.
    #[error("token version is outdated")]
    Outdated,
    /// The store failed.
    #[error("the directory could not be read")]
    Store(#[from] StoreError),
}

/// Why a caller was not admitted to a company.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The request names neither a company nor a session.
    #[error("no company was named")]
    CompanyMissing,
    /// The code was never issued, or the company is closed.
    #[error("company not found")]
    CompanyNotFound,
    /// The company is suspended.
    #[error("company is not active")]
    CompanySuspended,
    /// The request names a session but no company, and there is no such session.
    #[error("session not found")]
    SessionNotFound,
    /// The store failed.
    #[error("the directory could not be read")]
    Store(#[from] StoreError),
}

/// Admits a staff account whose password was just checked, or whose refresh token was verified.
///
/// # Errors
/// The first [`Denied`] that applies, in its order of precedence.
pub fn staff(directory: &mut impl Directory, user: UserId, version: TokenVersion) -> Result<Staff, Denied> {
    bearer(directory, user, version, None)
}

/// Admits the bearer of a verified access token. Tokens of earlier versions of the program have no family.
///
/// # Errors
/// The first [`Denied`] that applies, in its order of precedence.
pub fn bearer(
    directory: &mut impl Directory,
    user: UserId,
    version: TokenVersion,
    family: Option<FamilyId>,
) -> Result<Staff, Denied> {
    let state = directory.account_state(user, family)?.ok_or(Denied::Gone)?;
    if !state.active {
        return Err(Denied::Inactive);
    }
    if state.version != version || state.signed_out {
        return Err(Denied::Outdated);
    }
    Ok(match state.role {
        Role::Superadmin => Staff::Superadmin(Superadmin { user }),
        Role::Admin { company, name } => Staff::Admin(Admin { scope: CompanyScope { company }, user, name }),
        Role::Agent { company, id, name } => Staff::Agent(Agent { scope: CompanyScope { company }, user, id, name }),
    })
}

/// Admits a visitor by company code, by session id, or by both.
///
/// If a company is given, a session id that does not belong to it is ignored, and the visitor is
/// admitted without a session. If no company is given, the session's company is used.
///
/// # Errors
/// [`Refused`]. A closed company counts as not found.
pub fn visitor(
    directory: &mut impl Directory,
    company: Option<CompanyCode>,
    session: Option<SessionId>,
) -> Result<Visitor, Refused> {
    let located = match session {
        Some(id) => directory.session(id)?.map(|location| (id, location)),
        None => None,
    };
    let (code, name, status, found) = match (company, located) {
        (Some(code), Some((id, at))) if at.company == code => (code, at.company_name, at.status, Some((id, at.row_id))),
        (Some(code), _) => {
            let (name, status) = directory.company(code)?.ok_or(Refused::CompanyNotFound)?;
            (code, name, status, None)
        }
        (None, Some((id, at))) => (at.company, at.company_name, at.status, Some((id, at.row_id))),
        (None, None) if session.is_some() => return Err(Refused::SessionNotFound),
        (None, None) => return Err(Refused::CompanyMissing),
    };
    match status {
        CompanyStatus::Active => {}
        CompanyStatus::Suspended => return Err(Refused::CompanySuspended),
        CompanyStatus::Closed => return Err(Refused::CompanyNotFound),
    }
    let scope = CompanyScope { company: code };
    let session = found.map(|(id, row_id)| SessionAccess { scope, id, row_id });
    Ok(Visitor { scope, company_name: name, session })
}

/// Finds the company of an agent for somebody who has proved nothing. An agent that does not exist is no error, so that
/// nobody finds out which agents there are.
///
/// # Errors
/// [`StoreError`].
pub fn anybody(directory: &mut impl Directory, agent: AgentId) -> Result<Anybody, StoreError> {
    let found = directory.agent(agent)?;
    Ok(Anybody { company: found.filter(|(_, status)| status.is_active()).map(|(company, _)| company) })
}

/// Admits the server's own background work to a company of any status, including the reserved
/// company that owns the shared library.
///
/// # Errors
/// [`Refused::CompanyNotFound`] for a code that was never issued.
pub fn housekeeper(directory: &mut impl Directory, company: CompanyCode) -> Result<Housekeeper, Refused> {
    directory.company(company)?.ok_or(Refused::CompanyNotFound)?;
    Ok(Housekeeper { scope: CompanyScope { company } })
}

impl Superadmin {
    /// Enters a company of any status.
    ///
    /// # Errors
    /// [`Refused::CompanyNotFound`] for a code that was never issued.
    pub fn enter(&self, directory: &mut impl Directory, company: CompanyCode) -> Result<Office, Refused> {
        directory.company(company)?.ok_or(Refused::CompanyNotFound)?;
        Ok(Office { scope: CompanyScope { company }, supervisor: Supervisor::Superadmin(self.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneCompany(CompanyStatus);

    fn code() -> CompanyCode {
        CompanyCode::parse("TES001").unwrap()
    }

    impl Directory for OneCompany {
        fn account_state(
            &mut self,
            user: UserId,
            family: Option<FamilyId>,
        ) -> Result<Option<AccountState>, StoreError> {
            let role = match user.get() {
                1 => Role::Admin { company: code(), name: "Ann".into() },
                3 => Role::Agent { company: code(), id: AgentId::new(30), name: "Bo".into() },
                4 => Role::Superadmin,
                _ => return Ok(None),
            };
            let active = self.0 == CompanyStatus::Active;
            // No sign-in of these accounts lasts.
            Ok(Some(AccountState { role, active, version: TokenVersion(7), signed_out: family.is_some() }))
        }

        fn company(&mut self, asked: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
            Ok((asked == code()).then(|| ("Tesla".into(), self.0)))
        }

        fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError> {
            let location = SessionLocation {
                company: code(),
                company_name: "Tesla".into(),
                status: self.0,
                row_id: SessionRowId::new(5),
            };
            Ok((id.as_str() == "TES001_known").then_some(location))
        }

        fn agent(&mut self, id: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
            Ok((id.get() == 30).then(|| (code(), self.0)))
        }
    }

    #[test]
    fn staff_are_turned_away_in_order_of_precedence() {
        let mut active = OneCompany(CompanyStatus::Active);
        let mut suspended = OneCompany(CompanyStatus::Suspended);
        assert!(matches!(staff(&mut active, UserId::new(2), TokenVersion(7)), Err(Denied::Gone)));
        assert!(matches!(staff(&mut suspended, UserId::new(1), TokenVersion(6)), Err(Denied::Inactive)));
        assert!(matches!(staff(&mut active, UserId::new(1), TokenVersion(6)), Err(Denied::Outdated)));
        assert_eq!(staff(&mut active, UserId::new(1), TokenVersion(7)).unwrap().company(), Some(code()));
        let ended = Some(FamilyId::random());
        assert!(matches!(bearer(&mut suspended, UserId::new(1), TokenVersion(7), ended), Err(Denied::Inactive)));
        assert!(matches!(bearer(&mut active, UserId::new(1), TokenVersion(7), ended), Err(Denied::Outdated)));
        assert!(bearer(&mut active, UserId::new(1), TokenVersion(7), None).is_ok());
    }

    #[test]
    fn staff_are_admitted_as_what_the_directory_says() {
        let mut directory = OneCompany(CompanyStatus::Active);
        let mut admit = |user| staff(&mut directory, UserId::new(user), TokenVersion(7)).unwrap();
        let Staff::Agent(agent) = admit(3) else { panic!("no agent") };
        assert_eq!((agent.user(), agent.id(), agent.name()), (UserId::new(3), AgentId::new(30), "Bo"));
        assert_eq!((agent.scope().company(), Desk::from(agent).agent()), (code(), Some(AgentId::new(30))));
        let Staff::Admin(admin) = admit(1) else { panic!("no admin") };
        assert_eq!((admin.user(), Desk::from(admin).agent()), (UserId::new(1), None));
        let superadmin = admit(4);
        assert_eq!((superadmin.user(), superadmin.company()), (UserId::new(4), None));
        let roles =
            [1, 3, 4].map(|user| directory.account_state(UserId::new(user), None).unwrap().unwrap().role.company());
        assert_eq!(roles, [Some(code()), Some(code()), None]);
    }

    #[test]
    fn a_visitor_who_names_nothing_is_asked_for_a_company() {
        let mut directory = OneCompany(CompanyStatus::Active);
        assert!(matches!(visitor(&mut directory, None, None), Err(Refused::CompanyMissing)));
        assert_eq!(visitor(&mut directory, Some(code()), None).unwrap().company_name(), "Tesla");
    }

    #[test]
    fn a_visitor_with_a_foreign_session_is_admitted_without_it() {
        let mut directory = OneCompany(CompanyStatus::Active);
        let known = SessionId::parse("TES001_known").ok();
        let unknown = SessionId::parse("TES001_other").ok();
        assert!(visitor(&mut directory, Some(code()), known).unwrap().session().is_some());
        assert!(visitor(&mut directory, Some(code()), unknown).unwrap().session().is_none());
        assert!(visitor(&mut directory, None, known).unwrap().session().is_some());
        assert!(matches!(visitor(&mut directory, None, unknown), Err(Refused::SessionNotFound)));
        let other = CompanyCode::parse("SPA001").ok();
        assert!(matches!(visitor(&mut directory, other, known), Err(Refused::CompanyNotFound)));
    }

    #[test]
    fn an_agent_that_is_not_there_looks_like_one_of_a_suspended_company() {
        let (mut active, mut suspended) = (OneCompany(CompanyStatus::Active), OneCompany(CompanyStatus::Suspended));
        assert_eq!(anybody(&mut active, AgentId::new(30)).unwrap().company(), Some(code()));
        let unknown = anybody(&mut active, AgentId::new(31)).unwrap();
        assert_eq!((unknown.company(), unknown), (None, anybody(&mut suspended, AgentId::new(30)).unwrap()));
    }

    #[test]
    fn a_closed_company_is_not_found_and_a_suspended_one_is_not_active() {
        let mut closed = OneCompany(CompanyStatus::Closed);
        let mut suspended = OneCompany(CompanyStatus::Suspended);
        assert!(matches!(visitor(&mut closed, Some(code()), None), Err(Refused::CompanyNotFound)));
        assert!(matches!(visitor(&mut suspended, Some(code()), None), Err(Refused::CompanySuspended)));
    }
}
