//! The idempotency key of a message, from its body or a header.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::http::error::ApiError;

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
pub(super) fn reply(replayed: bool) -> HttpResponseBuilder {
    let mut reply = HttpResponse::Ok();
    if replayed {
        reply.insert_header(("Idempotency-Replayed", "true"));
    }
    reply
}
