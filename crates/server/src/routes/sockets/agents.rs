//! A connection that sends staff the news of all sessions of their company.

mod news;

use actix_web::{HttpRequest, web};
use handoff::live::{self, QueueCounts};
use identity::{
    accounts::{Account, Accounts as _},
    agents::AgentStatus,
    presence::{self, Presence},
};
use serde_json::{Value, json};
use storage::{FairnessKey, LobbyStore};
use tenancy::access::{Agent, Caller as _, Denied, Desk, Staff};
use tokio::time::Instant;

use super::{
    entry::{self, CHECK_EVERY, Closing, Refusal, SignIn},
    frames::{self, MOST_BEFORE_A_PONG},
    incoming::{self, Frame, Message},
    wire::{End, Received, Wire},
};
use crate::{
    app::App,
    client::ClientIp,
    http::error::{ApiError, TokenProblem},
    realtime::{Listening, Next},
    views::{AsText, FileLinks},
};

/// A connection of an agent or an admin.
struct DeskSocket {
    app: web::Data<App>,
    req: HttpRequest,
    wire: Wire,
    listening: Listening,
    sign_in: SignIn,
    staff: Staff,
    desk: Desk,
    /// When to have the client load its lists again, and when it was last asked to.
    reload_at: Option<Instant>,
    asked_at: Option<Instant>,
    /// Whether the client knows that the database is lost.
    knows_of_loss: bool,
    ticks: u32,
}

/// An agent's connection, counted until it is dropped.
pub(super) struct Counted {
    app: web::Data<App>,
    agent: Agent,
    /// Whether the agent had no other one when it was opened.
    is_first: bool,
}

/// Staff who were admitted to the sessions of their company.
pub(super) struct Admitted {
    sign_in: SignIn,
    staff: Staff,
    desk: Desk,
}

/// Serves a connection until it ends.
pub(super) async fn serve(wire: Wire, app: web::Data<App>, req: HttpRequest) {
    match admit(&app, entry::token(&req)).await {
        Ok(admitted) => run(wire, app, req, admitted, false).await,
        Err(refusal) => wire.end(End::Refused(refusal)).await,
    }
}

/// Serves the connection of staff who were admitted, until it ends. A client that had a connection before has to load
/// its lists again.
pub(super) async fn run(mut wire: Wire, app: web::Data<App>, req: HttpRequest, admitted: Admitted, is_again: bool) {
    let Admitted { sign_in, staff, desk } = admitted;
    // Subscribe before reading, so that nothing is missed in between.
    let listening = app.hub.listen_at(&desk);
    let counted = match &staff {
        Staff::Agent(agent) => Some(Counted::new(app.clone(), agent.clone())),
        Staff::Admin(_) | Staff::Superadmin(_) => None,
    };
    let mut state = match greet(&app, &req, &staff, &desk, counted.as_ref()).await {
        // The client of a stream names this position when it returns.
        Ok(frame) => wire.send_message(0, frame).await,
        Err(refusal) => Err(End::Refused(refusal)),
    };
    if is_again && state.is_ok() {
        state = wire.send(frames::resync("lagged", None)).await;
    }
    let (reload_at, asked_at, knows_of_loss, ticks) = (None, None, false, 0);
    let mut socket =
        DeskSocket { app, req, wire, listening, sign_in, staff, desk, reload_at, asked_at, knows_of_loss, ticks };
    while state.is_ok() {
        state = socket.step().await;
    }
    let DeskSocket { wire, listening, .. } = socket;
    drop((listening, counted));
    if let Err(end) = state {
        wire.end(end).await;
    }
}

/// Admits agents and admins.
pub(super) async fn admit(app: &App, token: Option<String>) -> Result<Admitted, Refusal> {
    let token = token.ok_or_else(|| ApiError::unauthorized(TokenProblem::Missing))?;
    let (sign_in, staff) = entry::admit(app, token).await?;
    let desk = desk_of(&staff).ok_or_else(Refusal::forbidden)?;
    Ok(Admitted { sign_in, staff, desk })
}

fn desk_of(staff: &Staff) -> Option<Desk> {
    match staff {
        Staff::Agent(agent) => Some(Desk::from(agent.clone())),
        Staff::Admin(admin) => Some(Desk::from(admin.clone())),
        Staff::Superadmin(_) => None,
    }
}

/// Makes the first frame. An agent who was offline becomes available.
async fn greet(
    app: &App,
    req: &HttpRequest,
    staff: &Staff,
    desk: &Desk,
    counted: Option<&Counted>,
) -> Result<bytestring::ByteString, Refusal> {
    let now = app.now();
    let asked = staff.clone();
    let key = FairnessKey::of_staff(staff.company());
    let account = app.db.lobby_in(key, move |lobby| lobby.own_account(&asked, now)).await.map_err(ApiError::from)?;
    let account = account.ok_or_else(|| crate::auth::turned_away(Denied::Gone))?;
    let status = match counted {
        Some(counted) => Some(come_online(app, req, counted).await?),
        None => None,
    };
    let counts = app.db.read(desk.clone(), |store| live::queue_counts(store)).await.map_err(ApiError::from)?;
    Ok(frames::written(&json!({
        "type": "agent_connected", "agent_info": agent_info(&account, desk),
        "status": status.map(AgentStatus::as_str), "message": "Connected", "queue": counts_view(counts),
    })))
}

