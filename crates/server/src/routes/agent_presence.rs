//! Agents' own sign-in, sign-out and status.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    accounts::Account,
    agents::AgentStatus,
    presence::{self, Presence},
    sign_in::SignInError,
    tokens::TokenPair,
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{FairnessKey, LobbyStore};
use tenancy::access::{Agent, Caller as _};

use super::{
    endpoint::{Endpoint, at},
    sign_in::{Entered, FirstLoginReply, Login, MUST_BE_REPLACED, enter},
};
use crate::{
    app::App,
    auth::{Auth, claims},
    client::ClientIp,
    http::{
        body::{Valid, body},
        error::ApiError,
        rules::{choice, name, password, text},
    },
    limits::Scope,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/admin-dashboard/agent-login/")
            .limited(Scope::SignIn)
            .post("Signs an agent in with an e-mail address.", login)
            .about(MUST_BE_REPLACED)
            .refuses(incomplete())
            .refuses(SignInError::Invalid)
            .refuses(SignInError::AgentMissing),
        at("/api/admin-dashboard/agent-logout/").post("Signs the calling agent out.", logout).about(
            "Ends every token that goes back to the sign-in of the access token, and to that of the refresh token \
                 if one is sent. Another account's refresh token is ignored.",
        ),
        at("/api/admin-dashboard/update-agent-status/")
            .post("Sets the calling agent's status.", update_status)
            .refuses(log_out_instead()),
    ]
}

fn incomplete() -> ApiError {
    ApiError::bad_request("Email and password are required")
}

fn log_out_instead() -> ApiError {
    ApiError::bad_request("Use logout endpoint to go offline")
}

body! {
    /// An agent's credentials.
    struct AgentLoginBody {
        email: Option<String> = name().optional(),
        password: Option<String> = password().optional(),
    }
}

body! {
    /// A refresh token that ends as well.
    struct LogoutBody {
        refresh: Option<String> = text().optional(),
    }
}

body! {
    /// The new status of an agent.
    struct StatusBody {
        status: RequestedStatus = choice(
            RequestedStatus::parse,
            [AgentStatus::Available.as_str(), AgentStatus::Busy.as_str()],
        ),
    }
}

/// The status that an agent asks for.
enum RequestedStatus {
    Present(Presence),
    /// Refused: agents go offline by signing out.
    Offline,
}

impl RequestedStatus {
    fn parse(word: &str) -> Option<Self> {
        match AgentStatus::parse(word)? {
            AgentStatus::Available => Some(Self::Present(Presence::Available)),
            AgentStatus::Busy => Some(Self::Present(Presence::Busy)),
            AgentStatus::Offline => Some(Self::Offline),
            AgentStatus::Pending => None,
        }
    }
}

/// The answer to an agent's correct password.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum AgentLoginReply {
    Welcome(AgentWelcome),
    FirstLogin(FirstLoginReply),
}

#[derive(Serialize, JsonSchema)]
struct AgentWelcome {
    access: String,
    refresh: String,
    agent: SignedInAgent,
}

/// The agent who signed in and is now available.
#[derive(Serialize, JsonSchema)]
struct SignedInAgent {
    id: Option<i64>,
    name: String,
    email: String,
    status: &'static str,
    is_first_login: bool,
}

impl AgentWelcome {
    fn new(pair: TokenPair, account: Account) -> Self {
        let agent = SignedInAgent {
            id: account.agent.map(tenancy::AgentId::get),
            name: account.contact.map(|contact| contact.name).unwrap_or_default(),
            email: account.email.to_string(),
            status: AgentStatus::Available.as_str(),
            is_first_login: false,
        };
        Self { access: pair.access, refresh: pair.refresh, agent }
    }
}

#[derive(Serialize, JsonSchema)]
struct LeftReply {
    message: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct StatusReply {
    message: &'static str,
    status: &'static str,
}

/// Signs an agent in with an e-mail address. A token in the request is ignored.
async fn login(
    req: HttpRequest,
    Valid(body): Valid<AgentLoginBody>,
    app: web::Data<App>,
) -> Result<Json<AgentLoginReply>, ApiError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (Some(email), Some(password)) = (given(body.email), given(body.password)) else {
        return Err(incomplete());
    };
    Ok(Json(match enter(&req, Login::Agent(email), password, &app).await? {
        Entered::Welcome(pair, account) => AgentLoginReply::Welcome(AgentWelcome::new(pair, *account)),
        Entered::FirstLogin(reply) => AgentLoginReply::FirstLogin(reply),
    }))
}

/// Signs the calling agent out, even if the refresh token is no longer valid.
async fn logout(
    Auth(agent): Auth<Agent>,
    ClientIp(ip): ClientIp,
    Valid(body): Valid<LogoutBody>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<LeftReply>, ApiError> {
    let now = app.now();
    let refresh = body.refresh.and_then(|token| app.signer.verify_refresh(&token, now).ok());
    let families: Vec<_> = claims(&req)?.family.into_iter().chain(refresh.map(|token| token.family)).collect();
    let (company, leaving) = (agent.scope().company(), agent.clone());
    let leave = move |lobby: &mut LobbyStore<'_>| presence::leave(lobby, &leaving, &families, ip, now);
    app.db.lobby_write_in(FairnessKey::Company(company), leave).await?;
    app.status_set(&agent, AgentStatus::Offline);
    app.hub.staff_changed(Some(company));
    Ok(Json(LeftReply { message: "Logged out successfully" }))
}

/// Sets the calling agent's status.
async fn update_status(
    Auth(agent): Auth<Agent>,
    ClientIp(ip): ClientIp,
    Valid(body): Valid<StatusBody>,
    app: web::Data<App>,
) -> Result<Json<StatusReply>, ApiError> {
    let RequestedStatus::Present(presence) = body.status else { return Err(log_out_instead()) };
    let now = app.now();
    let (fairness_key, setting) = (FairnessKey::Company(agent.scope().company()), agent.clone());
    app.db.lobby_write_in(fairness_key, move |lobby| presence::set(lobby, &setting, presence, ip, now)).await?;
    app.status_set(&agent, presence.into());
    Ok(Json(StatusReply { message: "Status updated successfully", status: AgentStatus::from(presence).as_str() }))
}
