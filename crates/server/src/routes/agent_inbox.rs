//! An agent's sessions and their messages, and sending messages to visitors.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use chatbot::Message;
use handoff::{
    StateFilter,
    reading::{self, ReadError},
    sending::{self, OutgoingMessage, SendError, Sent},
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{
    AttachmentId, SessionId,
    access::{Actor, Agent, Caller as _, Desk, Staff},
};

use super::{
    endpoint::{Endpoint, at},
    idempotency::{self, Replayable},
    in_session::InSession,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        code::Code,
        describe::{page, parameter, per_page},
        error::{ApiError, TokenProblem},
        page::{AgentPage, Paging},
        params::Params,
        rules::{integer_list, text},
    },
    pairing::{Arrival, Party, Transport},
    views::{
        ActivityRow, AsText, CompanyId, FileRow, HistoryRow, OpenedHandoff, ProfileRow, TimestampText, resolved_at,
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/human-handoff/dashboard/")
            .get("Shows an overview of the calling agent's work.", dashboard)
            .refuses(not_an_agent()),
        at("/api/human-handoff/agent/sessions/")
            .get("Lists the sessions whose handoff names the calling agent.", own_sessions)
            .about("Pages: `page`, `per_page` (10, at most 50).")
            .query(parameter(
                "status",
                "`assigned` or `resolved`. With `unassigned` the list is always empty. Any other value is ignored.",
                json!({ "type": "string" }),
            ))
            .query(page())
            .query(per_page(50))
            .refuses(no_agent_profile()),
        at("/api/human-handoff/agent/sessions/{session_id}/messages/")
            .get("Shows all messages of one of the calling agent's sessions.", conversation)
            .refuses(ReadError::NotFound)
            .refuses(ReadError::NotAssigned),
        send_endpoint("/api/human-handoff/agent/send-message/"),
        send_endpoint("/api/human-handoff/send-message/"),
    ]
}

fn send_endpoint(path: &'static str) -> Endpoint {
    at(path)
        .post("Sends a message to a visitor. An agent who sends one takes over a waiting session.", send)
        .refuses(SendError::Empty)
        .refuses(SendError::SessionNotFound)
        .refuses(SendError::AssignedToAnother)
        .refuses(SendError::NotEscalated)
        .refuses(SendError::OnlyAgentsAndAdmins)
        .refuses(SendError::KeyReused)
}

fn not_an_agent() -> ApiError {
    ApiError::forbidden(Code::PermissionDenied, "User is not an agent")
}

fn no_agent_profile() -> ApiError {
    ApiError::not_found("Agent profile not found")
}

body! {
    /// A message from staff to a visitor.
    pub(super) struct SendBody {
        pub(super) message: Option<String> = text().max(10_000).optional(),
        pub(super) attachment_ids: Vec<i64> = integer_list().optional_or_empty(),
        pub(super) client_message_id: Option<String> = text().max(64).optional().not_blank(),
    }
}

#[derive(Serialize, JsonSchema)]
struct DashboardView {
    agent_info: AgentInfo,
    assigned_sessions: Vec<OpenedHandoff>,
    unassigned_sessions: Vec<OpenedHandoff>,
    recent_activities: Vec<ActivityRow>,
    stats: DashboardStats,
}

#[derive(Serialize, JsonSchema)]
struct AgentInfo {
    id: i64,
    name: String,
    status: &'static str,
    company_id: CompanyId,
}

#[derive(Serialize, JsonSchema)]
struct DashboardStats {
    assigned_count: usize,
    unassigned_count: usize,
    resolved_today: i64,
}

