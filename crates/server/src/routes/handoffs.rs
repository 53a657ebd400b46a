//! Handoffs: moving them, and listing them with what agents did.

use actix_web::web::{self, Json};
use futures_util::stream;
use handoff::{
    ActivityFilter, ActivityKind, AllHandoffs as _, Handoff, HandoffFilter, Opening, Position, Priority, StateFilter,
    desk,
    reading::{self, MAX_ACTIVITIES, SESSIONS_AT_ONCE},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::{Place, PlatformStore};
use tenancy::{
    AgentId, CompanyCode, HandoffId, SessionId, StoreError,
    access::{Desk, Staff, Superadmin, Supervisor},
    audit::Action,
};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        code::Code,
        describe::parameter,
        error::ApiError,
        params::Params,
        rules::{choice, integer, text},
        streamed::{Part, Streamed},
    },
    views::{ActivityRow, HandoffRow},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/human-handoff/escalate/")
            .post("Opens a handoff, or reopens a resolved one.", escalate)
            .refuses(Code::NotFound, "Session not found")
            .refuses_with(
                Code::AlreadyEscalated,
                "Session is already escalated",
                json!({ "handoff_session": "the HandoffRow" }),
            ),
        at("/api/human-handoff/assign/")
            .post("Gives a waiting or assigned handoff to an agent of the same company.", assign)
            .refuses(Code::NotFound, "Handoff session not found")
            .refuses_with(
                Code::IllegalTransition,
                "A session that is resolved cannot be assigned",
                json!({ "from": "resolved", "event": "assign" }),
            ),
        at("/api/human-handoff/resolve/")
            .post("Closes a handoff; from the next message on the bot answers again.", resolve)
            .refuses(Code::NotFound, "Handoff session not found")
            .refuses(Code::NotAssigned, "Session not assigned to this agent"),
        at("/api/human-handoff/sessions/")
            .get("Lists handoffs within the caller's sight, newest first.", sessions)
            .about("A bare array without pages, streamed; not a snapshot.")
            .query(parameter("agent_id", "Handoffs of this agent.", json!({ "type": "integer" })))
            .query(parameter("priority", "Handoffs of this priority.", json!({ "type": "string" })))
            .query(parameter(
                "status",
                "`escalated`, `unassigned` and `pending` all mean open and unassigned; `assigned`; `resolved`; anything else is no filter.",
                json!({ "type": "string" }),
            ))
            .query(parameter("company_id", "For a superadmin: this company alone.", json!({ "type": "string" })))
            .refuses(Code::BadRequest, "Invalid agent_id parameter"),
        at("/api/human-handoff/activities/")
            .get("Lists what agents did, newest first.", activities)
            .query(parameter("agent_id", "Activities of this agent.", json!({ "type": "integer" })))
            .query(parameter("activity_type", "Activities of this type.", json!({ "type": "string" })))
            .query(parameter("limit", "How many at most, up to 200.", json!({ "type": "integer", "default": 50 })))
            .refuses(Code::BadRequest, "Invalid limit parameter"),
    ]
}

