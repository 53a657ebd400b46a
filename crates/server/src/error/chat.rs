//! Errors of the visitors' endpoints.

use attachments::{FileKind, policy::UploadRefusal};
use chatbot::{profile::SaveProfileError, settings};
use handoff::{turn::TurnError, visitor::FeedbackError};
use serde_json::{Value, json};

use crate::http::error::ApiError;

impl From<TurnError> for ApiError {
    fn from(error: TurnError) -> Self {
        match error {
            TurnError::Empty => Self::non_field("Either message content or attachments must be provided"),
            TurnError::UnknownAttachment(id) => Self::field("attachment_ids", format!("Unknown attachment: {id}")),
            TurnError::KeyReused => key_reused(),
            TurnError::Raced | TurnError::Busy => Self::overloaded(std::time::Duration::from_secs(1)),
            TurnError::Store(error) => error.into(),
        }
    }
}

impl From<SaveProfileError> for ApiError {
    fn from(error: SaveProfileError) -> Self {
        match error {
            SaveProfileError::SessionNotFound => Self::not_found("Session not found"),
            SaveProfileError::Store(error) => error.into(),
        }
    }
}

impl From<settings::ChangeError> for ApiError {
    fn from(error: settings::ChangeError) -> Self {
        match error {
            settings::ChangeError::StepsWithoutName => {
                Self::field("profile_steps", "Nothing can be required while name is off.")
            }
            settings::ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<FeedbackError> for ApiError {
    fn from(error: FeedbackError) -> Self {
        match error {
            FeedbackError::SessionNotFound => Self::not_found("Session not found"),
            FeedbackError::MessageNotFound => Self::not_found("Message not found"),
            FeedbackError::NotFromBot => Self::bad_request("Only messages of the bot take feedback"),
            FeedbackError::Store(error) => error.into(),
        }
    }
}

impl From<UploadRefusal> for ApiError {
    fn from(refusal: UploadRefusal) -> Self {
        let error = Self::bad_request(format!("File upload failed: {refusal}"));
        match refusal {
            UploadRefusal::Extension { .. } => {
                let kinds = FileKind::ALL.map(|kind| (kind.as_str().to_owned(), json!(kind.extensions())));
                error.with("allowed", Value::Object(kinds.into_iter().collect()))
            }
            _ => error,
        }
    }
}

/// 422 for an idempotency key that was already used with another body.
pub(super) fn key_reused() -> ApiError {
    ApiError::idempotency_key_reuse("This idempotency key was used for another message.")
}
