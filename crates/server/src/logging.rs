//! Log lines: JSON on standard error.

use std::{
    error::Error,
    fmt::{self, Write as _},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::layer,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

/// Starts logging for this process. `filter` has the syntax of `RUST_LOG`; invalid parts are ignored.
pub fn start(filter: &str) {
    let started = tracing_subscriber::registry()
        .with(EnvFilter::builder().parse_lossy(filter))
        .with(layer().json().flatten_event(true).with_span_list(false).with_writer(std::io::stderr))
        .with(ClientFaults)
        .try_init();
    // Fails if logging was already started in this process, as in tests.
    drop(started);
}

/// Logs faults of clients at `INFO`. The HTTP library writes them at `ERROR`, which here means that the server is at
/// fault.
struct ClientFaults;

/// How the library's lines about faults of clients begin.
const CLIENT_FAULTS: [&str; 9] = [
    "stream error: request parse error",
    "stream error: I/O error",
    "stream error: request did not complete",
    "stream error: connection shutdown timeout",
    "stream error: handler dropped payload",
    "MAX_BUFFER_SIZE unprocessed data reached",
    "write zero",
    "Attempted to convert invalid opcode",
    "Unfinished fragment",
];

impl<S: Subscriber> Layer<S> for ClientFaults {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() != Level::ERROR || !metadata.target().starts_with("actix_http") {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        if CLIENT_FAULTS.iter().any(|start| message.0.starts_with(start)) {
            tracing::info!(error = message.0, "malformed request");
            return false;
        }
        true
    }
}

/// The message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Writes an error and its causes on one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use tenancy::{Fault, StoreError};

    use super::*;

    #[test]
    fn an_error_is_told_with_all_its_causes() {
        let error = StoreError::new(Fault::Broken, StoreError::new(Fault::Unavailable, "disk full"));
        assert_eq!(chain(&error), "the store failed: the store is unavailable: disk full");
    }
}
