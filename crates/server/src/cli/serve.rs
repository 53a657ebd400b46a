//! `switchboard serve`.

use std::sync::Arc;

use super::Failure;
use crate::{
    clock::SystemClock,
    config::{Settings, unknown_variables},
    logging,
    running::{Extras, start},
};

/// Serves until a signal stops it.
pub(super) fn serve(settings: Settings, new: bool) -> Result<(), Failure> {
    let settings = settings.complete()?;
    logging::start(settings.log_filter());
    for unknown in unknown_variables() {
        tracing::warn!(variable = %unknown, "unknown variable");
    }
    if !new {
        settings.expect_database()?;
    }
    let config = settings.check()?;
    let running = start(&config, Extras { clock: Arc::new(SystemClock), model: None })?;
    for address in running.addresses() {
        tracing::info!(%address, "listening");
    }
    running.wait();
    Ok(())
}
