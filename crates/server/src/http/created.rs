//! 201 with a JSON body.

use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// What an operation has made.
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> Responder for Created<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().json(self.0)
    }
}
