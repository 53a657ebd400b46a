//! Bearer tokens of the `Authorization` header.

use actix_web::{HttpRequest, http::header};

use crate::http::error::{ApiError, TokenProblem};

/// Says whether the request carries a bearer token, valid or not.
pub(crate) fn is_sent(req: &HttpRequest) -> bool {
    let value = req.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split_ascii_whitespace().next()).is_some_and(is_bearer)
}

/// Reads the token. A header with any other scheme than `Bearer` counts as missing.
///
/// # Errors
/// 401 for a header that is missing or has not exactly two words.
pub(crate) fn token(req: &HttpRequest) -> Result<&str, ApiError> {
    let missing = || ApiError::unauthorized(TokenProblem::Missing);
    let value = req.headers().get(header::AUTHORIZATION).ok_or_else(missing)?;
    let value = value.to_str().map_err(|_| missing())?;
    let mut words = value.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if is_bearer(scheme) => Ok(token),
        (Some(scheme), _, _) if is_bearer(scheme) => Err(ApiError::unauthorized(TokenProblem::BadHeader)),
        _ => Err(missing()),
    }
}

/// Scheme names are case-insensitive (RFC 9110, 11.1).
fn is_bearer(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("Bearer")
}
