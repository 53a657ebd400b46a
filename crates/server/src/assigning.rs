//! Gives waiting sessions to agents, for the companies that have chosen it.

use std::time::Duration;

use actix_web::web;
use futures_util::{StreamExt as _, stream};
use handoff::assignment::{self, Progress, Queues as _};
use storage::FairnessKey;
use tenancy::{
    CompanyCode, Fault, StoreError,
    access::{self, Refused},
};

use crate::app::App;

/// How often all queues are looked at. It finds what a process left undone that ended, and agents who have come back
/// without a change of their status.
const PERIOD: Duration = Duration::from_secs(10);
/// How many companies are handled at a time.
const AT_ONCE: usize = 4;
/// Most companies that one look at all queues finds.
const COMPANIES: i64 = 10_000;
/// Most sessions that are given to agents of a company before other companies have their turn.
const IN_A_ROW: usize = 100;
/// How often to try again after another transaction came between. Its commit has the queue looked at again.
const ATTEMPTS: usize = 3;

/// Runs for as long as the server runs.
pub(crate) async fn run(app: web::Data<App>) {
    let mut all = tokio::time::interval(PERIOD);
    all.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let companies = tokio::select! {
            companies = app.hub.assignable() => companies,
            _ = all.tick() => {
                let found = app.db.lobby_in(FairnessKey::Platform, |lobby| lobby.companies_with_queue(COMPANIES)).await;
                found.unwrap_or_else(|error| {
                    note(&error);
                    Vec::new()
                })
            }
        };
        let drain = async |company| {
            // The next look at all queues tries again.
            if let Err(error) = drain(&app, company).await {
                note(&error);
            }
        };
        stream::iter(companies).for_each_concurrent(AT_ONCE, drain).await;
    }
}

/// Gives the waiting sessions of a company to its agents, as far as they are free.
async fn drain(app: &App, company: CompanyCode) -> Result<(), StoreError> {
    let admit = move |lobby: &mut storage::LobbyStore<'_>| match access::housekeeper(lobby, company) {
        Ok(keeper) => Ok(Some(keeper)),
        Err(Refused::Store(error)) => Err(error),
        // The company was closed or suspended meanwhile.
        Err(_) => Ok(None),
    };
    let Some(keeper) = app.db.lobby_in(FairnessKey::Platform, admit).await? else { return Ok(()) };
    let now = app.now();
    // Most companies leave this to their staff. They cost no write.
    if !app.db.read(keeper.clone(), move |store| assignment::is_due(store, now)).await? {
        return Ok(());
    }
    let mut attempts = 0;
    for _ in 0..IN_A_ROW {
        let now = app.now();
        match app.db.write(keeper.clone(), move |store| assignment::assign_next(store, now)).await? {
            Progress::Given => {}
            Progress::Disturbed if attempts < ATTEMPTS => attempts += 1,
            Progress::Disturbed | Progress::Done => return Ok(()),
        }
    }
    app.hub.note_assignable(company);
    Ok(())
}

fn note(error: &StoreError) {
    match error.fault() {
        Fault::Unavailable => tracing::warn!(error = crate::logging::chain(error), "sessions were not assigned"),
        Fault::Broken => tracing::error!(error = crate::logging::chain(error), "sessions were not assigned"),
    }
}
