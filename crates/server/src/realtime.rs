//! Wakes callers that wait for news of a session.
//!
//! Each session that somebody waits for has a topic, named by the proof that the caller may use the session. The
//! events of a transaction reach the topics after the commit ([`Sink`]). A caller first subscribes and then reads, so
//! it misses nothing: what is committed after its read wakes it. A wake-up carries no data. The caller reads what it
//! may see.
//!
//! Another process on the same database cannot wake the callers of this one. [`recheck`] finds its changes. A relay
//! between processes would call [`Hub::publish`] with the events that it receives.

pub(crate) mod recheck;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use chatbot::{SessionHead, Side};
use handoff::{Event, EventKind};
use storage::Sink;
use tenancy::{CompanyCode, SessionId, SessionRowId, access::SessionAccess};
use tokio::sync::Notify;

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

    fn first_of(bits: u8) -> Option<Self> {
        REASONS.iter().find(|(bit, _)| bits & bit != 0).map(|(_, wake)| *wake)
    }
}

/// Where one caller is woken.
#[derive(Default)]
struct Bell {
    reasons: AtomicU8,
    ignores_queue: AtomicBool,
    rung: Notify,
}

impl Bell {
    fn ring(&self, wake: Wake) {
        if wake == Wake::QueueMoved && self.ignores_queue.load(Ordering::Acquire) {
            return;
        }
        self.reasons.fetch_or(wake.bit(), Ordering::AcqRel);
        self.rung.notify_one();
    }
}

/// A subscription.
struct Seat {
    bell: Arc<Bell>,
    /// The state that the caller has read, `None` until it has read.
    head: Option<SessionHead>,
}

/// The callers that wait for one session.
struct Topic {
    row: SessionRowId,
    seats: Vec<Seat>,
}

impl Topic {
    fn ring(&self, wake: Wake) {
        self.seats.iter().for_each(|seat| seat.bell.ring(wake));
    }
}

/// All topics, by company, so that an event reaches only callers of its company.
#[derive(Default)]
struct Topics {
    companies: HashMap<CompanyCode, HashMap<SessionId, Topic>>,
    is_stopping: bool,
}

impl Topics {
    fn all(&self) -> impl Iterator<Item = &Topic> {
        self.companies.values().flat_map(HashMap::values)
    }

    fn ring_all(&self, wake: Wake) {
        self.all().for_each(|topic| topic.ring(wake));
    }
}

/// The topics of this process.
#[derive(Default)]
pub(crate) struct Hub {
    topics: Mutex<Topics>,
}

/// A caller that waits for news of one session. Dropping it ends the subscription.
pub(crate) struct Waiting {
    hub: Arc<Hub>,
    session: SessionAccess,
    bell: Arc<Bell>,
}

impl Hub {
    /// Subscribes to the news of a session.
    pub(crate) fn subscribe(self: &Arc<Self>, session: SessionAccess) -> Waiting {
        let bell = Arc::new(Bell::default());
        let mut topics = self.lock();
        if topics.is_stopping {
            bell.ring(Wake::Stopping);
        }
        let sessions = topics.companies.entry(session.scope().company()).or_default();
        let new = || Topic { row: session.row_id(), seats: Vec::with_capacity(1) };
        sessions.entry(session.id()).or_insert_with(new).seats.push(Seat { bell: Arc::clone(&bell), head: None });
        drop(topics);
        Waiting { hub: Arc::clone(self), session, bell }
    }

    /// Wakes all callers because the server stops, and those that come later at once.
    pub(crate) fn stop(&self) {
        let mut topics = self.lock();
        topics.is_stopping = true;
        topics.ring_all(Wake::Stopping);
    }

    /// Wakes all callers because the database cannot be reached.
    fn lose_database(&self) {
        self.lock().ring_all(Wake::DatabaseLost);
    }

    /// Returns the sessions that callers wait for.
    pub(crate) fn rows(&self) -> Vec<SessionRowId> {
        self.lock().all().map(|topic| topic.row).collect()
    }

    /// Wakes the callers whose session has another state than the one that they have read, or is gone.
    fn compare(&self, asked: &[SessionRowId], heads: &[(SessionRowId, SessionHead)]) {
        let heads: HashMap<_, _> = heads.iter().copied().collect();
        let asked: HashSet<_> = asked.iter().collect();
        for topic in self.lock().all().filter(|topic| asked.contains(&topic.row)) {
            let now = heads.get(&topic.row).copied();
            let outdated = topic.seats.iter().filter(|seat| seat.head.is_some() && seat.head != now);
            outdated.for_each(|seat| seat.bell.ring(Wake::Changed));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Hub {
    fn publish(&self, events: Vec<Event>) {
        let topics = self.lock();
        for event in &events {
            let Some(sessions) = topics.companies.get(&event.company) else { continue };
            if is_visible(&event.kind)
                && let Some(topic) = sessions.get(&event.session)
            {
                topic.ring(Wake::Changed);
            }
            if moves_queue(&event.kind) {
                sessions.values().for_each(|topic| topic.ring(Wake::QueueMoved));
            }
        }
    }
}

/// Whether a visitor can see that this happened.
fn is_visible(kind: &EventKind) -> bool {
    match kind {
        EventKind::Message(_)
        | EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Transferred { .. }
        | EventKind::Resolved { .. }
        | EventKind::ProfileSaved
        | EventKind::Read { side: Side::Staff, .. }
        | EventKind::Erased => true,
        // The visitor knows what it has read.
        EventKind::Read { side: Side::Visitor, .. } => false,
    }
}

/// Whether a handoff entered the queue or left it.
fn moves_queue(kind: &EventKind) -> bool {
    match kind {
        EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Resolved { agent: None, .. }
        | EventKind::Erased => true,
        EventKind::Message(_)
        | EventKind::Transferred { .. }
        | EventKind::Resolved { agent: Some(_), .. }
        | EventKind::ProfileSaved
        | EventKind::Read { .. } => false,
    }
}

impl Waiting {
    /// States what the caller has read, and whether a place in the queue was part of it.
    pub(crate) fn has_read(&self, head: SessionHead, shows_queue: bool) {
        self.bell.ignores_queue.store(!shows_queue, Ordering::Release);
        let mut topics = self.hub.lock();
        let seats = self.topic(&mut topics).map(|topic| topic.seats.iter_mut());
        for seat in seats.into_iter().flatten().filter(|seat| Arc::ptr_eq(&seat.bell, &self.bell)) {
            seat.head = Some(head);
        }
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

    fn topic<'t>(&self, topics: &'t mut Topics) -> Option<&'t mut Topic> {
        topics.companies.get_mut(&self.session.scope().company())?.get_mut(&self.session.id())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut topics = self.hub.lock();
        let Some(topic) = self.topic(&mut topics) else { return };
        topic.seats.retain(|seat| !Arc::ptr_eq(&seat.bell, &self.bell));
        if !topic.seats.is_empty() {
            return;
        }
        let company = self.session.scope().company();
        if let Some(sessions) = topics.companies.get_mut(&company) {
            sessions.remove(&self.session.id());
            if sessions.is_empty() {
                topics.companies.remove(&company);
            }
        }
    }
}

#[cfg(test)]
mod tests;
