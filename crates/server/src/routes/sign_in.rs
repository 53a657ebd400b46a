//! Sign-in, tokens and first logins.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    Hasher, Origin, Password, PasswordHash,
    accounts::{Account, Role},
    agents::AgentStatus,
    first_login::{self, FirstLoginError, FirstLoginRole},
    password::ChosenPassword,
    refresh::{self, RefreshError, Rotation},
    sign_in::{self, Candidate, SignInError, SignInOutcome},
    tokens::{TokenError, TokenPair},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{FairnessKey, LobbyStore};
use tenancy::{
    Fault, StoreError, Timestamp, UserId,
    access::{Denied, Staff},
};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    client::ClientIp,
    http::{
        body::{Valid, body},
        error::{ApiError, TokenProblem},
        rules::{email, name, password, text},
    },
    limits::Scope,
    logging, throttle,
    views::{AsText, CompanyId, UserView},
};

/// Describes the reply of a sign-in with a password that must be replaced first.
pub(super) const MUST_BE_REPLACED: &str =
    "If the password is correct but must be replaced first, the answer is 200 without tokens.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/login/")
            .limited(Scope::SignIn)
            .post("Signs in with a username or an e-mail address.", login)
            .about(MUST_BE_REPLACED)
            .refuses(SignInError::Invalid)
            .refuses(SignInError::AgentMissing),
        at("/api/auth/token/refresh/")
            .limited(Scope::Refresh)
            .post("Exchanges a refresh token for a new pair.", refresh)
            .refuses(RefreshError::Invalid)
            .refuses(RefreshError::Denied(Denied::Gone))
            .refuses(RefreshError::Denied(Denied::Inactive)),
        at("/api/auth/admin-first-login/")
            .limited(Scope::SignIn)
            .post("Replaces an admin's generated password.", admin_first_login)
            .refuses(FirstLoginError::CurrentIncorrect),
        at("/api/admin-dashboard/agent-first-login/")
            .limited(Scope::SignIn)
            .post("Replaces an agent's generated password.", agent_first_login)
            .refuses(FirstLoginError::CurrentIncorrect),
    ]
}

body! {
    /// Credentials: a username or an e-mail address, and the password.
    struct LoginBody {
        username: String = name(),
        password: String = password(),
    }
}

body! {
    /// A refresh token.
    struct RefreshBody {
        refresh: String = text(),
    }
}

body! {
    /// A generated password and its replacement.
    struct FirstLoginBody {
        email: String = email(),
        current_password: String = password(),
        new_password: String = password(),
        confirm_password: String = password(),
    }
}

#[derive(Serialize, JsonSchema)]
struct WelcomeReply {
    access: String,
    refresh: String,
    user: UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<ArrivedAgent>,
}

/// The agent who signed in and is now available.
#[derive(Serialize, JsonSchema)]
struct ArrivedAgent {
    id: i64,
    name: String,
    email: String,
    status: &'static str,
    is_first_login: bool,
    company_id: Option<CompanyId>,
}

impl WelcomeReply {
    fn new(pair: TokenPair, account: &Account, now: Timestamp) -> Self {
        let agent = account.agent.map(|id| ArrivedAgent {
            id: id.get(),
            name: account.contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default(),
            email: account.email.to_string(),
            status: AgentStatus::Available.as_str(),
            is_first_login: false,
            company_id: account.company.as_ref().map(|company| AsText(company.code)),
        });
        Self { access: pair.access, refresh: pair.refresh, user: UserView::new(account, now), agent }
    }
}

/// The answer to a correct password.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum LoginReply {
    Welcome(Box<WelcomeReply>),
    FirstLogin(FirstLoginReply),
}

/// A correct password that must be replaced first. Sent with status 200; clients look for the `error` key.
#[derive(Serialize, JsonSchema)]
pub(super) struct FirstLoginReply {
    error: &'static str,
    code: &'static str,
    message: &'static str,
    is_first_login: bool,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<FirstLoginUser>,
}

#[derive(Serialize, JsonSchema)]
struct FirstLoginUser {
    role: &'static str,
    id: i64,
    email: String,
}

