//! The idempotency key of a message, from its body or from a header.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{
    code::Code,
    describe::{Answer, Operation},
    error::ApiError,
};

/// Maximum length of an idempotency key, in characters.
const LONGEST: usize = 64;

/// The header of an answer that an earlier request got already.
const REPLAYED: (&str, &str) = ("Idempotency-Replayed", "true");

/// Returns the idempotency key of the header or of the body's `client_message_id`.
///
/// Double quotes around the header's value are not part of the key.
///
/// # Errors
/// 400 for a header that is not valid, or that differs from `client_message_id`.
pub(super) fn key(req: &HttpRequest, client_message_id: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(header) = req.headers().get("idempotency-key") else { return Ok(client_message_id.map(str::to_owned)) };
    let text = header.to_str().map_err(|_| ApiError::bad_request("Idempotency-Key is not valid text"))?.trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if key.chars().count() > LONGEST {
        return Err(ApiError::bad_request("Idempotency-Key has more than 64 characters"));
    }
    match client_message_id {
        Some(id) if id != key => Err(ApiError::bad_request("Idempotency-Key and client_message_id differ")),
        _ if key.is_empty() => Ok(client_message_id.map(str::to_owned)),
        _ => Ok(Some(key.to_owned())),
    }
}

/// 409 while an earlier request with the same idempotency key is still running.
pub(super) fn in_progress(retry_after: Duration) -> ApiError {
    ApiError::conflict(Code::RequestInProgress, "The first request with this key is still running.")
        .retry_after(retry_after)
}

/// A 200 with a header if an earlier request already stored the reply.
pub(super) struct Replayable<T> {
    pub(super) replayed: bool,
    pub(super) reply: T,
}

impl<T: Serialize> Responder for Replayable<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if self.replayed {
            response.insert_header(REPLAYED);
        }
        response.json(self.reply)
    }
}

/// A 201, with a header if an earlier request already made the object.
pub(super) struct CreatedOnce<T> {
    pub(super) replayed: bool,
    pub(super) reply: T,
}

impl<T: Serialize> Responder for CreatedOnce<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Created();
        if self.replayed {
            response.insert_header(REPLAYED);
        }
        response.json(self.reply)
    }
}

impl<T: JsonSchema> Answer for CreatedOnce<T> {
    fn describe(operation: Operation) -> Operation {
        operation.replayable().reply::<T>(StatusCode::CREATED)
    }
}

impl<T: JsonSchema> Answer for Replayable<T> {
    fn describe(operation: Operation) -> Operation {
        operation.replayable().reply::<T>(StatusCode::OK)
    }
}
