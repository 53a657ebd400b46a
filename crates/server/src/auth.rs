//! Extractors of the caller. A handler that takes [`Auth`] cannot forget to check who calls.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, ResponseError as _, dev::Payload, http::header};
use identity::tokens::{AccessClaims, TokenError};
use storage::LobbyStore;
use tenancy::{
    CompanyCode, UserId,
    access::{self, Admin, Agent, Denied, Desk, Staff, Superadmin, Supervisor},
};

use crate::{
    app::App,
    http::{
        bearer, caller_first,
        describe::{Argument, Operation},
        error::{ApiError, TokenProblem},
    },
    limits::{self, BucketName},
};

/// A signed-in caller of the kind that the endpoint is for.
///
/// The token is verified, and then the account is read from the store: role, company and active state
/// never come from the token's claims. In a handler's arguments it must come before the body, so that
/// its refusal comes first.
pub(crate) struct Auth<C>(pub(crate) C);

/// The caller of a public endpoint: staff if the token is valid, else `None`.
pub(crate) struct Anyone(pub(crate) Option<Staff>);

/// Kinds of staff that endpoints are for.
pub(crate) trait FromStaff: Sized {
    /// Returns the caller as this kind, or `None` if the endpoint is not for its role.
    fn from_staff(staff: Staff) -> Option<Self>;

    /// The roles of this kind; empty if it includes all roles.
    const ROLES: &'static [&'static str];
}

impl FromStaff for Staff {
    const ROLES: &'static [&'static str] = &[];

    fn from_staff(staff: Staff) -> Option<Self> {
        Some(staff)
    }
}

impl FromStaff for Superadmin {
    const ROLES: &'static [&'static str] = &["SUPERADMIN"];

    fn from_staff(staff: Staff) -> Option<Self> {
        match staff {
            Staff::Superadmin(superadmin) => Some(superadmin),
            Staff::Admin(_) | Staff::Agent(_) => None,
        }
    }
}

impl FromStaff for Supervisor {
    const ROLES: &'static [&'static str] = &["ADMIN", "SUPERADMIN"];

    fn from_staff(staff: Staff) -> Option<Self> {
        match staff {
            Staff::Superadmin(superadmin) => Some(Self::Superadmin(superadmin)),
            Staff::Admin(admin) => Some(Self::Admin(admin)),
            Staff::Agent(_) => None,
        }
    }
}

impl FromStaff for Admin {
    const ROLES: &'static [&'static str] = &["ADMIN"];

    fn from_staff(staff: Staff) -> Option<Self> {
        match staff {
            Staff::Admin(admin) => Some(admin),
            Staff::Superadmin(_) | Staff::Agent(_) => None,
        }
    }
}

impl FromStaff for Agent {
    const ROLES: &'static [&'static str] = &["AGENT"];

    fn from_staff(staff: Staff) -> Option<Self> {
        match staff {
            Staff::Agent(agent) => Some(agent),
            Staff::Superadmin(_) | Staff::Admin(_) => None,
        }
    }
}

/// Staff of a company: its agents and admins.
impl FromStaff for Desk {
    const ROLES: &'static [&'static str] = &["ADMIN", "AGENT"];

    fn from_staff(staff: Staff) -> Option<Self> {
        match staff {
            Staff::Agent(agent) => Some(Self::from(agent)),
            Staff::Admin(admin) => Some(Self::from(admin)),
            Staff::Superadmin(_) => None,
        }
    }
}

impl<C: FromStaff + 'static> FromRequest for Auth<C> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let hold = caller_first::hold(req);
        let req = req.clone();
        Box::pin(async move {
            let staff = signed_in(&req).await?;
            let caller = C::from_staff(staff).ok_or_else(ApiError::permission_denied)?;
            drop(hold);
            Ok(Self(caller))
        })
    }
}

impl<C: FromStaff + 'static> Argument for Auth<C> {
    fn describe(operation: Operation) -> Operation {
        let mut operation = operation.token(true);
        operation.roles = C::ROLES;
        if C::ROLES.is_empty() { operation } else { operation.refusal(ApiError::permission_denied()) }
    }
}

