//! Sockets, `GET /ws/chat/{company}/{session}/` and `GET /ws/agents/`, the same frames as streams of events, and the
//! sockets that existing clients open besides.
//!
//! A socket is a transport. Its frames are read as the inputs of calls, and call the same functions. docs/API.md
//! describes the frames, but the OpenAPI document cannot.

mod agents;
mod chat;
mod company_state;
mod entry;
mod events;
mod follow;
mod frames;
mod incoming;
mod wire;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use self::wire::{SocketWire, Wire};
use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    http::{code::Code, error::ApiError},
    limits::Scope,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/ws/chat/{company_id}/{session_id}/")
            .limited(Scope::Socket)
            .get("Opens a socket to one session.", chat_socket),
        at("/ws/agents/").limited(Scope::Socket).get("Opens a socket to a company's sessions.", agents_socket),
        at("/ws/agent/{agent_id}/")
            .limited(Scope::Socket)
            .get("Opens a socket that says when an agent's page should be loaded again.", agent_socket),
        at("/ws/subscription/{company_id}/")
            .limited(Scope::Socket)
            .get("Opens a socket that says whether a company is served.", subscription_socket),
        at("/ws/config/{company_id}/")
            .limited(Scope::Socket)
            .get("Opens a socket on which nothing is sent.", config_socket),
        at("/api/chatbot/events/")
            .limited(Scope::Socket)
            .get("Streams what happens in a visitor's session.", events::of_visitor),
        at("/api/desk/events/").limited(Scope::Socket).get("Streams what happens in a company.", events::of_desk),
    ]
}

/// Accepts a handshake. A caller who is refused gets a close code, which browsers show to scripts, so the handshake
/// itself is accepted first.
fn accept(req: &HttpRequest, payload: web::Payload) -> Result<(HttpResponse, Wire), ApiError> {
    let (response, socket) = SocketWire::accept(req, payload, entry::PROTOCOL).map_err(|_| {
        let message = "This address takes WebSocket handshakes only.";
        ApiError::new(StatusCode::UPGRADE_REQUIRED, Code::BadRequest, message)
            .header(header::UPGRADE, header::HeaderValue::from_static("websocket"))
    })?;
    Ok((response, Wire::Socket(Box::new(socket))))
}

/// Opens a socket to one session, for its visitor or for staff.
async fn chat_socket(
    path: web::Path<(String, String)>,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (response, wire) = accept(&req, payload)?;
    let (company, session) = path.into_inner();
    actix_web::rt::spawn(chat::serve(wire, app, req, company, session));
    Ok(response)
}

/// Opens a socket that sends staff the news of all sessions of their company.
async fn agents_socket(req: HttpRequest, payload: web::Payload, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let (response, wire) = accept(&req, payload)?;
    actix_web::rt::spawn(agents::serve(wire, app, req));
    Ok(response)
}

/// Opens a socket that says when an agent's page should be loaded again. It takes everybody.
async fn agent_socket(
    agent: web::Path<String>,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (response, wire) = accept(&req, payload)?;
    actix_web::rt::spawn(follow::serve(wire, app, req, agent.into_inner()));
    Ok(response)
}

/// Opens a socket that says whether a company is served.
async fn subscription_socket(
    company: web::Path<String>,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (response, wire) = accept(&req, payload)?;
    actix_web::rt::spawn(company_state::serve(wire, app, company.into_inner(), true));
    Ok(response)
}

/// Opens a socket for which there are no frames: the look of a client is its own matter, and what another client sends
/// is not passed on.
async fn config_socket(
    company: web::Path<String>,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (response, wire) = accept(&req, payload)?;
    actix_web::rt::spawn(company_state::serve(wire, app, company.into_inner(), false));
    Ok(response)
}
