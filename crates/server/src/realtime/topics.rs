//! The topics: the connections and long polls for each session, and for all sessions of a company.

use std::{collections::HashMap, sync::Arc};

use chatbot::SessionHead;
use tenancy::{CompanyCode, SessionId, SessionRowId, access::SessionAccess};

use super::{
    bell::{Bell, Wake},
    news::{Happened, News, StatusSet},
    presence::Occupant,
    queue::Queue,
    told::Told,
    worker::Mailbox,
};

/// Where a subscription learns that something has happened.
#[derive(Clone)]
pub(super) enum Place {
    /// A long poll, which reads again.
    Poll(Arc<Bell>),
    /// An open connection, which is sent the news.
    Open(Arc<Queue>),
}

impl Place {
    /// Says that another process has changed the session. `head` is as for [`Queue::change`].
    pub(super) fn change(&self, head: Option<i64>) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::Changed),
            Self::Open(queue) => queue.change(head),
        }
    }

    pub(super) fn lose_database(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::DatabaseLost),
            Self::Open(queue) => queue.lose_database(),
        }
    }

    pub(super) fn stop(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::Stopping),
            Self::Open(queue) => queue.stop(),
        }
    }

    pub(super) fn queue_moved(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::QueueMoved),
            Self::Open(queue) => queue.queue_moved(),
        }
    }

    pub(super) fn staff_changed(&self) {
        if let Self::Open(queue) = self {
            queue.staff_changed();
        }
    }
}

/// Names one subscription of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SeatKey(u64);

/// A subscription.
pub(super) struct Seat {
    pub(super) place: Place,
    occupant: Occupant,
    /// Where the worker of a connection with a line is told of events. It fills the connection's queue.
    mailbox: Option<Arc<Mailbox>>,
    /// The state that the caller has read, or was last said to have changed to. `None` until it has read.
    pub(super) head: Option<SessionHead>,
}

impl Seat {
    /// Compares what the caller has read with the present state; `None` if the session is gone.
    pub(super) fn compare(&mut self, now: Option<SessionHead>) {
        if self.head.is_none() || self.head == now {
            return;
        }
        match &self.place {
            Place::Poll(bell) => bell.ring(Wake::Changed),
            Place::Open(queue) => {
                // An open connection has most messages already, and is asked once about each state. Without a new
                // message, something else has changed.
                let has_message = now.zip(self.head).is_some_and(|(now, known)| now.last_seq > known.last_seq);
                self.head = now.or(self.head);
                queue.change(now.filter(|_| has_message).map(|head| head.last_seq));
            }
        }
    }
}

/// The callers that wait for one session.
pub(super) struct Topic {
    pub(super) row: SessionRowId,
    pub(super) seats: HashMap<SeatKey, Seat>,
    /// The mailboxes of its seats, with the number of seats of each.
    mailboxes: Vec<(Arc<Mailbox>, usize)>,
}

impl Topic {
    fn add(&mut self, key: SeatKey, seat: Seat) {
        if let Some(mailbox) = &seat.mailbox {
            match self.mailboxes.iter_mut().find(|(known, _)| Arc::ptr_eq(known, mailbox)) {
                Some((_, seats)) => *seats += 1,
                None => self.mailboxes.push((Arc::clone(mailbox), 1)),
            }
        }
        self.seats.insert(key, seat);
    }

    fn remove(&mut self, key: SeatKey) {
        let Some(mailbox) = self.seats.remove(&key).and_then(|seat| seat.mailbox) else { return };
        self.mailboxes.retain_mut(|(known, seats)| {
            *seats -= usize::from(Arc::ptr_eq(known, &mailbox));
            *seats > 0
        });
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.seats.values().map(|seat| &seat.place)
    }

    /// Returns who has a seat.
    pub(super) fn occupants(&self) -> impl Iterator<Item = &Occupant> {
        self.seats.values().map(|seat| &seat.occupant)
    }

    /// Has the connections of a worker that does not keep up read what they have missed.
    fn lag(&self, mailbox: &Arc<Mailbox>) {
        for seat in self.seats.values() {
            if let (Place::Open(queue), Some(own)) = (&seat.place, &seat.mailbox)
                && Arc::ptr_eq(own, mailbox)
            {
                queue.lag();
            }
        }
    }

    /// Tells all callers of an event that they can see.
    pub(super) fn tell(&self, session: SessionId, news: &Arc<News>, is_visible: bool) {
        for (mailbox, _) in &self.mailboxes {
            if !mailbox.push(session, news) {
                self.lag(mailbox);
            }
        }
        if self.mailboxes.iter().map(|(_, seats)| seats).sum::<usize>() == self.seats.len() {
            return;
        }
        for seat in self.seats.values() {
            match &seat.place {
                Place::Poll(bell) if is_visible => bell.ring(Wake::Changed),
                Place::Open(queue) if seat.mailbox.is_none() => queue.push(news),
                Place::Poll(_) | Place::Open(_) => {}
            }
        }
    }
}

/// The topics of one company.
#[derive(Default)]
pub(super) struct Company {
    pub(super) sessions: HashMap<SessionId, Topic>,
    /// The connections of staff that are sent the news of all sessions.
    pub(super) desk: HashMap<SeatKey, Arc<Queue>>,
    /// What those were told.
    pub(super) told: Told,
    /// The connections that learn only that something has happened.
    followers: HashMap<SeatKey, Arc<Bell>>,
}

