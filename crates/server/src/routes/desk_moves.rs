//! `desk/sessions/{session_id}/`: claiming a session, transferring, releasing and reopening it, and returning it to the
//! bot.

use std::time::Duration;

use actix_web::web::{self, Json};
use chatbot::SessionStatus;
use handoff::{
    AgentRef, Handoff,
    moves::{self, Absence, ClaimError, Claimed, Destination, MoveError, TransferError},
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use storage::{CompanyStore, Place};
use tenancy::{
    AgentId, SessionId, Timestamp,
    access::{Agent, Desk, Staff},
    audit::Action,
};

use super::{
    desk_messages::note_text,
    endpoint::{Endpoint, at},
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        rules::{boolean, integer},
    },
    views::HandoffRow,
};

/// What stands for the id of the session that has waited longest.
const NEXT: &str = "next";

/// How often a claim of the longest wait begins again because another agent was faster.
const ATTEMPTS: usize = 32;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/desk/sessions/{session_id}/claim/")
            .post("Takes a waiting session.", claim)
            .about(
                "`next` as the id takes the session that has waited longest; 404 says that nobody waits. Of several agents \
                 who claim a session, one gets it. The others are told who has it: `agent` in the body of the 409. To \
                 claim what one has already changes nothing.",
            )
            .refuses(ClaimError::SessionNotFound)
            .refuses(ClaimError::AlreadyAssigned(example_agent()))
            .refuses(ClaimError::IllegalTransition { from: SessionStatus::Resolved })
            .refuses(nobody_waits())
            .refuses(contended()),
        at("/api/desk/sessions/{session_id}/release/")
            .post("Puts a session back into the queue.", release)
            .about(
                "For the agent who has it and for admins. Reason, priority and the time of the escalation stay, so the \
                 session has its place in the queue again.",
            )
            .refuses(MoveError::SessionNotFound)
            .refuses(MoveError::NotAssigned)
            .refuses(MoveError::IllegalTransition { from: SessionStatus::Resolved, event: "release" }),
        at("/api/desk/sessions/{session_id}/transfer/")
            .post("Passes a session on to a colleague, or back to the queue.", transfer)
            .about(
                "For the agent who has it and for admins. Either `agent_id` or `queue` is needed. The colleague may be \
                 offline; `warning` then says so. A session that waits is assigned. The `note` is stored as a private note.",
            )
            .refuses(MoveError::SessionNotFound)
            .refuses(MoveError::NotAssigned)
            .refuses(TransferError::AgentNotFound)
            .refuses(MoveError::TooManyNotes)
            .refuses(MoveError::IllegalTransition { from: SessionStatus::Resolved, event: "transfer" }),
        at("/api/desk/sessions/{session_id}/reopen/")
            .post("Opens the closed handoff of a session again.", reopen)
            .about(
                "Reason and priority stay. An agent may reopen what it had last, and has it then. What an admin reopens \
                 waits in the queue. To reopen what is open changes nothing.",
            )
            .refuses(MoveError::SessionNotFound)
            .refuses(MoveError::NotAssigned)
            .refuses(MoveError::IllegalTransition { from: SessionStatus::Active, event: "reopen" }),
        at("/api/desk/sessions/{session_id}/return-to-bot/")
            .post("Closes a handoff and lets the bot answer at once.", return_to_bot)
            .about(
                "As `resolve`, but the session is `active` at once. For the agent who has it and for admins. If the bot \
                 answers already, nothing changes.",
            )
            .refuses(MoveError::SessionNotFound)
            .refuses(MoveError::NotAssigned)
            .refuses(MoveError::IllegalTransition { from: SessionStatus::Active, event: "return_to_bot" }),
    ]
}

fn example_agent() -> AgentRef {
    AgentRef { id: AgentId::new(3), name: "Bo Agent".to_owned() }
}

/// 404 for an empty queue.
fn nobody_waits() -> ApiError {
    ApiError::not_found("No session is waiting")
}

/// 503 for a call that other agents were faster than, too often.
fn contended() -> ApiError {
    ApiError::overloaded(Duration::from_secs(1))
}

body! {
    /// To whom a session is passed on.
    struct TransferBody {
        agent_id: Option<i64> = integer().optional(),
        queue: Option<bool> = boolean().optional(),
        note: Option<String> = note_text().optional(),
    }
}

/// A handoff after a move.
#[derive(Serialize, JsonSchema)]
struct MovedHandoff {
    #[serde(flatten)]
    handoff: HandoffRow,
    /// Why the new agent will not answer soon; null if it is there.
    warning: Option<&'static str>,
}