/// Shows an overview of the calling agent's work.
async fn dashboard(Auth(staff): Auth<Staff>, app: web::Data<App>) -> Result<Json<DashboardView>, ApiError> {
    let Staff::Agent(agent) = staff else { return Err(not_an_agent()) };
    let company = agent.scope().company();
    let now = app.now();
    let dashboard = app.db.read(agent, move |store| reading::dashboard(store, now)).await?;
    let dashboard = dashboard.ok_or_else(|| ApiError::unauthorized(TokenProblem::UserInactive))?;
    Ok(Json(DashboardView {
        agent_info: AgentInfo {
            id: dashboard.agent.id.get(),
            name: dashboard.agent.name,
            status: dashboard.status.as_str(),
            company_id: AsText(company),
        },
        stats: DashboardStats {
            assigned_count: dashboard.assigned.len(),
            unassigned_count: dashboard.unassigned.len(),
            resolved_today: dashboard.resolved_today,
        },
        assigned_sessions: dashboard.assigned.into_iter().map(OpenedHandoff::from).collect(),
        unassigned_sessions: dashboard.unassigned.into_iter().map(OpenedHandoff::from).collect(),
        recent_activities: dashboard.activities.into_iter().map(ActivityRow::from).collect(),
    }))
}

#[derive(Serialize, JsonSchema)]
struct SessionView {
    session_id: String,
    company_id: CompanyId,
    status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct OwnSession {
    id: i64,
    chat_session: SessionView,
    agent: AgentView,
    escalated_at: TimestampText,
    resolved_at: Option<TimestampText>,
    priority: &'static str,
    escalation_reason: String,
    notes: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AgentView {
    id: i64,
    name: String,
}

/// Lists the sessions whose handoff names the calling agent.
async fn own_sessions(
    Auth(staff): Auth<Staff>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<AgentPage<OwnSession>>, ApiError> {
    let agent = only_agents(staff)?;
    let (company, id, name) = (agent.scope().company(), agent.id(), agent.name().to_owned());
    let paging = Paging::agent(&params);
    let state = match params.get("status") {
        Some("assigned") => Some(StateFilter::Assigned),
        Some("resolved") => Some(StateFilter::Resolved),
        Some("unassigned") => {
            let Ok(nothing) = paging.fetch(|_, _| Ok::<_, Infallible>((0, Vec::<OwnSession>::new())));
            return Ok(Json(AgentPage::from(nothing)));
        }
        _ => None,
    };
    let read = app.db.read(agent, move |store| {
        paging.fetch(|offset, limit| {
            reading::own_sessions(store, state, offset, limit).map(|page| (page.count, page.rows))
        })
    });
    let page = read.await?.map(|handoff| OwnSession {
        id: handoff.id.get(),
        chat_session: SessionView {
            session_id: handoff.session_id.as_str().to_owned(),
            company_id: AsText(company),
            status: handoff.session_status.as_str(),
        },
        agent: AgentView { id: id.get(), name: name.clone() },
        escalated_at: AsText(handoff.escalated_at),
        resolved_at: resolved_at(&handoff),
        priority: handoff.priority.as_str(),
        escalation_reason: handoff.reason,
        notes: handoff.notes,
    });
    Ok(Json(AgentPage::from(page)))
}

fn only_agents(staff: Staff) -> Result<Agent, ApiError> {
    match staff {
        Staff::Agent(agent) => Ok(agent),
        Staff::Admin(_) | Staff::Superadmin(_) => Err(no_agent_profile()),
    }
}

#[derive(Serialize, JsonSchema)]
struct ConversationView {
    session: ConversationSession,
    messages: Vec<HistoryRow>,
}

#[derive(Serialize, JsonSchema)]
struct ConversationSession {
    #[serde(flatten)]
    session: SessionView,
    user_profile: Option<ProfileRow>,
}

/// Shows all messages of one of the calling agent's sessions.
async fn conversation(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<ConversationView>, ApiError> {
    let agent = only_agents(staff)?;
    let company = agent.scope().company();
    let session = SessionId::parse(&path).map_err(|_| ReadError::NotFound)?;
    let found = app.db.read(agent, move |store| reading::conversation(store, session)).await?;
    let links = app.file_links(&req, app.now());
    Ok(Json(ConversationView {
        session: ConversationSession {
            session: SessionView {
                session_id: found.session.id.as_str().to_owned(),
                company_id: AsText(company),
                status: found.session.status.as_str(),
            },
            user_profile: found.profile.as_ref().map(ProfileRow::whole),
        },
        messages: found.messages.iter().map(|message| HistoryRow::new(message, &links)).collect(),
    }))
}

#[derive(Serialize, JsonSchema)]
struct SentView {
    message: &'static str,
    chat_message: SentMessage,
}

#[derive(Serialize, JsonSchema)]
struct SentMessage {
    id: i64,
    seq: i64,
    content: Option<String>,
    timestamp: TimestampText,
    attachments: Vec<FileRow>,
    client_message_id: Option<String>,
}

/// Sends a message to a visitor. An agent who sends one takes over a waiting session.
async fn send(
    Auth(staff): Auth<Staff>,
    req: HttpRequest,
    body: Result<Valid<InSession<SendBody>>, ApiError>,
    app: web::Data<App>,
) -> Result<Replayable<SentView>, ApiError> {
    let desk = author(staff)?;
    let Valid(body) = body?;
    let (session, body) = body.split()?;
    let session = SessionId::parse(&session).map_err(|_| SendError::SessionNotFound)?;
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    let (message, replayed) = match deliver(&app, desk, session, body, key, Transport::Call).await? {
        Delivered::Stored(message) => (message, false),
        Delivered::Replayed(message) => (message, true),
        // Only a frame is dropped.
        Delivered::Dropped => return Err(idempotency::in_progress(Duration::from_secs(1))),
    };
    let links = app.file_links(&req, app.now());
    let attachments = message.attachments.iter().map(|file| FileRow::new(file, &links)).collect();
    let reply = SentView {
        message: "Message sent successfully",
        chat_message: SentMessage {
            id: message.id.get(),
            seq: message.seq,
            content: message.content,
            timestamp: AsText(message.timestamp),
            attachments,
            client_message_id: message.client_message_id,
        },
    };
    Ok(Replayable { replayed, reply })
}

/// Returns the desk of staff who may write to visitors.
///
/// # Errors
/// [`SendError::OnlyAgentsAndAdmins`] for a superadmin.
pub(super) fn author(staff: Staff) -> Result<Desk, SendError> {
    match staff {
        Staff::Agent(agent) => Ok(Desk::from(agent)),
        Staff::Admin(admin) => Ok(Desk::from(admin)),
        Staff::Superadmin(_) => Err(SendError::OnlyAgentsAndAdmins),
    }
}

/// The result of a message of staff.
pub(super) enum Delivered {
    /// It was stored.
    Stored(Message),
    /// An earlier request stored it.
    Replayed(Message),
    /// It is a frame whose message arrived as a call before.
    Dropped,
}

/// Sends a message to a visitor. Every transport of messages of staff calls this function.
pub(super) async fn deliver(
    app: &App,
    desk: Desk,
    session: SessionId,
    body: SendBody,
    key: Option<String>,
    transport: Transport,
) -> Result<Delivered, SendError> {
    let mut outgoing = OutgoingMessage {
        key,
        text: body.message.map(|text| neutralise(&text).into_owned()),
        attachments: body.attachment_ids.into_iter().map(AttachmentId::new).collect(),
        client_message_id: body.client_message_id,
    };
    let now = app.now();
    let mut first = None;
    let has_files = !outgoing.attachments.is_empty();
    if let (Some(text), None, true) = (&outgoing.text, &outgoing.key, transport.can_be_paired(has_files)) {
        let party = match desk.actor() {
            Actor::Agent { id, .. } => Party::Agent(session, *id),
            Actor::Admin { user, .. } | Actor::Superadmin { user } => Party::Admin(session, *user),
        };
        match app.pairs.arrive(party.clone(), text, "", transport, now) {
            Arrival::SecondFrame => return Ok(Delivered::Dropped),
            // The frame had no files, so its message would lose those of the call.
            Arrival::SecondCall { .. } if has_files => {}
            Arrival::SecondCall { key, .. } => outgoing.key = Some(key),
            Arrival::First { key, number } => {
                first = Some((party, text.clone(), number));
                outgoing.key = key;
            }
        }
    }
    match app.db.write(desk, move |store| sending::send(store, session, outgoing, now)).await {
        Ok(Sent::Stored(message)) => Ok(Delivered::Stored(message)),
        Ok(Sent::Replayed(message)) => Ok(Delivered::Replayed(message)),
        Err(error) => {
            if let Some((party, text, number)) = first {
                app.pairs.withdraw(party, &text, number);
            }
            Err(error)
        }
    }
}
