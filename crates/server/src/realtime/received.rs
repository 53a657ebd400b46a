//! What the hub does about other processes: the pokes that it receives from them.

use std::sync::{Arc, PoisonError};

use chatbot::Sender;
use handoff::{Event, EventKind, event_name::EventName};
use tenancy::{CompanyCode, NoteId, SessionId};

use super::{
    arrivals::{Arrival, Read},
    hub::Hub,
    news::{Happened, News, Typing},
    presence::Occupant,
    relay::{AtDesk, Change, Poke, Typist},
    topics::{Company, Place, Topic},
};

impl Hub {
    /// Handles the pokes of other processes.
    pub(crate) fn receive(&self, pokes: &[Poke]) {
        for poke in pokes {
            match *poke {
                Poke::Session(session, change) => self.session_changed(session, change),
                Poke::Staff(company) => self.check_staff(company),
                Poke::Desk(company) => self.reload_desk(company),
                Poke::Note(session, note) => self.note_added(session, note),
                Poke::Event(session, name) => self.event_named(session, name),
                Poke::Status(company, agent) => {
                    let is_shown = self.lock().companies.get(&company).is_some_and(Company::has_desk);
                    if is_shown && !self.arrivals.add(company, Arrival::Status(agent)) {
                        self.reload_desk(company);
                    }
                }
                Poke::Typing(session, typist, is_typing) => self.typing_elsewhere(session, typist, is_typing),
            }
        }
    }

    /// Has all connections read again what other processes may have changed without telling. The sessions are left to
    /// the recheck.
    pub(crate) fn miss(&self) {
        self.check_staff(None);
        self.lock().companies.values().for_each(Company::change_desk);
    }

    /// Has the staff of a company load their lists again.
    pub(super) fn reload_desk(&self, company: CompanyCode) {
        self.lock().companies.get(&company).into_iter().for_each(Company::change_desk);
    }

    fn session_changed(&self, session: SessionId, change: Change) {
        let Change { head, moves_queue, desk } = change;
        let mut topics = self.lock();
        let company = session.company().and_then(|code| topics.companies.get_mut(&code));
        let Some(company) = company else { return };
        company.told.poke(session, desk != AtDesk::Nothing || head.is_some());
        if moves_queue {
            company.queue_moved();
        }
        let places = company.sessions.get(&session).into_iter().flat_map(Topic::places);
        places.for_each(|place| place.change(head));
        match desk {
            AtDesk::Nothing => {}
            AtDesk::Event => company.poke_followers(),
            AtDesk::Reload => company.change_desk(),
        }
    }

    fn note_added(&self, session: SessionId, note: NoteId) {
        let mut topics = self.lock();
        let Some(code) = session.company() else { return };
        let Some(company) = topics.companies.get_mut(&code) else { return };
        company.told.tell_note(note);
        // The connections read the note with their own rights.
        company.tell_desk(Happened::new(Event { company: code, session, kind: EventKind::NoteAdded(note) }));
    }

    /// Has an event read, if somebody is shown it here.
    fn event_named(&self, session: SessionId, name: EventName) {
        let Some(code) = session.company() else { return };
        let topics = self.lock();
        let Some(company) = topics.companies.get(&code) else { return };
        let is_shown = match name {
            EventName::FileShared(_) => company.sessions.contains_key(&session),
            _ => company.has_desk(),
        };
        if is_shown && !self.arrivals.add(code, Arrival::Event(session, name)) {
            company.change_desk();
        }
    }

    /// Tells the connections here what was read about events of other processes.
    pub(super) fn tell_arrived(&self, code: CompanyCode, read: Vec<Read>) {
        let mut topics = self.lock();
        let Some(company) = topics.companies.get_mut(&code) else { return };
        for read in read {
            match read {
                Read::Event(event) if matches!(event.kind, EventKind::FileShared(_)) => {
                    let session = event.session;
                    let news = Arc::new(News::Happened(Box::new(Happened::new(event))));
                    if let Some(topic) = company.sessions.get(&session) {
                        topic.tell(session, &news, false);
                    }
                }
                // The connections to the session were asked to read it.
                Read::Event(event) => company.tell_desk(Happened::new(event)),
                Read::Status(set) => company.tell_status(set),
                Read::Gone => company.change_desk(),
            }
        }
    }

    /// Tells the connections of a session that somebody types at another process. The name is that of a connection that
    /// the other process has told of, because a poke has none.
    fn typing_elsewhere(&self, session: SessionId, typist: Typist, is_typing: bool) {
        let topics = self.lock();
        let company = session.company().and_then(|code| topics.companies.get(&code));
        let Some(topic) = company.and_then(|company| company.sessions.get(&session)) else { return };
        let (sender, name) = match typist {
            Typist::Visitor => (Sender::User, None),
            Typist::Staff(user) => {
                let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
                let known = elsewhere.get(&session).into_iter().flatten().find_map(|occupant| match occupant {
                    Occupant::Staff { user: other, name } if *other == user => Some(name.clone()),
                    _ => None,
                });
                let Some(name) = known else { return };
                (Sender::Agent, Some(name))
            }
        };
        let news = Arc::new(News::Typing(Typing { is_typing, sender, name }));
        for place in topic.places() {
            if let Place::Open(queue) = place {
                queue.push(&news);
            }
        }
    }
}
