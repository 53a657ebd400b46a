//! `/`: says what this server is, and where its documentation is.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Endpoint, at};

/// The page for browsers. It names no company, because it is the same for all.
const PAGE: &str = include_str!("../../assets/front.html");

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/")
            .get("Says what this server is, and where its documentation is.", front)
            .about("A client that accepts `text/html`, such as a browser, gets a page.")
            .replies::<Front>(StatusCode::OK),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Front {
    name: &'static str,
    docs: &'static str,
    openapi: &'static str,
    health: &'static str,
}

/// Serves a page to browsers and JSON to all other clients.
async fn front(req: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, HeaderValue::from_static("Accept")));
    if accepts_html(&req) {
        let policy = "default-src 'none'; frame-ancestors 'none'";
        response
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)))
            .body(PAGE)
    } else {
        response.json(Front { name: "Switchboard", docs: "/docs/", openapi: "/openapi.json", health: "/healthz/" })
    }
}

/// Returns whether the `Accept` header names HTML. `*/*` alone is what programs send.
fn accepts_html(req: &HttpRequest) -> bool {
    let accepted = req.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(',')).filter_map(|kind| kind.split(';').next());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}
