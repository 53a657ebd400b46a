//! Runs background jobs.

mod encode;
mod encode_misses;
mod lease;

use std::{collections::HashSet, time::Duration};

use actix_web::web;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jobs::{Job, Jobs as _, Kind, Schedule as _};
use storage::{FairnessKey, LobbyStore};
use tenancy::{
    CompanyCode, Fault, StoreError,
    access::{self, Caller as _, Housekeeper, Refused},
};

use self::lease::LEASE;
use crate::app::App;

/// How often the server looks for due jobs. Other processes enqueue them too.
const PERIOD: Duration = Duration::from_secs(1);
/// How long to wait after a failure of the database.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How many jobs run at a time. They compute one after the other, batch by batch, so a company waits for this many
/// others at most. A running job holds the entries of its company in memory.
const AT_ONCE: usize = 4;
/// How many due jobs are read at a time. Those that cannot be claimed must not hide the others.
const DUE: i64 = 100;
/// The longest error that is stored with a job, in characters.
const ERROR: usize = 500;

/// A job of a company.
type Key = (CompanyCode, Kind);

/// Runs the jobs of all companies for as long as the server runs. Without an encoder they wait.
pub(crate) async fn run(app: web::Data<App>, is_shared: bool) {
    if !app.encoder.is_on() {
        return;
    }
    // The process that held them has ended: only one process at a time uses a SQLite database.
    if !is_shared && let Err(error) = release_all(&app).await {
        note(&error, "the jobs of an earlier process were not released");
    }
    let mut busy = HashSet::new();
    let mut running = FuturesUnordered::new();
    loop {
        let mut claimed = Vec::new();
        let period = match claim_due(&app, &busy, &mut claimed).await {
            Ok(()) => PERIOD,
            Err(error) => {
                note(&error, "due jobs were not claimed");
                AFTER_FAILURE
            }
        };
        for (keeper, job) in claimed {
            let key = (keeper.scope().company(), job.kind);
            busy.insert(key);
            // A task of its own, so that a panic ends only this job.
            let task = actix_web::rt::spawn(run_job(app.clone(), keeper, job));
            running.push(async move {
                // A panic has been reported, and the lease of the job expires.
                drop(task.await);
                key
            });
        }
        tokio::select! {
            Some(key) = running.next(), if !running.is_empty() => {
                busy.remove(&key);
            }
            () = app.job_enqueued.notified() => {}
            () = tokio::time::sleep(period) => {}
        }
    }
}

/// Claims as many due jobs as may run now. Jobs that were claimed before a failure count as claimed.
async fn claim_due(app: &App, busy: &HashSet<Key>, claimed: &mut Vec<(Housekeeper, Job)>) -> Result<(), StoreError> {
    let free = AT_ONCE.saturating_sub(busy.len());
    if free == 0 {
        return Ok(());
    }
    let now = app.now();
    let due = admitted(app, move |lobby| lobby.due(now, DUE)).await?;
    for (keeper, kind) in due {
        if claimed.len() == free {
            break;
        }
        // A clock that was set forward makes the lease of a running job expire.
        if busy.contains(&(keeper.scope().company(), kind)) {
            continue;
        }
        if let Some(job) = app.db.write(keeper.clone(), move |store| store.claim(kind, now, LEASE)).await? {
            claimed.push((keeper, job));
        }
    }
    Ok(())
}

/// Admits the housekeeper to the company of each job that `find` returns.
async fn admitted(
    app: &App,
    find: impl FnOnce(&mut LobbyStore<'_>) -> Result<Vec<Key>, StoreError> + Send + 'static,
) -> Result<Vec<(Housekeeper, Kind)>, StoreError> {
    let find = move |lobby: &mut LobbyStore<'_>| {
        let found = find(lobby)?;
        let admit = |(company, kind)| match access::housekeeper(lobby, company) {
            Ok(keeper) => Ok((keeper, kind)),
            Err(Refused::Store(error)) => Err(error),
            Err(refused) => Err(StoreError::new(Fault::Broken, refused)),
        };
        found.into_iter().map(admit).collect()
    };
    app.db.lobby_in(FairnessKey::Platform, find).await
}

async fn release_all(app: &App) -> Result<(), StoreError> {
    for (keeper, kind) in admitted(app, |lobby| lobby.leased()).await? {
        app.db.write(keeper, move |store| store.release(kind)).await?;
    }
    Ok(())
}

/// Runs a claimed job to its end, or notes why it failed.
async fn run_job(app: web::Data<App>, keeper: Housekeeper, mut job: Job) {
    let company = keeper.scope().company();
    let ended = match job.kind {
        Kind::Encode => encode::run(&app, &keeper, &mut job).await,
        Kind::EncodeMisses => encode_misses::run(&app, &keeper, &mut job).await,
    };
    let Err(error) = ended else { return };
    let kind = job.kind.as_str();
    tracing::warn!(%company, kind, attempts = job.attempts, error = crate::logging::chain(&error), "a job failed");
    let text: String = crate::logging::chain(&error).chars().take(ERROR).collect();
    let now = app.now();
    // The job's lease expires if this fails too.
    if let Err(error) = app.db.write(keeper, move |store| store.fail(&job, &text, now)).await {
        note(&error, "the failure of a job was not stored");
    }
}

fn note(error: &StoreError, what: &'static str) {
    match error.fault() {
        Fault::Unavailable => tracing::warn!(error = crate::logging::chain(error), "{what}"),
        Fault::Broken => tracing::error!(error = crate::logging::chain(error), "{what}"),
    }
}
