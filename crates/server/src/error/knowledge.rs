//! Errors of the endpoints of knowledge.

use knowledge::{
    entries::{CreateError, DeleteError, UpdateError},
    entry::MAX_ALTERNATIVES,
    faq::MAX_ITEMS,
    golden::{AddError, ChangeError, MOST_GOLDEN, RemoveError},
    load::{LoadError, too_much},
    unanswered::{AnswerError, CloseError, ExtendError},
    upload::{FORMS, UploadError},
};
use serde_json::json;

use crate::http::error::ApiError;

const TWICE: &str = "This question is a golden question already.";
const NO_ENTRY: &str = "There is no entry with this id.";

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::TooMuch => Self::field("documents", too_much()),
            LoadError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Taken => Self::field("chunk_id", "This id is taken."),
            CreateError::TooMuch => Self::non_field(too_much()),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => Self::not_found("Entry not found"),
            UpdateError::TooMuch => Self::non_field(too_much()),
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NotFound => Self::not_found("Entry not found"),
            DeleteError::Store(error) => error.into(),
        }
    }
}

impl From<CloseError> for ApiError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => no_group(),
            CloseError::Store(error) => error.into(),
        }
    }
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NotFound => no_group(),
            AnswerError::NoQuestion => Self::field(
                "question",
                "What the visitors asked says nothing without the question before. Send a question.",
            ),
            AnswerError::Create(error) => error.into(),
            AnswerError::Store(error) => error.into(),
        }
    }
}

impl From<ExtendError> for ApiError {
    fn from(error: ExtendError) -> Self {
        match error {
            ExtendError::NotFound => no_group(),
            ExtendError::NoEntry => Self::field("chunk_id", NO_ENTRY),
            ExtendError::NoQuestion => Self::field(
                "alternatives",
                "What the visitors asked says nothing without the question before. Send alternatives.",
            ),
            ExtendError::Held { wording, chunk_id } => Self::field(
                "chunk_id",
                format!("The entry {chunk_id} has the question \u{201c}{wording}\u{201d} already."),
            ),
            ExtendError::Full => {
                Self::field("chunk_id", format!("The entry has {MAX_ALTERNATIVES} alternatives, which is the most."))
            }
            ExtendError::TooMuch => Self::non_field(too_much()),
            ExtendError::Store(error) => error.into(),
        }
    }
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Twice => Self::field("question", TWICE),
            AddError::NoEntry => Self::field("expect", NO_ENTRY),
            AddError::TooMany => Self::non_field(format!("There may be no more than {MOST_GOLDEN} golden questions.")),
            AddError::Store(error) => error.into(),
        }
    }
}

impl From<RemoveError> for ApiError {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::NotFound => no_golden(),
            RemoveError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => no_golden(),
            ChangeError::Twice => Self::field("question", TWICE),
            ChangeError::NoEntry => Self::field("expect", NO_ENTRY),
            ChangeError::Store(error) => error.into(),
        }
    }
}

fn no_golden() -> ApiError {
    ApiError::not_found("Golden question not found")
}

fn no_group() -> ApiError {
    ApiError::not_found("Question not found")
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        let message = match &error {
            UploadError::NotText => "The file is not a text in UTF-8, UTF-16 or Latin-1.".to_owned(),
            UploadError::NotJson { line, message } => format!("Line {line} is not JSON: {message}."),
            UploadError::NoColumns => "The first line names no columns question and answer.".to_owned(),
            UploadError::NoEntries => "No entries were found.".to_owned(),
            UploadError::TooMany => format!("There are more than {MAX_ITEMS} entries."),
        };
        Self::field("file", message).with("expected", json!(FORMS))
    }
}
