//! A clock that tests control.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tenancy::{Clock, Timestamp};

/// 2026-11-23T02:52:03.458070Z, a Monday.
const START: i64 = 1_795_402_323_458_070;

/// A clock whose time changes only by [`TestClock::advance`].
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl TestClock {
    /// Moves the time forward.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).expect("a span that fits microseconds in 64 bits");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
