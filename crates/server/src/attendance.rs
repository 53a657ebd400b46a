//! Until when agents count as connected: renews it for those who are, and sets those offline who are not any more.
//!
//! It is stored with the agents, so it does not matter to which process an agent was connected, nor whether that process
//! still runs.

use std::{collections::HashMap, time::Duration};

use actix_web::web;
use futures_util::{Stream, StreamExt as _, stream};
use handoff::AgentRef;
use identity::{
    agents::AgentStatus,
    presence::{self, PresenceRecord as _, RENEWAL},
};
use storage::{CompanyStore, FairnessKey, LobbyStore};
use tenancy::{
    AgentId, CompanyCode, Fault, StoreError, Timestamp,
    access::{self, Agent, Caller as _, Housekeeper, Refused},
};
use tokio::time::Instant;

use crate::app::App;

/// How often it is looked for agents who are not connected any more.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a process waits with that after the database could not be reached: the other processes renew first.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How many companies are handled at a time.
const AT_ONCE: usize = 4;
/// Most agents that one look finds. Further ones are found by the next.
const MOST: i64 = 500;

/// Runs for as long as the server runs.
pub(crate) async fn run(app: web::Data<App>) {
    let (mut renewed, mut failed) = (None, None);
    loop {
        tokio::time::sleep(PERIOD).await;
        match round(&app, &mut renewed, failed).await {
            Ok(()) if failed.is_none() => {}
            Ok(()) => {
                if failed.is_some_and(|at: Instant| at.elapsed() >= AFTER_FAILURE) {
                    failed = None;
                    tracing::info!("presence of agents is written again");
                }
            }
            Err(error) => {
                if failed.replace(Instant::now()).is_none() {
                    note(&error);
                }
                renewed = None;
            }
        }
    }
}

/// Renews it if that is due. Then sets agents offline, unless a round has failed lately.
async fn round(app: &App, renewed: &mut Option<Timestamp>, failed: Option<Instant>) -> Result<(), StoreError> {
    let now = app.now();
    // First, so that no agent of this process is found, however long the process was asleep.
    if renewed.is_none_or(|renewed| renewed.plus(RENEWAL) <= now || renewed > now) {
        renew(app, now).await?;
        *renewed = Some(now);
    }
    if failed.is_none_or(|at| at.elapsed() >= AFTER_FAILURE) { expire(app, now).await } else { Ok(()) }
}

/// Renews it for all agents who are connected to this process.
async fn renew(app: &App, now: Timestamp) -> Result<(), StoreError> {
    let mut companies: HashMap<CompanyCode, Vec<Agent>> = HashMap::new();
    for agent in app.online.callers() {
        companies.entry(agent.scope().company()).or_default().push(agent);
    }
    let renew = async |(company, agents)| renew_in(app, company, agents, now).await;
    of_all(stream::iter(companies).map(renew)).await
}

/// Runs some work for each of several, and returns its first error after all of it.
async fn of_all(work: impl Stream<Item = impl Future<Output = Result<(), StoreError>>>) -> Result<(), StoreError> {
    work.buffer_unordered(AT_ONCE).fold(Ok(()), async |all, one| all.and(one)).await
}

/// Renews it for agents of one company. Those who were set offline meanwhile are connected anew.
async fn renew_in(app: &App, company: CompanyCode, agents: Vec<Agent>, now: Timestamp) -> Result<(), StoreError> {
    let key = FairnessKey::Company(company);
    let stay = move |lobby: &mut LobbyStore<'_>| presence::stay(lobby, agents, now);
    for agent in app.db.lobby_write_in(key, stay).await? {
        let connecting = agent.clone();
        let connect = move |lobby: &mut LobbyStore<'_>| presence::connect(lobby, &connecting, true, None, now);
        match app.db.lobby_write_in(key, connect).await {
            Ok(connected) if connected.has_changed => app.status_set(&agent, connected.status),
            // The account was deactivated or deleted meanwhile.
            Ok(_) | Err(presence::PresenceError::Gone | presence::PresenceError::Inactive) => {}
            Err(presence::PresenceError::Store(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Sets agents offline who do not count as connected any more.
async fn expire(app: &App, now: Timestamp) -> Result<(), StoreError> {
    let find = move |lobby: &mut LobbyStore<'_>| lobby.agents_gone(now, MOST);
    let gone = app.db.lobby_in(FairnessKey::Platform, find).await?;
    let expire = async |(company, id)| expire_one(app, company, id, now).await;
    of_all(stream::iter(gone).map(expire)).await
}

async fn expire_one(app: &App, company: CompanyCode, id: AgentId, now: Timestamp) -> Result<(), StoreError> {
    let admit = move |lobby: &mut LobbyStore<'_>| match access::housekeeper(lobby, company) {
        Ok(keeper) => Ok(Some(keeper)),
        Err(Refused::Store(error)) => Err(error),
        Err(_) => Ok(None),
    };
    let Some(keeper) = app.db.lobby_in(FairnessKey::Platform, admit).await? else { return Ok(()) };
    let expire = move |store: &mut CompanyStore<'_, Housekeeper>| presence::expire(store, id, now);
    if let Some(agent) = app.db.write(keeper, expire).await? {
        app.hub.status_set(company, AgentRef { id, name: agent.name }, AgentStatus::Offline);
    }
    Ok(())
}

fn note(error: &StoreError) {
    match error.fault() {
        Fault::Unavailable => {
            tracing::warn!(error = crate::logging::chain(error), "presence of agents was not written")
        }
        Fault::Broken => tracing::error!(error = crate::logging::chain(error), "presence of agents was not written"),
    }
}
