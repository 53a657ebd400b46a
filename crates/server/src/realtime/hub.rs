//! The hub: receives the events of every commit and hands them to the topics.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chatbot::SessionHead;
use handoff::{AgentRef, Event, EventKind, desk_head::DeskHead};
use identity::agents::AgentStatus;
use storage::Sink;
use tenancy::{
    CompanyCode, SessionId, SessionRowId,
    access::{CompanyScope, SessionAccess},
};

use super::{
    arrivals::{Arrival, Arrivals},
    assignable::{Assignable, makes_assignable},
    concerns::{concerns_desk, is_private, is_visible, moves_queue, pokes},
    news::{Happened, News, StatusSet, Typing},
    presence::{Occupant, Present},
    relay::{Outgoing, Poke, Typist},
    topics::{Company, Place, SeatKey, Topic, Topics},
};

/// The topics of this process.
#[derive(Default)]
pub(crate) struct Hub {
    topics: Mutex<Topics>,
    /// The pokes for other processes, if there may be any.
    outgoing: Option<Arc<Outgoing>>,
    assignable: Assignable,
    /// Who is connected to other processes, as far as they have told.
    pub(super) elsewhere: Mutex<HashMap<SessionId, Vec<Occupant>>>,
    /// The events of other processes that are to be read.
    pub(super) arrivals: Arrivals,
}

impl Hub {
    /// Creates a hub that tells other processes what happens in this one.
    pub(crate) fn relayed(outgoing: Arc<Outgoing>) -> Self {
        Self { outgoing: Some(outgoing), ..Self::default() }
    }

    /// Has the connections of a company's staff check whether they still have access; without a company, those of all
    /// staff.
    pub(crate) fn staff_changed(&self, company: Option<CompanyCode>) {
        self.tell_processes([Poke::Staff(company)]);
        self.check_staff(company);
    }

    pub(super) fn tell_processes(&self, pokes: impl IntoIterator<Item = Poke>) {
        if let Some(outgoing) = &self.outgoing {
            outgoing.add(pokes);
        }
    }

    pub(super) fn check_staff(&self, company: Option<CompanyCode>) {
        let topics = self.lock();
        match company {
            Some(code) => topics.companies.get(&code).into_iter().for_each(Company::staff_changed),
            None => topics.companies.values().for_each(Company::staff_changed),
        }
    }

    /// Waits until a session can perhaps be assigned, and returns the companies in which that is so.
    pub(crate) async fn assignable(&self) -> Vec<CompanyCode> {
        self.assignable.next().await
    }

    /// States that a waiting session of a company can perhaps be assigned.
    pub(crate) fn note_assignable(&self, company: CompanyCode) {
        self.assignable.add(company);
    }

    /// Tells the staff of a company that the status of an agent was set.
    pub(crate) fn status_set(&self, code: CompanyCode, agent: AgentRef, status: AgentStatus) {
        self.tell_processes([Poke::Status(code, agent.id)]);
        if status == AgentStatus::Available {
            self.note_assignable(code);
        }
        if let Some(company) = self.lock().companies.get_mut(&code) {
            company.tell_status(StatusSet { agent, status });
        }
    }

    /// Wakes all callers because the server stops, and those that come later at once.
    pub(crate) fn stop(&self) {
        self.lock().stop();
    }

    /// Wakes all callers because the database cannot be reached.
    pub(super) fn lose_database(&self) {
        self.lock().places().for_each(|place| place.lose_database());
    }

