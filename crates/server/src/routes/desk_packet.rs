//! `desk/sessions/{session_id}/`: the packet of a session, and its priority.

mod profile;

use actix_web::web::{self, Json};
use chatbot::{EarlierSession, SessionStatus, Step};
use handoff::{
    AgentRef, Priority,
    correcting::{self, CorrectError, Correction},
    moves::MoveError,
    packet::{self, BotAnswer, Moment, MomentKind, Packet, Summary},
    priority,
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::Place;
use tenancy::{SessionId, StoreError, access::Staff, audit::Action};

use self::profile::Corrections;
use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        rules::choice,
    },
    views::{AsText, ClientView, OpenedHandoff, ProfileRow, QuestionView, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/desk/sessions/{session_id}/")
            .get("Shows what is known of a session: its packet.", packet)
            .about(
                "An agent reads its own sessions and the queue, an admin every session. `summary` is made from the newest \
                 200 messages: what the visitor asked the bot, the answers from the knowledge with their confidence, and \
                 the questions that had no answer, at most 20 of each, the newest ones. The `packet` of the handoff was \
                 stored when it was last opened and stays as it was then: what the intake had, the passages that were \
                 quoted, what the bot had said, and a summary in the visitor's own sentences. `client` is what the visitor's client last sent in \
                 the field `client` of a message.",
            )
            .refuses(MoveError::SessionNotFound)
            .patch("Changes the priority of an open handoff, and corrects the visitor's profile.", change)
            .about(
                "For admins, and for agents of what they have and what waits. The fields of `profile` are those of \
                 `create-profile/`; what is missing or null stays, and a blank `email` or `address` is removed. If there \
                 is no profile, one is made with what the intake has, and `name` and `phone` must be known. Either all \
                 is changed or nothing. The reply is the packet.",
            )
            .refuses(MoveError::SessionNotFound)
            .refuses(MoveError::NotAssigned)
            .refuses(MoveError::IllegalTransition { from: SessionStatus::Resolved, event: "prioritise" })
            .refuses(CorrectError::Incomplete("phone")),
    ]
}

