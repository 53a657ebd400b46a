//! Wakes callers that wait for news of a session, and delivers news to open connections.
//!
//! Each session that somebody waits for has a topic, named by the proof that the caller may use the session. The
//! events of a transaction reach the topics after the commit ([`Sink`]). A caller first subscribes and then reads, so
//! it misses nothing: what is committed after its read wakes it. A long poll is told only that something has happened,
//! and reads what it may see. An open connection gets the event itself ([`live`]). Besides the sessions each company
//! has one topic for its staff.
//!
//! Another process on the same database cannot wake the callers of this one. [`recheck`] finds its changes. A relay
//! between processes would call [`Hub::publish`] with the events that it receives.

mod live;
pub(crate) mod recheck;
mod waiting;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chatbot::{SessionHead, Side};
use handoff::{AgentRef, Event, EventKind};
use identity::agents::AgentStatus;
use storage::Sink;
use tenancy::{
    CompanyCode, SessionId, SessionRowId,
    access::{Agent, Caller as _, CompanyScope, Desk, SessionAccess},
};

use live::Queue;
pub(crate) use live::{Happened, Listening, News, Next, StatusSet, Typing};
use waiting::Bell;
pub(crate) use waiting::{Waiting, Wake};

/// Where a subscription is told that something happened.
#[derive(Clone)]
enum Place {
    /// A long poll, which reads again.
    Poll(Arc<Bell>),
    /// An open connection, which is sent the news.
    Open(Arc<Queue>),
}

impl Place {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Poll(one), Self::Poll(other)) => Arc::ptr_eq(one, other),
            (Self::Open(one), Self::Open(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    fn change(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::Changed),
            Self::Open(queue) => queue.change(),
        }
    }

    fn lose_database(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::DatabaseLost),
            Self::Open(queue) => queue.lose_database(),
        }
    }

    fn stop(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::Stopping),
            Self::Open(queue) => queue.stop(),
        }
    }

    fn queue_moved(&self) {
        if let Self::Poll(bell) = self {
            bell.ring(Wake::QueueMoved);
        }
    }

    fn staff_changed(&self) {
        if let Self::Open(queue) = self {
            queue.staff_changed();
        }
    }
}

/// A subscription.
struct Seat {
    place: Place,
    /// The state that the caller has read, `None` until it has read.
    head: Option<SessionHead>,
}

/// The callers that wait for one session.
struct Topic {
    row: SessionRowId,
    seats: Vec<Seat>,
}

impl Topic {
    fn places(&self) -> impl Iterator<Item = &Place> {
        self.seats.iter().map(|seat| &seat.place)
    }

    /// Tells all callers of an event that they can see.
    fn tell(&self, news: &Arc<News>, is_visible: bool) {
        for place in self.places() {
            match place {
                Place::Poll(bell) if is_visible => bell.ring(Wake::Changed),
                Place::Poll(_) => {}
                Place::Open(queue) => queue.push(news),
            }
        }
    }
}

/// The topics of one company.
#[derive(Default)]
struct Company {
    sessions: HashMap<SessionId, Topic>,
    /// The connections of staff to whom everything of the company is told.
    desk: Vec<Arc<Queue>>,
}

impl Company {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.desk.is_empty()
    }

    /// All subscriptions of the company.
    fn places(&self) -> impl Iterator<Item = Place> {
        let desk = self.desk.iter().map(|queue| Place::Open(Arc::clone(queue)));
        self.sessions.values().flat_map(Topic::places).cloned().chain(desk)
    }
}

/// All topics, by company, so that an event reaches only callers of its company.
#[derive(Default)]
struct Topics {
    companies: HashMap<CompanyCode, Company>,
    is_stopping: bool,
}

impl Topics {
    fn all(&self) -> impl Iterator<Item = &Topic> {
        self.companies.values().flat_map(|company| company.sessions.values())
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        self.companies.values().flat_map(Company::places)
    }

    fn topic(&mut self, session: SessionAccess) -> Option<&mut Topic> {
        self.companies.get_mut(&session.scope().company())?.sessions.get_mut(&session.id())
    }

    fn sit(&mut self, session: SessionAccess, place: Place) {
        if self.is_stopping {
            place.stop();
        }
        let sessions = &mut self.companies.entry(session.scope().company()).or_default().sessions;
        let new = || Topic { row: session.row_id(), seats: Vec::with_capacity(1) };
        sessions.entry(session.id()).or_insert_with(new).seats.push(Seat { place, head: None });
    }

    fn leave(&mut self, session: SessionAccess, place: &Place) {
        let code = session.scope().company();
        let Some(company) = self.companies.get_mut(&code) else { return };
        let Some(topic) = company.sessions.get_mut(&session.id()) else { return };
        topic.seats.retain(|seat| !seat.place.is(place));
        if topic.seats.is_empty() {
            company.sessions.remove(&session.id());
        }
        self.forget_if_empty(code);
    }

    fn forget_if_empty(&mut self, code: CompanyCode) {
        if self.companies.get(&code).is_some_and(Company::is_empty) {
            self.companies.remove(&code);
        }
    }
}