    /// Returns who is connected to a session of the caller's company, in this process and in those that have told.
    pub(crate) fn present(&self, company: CompanyScope, session: SessionId) -> Present {
        if session.company() != Some(company.company()) {
            return Present::default();
        }
        let (topics, elsewhere) = (self.lock(), self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner));
        let topic = topics.companies.get(&company.company()).and_then(|company| company.sessions.get(&session));
        let here = topic.into_iter().flat_map(Topic::occupants);
        here.chain(elsewhere.get(&session).into_iter().flatten()).collect()
    }

    /// Returns who is connected to each session in this process.
    pub(crate) fn occupants(&self) -> HashMap<SessionId, Vec<Occupant>> {
        let topics = self.lock();
        let sessions = topics.companies.values().flat_map(|company| &company.sessions);
        sessions.map(|(session, topic)| (*session, topic.occupants().cloned().collect())).collect()
    }

    /// Replaces what is known of the connections of other processes.
    pub(crate) fn set_elsewhere(&self, sessions: HashMap<SessionId, Vec<Occupant>>) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = sessions;
    }

    /// Returns the sessions that callers wait for.
    pub(crate) fn rows(&self) -> Vec<SessionRowId> {
        self.lock().sessions().map(|topic| topic.row).collect()
    }

    /// Wakes the callers whose session has another state than the one that they have read, or is gone.
    pub(super) fn compare(&self, asked: &[SessionRowId], heads: &[(SessionRowId, SessionHead)]) {
        let heads: HashMap<_, _> = heads.iter().copied().collect();
        let asked: HashSet<_> = asked.iter().collect();
        for topic in self.lock().sessions_mut().filter(|topic| asked.contains(&topic.row)) {
            let now = heads.get(&topic.row).copied();
            topic.seats.values_mut().for_each(|seat| seat.compare(now));
        }
    }

    /// Returns the companies whose staff are connected, if other processes may change what they see.
    pub(super) fn desks(&self) -> Vec<CompanyCode> {
        if self.outgoing.is_none() {
            return Vec::new();
        }
        let topics = self.lock();
        topics.companies.iter().filter(|(_, company)| !company.desk.is_empty()).map(|(code, _)| *code).collect()
    }

    /// States that the newest changes of a company are going to be read.
    pub(super) fn begin_desk(&self, company: CompanyCode) {
        if let Some(company) = self.lock().companies.get_mut(&company) {
            company.told.begin();
        }
    }

    /// Has the staff of a company told what its newest changes have and they were not told.
    pub(super) fn compare_desk(&self, code: CompanyCode, head: &DeskHead) {
        let mut topics = self.lock();
        let Some(company) = topics.companies.get_mut(&code).filter(|company| !company.desk.is_empty()) else { return };
        let untold = company.told.compare(head);
        if untold.has_changes {
            company.change_desk();
        }
        for (session, note) in untold.notes {
            company.tell_desk(Happened::new(Event { company: code, session, kind: EventKind::NoteAdded(note) }));
        }
        if !untold.statuses.into_iter().all(|agent| self.arrivals.add(code, Arrival::Status(agent))) {
            company.change_desk();
        }
    }

    /// Notes which state of a session a subscription has read.
    pub(super) fn note(&self, session: SessionAccess, key: SeatKey, head: SessionHead) {
        if let Some(seat) = self.lock().topic(session).and_then(|topic| topic.seats.get_mut(&key)) {
            seat.head = Some(head);
        }
    }

    /// Tells the other connections of a session that somebody types.
    pub(super) fn tell_typing(&self, session: SessionAccess, key: SeatKey, typist: Typist, typing: Typing) {
        self.tell_processes([Poke::Typing(session.id(), typist, typing.is_typing)]);
        let news = Arc::new(News::Typing(typing));
        let mut topics = self.lock();
        for (other, seat) in topics.topic(session).into_iter().flat_map(|topic| &topic.seats) {
            if let Place::Open(queue) = &seat.place
                && *other != key
            {
                queue.push(&news);
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Hub {
    fn publish(&self, events: Vec<Event>) {
        self.tell_processes(events.iter().flat_map(pokes));
        let mut topics = self.lock();
        for event in events {
            if makes_assignable(&event.kind) {
                self.note_assignable(event.company);
            }
            let Some(company) = topics.companies.get_mut(&event.company) else { continue };
            company.told.tell(&event);
            if moves_queue(&event.kind) {
                company.queue_moved();
            }
            if concerns_desk(&event.kind) {
                company.poke_followers();
            }
            if is_private(&event.kind) {
                company.tell_desk(Happened::new(event));
                continue;
            }
            let (session, is_visible) = (event.session, is_visible(&event.kind));
            let news = Arc::new(News::Happened(Box::new(Happened::new(event))));
            if let Some(topic) = company.sessions.get(&session) {
                topic.tell(session, &news, is_visible);
            }
            company.desk.values().for_each(|queue| queue.push(&news));
        }
    }
}
