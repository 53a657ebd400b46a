//! The lease of a claimed job.

use std::time::Duration;

/// How long a claim lasts. It is renewed with each batch of a job.
pub(super) const LEASE: Duration = Duration::from_mins(1);