/// The topics of this process.
#[derive(Default)]
pub(crate) struct Hub {
    topics: Mutex<Topics>,
}

impl Hub {
    /// Subscribes to the news of a session.
    pub(crate) fn subscribe(self: &Arc<Self>, session: SessionAccess) -> Waiting {
        let bell = Arc::new(Bell::default());
        self.lock().sit(session, Place::Poll(Arc::clone(&bell)));
        Waiting { hub: Arc::clone(self), session, bell }
    }

    /// Has the news of a session delivered.
    pub(crate) fn listen(self: &Arc<Self>, session: SessionAccess) -> Listening {
        let queue = Arc::new(Queue::default());
        self.lock().sit(session, Place::Open(Arc::clone(&queue)));
        Listening::to_session(Arc::clone(self), session, queue)
    }

    /// Has the news of all sessions of the caller's company delivered.
    pub(crate) fn listen_at(self: &Arc<Self>, desk: &Desk) -> Listening {
        let queue = Arc::new(Queue::default());
        let mut topics = self.lock();
        if topics.is_stopping {
            queue.stop();
        }
        topics.companies.entry(desk.scope().company()).or_default().desk.push(Arc::clone(&queue));
        drop(topics);
        Listening::to_desk(Arc::clone(self), desk.scope(), queue)
    }

    /// Has the connections of a company's staff check whether they still have access; without a company, those of all
    /// staff.
    pub(crate) fn staff_changed(&self, company: Option<CompanyCode>) {
        let topics = self.lock();
        match company {
            Some(code) => {
                topics.companies.get(&code).into_iter().flat_map(Company::places).for_each(|it| it.staff_changed())
            }
            None => topics.places().for_each(|place| place.staff_changed()),
        }
    }

    /// Tells the staff of an agent's company that its status was set.
    pub(crate) fn status_set(&self, agent: &Agent, status: AgentStatus) {
        let topics = self.lock();
        let Some(company) = topics.companies.get(&agent.scope().company()) else { return };
        let agent = AgentRef { id: agent.id(), name: agent.name().to_owned() };
        let news = Arc::new(News::Status(StatusSet { agent, status }));
        company.desk.iter().for_each(|queue| queue.push(&news));
    }

    /// Wakes all callers because the server stops, and those that come later at once.
    pub(crate) fn stop(&self) {
        let mut topics = self.lock();
        topics.is_stopping = true;
        topics.places().for_each(|place| place.stop());
    }

    /// Wakes all callers because the database cannot be reached.
    fn lose_database(&self) {
        self.lock().places().for_each(|place| place.lose_database());
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
            outdated.for_each(|seat| seat.place.change());
        }
    }

    fn note(&self, session: SessionAccess, place: &Place, head: SessionHead) {
        let mut topics = self.lock();
        let seats = topics.topic(session).map(|topic| topic.seats.iter_mut());
        for seat in seats.into_iter().flatten().filter(|seat| seat.place.is(place)) {
            seat.head = Some(head);
        }
    }

    fn note_head(&self, session: SessionAccess, queue: &Arc<Queue>, head: SessionHead) {
        self.note(session, &Place::Open(Arc::clone(queue)), head);
    }

    fn tell_others(&self, session: SessionAccess, queue: &Arc<Queue>, news: &Arc<News>) {
        let mut topics = self.lock();
        for place in topics.topic(session).into_iter().flat_map(|topic| topic.places()) {
            if let Place::Open(other) = place
                && !Arc::ptr_eq(other, queue)
            {
                other.push(news);
            }
        }
    }

    fn leave_session(&self, session: SessionAccess, queue: &Arc<Queue>) {
        self.lock().leave(session, &Place::Open(Arc::clone(queue)));
    }

    fn leave_desk(&self, scope: CompanyScope, queue: &Arc<Queue>) {
        let mut topics = self.lock();
        if let Some(company) = topics.companies.get_mut(&scope.company()) {
            company.desk.retain(|other| !Arc::ptr_eq(other, queue));
        }
        topics.forget_if_empty(scope.company());
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Hub {
    fn publish(&self, events: Vec<Event>) {
        let topics = self.lock();
        for event in events {
            let Some(company) = topics.companies.get(&event.company) else { continue };
            if moves_queue(&event.kind) {
                company.sessions.values().flat_map(Topic::places).for_each(Place::queue_moved);
            }
            let (session, is_visible) = (event.session, is_visible(&event.kind));
            let news = Arc::new(News::Happened(Box::new(Happened::new(event))));
            if let Some(topic) = company.sessions.get(&session) {
                topic.tell(&news, is_visible);
            }
            company.desk.iter().for_each(|queue| queue.push(&news));
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
        // The visitor knows what it has read, and a file is shown with the message that carries it.
        EventKind::Read { side: Side::Visitor, .. } | EventKind::FileShared(_) => false,
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
        | EventKind::FileShared(_)
        | EventKind::Read { .. } => false,
    }
}

#[cfg(test)]
mod tests;
