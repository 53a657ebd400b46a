//! Delivers news to open connections.
//!
//! Each connection has a queue of its own. The news of one event are shared by all queues, and so is the text that
//! they are sent as. A connection that does not keep up loses its queue and is told so: it then reads from the store
//! what it has missed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytestring::ByteString;
use chatbot::{Sender, SessionHead};
use handoff::{AgentRef, Event, live::DeskSide};
use identity::agents::AgentStatus;
use tenancy::{
    StoreError,
    access::{CompanyScope, SessionAccess},
};
use tokio::sync::{Notify, OnceCell};

use super::Hub;

/// Most news that wait for one connection.
const LONGEST: usize = 128;

/// What a connection is told.
#[derive(Debug)]
pub(crate) enum News {
    /// A transaction was committed.
    Happened(Box<Happened>),
    /// Somebody types, or has stopped.
    Typing(Typing),
    /// An agent's status was set.
    Status(StatusSet),
}

/// An agent's status was set.
#[derive(Debug, Clone)]
pub(crate) struct StatusSet {
    /// The agent.
    pub(crate) agent: AgentRef,
    /// The status.
    pub(crate) status: AgentStatus,
}

/// An event, and the texts that connections send for it.
#[derive(Debug)]
pub(crate) struct Happened {
    /// The event.
    pub(crate) event: Event,
    text: OnceLock<ByteString>,
    desk_text: OnceLock<ByteString>,
    desk_side: OnceCell<Option<DeskSide>>,
}

/// Somebody types in a session, or has stopped.
#[derive(Debug, Clone)]
pub(crate) struct Typing {
    /// Whether it types.
    pub(crate) is_typing: bool,
    /// The side that types.
    pub(crate) sender: Sender,
    /// The name of the staff member who types; `None` for the visitor.
    pub(crate) name: Option<String>,
}

impl Happened {
    pub(super) fn new(event: Event) -> Self {
        Self { event, text: OnceLock::new(), desk_text: OnceLock::new(), desk_side: OnceCell::new() }
    }

    /// Returns the text for this event, which the first caller makes.
    pub(crate) fn text(&self, make: impl FnOnce() -> ByteString) -> ByteString {
        self.text.get_or_init(make).clone()
    }

    /// Returns the text of this event for the staff of the company, which the first caller makes.
    pub(crate) fn desk_text(&self, make: impl FnOnce() -> ByteString) -> ByteString {
        self.desk_text.get_or_init(make).clone()
    }

    /// Returns the handoff of the session, which the first caller reads.
    ///
    /// # Errors
    /// What reading fails with.
    pub(crate) async fn desk_side(
        &self,
        read: impl AsyncFnOnce() -> Result<Option<DeskSide>, StoreError>,
    ) -> Result<Option<&DeskSide>, StoreError> {
        self.desk_side.get_or_try_init(|| read()).await.map(Option::as_ref)
    }
}

/// A reason to look at something else than the queue, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Signal {
    Stopping,
    StaffChanged,
    Lagged,
    Changed,
    DatabaseLost,
}

impl Signal {
    const ALL: [Self; 5] = [Self::Stopping, Self::StaffChanged, Self::Lagged, Self::Changed, Self::DatabaseLost];

    fn bit(self) -> u8 {
        match self {
            Self::Stopping => 1,
            Self::StaffChanged => 2,
            Self::Lagged => 4,
            Self::Changed => 8,
            Self::DatabaseLost => 16,
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
    /// Another process has changed the session.
    Changed,
    /// The database cannot be reached.
    DatabaseLost,
    /// The next news.
    News(Arc<News>),
}

#[derive(Debug, Default)]
struct Kept {
    news: VecDeque<Arc<News>>,
    signals: u8,
}

/// The queue of one connection.
#[derive(Debug, Default)]
pub(super) struct Queue {
    kept: Mutex<Kept>,
    filled: Notify,
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
            kept.signals |= Signal::Lagged.bit();
        }
        kept.news.push_back(Arc::clone(news));
        drop(kept);
        self.filled.notify_one();
    }

    fn signal(&self, signal: Signal) {
        self.lock().signals |= signal.bit();
        self.filled.notify_one();
    }

    pub(super) fn stop(&self) {
        self.signal(Signal::Stopping);
    }

    pub(super) fn staff_changed(&self) {
        self.signal(Signal::StaffChanged);
    }

    pub(super) fn change(&self) {
        self.signal(Signal::Changed);
    }

    pub(super) fn lose_database(&self) {
        self.signal(Signal::DatabaseLost);
    }

    fn take(&self) -> Option<Next> {
        let mut kept = self.lock();
        let signal = Signal::ALL.into_iter().find(|signal| kept.signals & signal.bit() != 0);
        if let Some(signal) = signal {
            kept.signals &= !signal.bit();
            return Some(match signal {
                Signal::Stopping => Next::Stopping,
                Signal::StaffChanged => Next::StaffChanged,
                Signal::Lagged => Next::Lagged,
                Signal::Changed => Next::Changed,
                Signal::DatabaseLost => Next::DatabaseLost,
            });
        }
        let next = kept.news.pop_front();
        if kept.news.is_empty() {
            // An idle connection keeps no buffer.
            kept.news = VecDeque::new();
        }
        next.map(Next::News)
    }
}

/// The topic of a connection.
#[derive(Debug, Clone, Copy)]
enum Topic {
    Session(SessionAccess),
    Desk(CompanyScope),
}

/// An open connection's place in the hub. Dropping it ends the delivery.
pub(crate) struct Listening {
    hub: Arc<Hub>,
    topic: Topic,
    queue: Arc<Queue>,
}

impl Listening {
    pub(super) fn to_session(hub: Arc<Hub>, session: SessionAccess, queue: Arc<Queue>) -> Self {
        Self { hub, topic: Topic::Session(session), queue }
    }

    pub(super) fn to_desk(hub: Arc<Hub>, scope: CompanyScope, queue: Arc<Queue>) -> Self {
        Self { hub, topic: Topic::Desk(scope), queue }
    }

    /// Waits for what the connection has to do next.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.queue.take() {
                return next;
            }
            self.queue.filled.notified().await;
        }
    }

    /// States which state of the session the connection has read.
    pub(crate) fn has_read(&self, head: SessionHead) {
        if let Topic::Session(session) = self.topic {
            self.hub.note_head(session, &self.queue, head);
        }
    }

    /// Tells the other connections of the session that the caller types.
    pub(crate) fn tell_typing(&self, typing: Typing) {
        if let Topic::Session(session) = self.topic {
            self.hub.tell_others(session, &self.queue, &Arc::new(News::Typing(typing)));
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        match self.topic {
            Topic::Session(session) => self.hub.leave_session(session, &self.queue),
            Topic::Desk(scope) => self.hub.leave_desk(scope, &self.queue),
        }
    }
}
