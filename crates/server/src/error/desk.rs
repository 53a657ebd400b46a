//! Errors of the staff's work on conversations.

use actix_web::http::StatusCode;
use chatbot::SessionStatus;
use handoff::{
    correcting::CorrectError,
    desk::{AssignError, EscalateError, ResolveError},
    erase::EraseError,
    moves::{ClaimError, MoveError, TransferError},
    notes::{MOST_NOTES, NoteError},
    reading::ReadError,
    saved_replies::{FillError, MOST_REPLIES, SavedReplyError},
    sending::SendError,
    uploading::UploadError,
};
use serde_json::json;

use super::chat::key_reused;
use crate::{
    http::{code::Code, error::ApiError},
    views::HandoffRow,
};

impl From<EscalateError> for ApiError {
    fn from(error: EscalateError) -> Self {
        match error {
            EscalateError::SessionNotFound => Self::not_found("Session not found"),
            EscalateError::AlreadyEscalated(handoff) => already_escalated(&HandoffRow::from(&*handoff)),
            EscalateError::Store(error) => error.into(),
        }
    }
}

impl From<AssignError> for ApiError {
    fn from(error: AssignError) -> Self {
        match error {
            AssignError::HandoffNotFound => Self::not_found("Handoff session not found"),
            AssignError::AgentNotFound => Self::not_found("Agent not found"),
            AssignError::IllegalTransition { from } => illegal_transition(from, "assign", "assigned"),
            AssignError::Store(error) => error.into(),
        }
    }
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::HandoffNotFound => Self::not_found("Handoff session not found"),
            ResolveError::NotAssigned => not_assigned("Session not assigned to this agent"),
            ResolveError::Store(error) => error.into(),
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::SessionNotFound => Self::not_found("Session not found"),
            ClaimError::AlreadyAssigned(holder) => {
                Self::conflict(Code::AlreadyAssigned, format!("Session is assigned to {}", holder.name))
                    .with("agent", json!({ "id": holder.id.get(), "name": holder.name }))
            }
            ClaimError::IllegalTransition { from } => illegal_transition(from, "claim", "claimed"),
            ClaimError::Store(error) => error.into(),
        }
    }
}

impl From<MoveError> for ApiError {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::SessionNotFound => Self::not_found("Session not found"),
            MoveError::NotAssigned => not_assigned("Session not assigned to this agent"),
            MoveError::TooManyNotes => NoteError::TooMany.into(),
            MoveError::IllegalTransition { from, event } => {
                let done = match event {
                    "release" => "released",
                    "transfer" => "transferred",
                    "reopen" => "reopened",
                    "prioritise" => "given a priority",
                    _ => "returned to the bot",
                };
                illegal_transition(from, event, done)
            }
            MoveError::Store(error) => error.into(),
        }
    }
}

impl From<NoteError> for ApiError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::SessionNotFound => Self::not_found("Session not found"),
            NoteError::TooMany => Self::bad_request(format!("A session can have {MOST_NOTES} notes")),
            NoteError::KeyReused => key_reused(),
            NoteError::Store(error) => error.into(),
        }
    }
}

impl From<CorrectError> for ApiError {
    fn from(error: CorrectError) -> Self {
        match error {
            CorrectError::SessionNotFound => Self::not_found("Session not found"),
            CorrectError::Incomplete(field) => Self::field("profile", format!("{field}: This field is required.")),
            CorrectError::Store(error) => error.into(),
        }
    }
}

impl From<SavedReplyError> for ApiError {
    fn from(error: SavedReplyError) -> Self {
        match error {
            SavedReplyError::NotFound => Self::not_found("Saved reply not found"),
            SavedReplyError::OnlyAdmins => {
                Self::forbidden(Code::PermissionDenied, "Only admins change the replies of the company")
            }
            SavedReplyError::ShortcutInUse => Self::field("shortcut", "This shortcut is in use."),
            SavedReplyError::TooMany => Self::bad_request(format!("There can be {MOST_REPLIES} saved replies")),
            SavedReplyError::Store(error) => error.into(),
        }
    }
}

impl From<FillError> for ApiError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::SessionNotFound => Self::not_found("Session not found"),
            FillError::Store(error) => error.into(),
        }
    }
}

impl From<TransferError> for ApiError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::AgentNotFound => Self::not_found("Agent not found"),
            TransferError::NeverSignedIn => Self::field("agent_id", "This agent has never signed in."),
            TransferError::Move(error) => error.into(),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::not_found("Session not found or access denied"),
            ReadError::NotAssigned => not_assigned("Session not assigned to this agent"),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::OnlyAgentsAndAdmins => {
                Self::forbidden(Code::PermissionDenied, "Only agents and admins can send messages")
            }
            SendError::Empty => Self::bad_request("Either message or attachment_ids is required"),
            SendError::SessionNotFound => Self::not_found("Session not found or access denied"),
            SendError::AssignedToAnother => not_assigned("Session is assigned to another agent"),
            SendError::NotEscalated => Self::forbidden(Code::NotEscalated, "Session not escalated to human handoff"),
            SendError::UnknownAttachment(id) => Self::field("attachment_ids", format!("Unknown attachment: {id}")),
            SendError::KeyReused => key_reused(),
            SendError::Store(error) => error.into(),
        }
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::SessionNotFound => Self::not_found("Session not found or access denied"),
            UploadError::NotEscalated => Self::forbidden(Code::NotEscalated, "Session not escalated to human handoff"),
            UploadError::NotAssigned => not_assigned("Session not assigned to this agent"),
            UploadError::Store(error) => error.into(),
        }
    }
}

impl From<EraseError> for ApiError {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::NotFound => Self::not_found("User profile not found"),
            EraseError::Store(error) => error.into(),
        }
    }
}

/// 400 for a session with an open handoff, which the body shows.
pub(crate) fn already_escalated(open: &HandoffRow) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, Code::AlreadyEscalated, "Session is already escalated")
        .with("handoff_session", json!(open))
}

fn illegal_transition(from: SessionStatus, event: &'static str, done: &str) -> ApiError {
    ApiError::conflict(Code::IllegalTransition, format!("A session that is {} cannot be {done}", from.as_str()))
        .with("from", from.as_str())
        .with("event", event)
}

fn not_assigned(message: &'static str) -> ApiError {
    ApiError::forbidden(Code::NotAssigned, message)
}
