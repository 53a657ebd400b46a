//! Handoffs: moving them, and listing them with what agents did.

use actix_web::{HttpResponse, web};
use handoff::{
    ActivityFilter, ActivityKind, AllHandoffs as _, Handoff, HandoffFilter, Opening, Priority, StateFilter, desk,
    reading::{self, MOST_ACTIVITIES},
};
use serde::Serialize;
use storage::Place;
use tenancy::{
    AgentId, CompanyCode, HandoffId, SessionId,
    access::{Desk, Staff, Supervisor},
};

use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        params::Params,
        routes::at,
        rules::{choice, integer, text},
    },
    views::{ActivityRow, HandoffRow},
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config
        .service(at("/api/human-handoff/escalate/").post(escalate))
        .service(at("/api/human-handoff/assign/").post(assign))
        .service(at("/api/human-handoff/resolve/").post(resolve))
        .service(at("/api/human-handoff/sessions/").get(sessions))
        .service(at("/api/human-handoff/activities/").get(activities));
}

body! {
    /// Asks for a person on a visitor's behalf.
    struct EscalateBody {
        session_id: String = text().max(100),
        reason: String = text().max(500),
        priority: Priority = choice(Priority::parse).optional().or(Priority::Medium),
    }
}

body! {
    /// Gives a handoff to an agent.
    struct AssignBody {
        handoff_session_id: i64 = integer(),
        agent_id: i64 = integer(),
    }
}

body! {
    /// Closes a handoff.
    struct ResolveBody {
        handoff_session_id: i64 = integer(),
        notes: Option<String> = text().max(1000).optional(),
    }
}

#[derive(Serialize)]
struct HandoffReply {
    message: &'static str,
    handoff_session: HandoffRow,
}

impl HandoffReply {
    fn json(message: &'static str, handoff: &Handoff) -> HttpResponse {
        HttpResponse::Ok().json(Self { message, handoff_session: HandoffRow::from(handoff) })
    }
}

/// Opens a handoff, or reopens a resolved one.
async fn escalate(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<EscalateBody>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let absent = || ApiError::not_found("Session not found");
    let session = SessionId::parse(&body.session_id).map_err(|_| absent())?;
    let opening = Opening { reason: body.reason, priority: body.priority };
    let now = app.now();
    let opened =
        app.desk_write(staff, Place::Session(session), move |store| desk::escalate(store, session, &opening, now));
    let handoff = opened.await?.ok_or_else(absent)?;
    Ok(HandoffReply::json("Session escalated successfully", &handoff))
}

/// Gives a waiting or assigned handoff to an agent of the same company.
async fn assign(
    Auth(supervisor): Auth<Supervisor>,
    Valid(body): Valid<AssignBody>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (id, agent, now) = (HandoffId::new(body.handoff_session_id), AgentId::new(body.agent_id), app.now());
    let assigned = app.office_write(supervisor, Place::Handoff(id), move |store| desk::assign(store, id, agent, now));
    let handoff = assigned.await?.ok_or_else(|| ApiError::not_found("Handoff session not found"))?;
    Ok(HandoffReply::json("Session assigned successfully", &handoff))
}

/// Closes a handoff; from the next message on the bot answers again.
async fn resolve(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<ResolveBody>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (id, now) = (HandoffId::new(body.handoff_session_id), app.now());
    let notes = body.notes.unwrap_or_default();
    let resolved = app.desk_write(staff, Place::Handoff(id), move |store| desk::resolve(store, id, &notes, now));
    let handoff = resolved.await?.ok_or_else(|| ApiError::not_found("Handoff session not found"))?;
    Ok(HandoffReply::json("Session resolved successfully", &handoff))
}

/// Lists handoffs within the caller's sight, newest first.
async fn sessions(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let priority = match params.get("priority") {
        None | Some("") => None,
        Some(word) => match Priority::parse(word) {
            Some(priority) => Some(priority),
            None => return Ok(HttpResponse::Ok().json(Vec::<HandoffRow>::new())),
        },
    };
    let state = match params.get("status") {
        Some("escalated" | "unassigned" | "pending") => Some(StateFilter::Pending),
        Some("assigned") => Some(StateFilter::Assigned),
        Some("resolved") => Some(StateFilter::Resolved),
        _ => None,
    };
    let agent = params.integer("agent_id")?.map(AgentId::new);
    let filter = HandoffFilter { agent, priority, state, with_profile: false };
    let handoffs = match staff {
        Staff::Agent(agent) => app.read(Desk::from(agent), move |store| reading::sessions(store, &filter)).await?,
        Staff::Admin(admin) => app.read(Desk::from(admin), move |store| reading::sessions(store, &filter)).await?,
        Staff::Superadmin(superadmin) => {
            let company = match params.get("company_id") {
                None | Some("") => None,
                Some(code) => match CompanyCode::parse(code) {
                    Ok(code) => Some(code),
                    Err(_) => return Ok(HttpResponse::Ok().json(Vec::<HandoffRow>::new())),
                },
            };
            app.platform_read(superadmin, move |platform| platform.all_handoffs(&filter, company)).await?
        }
    };
    Ok(HttpResponse::Ok().json(HandoffRow::list(&handoffs)))
}

/// How many activities a list shows unless the query says otherwise.
const ACTIVITIES: i64 = 50;

/// Lists what agents did, newest first.
async fn activities(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let agent = params.integer("agent_id")?.map(AgentId::new);
    let limit = params.integer("limit")?.unwrap_or(ACTIVITIES).clamp(1, MOST_ACTIVITIES);
    let kind = match params.get("activity_type") {
        None | Some("") => None,
        Some(word) => match ActivityKind::parse(word) {
            Some(kind) => Some(kind),
            None => return Ok(HttpResponse::Ok().json(Vec::<ActivityRow>::new())),
        },
    };
    let filter = ActivityFilter { agent, kind, limit };
    let found = match staff {
        Staff::Agent(agent) => app.read(Desk::from(agent), move |store| reading::activities(store, &filter)).await?,
        Staff::Admin(admin) => app.read(Desk::from(admin), move |store| reading::activities(store, &filter)).await?,
        Staff::Superadmin(superadmin) => {
            app.platform_read(superadmin, move |platform| platform.all_activities(&filter)).await?
        }
    };
    Ok(HttpResponse::Ok().json(found.into_iter().map(ActivityRow::from).collect::<Vec<_>>()))
}
