//! Finds what other processes on the same database have changed.

use std::{sync::Arc, time::Duration};

use storage::{Database, FairnessKey};
use tenancy::{Fault, StoreError};

use super::hub::Hub;

/// How often the sessions are checked. A change that no poke has told is found after this time.
const PERIOD: Duration = Duration::from_secs(1);

/// Checks the sessions that callers wait for, all in one read, for as long as the server runs. Without callers it
/// reads nothing.
///
/// It also notices that the database is lost, while the callers themselves have nothing to ask it.
pub(crate) async fn run(db: Database, hub: Arc<Hub>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let asked = hub.rows();
        if asked.is_empty() {
            continue;
        }
        let rows = asked.clone();
        let found = db.lobby_in(FairnessKey::Platform, move |lobby| lobby.heads(&rows)).await;
        match found {
            Ok(heads) => hub.compare(&asked, &heads),
            Err(error) => lost(&hub, &error),
        }
    }
}

fn lost(hub: &Hub, error: &StoreError) {
    match error.fault() {
        Fault::Unavailable => tracing::warn!(error = crate::logging::chain(error), "sessions were not checked"),
        Fault::Broken => tracing::error!(error = crate::logging::chain(error), "sessions were not checked"),
    }
    hub.lose_database();
}
