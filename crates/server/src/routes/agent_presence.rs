//! Agents on their own behalf: coming, going, and saying whether they are there.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    accounts::Account,
    agents::AgentStatus,
    presence::{self, Presence},
    tokens::TokenPair,
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::FairnessKey;
use tenancy::access::{Agent, Caller as _};

use super::sign_in::{Entered, FirstLoginReply, Login, enter};
use crate::{
    app::App,
    auth::{Auth, ClientIp},
    http::{
        body::{Valid, body},
        code::Code,
        error::ApiError,
        routes::{Endpoint, at},
        rules::{choice, text},
    },
    limits::Scope,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/admin-dashboard/agent-login/")
            .limited(Scope::SignIn)
            .post("Signs an agent in by e-mail.", login)
            .about("A right password that must be replaced first is answered with 200 and without tokens.")
            .refuses(Code::BadRequest, INCOMPLETE)
            .refuses(Code::InvalidCredentials, "Invalid credentials or inactive account.")
            .refuses(Code::NotFound, "Agent profile not found"),
        at("/api/admin-dashboard/agent-logout/")
            .post("Signs the calling agent out.", logout)
            .about("Ends the family of the refresh token, if one of the caller's own is sent; any other is ignored."),
        at("/api/admin-dashboard/update-agent-status/")
            .post("Sets the calling agent's status.", update_status)
            .refuses(Code::BadRequest, LOGOUT_INSTEAD),
    ]
}

const INCOMPLETE: &str = "Email and password are required";
const LOGOUT_INSTEAD: &str = "Use logout endpoint to go offline";

body! {
    /// An agent's credentials.
    struct AgentLoginBody {
        email: Option<String> = text().optional(),
        password: Option<String> = text().optional(),
    }
}

body! {
    /// What an agent leaves behind.
    struct LogoutBody {
        refresh: Option<String> = text().optional(),
    }
}

body! {
    /// The status that an agent wants.
    struct StatusBody {
        status: Wish = choice(Wish::parse, ["AVAILABLE", "BUSY"]),
    }
}

/// What an agent asks its status to be.
enum Wish {
    Be(Presence),
    /// Known, and refused with advice.
    GoOffline,
}

impl Wish {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "AVAILABLE" => Some(Self::Be(Presence::Available)),
            "BUSY" => Some(Self::Be(Presence::Busy)),
            "OFFLINE" => Some(Self::GoOffline),
            _ => None,
        }
    }
}

/// What an agent's right password is answered with.
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

/// The agent that a sign-in has just made available.
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

/// Signs an agent in by e-mail; whatever token comes along is not looked at.
async fn login(
    req: HttpRequest,
    Valid(body): Valid<AgentLoginBody>,
    app: web::Data<App>,
) -> Result<Json<AgentLoginReply>, ApiError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (Some(email), Some(password)) = (given(body.email), given(body.password)) else {
        return Err(ApiError::bad_request(INCOMPLETE));
    };
    Ok(Json(match enter(&req, Login::Agent(email), password, &app).await? {
        Entered::Welcome(pair, account) => AgentLoginReply::Welcome(AgentWelcome::new(pair, *account)),
        Entered::FirstLogin(reply) => AgentLoginReply::FirstLogin(reply),
    }))
}

/// Signs the calling agent out. A refresh token that is no good any more is no reason to stay.
async fn logout(
    Auth(agent): Auth<Agent>,
    ClientIp(ip): ClientIp,
    Valid(body): Valid<LogoutBody>,
    app: web::Data<App>,
) -> Result<Json<LeftReply>, ApiError> {
    let now = app.now();
    let refresh = body.refresh.and_then(|token| app.signer.verify_refresh(&token, now).ok());
    let line = FairnessKey::Company(agent.scope().company());
    app.lobby_write_in(line, move |lobby| presence::leave(lobby, &agent, refresh.as_ref(), ip, now)).await?;
    Ok(Json(LeftReply { message: "Logged out successfully" }))
}

/// Sets the calling agent's status.
async fn update_status(
    Auth(agent): Auth<Agent>,
    ClientIp(ip): ClientIp,
    Valid(body): Valid<StatusBody>,
    app: web::Data<App>,
) -> Result<Json<StatusReply>, ApiError> {
    let Wish::Be(presence) = body.status else { return Err(ApiError::bad_request(LOGOUT_INSTEAD)) };
    let now = app.now();
    let line = FairnessKey::Company(agent.scope().company());
    app.lobby_write_in(line, move |lobby| presence::set(lobby, &agent, presence, ip, now)).await?;
    Ok(Json(StatusReply { message: "Status updated successfully", status: AgentStatus::from(presence).as_str() }))
}
