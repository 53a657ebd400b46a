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

use std::convert::Infallible;

use actix_http::ws;
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody as _},
    http::{StatusCode, header},
    web,
};
use futures_util::stream;

use self::wire::{SocketWire, Wire};
use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    connection::{Connection, TakeOver},
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

/// Accepts a handshake, and has `serve` take over the connection. A caller who is refused gets a close code, which
/// browsers show to scripts, so the handshake itself is accepted first.
fn accept<F>(
    req: HttpRequest,
    app: web::Data<App>,
    serve: impl FnOnce(Wire, web::Data<App>, HttpRequest) -> F + 'static,
) -> Result<HttpResponse, ApiError>
where
    F: Future<Output = ()> + 'static,
{
    let not_a_handshake = || {
        let message = "This address takes WebSocket handshakes only.";
        ApiError::new(StatusCode::UPGRADE_REQUIRED, Code::BadRequest, message)
            .header(header::UPGRADE, header::HeaderValue::from_static("websocket"))
    };
    let mut response = ws::handshake(req.head()).map_err(|_| not_a_handshake())?;
    if entry::offers_bearer(&req) {
        response.insert_header((header::SEC_WEBSOCKET_PROTOCOL, entry::PROTOCOL));
    }
    let connection = req.conn_data::<Connection>().cloned();
    let take_over: TakeOver = Box::new(move |taken| {
        let sockets = app.sockets.clone();
        let served = serve(Wire::Socket(Box::new(SocketWire::new(taken))), app, req);
        actix_web::rt::spawn(sockets.track_future(served));
    });
    if !connection.is_some_and(|connection| connection.hand_over(take_over)) {
        return Err(not_a_handshake());
    }
    // The body is what the socket sends.
    let body = BodyStream::new(stream::pending::<Result<web::Bytes, Infallible>>()).boxed();
    response.message_body(body).map(HttpResponse::from).map_err(|_| not_a_handshake())
}

/// Opens a socket to one session, for its visitor or for staff.
async fn chat_socket(
    path: web::Path<(String, String)>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (company, session) = path.into_inner();
    accept(req, app, |wire, app, req| chat::serve(wire, app, req, company, session))
}

/// Opens a socket that sends staff the news of all sessions of their company.
async fn agents_socket(req: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    accept(req, app, agents::serve)
}

/// Opens a socket that says when an agent's page should be loaded again. It takes everybody.
async fn agent_socket(
    agent: web::Path<String>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    accept(req, app, |wire, app, req| follow::serve(wire, app, req, agent.into_inner()))
}

/// Opens a socket that says whether a company is served.
async fn subscription_socket(
    company: web::Path<String>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    accept(req, app, |wire, app, _| company_state::serve(wire, app, company.into_inner(), true))
}

/// Opens a socket for which there are no frames: the look of a client is its own matter, and what another client sends
/// is not passed on.
async fn config_socket(
    company: web::Path<String>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    accept(req, app, |wire, app, _| company_state::serve(wire, app, company.into_inner(), false))
}
