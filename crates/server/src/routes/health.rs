//! Whether the process lives, and whether it can serve.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{
    app::App,
    http::{error::ApiError, routes::at},
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config.service(at("/healthz/").get(alive)).service(at("/readyz/").get(ready));
}

/// The process answers; nothing else is looked at.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The database answers and its schema is this program's.
async fn ready(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    if app.is_ready().await {
        Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
    } else {
        Err(ApiError::overloaded(std::time::Duration::from_secs(1)))
    }
}