impl MovedHandoff {
    fn json(handoff: &Handoff, absence: Option<Absence>) -> Json<Self> {
        Json(Self { handoff: HandoffRow::from(handoff), warning: absence.map(warning) })
    }
}

/// Says that the agent who was given a session is not there.
pub(super) fn warning(absence: Absence) -> &'static str {
    match absence {
        Absence::Offline => "The agent is offline.",
        Absence::NeverSignedIn => "The agent has never signed in.",
    }
}

/// Takes a waiting session.
async fn claim(
    Auth(agent): Auth<Agent>,
    path: web::Path<String>,
    app: web::Data<App>,
) -> Result<Json<MovedHandoff>, ApiError> {
    if path.as_str() == NEXT {
        return claim_next(&app, agent).await;
    }
    let session = SessionId::parse(&path).map_err(|_| ClaimError::SessionNotFound)?;
    let now = app.now();
    let claimed = app.db.write(agent, move |store| moves::claim(store, session, now)).await?;
    Ok(MovedHandoff::json(&claimed.into_handoff(), None))
}

/// Takes the session that has waited longest. If another agent takes it first, tries the one that has waited longest then.
async fn claim_next(app: &App, agent: Agent) -> Result<Json<MovedHandoff>, ApiError> {
    for _ in 0..ATTEMPTS {
        let now = app.now();
        match app.db.write(agent.clone(), move |store| moves::claim_next(store, now)).await {
            Ok(None) => return Err(nobody_waits()),
            Ok(Some(Claimed::Taken(handoff))) => return Ok(MovedHandoff::json(&handoff, None)),
            // Another call of the same agent was faster.
            Ok(Some(Claimed::Held(_))) => {}
            Err(ClaimError::AlreadyAssigned(_) | ClaimError::IllegalTransition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}

/// Runs a move at the desk of the session's company.
async fn moved(
    app: &App,
    staff: Staff,
    path: &str,
    purpose: Action,
    use_case: fn(&mut CompanyStore<'_, Desk>, SessionId, Timestamp) -> Result<Handoff, MoveError>,
) -> Result<Json<MovedHandoff>, MoveError> {
    let session = SessionId::parse(path).map_err(|_| MoveError::SessionNotFound)?;
    let now = app.now();
    let moved = app.desk_write(staff, Place::Session(session), purpose, move |store| use_case(store, session, now));
    let handoff = moved.await?.ok_or(MoveError::SessionNotFound)?;
    Ok(MovedHandoff::json(&handoff, None))
}

/// Puts a session back into the queue.
async fn release(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    app: web::Data<App>,
) -> Result<Json<MovedHandoff>, ApiError> {
    Ok(moved(&app, staff, &path, Action::HandoffReleased, |store, session, now| moves::release(store, session, now))
        .await?)
}

/// Passes a session on to a colleague, or back to the queue.
async fn transfer(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    Valid(body): Valid<TransferBody>,
    app: web::Data<App>,
) -> Result<Json<MovedHandoff>, ApiError> {
    let to = match (body.agent_id, body.queue.unwrap_or(false)) {
        (Some(agent), false) => Destination::Agent(AgentId::new(agent)),
        (None, true) => Destination::Queue,
        (None, false) => return Err(ApiError::non_field("Either agent_id or queue is required.")),
        (Some(_), true) => return Err(ApiError::non_field("Only one of agent_id and queue can be sent.")),
    };
    let note = body.note.filter(|note| !note.trim().is_empty()).map(|note| neutralise(&note).into_owned());
    let session = SessionId::parse(&path).map_err(|_| MoveError::SessionNotFound)?;
    let now = app.now();
    let passed_on = app.desk_write(staff, Place::Session(session), Action::HandoffTransferred, move |store| {
        moves::transfer(store, session, to, note, now)
    });
    let (handoff, absence) = passed_on.await?.ok_or(MoveError::SessionNotFound)?;
    Ok(MovedHandoff::json(&handoff, absence))
}

/// Opens the closed handoff of a session again.
async fn reopen(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    app: web::Data<App>,
) -> Result<Json<MovedHandoff>, ApiError> {
    Ok(moved(&app, staff, &path, Action::HandoffReopened, |store, session, now| moves::reopen(store, session, now))
        .await?)
}

/// Closes a handoff and lets the bot answer at once.
async fn return_to_bot(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    app: web::Data<App>,
) -> Result<Json<MovedHandoff>, ApiError> {
    Ok(moved(&app, staff, &path, Action::HandoffReturned, |store, session, now| {
        moves::return_to_bot(store, session, now)
    })
    .await?)
}
