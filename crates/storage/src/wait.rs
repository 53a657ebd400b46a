//! How long jobs may wait for the database, and what the lanes have seen of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{error::take_seen, job::Job, target::Target};

/// How long a job waits while the lane is known to be blocked. It is enough to notice that the lock was released.
const WHILE_BLOCKED: Duration = Duration::from_millis(250);

/// How many times as long as for a lock PostgreSQL lets one statement run, and a transaction be idle. Statements
/// that change many rows take a while without waiting for anything.
const STATEMENT: u32 = 6;

/// A job in the queue of a lane.
pub(crate) struct Queued {
    /// When the job is refused, if it has not begun.
    pub(crate) deadline: Instant,
    /// The job.
    pub(crate) job: Box<dyn Job>,
}

impl Queued {
    /// Returns how much longer the job may wait, or `None` if its time is over.
    pub(crate) fn left(&self) -> Option<Duration> {
        left(self.deadline)
    }
}

/// Returns the time until a deadline, or `None` if it has passed.
pub(crate) fn left(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| *left >= Duration::from_millis(1))
}

/// The waiting times of one lane.
pub(crate) struct Waits {
    limit: Duration,
    /// The last transaction ended because a lock was not released in time.
    is_blocked: AtomicBool,
    /// The database reported a damaged file. Shared by all lanes.
    is_damaged: Arc<AtomicBool>,
}

impl Waits {
    /// Takes the longest time that a job may wait, and the flag that a damaged file is reported with.
    pub(crate) fn new(limit: Duration, is_damaged: &Arc<AtomicBool>) -> Self {
        Self { limit, is_blocked: AtomicBool::new(false), is_damaged: Arc::clone(is_damaged) }
    }

    /// Returns the deadline of a job that is queued now.
    ///
    /// While the lane is blocked, jobs wait only briefly. Otherwise calls that waited for something else first, such
    /// as a permit held by calls that wait here, would wait for the whole time again.
    pub(crate) fn deadline(&self) -> Instant {
        let is_blocked = self.is_blocked.load(Ordering::Relaxed);
        Instant::now() + if is_blocked { WHILE_BLOCKED.min(self.limit) } else { self.limit }
    }

    /// Returns how often queued jobs are checked for deadlines that have passed.
    pub(crate) fn pause(&self) -> Duration {
        (self.limit / 20).max(Duration::from_millis(10))
    }

    /// Notes how a transaction on this thread ended.
    pub(crate) fn note(&self, is_committed: bool) {
        let seen = take_seen();
        if seen.is_blocked {
            self.is_blocked.store(true, Ordering::Relaxed);
        } else if is_committed && self.is_blocked.load(Ordering::Relaxed) {
            self.is_blocked.store(false, Ordering::Relaxed);
        }
        if seen.is_damaged && !self.is_damaged.swap(true, Ordering::Relaxed) {
            tracing::error!("the database file is damaged: stop the server, and see docs/OPERATIONS.md, Damage");
        }
    }

    /// Extends the statement that begins a transaction by limits for this transaction, in the same round trip.
    pub(crate) fn bounded(&self, begin: &str, target: &Target, left: Duration) -> String {
        let lock = left.as_millis();
        match target {
            Target::Sqlite(_) => format!("PRAGMA busy_timeout = {lock}; {begin}"),
            Target::Postgres(_) => {
                let statement = (self.limit * STATEMENT).as_millis();
                format!(
                    "{begin}; SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}; \
                     SET LOCAL idle_in_transaction_session_timeout = {statement}"
                )
            }
        }
    }
}