impl Company {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.desk.is_empty() && self.followers.is_empty()
    }

    /// Says that the queue of the company has moved.
    pub(super) fn queue_moved(&self) {
        self.sessions.values().flat_map(Topic::places).for_each(Place::queue_moved);
    }

    /// Tells the staff, and nobody else, of an event.
    pub(super) fn tell_desk(&self, happened: Happened) {
        let news = Arc::new(News::Happened(Box::new(happened)));
        self.desk.values().for_each(|queue| queue.push(&news));
    }

    /// Returns whether staff are connected who are sent the news of all sessions.
    pub(super) fn has_desk(&self) -> bool {
        !self.desk.is_empty()
    }

    /// Tells the staff that the status of an agent was set.
    pub(super) fn tell_status(&mut self, set: StatusSet) {
        self.told.statuses.tell(set.agent.id, set.status);
        let news = Arc::new(News::Status(set));
        self.desk.values().for_each(|queue| queue.push(&news));
        self.poke_followers();
    }

    /// Says that another process has changed what the staff see.
    pub(super) fn change_desk(&self) {
        self.desk.values().for_each(|queue| queue.change(None));
        self.poke_followers();
    }

    /// Has the connections of staff checked again. Agents may follow their own company too.
    pub(super) fn staff_changed(&self) {
        self.places().for_each(|place| place.staff_changed());
        self.followers.values().for_each(|bell| bell.ring(Wake::StaffChanged));
    }

    /// Says that something has happened in the company.
    pub(super) fn poke_followers(&self) {
        self.followers.values().for_each(|bell| bell.ring(Wake::Changed));
    }

    /// All subscriptions of the company.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let desk = self.desk.values().map(|queue| Place::Open(Arc::clone(queue)));
        self.sessions.values().flat_map(Topic::places).cloned().chain(desk)
    }
}

/// All topics, by company, so that an event reaches only callers of its company.
#[derive(Default)]
pub(super) struct Topics {
    pub(super) companies: HashMap<CompanyCode, Company>,
    pub(super) is_stopping: bool,
    /// Those who follow no company. Nothing happens there.
    nowhere: HashMap<SeatKey, Arc<Bell>>,
    seats: u64,
}

impl Topics {
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Topic> {
        self.companies.values().flat_map(|company| company.sessions.values())
    }

    pub(super) fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Topic> {
        self.companies.values_mut().flat_map(|company| company.sessions.values_mut())
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.companies.values().flat_map(Company::places)
    }

    pub(super) fn topic(&mut self, session: SessionAccess) -> Option<&mut Topic> {
        self.companies.get_mut(&session.scope().company())?.sessions.get_mut(&session.id())
    }

    fn new_key(&mut self) -> SeatKey {
        self.seats += 1;
        SeatKey(self.seats)
    }

    pub(super) fn sit(
        &mut self,
        session: SessionAccess,
        occupant: Occupant,
        place: Place,
        mailbox: Option<Arc<Mailbox>>,
    ) -> SeatKey {
        if self.is_stopping {
            place.stop();
        }
        let key = self.new_key();
        let sessions = &mut self.companies.entry(session.scope().company()).or_default().sessions;
        let new = || Topic { row: session.row_id(), seats: HashMap::new(), mailboxes: Vec::new() };
        let topic = sessions.entry(session.id()).or_insert_with(new);
        topic.add(key, Seat { place, occupant, mailbox, head: None });
        key
    }

    pub(super) fn sit_at_desk(&mut self, company: CompanyCode, queue: &Arc<Queue>) -> SeatKey {
        if self.is_stopping {
            queue.stop();
        }
        let key = self.new_key();
        self.companies.entry(company).or_default().desk.insert(key, Arc::clone(queue));
        key
    }

    /// Adds a connection that learns only that something has happened in a company.
    pub(super) fn follow(&mut self, company: Option<CompanyCode>, bell: &Arc<Bell>) -> SeatKey {
        if self.is_stopping {
            bell.ring(Wake::Stopping);
        }
        let key = self.new_key();
        let followers = match company {
            Some(company) => &mut self.companies.entry(company).or_default().followers,
            None => &mut self.nowhere,
        };
        followers.insert(key, Arc::clone(bell));
        key
    }

    pub(super) fn unfollow(&mut self, company: Option<CompanyCode>, key: SeatKey) {
        let Some(code) = company else {
            self.nowhere.remove(&key);
            return;
        };
        if let Some(company) = self.companies.get_mut(&code) {
            company.followers.remove(&key);
        }
        self.forget_if_empty(code);
    }

    /// Wakes everybody because the server stops.
    pub(super) fn stop(&mut self) {
        self.is_stopping = true;
        self.places().for_each(|place| place.stop());
        let followers = self.companies.values().flat_map(|company| company.followers.values());
        followers.chain(self.nowhere.values()).for_each(|bell| bell.ring(Wake::Stopping));
    }

    pub(super) fn leave_desk(&mut self, company: CompanyCode, key: SeatKey) {
        if let Some(topics) = self.companies.get_mut(&company) {
            topics.desk.remove(&key);
            if topics.desk.is_empty() {
                topics.told = Told::default();
            }
        }
        self.forget_if_empty(company);
    }

    pub(super) fn leave(&mut self, session: SessionAccess, key: SeatKey) {
        let code = session.scope().company();
        let Some(company) = self.companies.get_mut(&code) else { return };
        let Some(topic) = company.sessions.get_mut(&session.id()) else { return };
        topic.remove(key);
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
