//! The idempotency key of a message, from its body or a header.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{
    describe::{Answer, Operation},
    error::ApiError,
};

/// The longest key, in characters.
const LONGEST: usize = 64;

/// The key that the header or the body's `client_message_id` carries.
///
/// Surrounding double quotes of the header are not part of it. Where both carry one they must
/// be equal.
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

/// A 200 that says whether it was stored by an earlier request.
pub(super) struct Replayable<T> {
    pub(super) replayed: bool,
    pub(super) reply: T,
}

impl<T: Serialize> Responder for Replayable<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        response.json(self.reply)
    }
}

impl<T: JsonSchema> Answer for Replayable<T> {
    fn describe(operation: Operation) -> Operation {
        operation.replayable().reply::<T>(StatusCode::OK)
    }
}
