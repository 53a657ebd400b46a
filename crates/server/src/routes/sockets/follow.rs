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
    entry::{self, CHECK_EVERY, Closing, Refusal, SignIn},
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
        Some(token) => Some(Own::admit(&app, token, id).await?),
        None => None,
    };
    let anybody = app.lobby_of(id, move |lobby| access::anybody(lobby, id)).await.map_err(ApiError::from)?;
    let following = app.hub.follow(&anybody);
    let counted = match &own {
        Some(own) => {
            let counted = Counted::new(app.clone(), own.agent.clone());
            agents::come_online(&app, req, &counted).await?;
            Some(counted)
        }
        None => None,
    };
    let first = json!({ "type": "connection_established", "message": "Connected", "agent_id": id.get() });
    wire.send(frames::written(&first)).await?;
    // When the client is told next, if something has happened that it does not know of.
    let (mut due, mut told): (Option<Instant>, Option<Instant>) = (None, None);
    let mut ticks = 0_u32;
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
                Poked::Something | Poked::StaffChanged => {
                    if let (Poked::StaffChanged, Some(own)) = (poked, &own)
                        && let Err(refusal) = own.check(&app).await
                    {
                        break End::Refused(refusal);
                    }
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
                if let (Ok(Received::Tick), Some(own)) = (&received, &own) {
                    ticks += 1;
                    app.note_presence(&own.agent);
                    if ticks.is_multiple_of(CHECK_EVERY)
                        && let Err(refusal) = own.check(&app).await
                    {
                        break End::Refused(refusal);
                    }
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

/// The agent whose own connection it is.
struct Own {
    sign_in: SignIn,
    agent: Agent,
}

impl Own {
    async fn admit(app: &App, token: String, id: AgentId) -> Result<Self, Refusal> {
        match entry::admit(app, token).await? {
            (sign_in, Staff::Agent(agent)) if agent.id() == id => Ok(Self { sign_in, agent }),
            _ => Err(Refusal::forbidden()),
        }
    }

    /// Checks that the agent still has access. While the database is away, it keeps it.
    async fn check(&self, app: &App) -> Result<(), Refusal> {
        match self.sign_in.admit(app).await {
            Err(refusal) if refusal.closing != Closing::Busy => Err(refusal),
            Ok(_) | Err(_) => Ok(()),
        }
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
        Received::TooMany(Some(wait)) => frames::error(&ApiError::rate_limited(wait), None),
        Received::TooMany(None) | Received::Tick => return Ok(()),
    };
    wire.send(frame).await
}
