//! Whether the process runs, and whether it can serve.

use actix_web::web::{self, Json};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Endpoint, at};
use crate::{app::App, http::error::ApiError, limits::Scope};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/healthz/")
            .limited(Scope::Unlimited)
            .get("Tells whether the process answers. Nothing else is checked.", alive),
        at("/readyz/")
            .limited(Scope::Unlimited)
            .get("Tells whether the database answers and its schema fits this version of the program.", ready),
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

/// Checks that the database answers and that its schema fits this version of the program.
async fn ready(app: web::Data<App>) -> Result<Json<Health>, ApiError> {
    if app.is_ready().await {
        Ok(Json(Health { status: "ready" }))
    } else {
        Err(ApiError::overloaded(std::time::Duration::from_secs(1)))
    }
}