body! {
    /// Changes of a session.
    struct SessionChangeBody {
        priority: Option<Priority> = choice(Priority::parse, Priority::WORDS).optional(),
        profile: Option<Correction> = Corrections.optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct PacketView {
    session: PacketSession,
    profile: Option<ProfileRow>,
    /// The handoff, open or resolved; empty if there never was one.
    handoffs: Vec<OpenedHandoff>,
    summary: SummaryView,
    /// What the visitor's client last said of itself; null if it said nothing.
    client: Option<ClientView>,
    /// Oldest first.
    timeline: Vec<MomentView>,
    /// At most 20 earlier sessions of the same person, newest first.
    earlier: Vec<EarlierView>,
}

#[derive(Serialize, JsonSchema)]
struct PacketSession {
    session_id: String,
    #[schemars(extend("enum" = SessionStatus::WORDS))]
    status: &'static str,
    /// The answer that the intake waits for; null if it is complete.
    step: Option<&'static str>,
    last_seq: i64,
    visitor_read_seq: i64,
    staff_read_seq: i64,
    created_at: TimestampText,
    last_used: TimestampText,
}

#[derive(Serialize, JsonSchema)]
struct SummaryView {
    asked: Vec<QuestionView>,
    answered: Vec<BotAnswerView>,
    unanswered: Vec<QuestionView>,
}

#[derive(Serialize, JsonSchema)]
struct BotAnswerView {
    seq: i64,
    confidence: f64,
}

#[derive(Serialize, JsonSchema)]
struct MomentView {
    at: TimestampText,
    #[schemars(extend("enum" = ["started", "escalated", "transferred", "resolved", "left"]))]
    event: &'static str,
    /// The agent who has or had the session then.
    agent: Option<PacketAgent>,
    /// Of a transfer: the agent before.
    from_agent: Option<PacketAgent>,
}

#[derive(Serialize, JsonSchema)]
struct PacketAgent {
    id: i64,
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct EarlierView {
    session_id: String,
    #[schemars(extend("enum" = SessionStatus::WORDS))]
    status: &'static str,
    created_at: TimestampText,
}

impl From<AgentRef> for PacketAgent {
    fn from(AgentRef { id, name }: AgentRef) -> Self {
        Self { id: id.get(), name }
    }
}

impl From<Summary> for SummaryView {
    fn from(Summary { asked, answered, unanswered }: Summary) -> Self {
        let answer = |BotAnswer { seq, confidence }| BotAnswerView { seq, confidence };
        Self {
            asked: asked.into_iter().map(QuestionView::from).collect(),
            answered: answered.into_iter().map(answer).collect(),
            unanswered: unanswered.into_iter().map(QuestionView::from).collect(),
        }
    }
}

impl From<Moment> for MomentView {
    fn from(Moment { at, kind }: Moment) -> Self {
        let (event, agent, from) = match kind {
            MomentKind::Started => ("started", None, None),
            MomentKind::Escalated => ("escalated", None, None),
            MomentKind::Transferred { from, to } => ("transferred", to, from),
            MomentKind::Resolved(agent) => ("resolved", agent, None),
            MomentKind::Left => ("left", None, None),
        };
        Self { at: AsText(at), event, agent: agent.map(PacketAgent::from), from_agent: from.map(PacketAgent::from) }
    }
}

impl From<EarlierSession> for EarlierView {
    fn from(EarlierSession { session_id, status, created_at }: EarlierSession) -> Self {
        Self { session_id: session_id.as_str().to_owned(), status: status.as_str(), created_at: AsText(created_at) }
    }
}

impl From<Packet> for PacketView {
    fn from(packet: Packet) -> Self {
        let session = packet.session;
        let client = session.dialogue.client.clone().map(ClientView::from);
        Self {
            session: PacketSession {
                session_id: session.id.as_str().to_owned(),
                status: session.status.as_str(),
                step: (session.step != Step::Complete).then(|| session.step.as_str()),
                last_seq: session.last_seq,
                visitor_read_seq: session.visitor_read_seq,
                staff_read_seq: session.staff_read_seq,
                created_at: AsText(session.created_at),
                last_used: AsText(session.last_used),
            },
            profile: packet.profile.as_ref().map(ProfileRow::whole),
            handoffs: packet.handoff.map(|handoff| OpenedHandoff::new(&handoff, packet.opening)).into_iter().collect(),
            summary: packet.summary.into(),
            client,
            timeline: packet.timeline.into_iter().map(MomentView::from).collect(),
            earlier: packet.earlier.into_iter().map(EarlierView::from).collect(),
        }
    }
}

/// Shows what is known of a session.
async fn packet(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    app: web::Data<App>,
) -> Result<Json<PacketView>, ApiError> {
    let session = SessionId::parse(&path).map_err(|_| MoveError::SessionNotFound)?;
    let read = app.desk_read(staff, Place::Session(session), move |store| packet::read(store, session));
    let packet = read.await?.flatten().ok_or(MoveError::SessionNotFound)?;
    Ok(Json(PacketView::from(packet)))
}

/// Why a session was not changed.
enum ChangeError {
    Priority(MoveError),
    Profile(CorrectError),
    Store(StoreError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Priority(error) => error.into(),
            ChangeError::Profile(error) => error.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

/// Changes the priority of an open handoff and the visitor's profile.
async fn change(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    Valid(body): Valid<SessionChangeBody>,
    app: web::Data<App>,
) -> Result<Json<PacketView>, ApiError> {
    let session = SessionId::parse(&path).map_err(|_| MoveError::SessionNotFound)?;
    let purpose = match (body.priority, &body.profile) {
        (_, Some(_)) => Some(Action::ProfileCorrected),
        (Some(_), None) => Some(Action::HandoffPrioritised),
        (None, None) => None,
    };
    if let Some(purpose) = purpose {
        let (SessionChangeBody { priority, profile }, now) = (body, app.now());
        let changed = app.desk_write(staff.clone(), Place::Session(session), purpose, move |store| {
            if let Some(given) = priority {
                priority::change(store, session, given).map_err(ChangeError::Priority)?;
            }
            if let Some(correction) = profile {
                correcting::correct(store, session, correction, now).map_err(ChangeError::Profile)?;
            }
            Ok::<_, ChangeError>(())
        });
        changed.await?.ok_or(MoveError::SessionNotFound)?;
    }
    let read = app.desk_read(staff, Place::Session(session), move |store| packet::read(store, session));
    let packet = read.await?.flatten().ok_or(MoveError::SessionNotFound)?;
    Ok(Json(PacketView::from(packet)))
}
