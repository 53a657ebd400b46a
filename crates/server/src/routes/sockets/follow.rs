//! `/ws/agent/{agent_id}/`: says when the page of an agent should be loaded again.
//!
//! Existing clients open it without a token, so everybody may. It says only that something has happened in the agent's
//! company, at most once a second. With a token of the agent it also counts as a connection of the agent.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpRequest, web};
use serde_json::json;
use tenancy::{
    AgentId,
    access::{self, Agent, Staff},
};
use tokio::time::Instant;

use super::{
    agents::{self, Counted},
    entry::{self, Closing, Refusal},
    frames,
    incoming::{self, Frame},
    wire::{End, Received, Wire},
};
use crate::{app::App, http::error::ApiError, realtime::Poked};

/// How often a client is told at most.
const EVERY: Duration = Duration::from_secs(1);

/// Serves a connection until it ends.
pub(super) async fn serve(mut wire: Wire, app: web::Data<App>, req: HttpRequest, agent: String) {
    let Err(end) = follow(&mut wire, app, &req, &agent).await;
    wire.end(end).await;
}

async fn follow(wire: &mut Wire, app: web::Data<App>, req: &HttpRequest, agent: &str) -> Result<Infallible, End> {
    let id: AgentId =
        agent.parse().map_err(|_| Refusal::new(Closing::Absent, ApiError::not_found("Agent not found")))?;
    let own = match entry::token(req) {
        Some(token) => Some(admit(&app, token, id).await?),
        None => None,
    };
    let anybody = app.lobby_of(id, move |lobby| access::anybody(lobby, id)).await.map_err(ApiError::from)?;
    let following = app.hub.follow(&anybody);
    let counted = own.clone().map(|agent| Counted::new(app.clone(), agent));
    if let Some(agent) = &own {
        agents::come_online(&app, req, agent).await?;
    }
    let first = json!({ "type": "connection_established", "message": "Connected", "agent_id": id.get() });
    wire.send(frames::written(&first)).await?;
    // When the client is told next, if something has happened that it does not know of.
    let (mut due, mut told): (Option<Instant>, Option<Instant>) = (None, None);
    let end = loop {
        let tell = async {
            match due {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            poked = following.poked() => match poked {
                Poked::Stopping => break End::Closed(Closing::Stopping),
                Poked::Something => {
                    due.get_or_insert(told.map_or_else(Instant::now, |told| told + EVERY));
                }
            },
            () = tell => {
                (due, told) = (None, Some(Instant::now()));
                if let Err(end) = wire.send(frames::written(&json!({ "type": "session_update", "data": {} }))).await {
                    break end;
                }
            }
            received = wire.receive() => {
                if let (Ok(Received::Tick), Some(agent)) = (&received, &own) {
                    app.note_presence(agent);
                }
                let answered = match received {
                    Ok(received) => answer(wire, received).await,
                    Err(end) => Err(end),
                };
                if let Err(end) = answered {
                    break end;
                }
            }
        }
    };
    drop(counted);
    Err(end)
}

/// Admits the agent itself.
async fn admit(app: &App, token: String, id: AgentId) -> Result<Agent, Refusal> {
    match entry::admit(app, token).await?.1 {
        Staff::Agent(agent) if agent.id() == id => Ok(agent),
        _ => Err(Refusal::forbidden()),
    }
}

/// Answers a ping, a frame that cannot be read, and frames beyond the limit. All others are ignored.
pub(super) async fn answer(wire: &mut Wire, received: Received) -> Result<(), End> {
    let frame = match received {
        Received::Text(text) => match incoming::parse(&text) {
            Ok(Frame::Ping(timestamp)) => frames::pong(&timestamp),
            Ok(_) => return Ok(()),
            Err(error) => frames::error(&error, None),
        },
        Received::TooMany(Some(wait)) => frames::error(&incoming::too_many(wait), None),
        Received::TooMany(None) | Received::Tick => return Ok(()),
    };
    wire.send(frame).await
}
