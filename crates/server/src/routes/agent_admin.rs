//! Agents, for admins and superadmins.

use actix_web::web::{self, Json};
use handoff::staffing;
use identity::{
    Email,
    agents::{
        self, AgentList as _, CreateAgentError, NewAgent, NewAgentRow, ResetAgentPasswordError,
        change::{AgentChange, DeleteAgentError, UpdateAgentError},
    },
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::{CompanyStore, FairnessKey, Place, PlatformStore};
use tenancy::{
    AgentId, StoreError,
    access::{Caller as _, Office, Supervisor},
    audit::Action,
    plans::PlanName,
};

use super::{
    endpoint::{Endpoint, at},
    sign_in::generate_password,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Raw, Valid, body},
        created::Created,
        describe::parameter,
        error::ApiError,
        params::Params,
        paths::PathId,
        rules::{Single as _, boolean, email, integer, name, text},
    },
    views::{AgentRow, AgentSessionRow, seats::AgentLimitView},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/admin-dashboard/create-agent/")
            .post("Adds an agent to the caller's company and shows the generated password once.", create)
            .refuses(no_company())
            .refuses(CreateAgentError::SeatLimitReached { current: 2, max: 2, plan: PlanName::Bronze.display() }),
        at("/api/admin-dashboard/list-agents/")
            .get("Lists the active agents, newest first.", list)
            .query(parameter(
                "include_inactive",
                "`1` or `true` to list deactivated agents too, which keep their seats.",
                json!({ "type": "string" }),
            ))
            .refuses(ApiError::invalid_parameter("include_inactive")),
        at("/api/admin-dashboard/reset-agent-password/")
            .post("Gives an agent a generated password and shows it once.", reset_password),
        at("/api/admin-dashboard/check-agent-limit/")
            .get("Tells whether the plan has room for another agent.", limit)
            .about("Without room, `seats` names the agents that take the seats."),
        at("/api/admin-dashboard/update-agent/{id:[0-9]+}/")
            .update("Changes the fields of an agent that are sent.", update)
            .about(
                "A deactivated agent is signed out everywhere, and the agent's open sessions return to the queue. \
                 Deactivated agents keep their seats.",
            )
            .refuses(UpdateAgentError::NotFound),
        at("/api/admin-dashboard/delete-agent/{id:[0-9]+}/")
            .delete("Deletes an agent with its account.", delete)
            .about("The agent's open sessions return to the queue. Messages and closed handoffs are kept.")
            .refuses(DeleteAgentError::NotFound),
        at("/api/admin-dashboard/agent-sessions/")
            .get("Lists when agents signed in and out, newest first.", sessions)
            .query(parameter("agent_id", "Only this agent.", json!({ "type": "integer" })))
            .refuses(ApiError::invalid_parameter("agent_id")),
    ]
}

fn no_company() -> ApiError {
    ApiError::bad_request("Admin user must have a company_id to create agents. Please contact SuperAdmin.")
}

