//! Where a request came from, as far as callers are told apart.

use actix_web::{HttpMessage as _, HttpRequest};
use identity::Origin;

use crate::http::error::ApiError;

/// Returns the origin of a request, which the edge puts into its extensions.
///
/// # Errors
/// 500 if the edge is not mounted.
pub(crate) fn of(req: &HttpRequest) -> Result<Origin, ApiError> {
    req.extensions().get::<Origin>().copied().ok_or_else(|| ApiError::internal("the edge is not mounted"))
}
