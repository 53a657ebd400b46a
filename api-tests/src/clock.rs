//! Time that moves when a test says so.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tenancy::{Clock, Timestamp};

/// 2026-11-23T02:52:03.458070Z, a Monday.
const START: i64 = 1_795_402_323_458_070;

/// A clock that stands still until it is advanced.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl TestClock {
    /// Moves on by this much.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).expect("a span of less than a lifetime");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