/// Makes an agent available who was offline and opens its first connection. Returns its status.
pub(super) async fn come_online(app: &App, req: &HttpRequest, counted: &Counted) -> Result<AgentStatus, Refusal> {
    let ClientIp(ip) = ClientIp::of(req)?;
    let Counted { agent, is_first, .. } = counted;
    let (connecting, is_first, now) = (agent.clone(), *is_first, app.now());
    let connect = move |lobby: &mut LobbyStore<'_>| presence::connect(lobby, &connecting, is_first, ip, now);
    let key = FairnessKey::Company(agent.scope().company());
    let connected = app.db.lobby_write_in(key, connect).await.map_err(ApiError::from)?;
    if connected.has_changed {
        app.status_set(agent, connected.status);
    }
    Ok(connected.status)
}

fn agent_info(account: &Account, desk: &Desk) -> Value {
    let name = account.contact.as_ref().map(|contact| contact.name.clone());
    json!({
        "id": account.agent.map(tenancy::AgentId::get), "user_id": account.user.get(),
        "name": name.unwrap_or_else(|| account.username.clone()), "email": account.email.to_string(),
        "company_id": AsText(desk.scope().company()), "role": account.role.as_str(),
    })
}

fn counts_view(counts: QueueCounts) -> Value {
    json!({ "waiting": counts.waiting, "assigned": counts.assigned, "mine": counts.mine })
}

/// What happens next on a connection.
enum Step {
    Received(Received),
    Next(Next),
    Reload,
}

impl DeskSocket {
    async fn step(&mut self) -> Result<(), End> {
        let reload = async {
            match self.reload_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let step = tokio::select! {
            next = self.listening.next() => Step::Next(next),
            received = self.wire.receive() => Step::Received(received?),
            () = reload => Step::Reload,
        };
        match step {
            Step::Next(next) => self.news(next).await,
            Step::Reload => self.reload().await,
            Step::Received(received) => self.received(received).await,
        }
    }

    fn links(&self) -> FileLinks<'_> {
        self.app.file_links(&self.req, self.app.now())
    }

    async fn received(&mut self, received: Received) -> Result<(), End> {
        let done = match received {
            Received::Tick => {
                self.ticks += 1;
                if let Staff::Agent(agent) = &self.staff {
                    self.app.note_presence(agent);
                }
                return if self.ticks.is_multiple_of(CHECK_EVERY) { self.readmit().await } else { Ok(()) };
            }
            Received::TooMany(None) => return Ok(()),
            Received::TooMany(Some(wait)) => Err(ApiError::rate_limited(wait)),
            Received::Text(text) => match incoming::parse(&text) {
                Ok(Frame::Ping(timestamp)) => return self.pong(&timestamp).await,
                Ok(Frame::Status(message)) => {
                    self.readmit().await?;
                    self.set_status(&message).await
                }
                Ok(_) => return Ok(()),
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(()) => Ok(()),
            Err(error) => {
                error.log("socket");
                self.wire.send(frames::error(&error, None)).await
            }
        }
    }

    /// Answers a ping, after the news that came before it.
    async fn pong(&mut self, timestamp: &Value) -> Result<(), End> {
        for _ in 0..MOST_BEFORE_A_PONG {
            let Some(next) = self.listening.ready() else { break };
            self.news(next).await?;
        }
        self.wire.send(frames::pong(timestamp)).await
    }

    /// Sets the status of the calling agent.
    async fn set_status(&self, message: &Message) -> Result<(), ApiError> {
        let Staff::Agent(agent) = &self.staff else { return Err(incoming::not_an_agent()) };
        let status = message.text("status").and_then(AgentStatus::parse);
        let (now, setting) = (self.app.now(), agent.clone());
        let key = FairnessKey::Company(agent.scope().company());
        let ClientIp(ip) = ClientIp::of(&self.req)?;
        let (status, presence) = match status {
            Some(status @ AgentStatus::Available) => (status, Some(Presence::Available)),
            Some(status @ AgentStatus::Busy) => (status, Some(Presence::Busy)),
            Some(status @ AgentStatus::Offline) => (status, None),
            Some(AgentStatus::Pending) | None => {
                return Err(ApiError::field("status", "Must be AVAILABLE, BUSY or OFFLINE."));
            }
        };
        let set = move |lobby: &mut LobbyStore<'_>| match presence {
            Some(presence) => presence::set(lobby, &setting, presence, ip, now),
            None => presence::disconnect(lobby, &setting, now),
        };
        self.app.db.lobby_write_in(key, set).await?;
        self.app.status_set(agent, status);
        Ok(())
    }

    /// Checks that the caller still has access.
    async fn readmit(&mut self) -> Result<(), End> {
        match self.sign_in.admit(&self.app).await {
            Ok(staff) => {
                self.knows_of_loss = false;
                self.desk = desk_of(&staff).ok_or_else(Refusal::forbidden)?;
                self.staff = staff;
                Ok(())
            }
            Err(refusal) if refusal.closing == Closing::Busy => {
                self.wire.send(frames::error(&refusal.error, None)).await
            }
            Err(refusal) => Err(End::Refused(refusal)),
        }
    }
}

impl Counted {
    /// Counts a connection.
    pub(super) fn new(app: web::Data<App>, agent: Agent) -> Self {
        let is_first = app.online.connect(&agent);
        Self { app, agent, is_first }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.app.online.disconnect(self.agent.id());
    }
}
