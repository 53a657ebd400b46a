//! Whether the process lives, and whether it can serve.

use actix_web::web::{self, Json};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Endpoint, at};
use crate::{app::App, http::error::ApiError, limits::Scope};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/healthz/")
            .limited(Scope::Unlimited)
            .get("Says that the process answers; nothing else is looked at.", alive),
        at("/readyz/")
            .limited(Scope::Unlimited)
            .get("Says whether the database answers and its schema is this program's.", ready),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
}

/// The process answers; nothing else is looked at.
async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The database answers and its schema is this program's.
async fn ready(app: web::Data<App>) -> Result<Json<Health>, ApiError> {
    if app.is_ready().await {
        Ok(Json(Health { status: "ready" }))
    } else {
        Err(ApiError::overloaded(std::time::Duration::from_secs(1)))
    }
}
