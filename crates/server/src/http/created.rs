//! 201 with a JSON body.

use actix_web::{HttpRequest, HttpResponse, Responder, http::StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::describe::{Answer, Operation};

/// A reply with the object that the operation created.
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> Responder for Created<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().json(self.0)
    }
}

impl<T: JsonSchema> Answer for Created<T> {
    fn describe(operation: Operation) -> Operation {
        operation.reply::<T>(StatusCode::CREATED)
    }
}