impl FromRequest for Anyone {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            if !req.headers().contains_key(header::AUTHORIZATION) {
                return Ok(Self(None));
            }
            match recognised(&req).await {
                Ok(staff) => Ok(Self(Some(staff))),
                // A bad token means an anonymous caller. A store failure tells us nothing about the token,
                // so report it.
                Err(error) if error.status_code().is_server_error() => Err(error),
                Err(_) => Ok(Self(None)),
            }
        })
    }
}

impl Argument for Anyone {
    fn describe(operation: Operation) -> Operation {
        operation.token(false)
    }
}

/// Verifies the bearer token and admits its account. Counts the call as a staff call.
pub(crate) async fn signed_in(req: &HttpRequest) -> Result<Staff, ApiError> {
    admitted(req, |_, staff| Ok(staff)).await
}

/// Does the same as [`signed_in`] without counting the call, for endpoints that need no token.
async fn recognised(req: &HttpRequest) -> Result<Staff, ApiError> {
    let (_, staff) = verified(req, |_, staff| Ok(staff)).await?;
    Ok(staff)
}

/// Verifies the bearer token, admits its account, and reads something more in the same transaction.
/// Counts the call as a staff call.
///
/// For reads that staff clients repeat all the time.
pub(crate) async fn admitted<T: Send + 'static>(
    req: &HttpRequest,
    read: impl FnOnce(&mut LobbyStore<'_>, Staff) -> Result<T, Denied> + Send + 'static,
) -> Result<T, ApiError> {
    let (user, read) = verified(req, read).await?;
    limits::count(req, BucketName::Staff(user)).await?;
    Ok(read)
}

async fn verified<T: Send + 'static>(
    req: &HttpRequest,
    read: impl FnOnce(&mut LobbyStore<'_>, Staff) -> Result<T, Denied> + Send + 'static,
) -> Result<(UserId, T), ApiError> {
    let AccessClaims { claims, family } = claims(req)?;
    let admitted = App::of(req)?.lobby_of(claims.user, move |lobby| {
        let staff = access::bearer(lobby, claims.user, claims.version, family)?;
        let caller = LoggedCaller::new(&staff);
        Ok((caller, read(lobby, staff)?))
    });
    let (caller, read) = admitted.await.map_err(turned_away)?;
    caller.record();
    if let Some(agent) = caller.agent {
        req.extensions_mut().insert(CallingAgent(agent));
    }
    Ok((claims.user, read))
}

/// The caller as the lines of its request name it, and as the edge needs it.
struct LoggedCaller {
    user: UserId,
    role: &'static str,
    company: Option<CompanyCode>,
    agent: Option<Agent>,
}

/// The agent who made a request, for the edge.
pub(crate) struct CallingAgent(pub(crate) Agent);

impl LoggedCaller {
    fn new(staff: &Staff) -> Self {
        let (role, agent) = match staff {
            Staff::Superadmin(_) => ("SUPERADMIN", None),
            Staff::Admin(_) => ("ADMIN", None),
            Staff::Agent(agent) => ("AGENT", Some(agent.clone())),
        };
        Self { user: staff.user(), role, company: staff.company(), agent }
    }

    /// Adds the caller to the request's span, which the edge opened.
    fn record(&self) {
        let span = tracing::Span::current();
        span.record("account", self.user.get()).record("role", self.role);
        if let Some(company) = self.company {
            span.record("company", tracing::field::display(company));
        }
    }
}

/// Returns the claims of the bearer token. Its account has not been admitted yet.
pub(crate) fn claims(req: &HttpRequest) -> Result<AccessClaims, ApiError> {
    let app = App::of(req)?;
    app.signer.verify_access(bearer::token(req)?, app.now()).map_err(|error| {
        ApiError::unauthorized(match error {
            TokenError::Malformed | TokenError::Expired => TokenProblem::Invalid,
            TokenError::WrongType => TokenProblem::WrongType,
        })
    })
}

/// Returns the refusal of a valid token whose account is not admitted.
pub(crate) fn turned_away(denied: Denied) -> ApiError {
    match denied {
        Denied::Gone => ApiError::unauthorized(TokenProblem::UserGone),
        Denied::Inactive => ApiError::unauthorized(TokenProblem::UserInactive),
        Denied::Outdated => ApiError::unauthorized(TokenProblem::Invalid),
        Denied::Store(error) => error.into(),
    }
}