#[derive(Serialize, JsonSchema)]
struct PairReply {
    access: String,
    refresh: String,
}

#[derive(Serialize, JsonSchema)]
struct PasswordSetReply {
    message: &'static str,
    email: String,
}

/// Reads the account of a sign-in from the lobby. The duration is how long a temporary password works.
type Find = fn(&mut LobbyStore<'_>, &str, Origin, Duration, Timestamp) -> Result<Candidate, StoreError>;

/// How a sign-in names its account.
pub(super) enum Login {
    /// By username or e-mail address, for an account of any role.
    Any(String),
    /// By the e-mail address of an agent.
    Agent(String),
}

/// The result of a sign-in with the correct password.
pub(super) enum Entered {
    /// The caller is signed in, with a first pair of tokens.
    Welcome(TokenPair, Box<Account>),
    /// The password must be replaced first.
    FirstLogin(FirstLoginReply),
}

/// Signs in. Every endpoint that exchanges a password for tokens calls this function.
///
/// Failures count against the request's address and against the account.
pub(super) async fn enter(req: &HttpRequest, login: Login, password: String, app: &App) -> Result<Entered, ApiError> {
    let (password, lifetimes, now) = (Password::new(password), app.lifetimes, app.now());
    let ClientIp(ip) = ClientIp::of(req)?;
    let find: Find = match login {
        Login::Any(_) => |lobby, login, origin, life, now| sign_in::find(lobby, login, origin, life, now),
        Login::Agent(_) => |lobby, email, origin, life, now| sign_in::find_agent(lobby, email, origin, life, now),
    };
    let (Login::Any(login) | Login::Agent(login)) = login;
    let life = app.temporary_password_life;
    let find = move |lobby: &mut LobbyStore<'_>, login: &str, origin, now| find(lobby, login, origin, life, now);
    let signed_in = throttle::attempt(req, login, find, async |candidate, fairness_key| {
        let check = move |hasher: &Hasher| {
            let checked = candidate.check(hasher, &password);
            (checked.outdated_hash(hasher), checked, password)
        };
        let (outdated, checked, password) = app.hashes.run(fairness_key, check).await?;
        let complete = move |lobby: &mut LobbyStore<'_>| sign_in::complete(lobby, checked, ip, lifetimes, now);
        let outcome = app.db.lobby_write_in(fairness_key, complete).await?;
        if let (SignInOutcome::Welcome { .. }, Some((user, seen))) = (&outcome, outdated) {
            let renewed = renew_hash(app, fairness_key, user, seen, password).await;
            if let Err(error) = renewed {
                tracing::warn!(error = logging::chain(&error), "a password hash was not renewed");
            }
        }
        Ok(outcome)
    });
    match signed_in.await? {
        SignInOutcome::Welcome { staff, grant, account } => {
            if let Staff::Agent(agent) = &staff {
                app.status_set(agent, AgentStatus::Available);
            }
            Ok(Entered::Welcome(app.signer.sign(&grant)?, account))
        }
        SignInOutcome::FirstLogin { user, role, email } => {
            let email = email.to_string();
            let user = (role == Role::Admin).then(|| FirstLoginUser {
                role: role.as_str(),
                id: user.get(),
                email: email.clone(),
            });
            Ok(Entered::FirstLogin(FirstLoginReply {
                error: "First login required",
                code: "first_login_required",
                message: "Replace the password you were given before you sign in.",
                is_first_login: true,
                email,
                user,
            }))
        }
    }
}

/// Replaces a hash of another cost than the configured one. The caller is signed in already, so a failure
/// only leaves the earlier hash in place.
async fn renew_hash(
    app: &App,
    fairness_key: FairnessKey,
    user: UserId,
    seen: PasswordHash,
    password: Password,
) -> Result<(), StoreError> {
    let hash = app.hashes.run(fairness_key, move |hasher| hasher.hash(&password)).await?;
    let hash = hash.map_err(|error| StoreError::new(Fault::Broken, error))?;
    app.db.lobby_write_in(fairness_key, move |lobby| sign_in::renew_hash(lobby, user, &seen, &hash)).await
}

/// Signs in with a username or an e-mail address. A token in the request is ignored.
async fn login(
    req: HttpRequest,
    Valid(body): Valid<LoginBody>,
    app: web::Data<App>,
) -> Result<Json<LoginReply>, ApiError> {
    Ok(Json(match enter(&req, Login::Any(body.username), body.password, &app).await? {
        Entered::Welcome(pair, account) => LoginReply::Welcome(Box::new(WelcomeReply::new(pair, &account, app.now()))),
        Entered::FirstLogin(reply) => LoginReply::FirstLogin(reply),
    }))
}

/// Exchanges a refresh token for a new pair.
async fn refresh(Valid(body): Valid<RefreshBody>, app: web::Data<App>) -> Result<Json<PairReply>, ApiError> {
    let (lifetimes, now) = (app.lifetimes, app.now());
    let token = app.signer.verify_refresh(&body.refresh, now).map_err(|error| {
        ApiError::unauthorized(match error {
            TokenError::Malformed | TokenError::Expired => TokenProblem::RefreshInvalid,
            TokenError::WrongType => TokenProblem::RefreshWrongType,
        })
    })?;
    match app.lobby_write_of(token.claims.user, move |lobby| refresh::rotate(lobby, &token, lifetimes, now)).await? {
        Rotation::Fresh(grant) | Rotation::Replayed(grant) => {
            let TokenPair { access, refresh } = app.signer.sign(&grant)?;
            Ok(Json(PairReply { access, refresh }))
        }
        Rotation::Reused => Err(ApiError::unauthorized(TokenProblem::RefreshInvalid)),
    }
}

/// Replaces an admin's generated password.
async fn admin_first_login(
    req: HttpRequest,
    Valid(body): Valid<FirstLoginBody>,
    app: web::Data<App>,
) -> Result<Json<PasswordSetReply>, ApiError> {
    first_login(&req, FirstLoginRole::Admin, body, &app).await
}

/// Replaces an agent's generated password.
async fn agent_first_login(
    req: HttpRequest,
    Valid(body): Valid<FirstLoginBody>,
    app: web::Data<App>,
) -> Result<Json<PasswordSetReply>, ApiError> {
    first_login(&req, FirstLoginRole::Agent, body, &app).await
}

async fn first_login(
    req: &HttpRequest,
    role: FirstLoginRole,
    body: FirstLoginBody,
    app: &App,
) -> Result<Json<PasswordSetReply>, ApiError> {
    let FirstLoginBody { email, current_password, new_password, confirm_password } = body;
    let chosen = ChosenPassword::repeated(Password::new(new_password), &Password::new(confirm_password), &email)?;
    let current = Password::new(current_password);
    chosen.replaces(&current)?;
    let life = app.temporary_password_life;
    let find = move |lobby: &mut LobbyStore<'_>, email: &str, origin, now| {
        first_login::find(lobby, role, email, origin, life, now)
    };
    let now = app.now();
    let replaced = throttle::attempt(req, email, find, async |candidate, fairness_key| {
        let work = move |hasher: &Hasher| {
            let hash = hasher.hash(chosen.password());
            (candidate.check(hasher, &current), hash, chosen)
        };
        let (checked, hash, chosen) = app.hashes.run(fairness_key, work).await?;
        let hash = hash?;
        let complete = move |lobby: &mut LobbyStore<'_>| first_login::complete(lobby, checked, &chosen, &hash, now);
        match app.db.lobby_write_in(fairness_key, complete).await {
            // The current password was right, so this is no failed sign-in.
            Err(FirstLoginError::Refused(refused)) => Ok(Err(refused)),
            replaced => Ok(Ok(replaced?)),
        }
    });
    let email = replaced.await??;
    Ok(Json(PasswordSetReply { message: "Password set successfully", email: email.to_string() }))
}

/// Generates a password, which is shown once, and its hash. Hashing runs under the fairness key.
pub(super) async fn generate_password(
    app: &App,
    fairness_key: FairnessKey,
) -> Result<(Password, PasswordHash), ApiError> {
    let password = Password::generate();
    let hashed = app.hashes.run(fairness_key, move |hasher| hasher.hash(&password).map(|hash| (password, hash)));
    Ok(hashed.await??)
}