body! {
    /// Asks for a person on a visitor's behalf.
    struct EscalateBody {
        session_id: String = text().max(100),
        reason: String = text().max(500),
        priority: Priority = choice(Priority::parse, Priority::ALL.map(Priority::as_str)).optional().or(Priority::Medium),
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

#[derive(Serialize, JsonSchema)]
struct HandoffReply {
    message: &'static str,
    handoff_session: HandoffRow,
}

impl HandoffReply {
    fn json(message: &'static str, handoff: &Handoff) -> Json<Self> {
        Json(Self { message, handoff_session: HandoffRow::from(handoff) })
    }
}

/// Opens a handoff, or reopens a resolved one.
async fn escalate(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<EscalateBody>,
    app: web::Data<App>,
) -> Result<Json<HandoffReply>, ApiError> {
    let absent = || ApiError::not_found("Session not found");
    let session = SessionId::parse(&body.session_id).map_err(|_| absent())?;
    let opening = Opening { reason: body.reason, priority: body.priority };
    let now = app.now();
    let opened = app.desk_write(staff, Place::Session(session), Action::HandoffEscalated, move |store| {
        desk::escalate(store, session, &opening, now)
    });
    let handoff = opened.await?.ok_or_else(absent)?;
    Ok(HandoffReply::json("Session escalated successfully", &handoff))
}

/// Gives a waiting or assigned handoff to an agent of the same company.
async fn assign(
    Auth(supervisor): Auth<Supervisor>,
    Valid(body): Valid<AssignBody>,
    app: web::Data<App>,
) -> Result<Json<HandoffReply>, ApiError> {
    let (id, agent, now) = (HandoffId::new(body.handoff_session_id), AgentId::new(body.agent_id), app.now());
    let assigned = app.office_write(supervisor, Place::Handoff(id), Action::HandoffAssigned, move |store| {
        desk::assign(store, id, agent, now)
    });
    let handoff = assigned.await?.ok_or_else(|| ApiError::not_found("Handoff session not found"))?;
    Ok(HandoffReply::json("Session assigned successfully", &handoff))
}

/// Closes a handoff; from the next message on the bot answers again.
async fn resolve(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<ResolveBody>,
    app: web::Data<App>,
) -> Result<Json<HandoffReply>, ApiError> {
    let (id, now) = (HandoffId::new(body.handoff_session_id), app.now());
    let notes = body.notes.unwrap_or_default();
    let resolved = app.desk_write(staff, Place::Handoff(id), Action::HandoffResolved, move |store| {
        desk::resolve(store, id, &notes, now)
    });
    let handoff = resolved.await?.ok_or_else(|| ApiError::not_found("Handoff session not found"))?;
    Ok(HandoffReply::json("Session resolved successfully", &handoff))
}

/// Where a list of handoffs is seen from.
#[derive(Clone)]
enum Seat {
    Desk(Desk),
    /// One company, or all.
    Platform(Superadmin, Option<CompanyCode>),
}

impl Seat {
    async fn sessions(
        self,
        app: &App,
        filter: HandoffFilter,
        after: Option<Position>,
    ) -> Result<Vec<Handoff>, StoreError> {
        match self {
            Self::Desk(desk) => app.db.read(desk, move |store| reading::sessions(store, &filter, after)).await,
            Self::Platform(superadmin, company) => {
                let read =
                    move |platform: &mut PlatformStore<'_>| reading::all_sessions(platform, &filter, company, after);
                app.db.platform_read(superadmin, read).await
            }
        }
    }
}

/// Lists handoffs within the caller's sight, newest first, one read after the other.
async fn sessions(
    Auth(staff): Auth<Staff>,
    params: Params,
    app: web::Data<App>,
) -> Result<Streamed<HandoffRow>, ApiError> {
    let priority = match params.get("priority") {
        None | Some("") => None,
        Some(word) => match Priority::parse(word) {
            Some(priority) => Some(priority),
            None => return Ok(Streamed::empty()),
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
    let seat = match staff {
        Staff::Agent(agent) => Seat::Desk(Desk::from(agent)),
        Staff::Admin(admin) => Seat::Desk(Desk::from(admin)),
        Staff::Superadmin(superadmin) => match params.get("company_id") {
            None | Some("") => Seat::Platform(superadmin, None),
            Some(code) => match CompanyCode::parse(code) {
                Ok(code) => Seat::Platform(superadmin, Some(code)),
                Err(_) => return Ok(Streamed::empty()),
            },
        },
    };
    let parts = stream::try_unfold(Some(None), move |next: Option<Option<Position>>| {
        let (app, seat) = (app.clone(), seat.clone());
        async move {
            let Some(after) = next else { return Ok(None) };
            let handoffs = seat.sessions(&app, filter, after).await?;
            let is_last = handoffs.len() < SESSIONS_AT_ONCE;
            let next = handoffs.last().filter(|_| !is_last).map(|last| Some(Position::from(last)));
            Ok(Some((Part { rows: HandoffRow::list(&handoffs), is_last }, next)))
        }
    });
    Ok(Streamed::start(parts).await?)
}

/// How many activities a list shows unless the query says otherwise.
const ACTIVITIES: i64 = 50;

/// Lists what agents did, newest first.
async fn activities(
    Auth(staff): Auth<Staff>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<Vec<ActivityRow>>, ApiError> {
    let agent = params.integer("agent_id")?.map(AgentId::new);
    let limit = params.integer("limit")?.unwrap_or(ACTIVITIES).clamp(1, MAX_ACTIVITIES);
    let kind = match params.get("activity_type") {
        None | Some("") => None,
        Some(word) => match ActivityKind::parse(word) {
            Some(kind) => Some(kind),
            None => return Ok(Json(Vec::new())),
        },
    };
    let filter = ActivityFilter { agent, kind, limit };
    let found = match staff {
        Staff::Agent(agent) => app.db.read(Desk::from(agent), move |store| reading::activities(store, &filter)).await?,
        Staff::Admin(admin) => app.db.read(Desk::from(admin), move |store| reading::activities(store, &filter)).await?,
        Staff::Superadmin(superadmin) => {
            app.db.platform_read(superadmin, move |platform| platform.all_activities(&filter)).await?
        }
    };
    Ok(Json(found.into_iter().map(ActivityRow::from).collect()))
}
