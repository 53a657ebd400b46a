//! Errors of the endpoints of knowledge.

use knowledge::{
    entries::{CreateError, DeleteError, UpdateError},
    load::{LoadError, MAX_EXTENT},
};

use crate::http::error::ApiError;

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

fn too_much() -> String {
    let (entries, characters) = (MAX_EXTENT.chunks, MAX_EXTENT.characters);
    format!("There may be no more than {entries} entries and {characters} characters altogether.")
}
