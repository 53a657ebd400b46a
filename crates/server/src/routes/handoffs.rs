//! Handoffs: escalating, assigning, resolving and listing them, and the log of agents' actions.

use actix_web::web::{self, Json};
use chatbot::SessionStatus;
use futures_util::stream;
use handoff::{
    ActivityFilter, ActivityKind, AllHandoffs as _, Handoff, HandoffFilter, Opening, Order, Position, Priority,
    StateFilter,
    desk::{self, AssignError, EscalateError, ResolveError},
    moves,
    opening::Opened,
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

use super::{
    desk_moves::warning,
    endpoint::{Endpoint, at},
};
use crate::{
    app::App,
    auth::Auth,
    error::already_escalated,
    http::{
        body::{Valid, body},
        describe::parameter,
        error::ApiError,
        params::Params,
        rules::{choice, integer, text},
        streamed::{Part, Streamed},
    },
    views::{ActivityRow, HandoffRow, OpenedHandoff},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/human-handoff/escalate/")
            .post("Opens a handoff, or reopens a resolved one.", escalate)
            .refuses(EscalateError::SessionNotFound)
            .refuses(already_escalated(&HandoffRow::example())),
        at("/api/human-handoff/assign/")
            .post("Gives a waiting or assigned handoff to an agent of the same company.", assign)
            .about("The agent may be offline; `warning` then says so.")
            .refuses(AssignError::HandoffNotFound)
            .refuses(AssignError::AgentNotFound)
            .refuses(AssignError::IllegalTransition { from: SessionStatus::Resolved }),
        at("/api/human-handoff/resolve/")
            .post("Closes a handoff. The bot answers again from the visitor's next message on.", resolve)
            .refuses(ResolveError::HandoffNotFound)
            .refuses(ResolveError::NotAssigned),
        at("/api/human-handoff/sessions/")
            .get("Lists the handoffs that the caller may see.", sessions)
            .about(
                "The reply is an array without pages. It is streamed and is not a snapshot. `packet` is what was known when \
                 the handoff was last opened.",
            )
            .query(parameter("agent_id", "Only handoffs of this agent.", json!({ "type": "integer" })))
            .query(parameter("priority", "Only handoffs of this priority.", json!({ "type": "string" })))
            .query(parameter(
                "status",
                "`escalated`, `unassigned` and `pending` all select open handoffs without an agent; `assigned` and `resolved` \
                 select those. Any other value is ignored.",
                json!({ "type": "string" }),
            ))
            .query(parameter("company_id", "For a superadmin: only handoffs of this company.", json!({ "type": "string" })))
            .query(parameter(
                "order",
                "`longest_wait`: the handoff that was opened first comes first. Without it, the newest comes first.",
                json!({ "type": "string", "enum": [LONGEST_WAIT] }),
            ))
            .refuses(ApiError::invalid_parameter("agent_id"))
            .refuses(ApiError::invalid_parameter("order")),
        at("/api/human-handoff/activities/")
            .get("Lists the actions of agents, newest first.", activities)
            .query(parameter("agent_id", "Only actions of this agent.", json!({ "type": "integer" })))
            .query(parameter("activity_type", "Only actions of this type.", json!({ "type": "string" })))
            .query(parameter("limit", "How many to list, at most 200.", json!({ "type": "integer", "default": 50 })))
            .refuses(ApiError::invalid_parameter("limit")),
    ]
}

body! {
    /// Asks for an agent on a visitor's behalf.
    struct EscalateBody {
        session_id: String = text().max(100),
        reason: String = text().max(500),
        priority: Priority = choice(Priority::parse, Priority::WORDS).optional().or(Priority::Medium),
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
    /// Why the agent of an assignment will not answer soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl HandoffReply {
    fn json(message: &'static str, handoff: &Handoff) -> Json<Self> {
        Json(Self { message, handoff_session: HandoffRow::from(handoff), warning: None })
    }
}

/// Opens a handoff, or reopens a resolved one.
async fn escalate(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<EscalateBody>,
    app: web::Data<App>,
) -> Result<Json<HandoffReply>, ApiError> {
    let session = SessionId::parse(&body.session_id).map_err(|_| EscalateError::SessionNotFound)?;
    let opening = Opening { reason: body.reason, priority: body.priority };
    let now = app.now();
    let opened = app.desk_write(staff, Place::Session(session), Action::HandoffEscalated, move |store| {
        desk::escalate(store, session, &opening, now)
    });
    let handoff = opened.await?.ok_or(EscalateError::SessionNotFound)?;
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
        let handoff = desk::assign(store, id, agent, now)?;
        Ok::<_, AssignError>((moves::absence(store, agent, now)?, handoff))
    });
    let (absence, handoff) = assigned.await?.ok_or(AssignError::HandoffNotFound)?;
    let Json(reply) = HandoffReply::json("Session assigned successfully", &handoff);
    Ok(Json(HandoffReply { warning: absence.map(warning), ..reply }))
}

/// Closes a handoff. The bot answers again from the visitor's next message on.
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
    let handoff = resolved.await?.ok_or(ResolveError::HandoffNotFound)?;
    Ok(HandoffReply::json("Session resolved successfully", &handoff))
}

/// The only value of the query parameter `order`.
const LONGEST_WAIT: &str = "longest_wait";

/// The caller of a list of handoffs, which decides what the list covers.
#[derive(Clone)]
enum Seat {
    Desk(Desk),
    /// A superadmin: one company, or all.
    Platform(Superadmin, Option<CompanyCode>),
}

impl Seat {
    async fn sessions(
        self,
        app: &App,
        filter: HandoffFilter,
        after: Option<Position>,
    ) -> Result<Vec<Opened>, StoreError> {
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

/// Lists the handoffs that the caller may see, one read after the other.
async fn sessions(
    Auth(staff): Auth<Staff>,
    params: Params,
    app: web::Data<App>,
) -> Result<Streamed<OpenedHandoff>, ApiError> {
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
    let order = match params.text("order") {
        None => Order::NewestFirst,
        Some(LONGEST_WAIT) => Order::LongestWait,
        Some(_) => return Err(ApiError::invalid_parameter("order")),
    };
    let filter = HandoffFilter { agent, priority, state, with_profile: false, order };
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
            let opened = seat.sessions(&app, filter, after).await?;
            let is_last = opened.len() < SESSIONS_AT_ONCE;
            let next = opened.last().filter(|_| !is_last).map(|last| Some(Position::from(&last.handoff)));
            let rows = opened.into_iter().map(OpenedHandoff::from).collect();
            Ok(Some((Part { rows, is_last }, next)))
        }
    });
    Ok(Streamed::start(parts).await?)
}

/// How many activities a list shows by default.
const ACTIVITIES: i64 = 50;

/// Lists the actions of agents, newest first.
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
    let filter = ActivityFilter { agent, kind, since: None, limit };
    let found = match staff {
        Staff::Agent(agent) => app.db.read(Desk::from(agent), move |store| reading::activities(store, &filter)).await?,
        Staff::Admin(admin) => app.db.read(Desk::from(admin), move |store| reading::activities(store, &filter)).await?,
        Staff::Superadmin(superadmin) => {
            app.db.platform_read(superadmin, move |platform| platform.all_activities(&filter)).await?
        }
    };
    Ok(Json(found.into_iter().map(ActivityRow::from).collect()))
}
