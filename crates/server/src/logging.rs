//! Log lines: JSON on standard error.

use std::{error::Error, fmt::Write as _};

use tracing_subscriber::EnvFilter;

/// Starts logging for this process. `filter` has the syntax of `RUST_LOG`; invalid parts are ignored.
pub fn start(filter: &str) {
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .try_init();
    // Fails if logging was already started in this process, as in tests.
    drop(started);
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
