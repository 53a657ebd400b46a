//! Whether the process runs, and whether it can serve.

use actix_web::web::{self, Json};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Endpoint, at};
use crate::{
    app::{App, Readiness},
    http::error::ApiError,
    limits::Scope,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/healthz/")
            .limited(Scope::Unlimited)
            .get("Tells whether the process answers. Nothing else is checked.", alive),
        at("/readyz/").limited(Scope::Unlimited).get(
            "Tells whether the database answers, its schema fits this version of the program, and writing works.",
            ready,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
}

/// Answers without checking anything else.
async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Checks that the database answers, that its schema fits this version of the program, and that writing works.
async fn ready(app: web::Data<App>) -> Result<Json<Health>, ApiError> {
    let retry = std::time::Duration::from_secs(1);
    match app.readiness().await {
        Readiness::Ready => Ok(Json(Health { status: "ready" })),
        Readiness::Unreachable => Err(ApiError::overloaded(retry)),
        Readiness::CannotWrite => Err(ApiError::not_ready("The database does not accept writes.", retry)),
        Readiness::Damaged => Err(ApiError::not_ready("The database is damaged.", retry)),
    }
}
