//! The topics: who is told of which session, and of which company.

use std::{collections::HashMap, sync::Arc};

use chatbot::{SessionHead, Side};
use handoff::EventKind;
use tenancy::{CompanyCode, SessionId, SessionRowId, access::SessionAccess};

use super::{
    bell::{Bell, Wake},
    news::News,
    queue::Queue,
};

/// Where a subscription is told that something happened.
#[derive(Clone)]
pub(super) enum Place {
    /// A long poll, which reads again.
    Poll(Arc<Bell>),
    /// An open connection, which is sent the news.
    Open(Arc<Queue>),
}

impl Place {
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Poll(one), Self::Poll(other)) => Arc::ptr_eq(one, other),
            (Self::Open(one), Self::Open(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    pub(super) fn change(&self) {
        match self {
            Self::Poll(bell) => bell.ring(Wake::Changed),
            Self::Open(queue) => queue.change(),
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
        if let Self::Poll(bell) = self {
            bell.ring(Wake::QueueMoved);
        }
    }

    pub(super) fn staff_changed(&self) {
        if let Self::Open(queue) = self {
            queue.staff_changed();
        }
    }
}

/// A subscription.
pub(super) struct Seat {
    pub(super) place: Place,
    /// The state that the caller has read, `None` until it has read.
    pub(super) head: Option<SessionHead>,
}

/// The callers that wait for one session.
pub(super) struct Topic {
    pub(super) row: SessionRowId,
    pub(super) seats: Vec<Seat>,
}

impl Topic {
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.seats.iter().map(|seat| &seat.place)
    }

    /// Tells all callers of an event that they can see.
    pub(super) fn tell(&self, news: &Arc<News>, is_visible: bool) {
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
pub(super) struct Company {
    pub(super) sessions: HashMap<SessionId, Topic>,
    /// The connections of staff to whom everything of the company is told.
    pub(super) desk: Vec<Arc<Queue>>,
}

impl Company {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.desk.is_empty()
    }

    /// All subscriptions of the company.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let desk = self.desk.iter().map(|queue| Place::Open(Arc::clone(queue)));
        self.sessions.values().flat_map(Topic::places).cloned().chain(desk)
    }
}

/// All topics, by company, so that an event reaches only callers of its company.
#[derive(Default)]
pub(super) struct Topics {
    pub(super) companies: HashMap<CompanyCode, Company>,
    pub(super) is_stopping: bool,
}

impl Topics {
    pub(super) fn all(&self) -> impl Iterator<Item = &Topic> {
        self.companies.values().flat_map(|company| company.sessions.values())
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.companies.values().flat_map(Company::places)
    }

    pub(super) fn topic(&mut self, session: SessionAccess) -> Option<&mut Topic> {
        self.companies.get_mut(&session.scope().company())?.sessions.get_mut(&session.id())
    }

    pub(super) fn sit(&mut self, session: SessionAccess, place: Place) {
        if self.is_stopping {
            place.stop();
        }
        let sessions = &mut self.companies.entry(session.scope().company()).or_default().sessions;
        let new = || Topic { row: session.row_id(), seats: Vec::with_capacity(1) };
        sessions.entry(session.id()).or_insert_with(new).seats.push(Seat { place, head: None });
    }

    pub(super) fn leave(&mut self, session: SessionAccess, place: &Place) {
        let code = session.scope().company();
        let Some(company) = self.companies.get_mut(&code) else { return };
        let Some(topic) = company.sessions.get_mut(&session.id()) else { return };
        topic.seats.retain(|seat| !seat.place.is(place));
        if topic.seats.is_empty() {
            company.sessions.remove(&session.id());
        }
        self.forget_if_empty(code);
    }

    pub(super) fn forget_if_empty(&mut self, code: CompanyCode) {
        if self.companies.get(&code).is_some_and(Company::is_empty) {
            self.companies.remove(&code);
        }
    }
}

/// Whether a visitor can see that this happened.
pub(super) fn is_visible(kind: &EventKind) -> bool {
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
pub(super) fn moves_queue(kind: &EventKind) -> bool {
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
