//! Wakes one caller that waits until there is a reason to read again.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::Notify;

/// Why a waiting caller was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The session may have changed.
    Changed,
    /// Accounts of staff were changed.
    StaffChanged,
    /// The queue of the session's company has changed.
    QueueMoved,
    /// The database cannot be reached.
    DatabaseLost,
    /// The server stops.
    Stopping,
}

/// The reasons in order of precedence, as bits.
const REASONS: [(u8, Wake); 5] =
    [(1, Wake::Stopping), (16, Wake::StaffChanged), (2, Wake::Changed), (4, Wake::DatabaseLost), (8, Wake::QueueMoved)];

impl Wake {
    fn bit(self) -> u8 {
        REASONS.iter().find(|(_, wake)| *wake == self).map_or(0, |(bit, _)| *bit)
    }

    fn first_of(bits: u8) -> Option<Self> {
        REASONS.iter().find(|(bit, _)| bits & bit != 0).map(|(_, wake)| *wake)
    }
}

/// Where one caller is woken.
#[derive(Default)]
pub(super) struct Bell {
    reasons: AtomicU8,
    ignores_queue: AtomicBool,
    rung: Notify,
}

impl Bell {
    pub(super) fn ring(&self, wake: Wake) {
        if wake == Wake::QueueMoved && self.ignores_queue.load(Ordering::Acquire) {
            return;
        }
        self.reasons.fetch_or(wake.bit(), Ordering::AcqRel);
        self.rung.notify_one();
    }

    /// States whether a place in the queue is part of what the caller has read.
    pub(super) fn shows_queue(&self, shows_queue: bool) {
        self.ignores_queue.store(!shows_queue, Ordering::Release);
    }

    /// Waits until there is a reason to read again.
    pub(super) async fn rung(&self) -> Wake {
        loop {
            if let Some(wake) = self.answer() {
                return wake;
            }
            self.rung.notified().await;
        }
    }

    /// Returns the first reason to read again, and forgets all of them.
    pub(super) fn answer(&self) -> Option<Wake> {
        Wake::first_of(self.reasons.swap(0, Ordering::AcqRel))
    }
}
