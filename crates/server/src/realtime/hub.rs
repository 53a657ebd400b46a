//! The hub: receives the events of every commit and hands them to the topics.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chatbot::SessionHead;
use handoff::{AgentRef, Event};
use identity::agents::AgentStatus;
use storage::Sink;
use tenancy::{
    CompanyCode, SessionRowId,
    access::{Agent, Caller as _, CompanyScope, SessionAccess},
};

use super::{
    news::{Happened, News, StatusSet},
    queue::Queue,
    topics::{Company, Place, Topic, Topics, is_visible, moves_queue},
};

/// The topics of this process.
#[derive(Default)]
pub(crate) struct Hub {
    topics: Mutex<Topics>,
}

impl Hub {
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
    pub(super) fn lose_database(&self) {
        self.lock().places().for_each(|place| place.lose_database());
    }

    /// Returns the sessions that callers wait for.
    pub(crate) fn rows(&self) -> Vec<SessionRowId> {
        self.lock().all().map(|topic| topic.row).collect()
    }

    /// Wakes the callers whose session has another state than the one that they have read, or is gone.
    pub(super) fn compare(&self, asked: &[SessionRowId], heads: &[(SessionRowId, SessionHead)]) {
        let heads: HashMap<_, _> = heads.iter().copied().collect();
        let asked: HashSet<_> = asked.iter().collect();
        for topic in self.lock().all().filter(|topic| asked.contains(&topic.row)) {
            let now = heads.get(&topic.row).copied();
            let outdated = topic.seats.iter().filter(|seat| seat.head.is_some() && seat.head != now);
            outdated.for_each(|seat| seat.place.change());
        }
    }

    /// Adds a subscription to a session.
    pub(super) fn sit(&self, session: SessionAccess, place: Place) {
        self.lock().sit(session, place);
    }

    /// Adds a connection to the topic of a company's staff.
    pub(super) fn sit_at_desk(&self, scope: CompanyScope, queue: &Arc<Queue>) {
        let mut topics = self.lock();
        if topics.is_stopping {
            queue.stop();
        }
        topics.companies.entry(scope.company()).or_default().desk.push(Arc::clone(queue));
    }

    /// Notes which state of a session a subscription has read.
    pub(super) fn note(&self, session: SessionAccess, place: &Place, head: SessionHead) {
        let mut topics = self.lock();
        let seats = topics.topic(session).map(|topic| topic.seats.iter_mut());
        for seat in seats.into_iter().flatten().filter(|seat| seat.place.is(place)) {
            seat.head = Some(head);
        }
    }

    /// Tells the other connections of a session.
    pub(super) fn tell_others(&self, session: SessionAccess, queue: &Arc<Queue>, news: &Arc<News>) {
        let mut topics = self.lock();
        for place in topics.topic(session).into_iter().flat_map(|topic| topic.places()) {
            if let Place::Open(other) = place
                && !Arc::ptr_eq(other, queue)
            {
                other.push(news);
            }
        }
    }

    /// Removes a subscription to a session.
    pub(super) fn leave(&self, session: SessionAccess, place: &Place) {
        self.lock().leave(session, place);
    }

    /// Removes a connection from the topic of a company's staff.
    pub(super) fn leave_desk(&self, scope: CompanyScope, queue: &Arc<Queue>) {
        let mut topics = self.lock();
        if let Some(company) = topics.companies.get_mut(&scope.company()) {
            company.desk.retain(|other| !Arc::ptr_eq(other, queue));
        }
        topics.forget_if_empty(scope.company());
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Topics> {
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