body! {
    /// An agent to be added to the caller's company.
    struct CreateAgentBody {
        name: String = name().max(100),
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

body! {
    /// The changes to an agent. Fields that are not sent stay as they are.
    struct UpdateAgentBody {
        name: Option<String> = name().max(100).optional().not_blank().not_null(),
        phone: Option<String> = text().max(20).optional().not_blank().not_null(),
        email: Option<String> = email().optional().not_blank().not_null(),
        specialization: Option<String> = text().max(200).optional().not_blank().not_null(),
        is_active: Option<bool> = boolean().optional().not_null(),
    }
}

#[derive(Serialize, JsonSchema)]
struct UpdatedAgent {
    message: &'static str,
    agent: AgentRow,
}

#[derive(Serialize, JsonSchema)]
struct DeletedAgent {
    message: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct CreatedAgent {
    email: String,
    password: String,
    agent: AgentRow,
}

#[derive(Serialize, JsonSchema)]
struct AgentPasswordReply {
    message: &'static str,
    email: String,
    new_password: String,
}

/// Adds an agent if the plan has a free seat, and shows the generated password once.
async fn create(
    Auth(supervisor): Auth<Supervisor>,
    body: Result<Valid<CreateAgentBody>, ApiError>,
    app: web::Data<App>,
) -> Result<Created<CreatedAgent>, ApiError> {
    let Supervisor::Admin(admin) = supervisor else { return Err(no_company()) };
    let Valid(body) = body?;
    let email = Email::parse(&body.email)?;
    let (password, hash) = generate_password(&app, FairnessKey::Company(admin.scope().company())).await?;
    let name = neutralise(&body.name).into_owned();
    let row = NewAgentRow { name, phone: body.phone, specialization: body.specialization };
    let (new, now) = (NewAgent { email, hash, row }, app.now());
    let agent = app.db.write(Office::from(admin), move |store| agents::create(store, new, now)).await?;
    Ok(Created(CreatedAgent {
        email: agent.email.to_string(),
        password: password.expose().to_owned(),
        agent: AgentRow::new(&agent, 0),
    }))
}

/// Lists the active agents, or all, newest first.
async fn list(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<Vec<AgentRow>>, ApiError> {
    let include_inactive = params.text("include_inactive").map_or(Ok(false), |word| {
        boolean().accept(Raw::Text(word.to_owned())).map_err(|_| ApiError::invalid_parameter("include_inactive"))
    })?;
    let agents = match supervisor {
        Supervisor::Admin(admin) => {
            let job = move |store: &mut CompanyStore<'_, Office>| {
                if include_inactive { agents::list_all(store) } else { agents::list(store) }
            };
            app.db.read(Office::from(admin), job).await?
        }
        Supervisor::Superadmin(superadmin) => {
            let job = move |platform: &mut PlatformStore<'_>| {
                if include_inactive { platform.all_agents_everywhere() } else { platform.active_agents_everywhere() }
            };
            app.db.platform_read(superadmin, job).await?
        }
    };
    Ok(Json(agents.iter().zip(1..).map(|(agent, sn)| AgentRow::new(agent, sn)).collect()))
}

/// Gives an agent a generated password and shows it once.
async fn reset_password(
    Auth(supervisor): Auth<Supervisor>,
    Valid(body): Valid<ResetPasswordBody>,
    app: web::Data<App>,
) -> Result<Json<AgentPasswordReply>, ApiError> {
    let (id, now) = (AgentId::new(body.agent_id), app.now());
    let fairness_key = match &supervisor {
        Supervisor::Superadmin(_) => FairnessKey::Platform,
        Supervisor::Admin(admin) => FairnessKey::Company(admin.scope().company()),
    };
    let (password, hash) = generate_password(&app, fairness_key).await?;
    let reset = app.office_write(supervisor, Place::Agent(id), Action::PasswordReset, move |store| {
        agents::reset_password(store, id, &hash, now)
    });
    let email = reset.await?.ok_or(ResetAgentPasswordError::NotFound)?;
    app.hub.staff_changed(None);
    Ok(Json(AgentPasswordReply {
        message: "Password reset successfully",
        email: email.to_string(),
        new_password: password.expose().to_owned(),
    }))
}

/// Tells whether the plan of the caller's company has room for another agent.
async fn limit(Auth(supervisor): Auth<Supervisor>, app: web::Data<App>) -> Result<Json<AgentLimitView>, ApiError> {
    let Supervisor::Admin(admin) = supervisor else { return Ok(Json(AgentLimitView::unlimited())) };
    let now = app.now();
    let read = app.db.read(Office::from(admin), move |store| {
        Ok::<_, StoreError>((agents::seats(store, now)?, agents::list_all(store)?))
    });
    let (seats, agents) = read.await?;
    Ok(Json(AgentLimitView::from(seats).taken_by(&agents)))
}

/// Changes an agent.
async fn update(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    Valid(body): Valid<UpdateAgentBody>,
    app: web::Data<App>,
) -> Result<Json<UpdatedAgent>, ApiError> {
    let (id, now) = (AgentId::new(id), app.now());
    let change = AgentChange {
        name: body.name.map(|name| neutralise(&name).into_owned()),
        email: body.email.map(|email| Email::parse(&email)).transpose()?,
        phone: body.phone,
        specialization: body.specialization,
        is_active: body.is_active,
    };
    let updated = app.office_write(supervisor, Place::Agent(id), Action::AgentUpdated, move |store| {
        staffing::update(store, id, change, now)
    });
    let agent = updated.await?.ok_or(UpdateAgentError::NotFound)?;
    app.hub.staff_changed(None);
    Ok(Json(UpdatedAgent { message: "Agent updated successfully", agent: AgentRow::new(&agent, 0) }))
}

/// Deletes an agent.
async fn delete(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    app: web::Data<App>,
) -> Result<Json<DeletedAgent>, ApiError> {
    let (id, now) = (AgentId::new(id), app.now());
    let deleted = app.office_write(supervisor, Place::Agent(id), Action::AgentDeleted, move |store| {
        staffing::delete(store, id, now)
    });
    deleted.await?.ok_or(DeleteAgentError::NotFound)?;
    app.hub.staff_changed(None);
    Ok(Json(DeletedAgent { message: "Agent deleted successfully" }))
}

/// Lists when agents signed in and out.
async fn sessions(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<Vec<AgentSessionRow>>, ApiError> {
    let agent = params.integer("agent_id")?.map(AgentId::new);
    let sessions = match supervisor {
        Supervisor::Admin(admin) => {
            app.db.read(Office::from(admin), move |store| agents::sessions(store, agent)).await?
        }
        Supervisor::Superadmin(superadmin) => {
            app.db.platform_read(superadmin, move |platform| platform.agent_sessions_everywhere(agent)).await?
        }
    };
    Ok(Json(sessions.into_iter().map(AgentSessionRow::from).collect()))
}
