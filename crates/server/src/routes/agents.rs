//! Agents as those who run the company handle them.

use actix_web::{
    HttpResponse,
    web::{self, Json},
};
use identity::{
    Email,
    agents::{self, NewAgent, NewAgentRow, ResetAgentPasswordError},
    ports::AgentList as _,
};
use knowledge::markup::neutralise;
use serde::Serialize;
use storage::Place;
use tenancy::{
    AgentId,
    access::{Office, Supervisor},
};

use super::auth::made_up_password;
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        routes::at,
        rules::{email, integer, text},
    },
    views::AgentRow,
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config
        .service(at("/api/admin-dashboard/create-agent/").post(create))
        .service(at("/api/admin-dashboard/list-agents/").get(list))
        .service(at("/api/admin-dashboard/reset-agent-password/").post(reset_password));
}

body! {
    /// An agent to be added to the caller's company.
    struct CreateAgentBody {
        name: String = text().max(100),
        phone: String = text().max(20),
        email: String = email(),
        specialization: String = text().max(200),
    }
}

body! {
    /// The agent who needs a new password.
    struct ResetPasswordBody {
        agent_id: i64 = integer(),
    }
}

#[derive(Serialize)]
struct CreatedReply<'a> {
    email: &'a str,
    password: &'a str,
    agent: AgentRow,
}

#[derive(Serialize)]
struct ResetReply {
    message: &'static str,
    email: String,
    new_password: String,
}

/// Adds an agent, if the plan has a seat left, and shows the password once.
async fn create(
    Auth(supervisor): Auth<Supervisor>,
    body: Result<Valid<CreateAgentBody>, ApiError>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let Supervisor::Admin(admin) = supervisor else {
        let message = "Admin user must have a company_id to create agents. Please contact SuperAdmin.";
        return Err(ApiError::bad_request(message));
    };
    let Valid(body) = body?;
    let email = Email::parse(&body.email)?;
    let (password, hash) = made_up_password(&app).await?;
    let name = neutralise(&body.name).into_owned();
    let row = NewAgentRow { name, phone: body.phone, specialization: body.specialization };
    let (new, now) = (NewAgent { email, hash, row }, app.now());
    let agent = app.write(Office::from(admin), move |store| agents::create(store, new, now)).await?;
    let (email, password) = (agent.email.as_str(), password.expose());
    Ok(HttpResponse::Created().json(CreatedReply { email, password, agent: AgentRow::new(&agent, 0) }))
}

/// Lists the active agents, newest first.
async fn list(Auth(supervisor): Auth<Supervisor>, app: web::Data<App>) -> Result<Json<Vec<AgentRow>>, ApiError> {
    let agents = match supervisor {
        Supervisor::Admin(admin) => app.read(Office::from(admin), |store| agents::list(store)).await?,
        Supervisor::Superadmin(superadmin) => {
            app.platform_read(superadmin, |platform| platform.active_agents_everywhere()).await?
        }
    };
    Ok(Json(agents.iter().zip(1..).map(|(agent, sn)| AgentRow::new(agent, sn)).collect()))
}

/// Gives an agent a made-up password, and shows it once.
async fn reset_password(
    Auth(supervisor): Auth<Supervisor>,
    Valid(body): Valid<ResetPasswordBody>,
    app: web::Data<App>,
) -> Result<Json<ResetReply>, ApiError> {
    let id = AgentId::new(body.agent_id);
    let (password, hash) = made_up_password(&app).await?;
    let reset = app.office_write(supervisor, Place::Agent(id), move |store| agents::reset_password(store, id, &hash));
    let email = reset.await?.ok_or(ResetAgentPasswordError::NotFound)?;
    Ok(Json(ResetReply {
        message: "Password reset successfully",
        email: email.to_string(),
        new_password: password.expose().to_owned(),
    }))
}
