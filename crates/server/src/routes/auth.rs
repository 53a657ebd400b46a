//! Signing in, tokens, first logins, and the caller's own account.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Json},
};
use identity::{
    Password, PasswordHash,
    accounts::{Account, Role},
    agents::AgentStatus,
    first_login::{self, Door},
    password::Chosen,
    ports::Accounts as _,
    refresh::{self, Rotation},
    sign_in::{self, SignedIn},
    tokens::{Pair, TokenError},
};
use serde::Serialize;
use tenancy::{Timestamp, access::Denied};

use crate::{
    app::App,
    auth::{ClientIp, admitted},
    http::{
        body::{Valid, body},
        error::{ApiError, TokenProblem},
        routes::at,
        rules::{email, text},
    },
    views::{Code, Shown, UserView},
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config
        .service(at("/api/auth/login/").post(login))
        .service(at("/api/auth/token/refresh/").post(refresh))
        .service(at("/api/auth/profile/").get(profile))
        .service(at("/api/auth/admin-first-login/").post(admin_first_login))
        .service(at("/api/admin-dashboard/agent-first-login/").post(agent_first_login));
}

body! {
    /// Credentials: a username or an e-mail, and the password.
    struct LoginBody {
        username: String = text(),
        password: String = text(),
    }
}

body! {
    /// A refresh token.
    struct RefreshBody {
        refresh: String = text(),
    }
}

body! {
    /// A handed-out password and the one that replaces it.
    struct FirstLoginBody {
        email: String = email(),
        current_password: String = text(),
        new_password: String = text(),
        confirm_password: String = text(),
    }
}

#[derive(Serialize)]
struct WelcomeReply {
    access: String,
    refresh: String,
    user: UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<ArrivedAgent>,
}

/// The agent that a sign-in has just made available.
#[derive(Serialize)]
struct ArrivedAgent {
    id: i64,
    name: String,
    email: String,
    status: &'static str,
    is_first_login: bool,
    company_id: Option<Code>,
}

impl WelcomeReply {
    fn new(pair: Pair, account: &Account, now: Timestamp) -> Self {
        let agent = account.agent.map(|id| ArrivedAgent {
            id: id.get(),
            name: account.contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default(),
            email: account.email.to_string(),
            status: AgentStatus::Available.as_str(),
            is_first_login: false,
            company_id: account.company.as_ref().map(|company| Shown(company.code)),
        });
        Self { access: pair.access, refresh: pair.refresh, user: UserView::new(account, now), agent }
    }
}

/// A right password that opens nothing yet. Clients know it by its `error` key, on status 200.
#[derive(Serialize)]
struct FirstLoginReply {
    error: &'static str,
    code: &'static str,
    message: &'static str,
    is_first_login: bool,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<FirstLoginUser>,
}

#[derive(Serialize)]
struct FirstLoginUser {
    role: &'static str,
    id: i64,
    email: String,
}

#[derive(Serialize)]
struct PairReply {
    access: String,
    refresh: String,
}

#[derive(Serialize)]
struct PasswordSetReply {
    message: &'static str,
    email: String,
}

/// Signs in by username or e-mail; whatever token comes along is not looked at.
async fn login(
    ClientIp(ip): ClientIp,
    Valid(body): Valid<LoginBody>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (username, password) = (body.username, Password::new(body.password));
    let candidate = app.lobby(move |lobby| sign_in::find(lobby, &username)).await?;
    let checked = app.hashes.run(move |hasher| candidate.check(hasher, &password)).await?;
    let (lifetimes, now) = (app.lifetimes, app.now());
    match app.lobby_write(move |lobby| sign_in::complete(lobby, checked, ip, lifetimes, now)).await? {
        SignedIn::Welcome { grant, account } => {
            let pair = app.signer.sign(&grant)?;
            Ok(HttpResponse::Ok().json(WelcomeReply::new(pair, &account, now)))
        }
        SignedIn::FirstLogin { user, role, email } => {
            let email = email.to_string();
            let user = (role == Role::Admin).then(|| FirstLoginUser {
                role: role.as_str(),
                id: user.get(),
                email: email.clone(),
            });
            Ok(HttpResponse::Ok().json(FirstLoginReply {
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

/// Exchanges a refresh token for a new pair.
async fn refresh(Valid(body): Valid<RefreshBody>, app: web::Data<App>) -> Result<Json<PairReply>, ApiError> {
    let (lifetimes, now) = (app.lifetimes, app.now());
    let token = app.signer.verify_refresh(&body.refresh, now).map_err(|error| {
        ApiError::unauthorized(match error {
            TokenError::Malformed | TokenError::Expired => TokenProblem::RefreshInvalid,
            TokenError::WrongType => TokenProblem::RefreshWrongType,
        })
    })?;
    match app.lobby_write(move |lobby| refresh::rotate(lobby, &token, lifetimes, now)).await? {
        Rotation::Fresh(grant) | Rotation::Replayed(grant) => {
            let Pair { access, refresh } = app.signer.sign(&grant)?;
            Ok(Json(PairReply { access, refresh }))
        }
        Rotation::Reused => Err(ApiError::unauthorized(TokenProblem::RefreshInvalid)),
    }
}

/// Shows the caller's own account.
async fn profile(req: HttpRequest, app: web::Data<App>) -> Result<Json<UserView>, ApiError> {
    let now = app.now();
    let account = admitted(&req, move |lobby, staff| lobby.own_account(&staff, now)?.ok_or(Denied::Gone)).await?;
    Ok(Json(UserView::new(&account, now)))
}

/// Replaces an admin's handed-out password.
async fn admin_first_login(
    Valid(body): Valid<FirstLoginBody>,
    app: web::Data<App>,
) -> Result<Json<PasswordSetReply>, ApiError> {
    first_login(Door::Admin, body, &app).await
}

/// Replaces an agent's handed-out password.
async fn agent_first_login(
    Valid(body): Valid<FirstLoginBody>,
    app: web::Data<App>,
) -> Result<Json<PasswordSetReply>, ApiError> {
    first_login(Door::Agent, body, &app).await
}

async fn first_login(door: Door, body: FirstLoginBody, app: &App) -> Result<Json<PasswordSetReply>, ApiError> {
    let FirstLoginBody { email, current_password, new_password, confirm_password } = body;
    let chosen = Chosen::new(Password::new(new_password), &Password::new(confirm_password), &email)?;
    let current = Password::new(current_password);
    let candidate = app.lobby(move |lobby| first_login::find(lobby, door, &email)).await?;
    let (checked, hash) =
        app.hashes.run(move |hasher| (candidate.check(hasher, &current), hasher.hash(chosen.password()))).await?;
    let hash = hash?;
    let email = app.lobby_write(move |lobby| first_login::complete(lobby, checked, &hash)).await?;
    Ok(Json(PasswordSetReply { message: "Password set successfully", email: email.to_string() }))
}

/// Makes up a password, to be shown once, and its hash.
pub(super) async fn made_up_password(app: &App) -> Result<(Password, PasswordHash), ApiError> {
    let password = Password::generate();
    let hashed = app.hashes.run(move |hasher| hasher.hash(&password).map(|hash| (password, hash)));
    Ok(hashed.await??)
}
