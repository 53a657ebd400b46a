//! Long polls: callers that wait until there is a reason to read again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use chatbot::SessionHead;
use tenancy::access::SessionAccess;
use tokio::sync::Notify;

use super::{Hub, Place};

/// Why a waiting caller was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The session may have changed.
    Changed,
    /// The queue of the session's company has changed.
    QueueMoved,
    /// The database cannot be reached.
    DatabaseLost,
    /// The server stops.
    Stopping,
}

/// The reasons in order of precedence, as bits.
const REASONS: [(u8, Wake); 4] =
    [(1, Wake::Stopping), (2, Wake::Changed), (4, Wake::DatabaseLost), (8, Wake::QueueMoved)];

impl Wake {
    fn bit(self) -> u8 {
        REASONS.iter().find(|(_, wake)| *wake == self).map_or(0, |(bit, _)| *bit)
    }

    pub(super) fn first_of(bits: u8) -> Option<Self> {
        REASONS.iter().find(|(bit, _)| bits & bit != 0).map(|(_, wake)| *wake)
    }
}

/// Where one caller is woken.
#[derive(Default)]
pub(super) struct Bell {
    pub(super) reasons: AtomicU8,
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
}

/// A caller that waits for news of one session. Dropping it ends the subscription.
pub(crate) struct Waiting {
    pub(super) hub: Arc<Hub>,
    pub(super) session: SessionAccess,
    pub(super) bell: Arc<Bell>,
}

impl Waiting {
    /// States what the caller has read, and whether a place in the queue was part of it.
    pub(crate) fn has_read(&self, head: SessionHead, shows_queue: bool) {
        self.bell.ignores_queue.store(!shows_queue, Ordering::Release);
        self.hub.note(self.session, &Place::Poll(Arc::clone(&self.bell)), head);
    }

    /// Waits until there is a reason to read again.
    pub(crate) async fn woken(&self) -> Wake {
        loop {
            if let Some(wake) = Wake::first_of(self.bell.reasons.swap(0, Ordering::AcqRel)) {
                return wake;
            }
            self.bell.rung.notified().await;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.hub.lock().leave(self.session, &Place::Poll(Arc::clone(&self.bell)));
    }
}
