//! The queue of one open connection.
//!
//! The queue of a connection that does not keep up is emptied. The connection then reads from the store what it has
//! missed.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;

use super::news::News;

/// Most news that wait for one connection.
const LONGEST: usize = 128;

/// A reason to look at something else than the queue, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Signal {
    Stopping,
    StaffChanged,
    Lagged,
    Changed,
    DatabaseLost,
    QueueMoved,
}

impl Signal {
    const ALL: [Self; 6] =
        [Self::Stopping, Self::StaffChanged, Self::Lagged, Self::Changed, Self::DatabaseLost, Self::QueueMoved];

    fn bit(self) -> u8 {
        match self {
            Self::Stopping => 1,
            Self::StaffChanged => 2,
            Self::Lagged => 4,
            Self::Changed => 8,
            Self::DatabaseLost => 16,
            Self::QueueMoved => 32,
        }
    }
}

/// What a connection has to do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// The server stops.
    Stopping,
    /// Accounts of staff were changed.
    StaffChanged,
    /// News were dropped.
    Lagged,
    /// Another process has changed the session. Carries the position of the last message, if only messages have
    /// changed.
    Changed(Option<i64>),
    /// The database cannot be reached.
    DatabaseLost,
    /// The queue of the session's company has changed.
    QueueMoved,
    /// The next news, and whether it came before the connection last read its session.
    News(Arc<News>, Seen),
}

/// Whether what a connection has read of its session since tells it of some news already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It may not.
    No,
    /// The news came before the connection began to read.
    Yes,
}

#[derive(Debug, Default)]
struct Kept {
    news: VecDeque<Arc<News>>,
    /// Number of the first news that came before the connection began to read.
    seen: usize,
    signals: u8,
    /// What has changed, if the signal says that something has.
    head: Option<i64>,
}

impl Kept {
    fn take(&mut self) -> Option<Next> {
        let signal = Signal::ALL.into_iter().find(|signal| self.signals & signal.bit() != 0);
        if let Some(signal) = signal {
            self.signals &= !signal.bit();
            return Some(match signal {
                Signal::Stopping => Next::Stopping,
                Signal::StaffChanged => Next::StaffChanged,
                Signal::Lagged => Next::Lagged,
                Signal::Changed => Next::Changed(self.head.take()),
                Signal::DatabaseLost => Next::DatabaseLost,
                Signal::QueueMoved => Next::QueueMoved,
            });
        }
        let next = self.news.pop_front();
        let seen = if self.seen > 0 { Seen::Yes } else { Seen::No };
        self.seen = self.seen.saturating_sub(1);
        if self.news.is_empty() {
            // An idle connection keeps no buffer.
            self.news = VecDeque::new();
        }
        next.map(|news| Next::News(news, seen))
    }
}

/// The queue of one connection.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Whether something waits. Read before each message that a worker sends, so it needs no lock.
    has_some: AtomicBool,
    kept: Mutex<Kept>,
    filled: Notify,
    ignores_queue: AtomicBool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds news. A full queue is emptied, and its connection is told that it has missed something.
    pub(super) fn push(&self, news: &Arc<News>) {
        let mut kept = self.lock();
        if kept.news.len() >= LONGEST {
            kept.news = VecDeque::new();
            kept.seen = 0;
            kept.signals |= Signal::Lagged.bit();
        }
        kept.news.push_back(Arc::clone(news));
        self.fill(kept);
    }

    /// States that the connection begins to read its session. What waits now has been committed before.
    pub(super) fn begin_reading(&self) {
        let mut kept = self.lock();
        kept.seen = kept.news.len();
    }

    /// Ends a change that has added something, and wakes the connection.
    fn fill(&self, kept: MutexGuard<'_, Kept>) {
        self.has_some.store(true, Ordering::Release);
        drop(kept);
        self.filled.notify_one();
    }

    fn signal(&self, signal: Signal) {
        let mut kept = self.lock();
        kept.signals |= signal.bit();
        self.fill(kept);
    }

    pub(super) fn stop(&self) {
        self.signal(Signal::Stopping);
    }

    pub(super) fn staff_changed(&self) {
        self.signal(Signal::StaffChanged);
    }

    /// Says that another process has changed the session. `head` is the position of the last message, if only messages
    /// have changed.
    pub(super) fn change(&self, head: Option<i64>) {
        let mut kept = self.lock();
        let is_known = kept.signals & Signal::Changed.bit() != 0;
        kept.head = if is_known { kept.head.zip(head).map(|(one, other)| one.max(other)) } else { head };
        kept.signals |= Signal::Changed.bit();
        self.fill(kept);
    }

    /// Says that the queue of the company has moved.
    pub(super) fn queue_moved(&self) {
        if !self.ignores_queue.load(Ordering::Acquire) {
            self.signal(Signal::QueueMoved);
        }
    }

    /// States whether a place in the queue is part of what the client was sent.
    pub(super) fn shows_queue(&self, shows_queue: bool) {
        self.ignores_queue.store(!shows_queue, Ordering::Release);
    }

    pub(super) fn lose_database(&self) {
        self.signal(Signal::DatabaseLost);
    }

    /// Says that news for the connection were dropped before they came here.
    pub(super) fn lag(&self) {
        self.signal(Signal::Lagged);
    }

    /// Returns whether the connection has nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_some.load(Ordering::Acquire)
    }

    /// Waits for what the connection has to do next.
    pub(super) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.filled.notified().await;
        }
    }

    pub(super) fn take(&self) -> Option<Next> {
        let mut kept = self.lock();
        let next = kept.take();
        self.has_some.store(kept.signals != 0 || !kept.news.is_empty(), Ordering::Release);
        next
    }
}
