//! `switchboard serve`.

use std::sync::Arc;

use super::Failure;
use crate::{
    clock::SystemClock,
    config::Settings,
    logging,
    running::{Extras, start},
};

/// Serves until a signal stops it.
pub(super) fn serve(settings: Settings) -> Result<(), Failure> {
    let settings = settings.complete()?;
    logging::start(settings.log_filter());
    let config = settings.check()?;
    let running = start(&config, Extras { clock: Arc::new(SystemClock), model: None })?;
    for address in running.addresses() {
        tracing::info!(%address, "listening");
    }
    running.wait();
    Ok(())
}
