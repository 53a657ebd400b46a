//! The pokes that wait to be sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use handoff::event_name::EventName;
use tenancy::{AgentId, CompanyCode, NoteId, SessionId};

use super::{Change, Poke, Typist};

/// Most sessions that wait while the other processes cannot be reached. Of further ones only the company waits; the
/// recheck of the other processes finds the sessions.
const MOST: usize = 10_000;

/// The pokes of a process that were not sent yet. Pokes about the same session are one.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    waiting: Mutex<Waiting>,
    added: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    sessions: BTreeMap<SessionId, Change>,
    staff: BTreeSet<Option<CompanyCode>>,
    desks: BTreeSet<CompanyCode>,
    notes: BTreeSet<(SessionId, NoteId)>,
    /// In the order in which they happened.
    events: Vec<(SessionId, EventName)>,
    statuses: BTreeSet<(CompanyCode, AgentId)>,
    /// Whether each of them types.
    typing: BTreeMap<(SessionId, Typist), bool>,
    is_closed: bool,
}

impl Outgoing {
    /// Adds pokes. It does not wait.
    pub(crate) fn add(&self, pokes: impl IntoIterator<Item = Poke>) {
        let mut waiting = self.lock();
        for poke in pokes {
            waiting.add(poke);
        }
        drop(waiting);
        self.added.notify_one();
    }

    /// Takes all pokes. Waits at most `patience` for the first one.
    pub(crate) fn take_within(&self, patience: Duration) -> Vec<Poke> {
        let waiting = self.lock();
        let waited = self.added.wait_timeout_while(waiting, patience, |it| it.is_empty() && !it.is_closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }

    /// States that no more pokes will come.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.added.notify_all();
    }

    /// Returns whether no pokes wait and no more will come.
    pub(crate) fn has_ended(&self) -> bool {
        let waiting = self.lock();
        waiting.is_closed && waiting.is_empty()
    }

    /// Waits for a time, or until no more pokes will come. What waited meanwhile is dropped then. Who typed before is of
    /// no interest afterwards.
    pub(crate) fn pause(&self, time: Duration) {
        let waited = self.added.wait_timeout_while(self.lock(), time, |it| !it.is_closed);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        waiting.typing.clear();
        if waiting.is_closed {
            waiting.take();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        let Self { sessions, staff, desks, notes, events, statuses, typing, is_closed: _ } = self;
        sessions.is_empty()
            && (staff.is_empty() && desks.is_empty() && notes.is_empty())
            && (events.is_empty() && statuses.is_empty() && typing.is_empty())
    }

    fn add(&mut self, poke: Poke) {
        match poke {
            Poke::Session(session, change) => {
                let is_full = self.sessions.len() >= MOST;
                match self.sessions.get_mut(&session) {
                    Some(known) => *known = known.and(change),
                    None if is_full => self.desks.extend(session.company()),
                    None => {
                        self.sessions.insert(session, change);
                    }
                }
            }
            Poke::Staff(company) => {
                self.staff.insert(company);
            }
            Poke::Desk(company) => {
                self.desks.insert(company);
            }
            Poke::Note(session, note) => {
                // The recheck of the other processes finds further ones.
                if self.notes.len() < MOST {
                    self.notes.insert((session, note));
                }
            }
            Poke::Event(session, name) => {
                if self.events.len() < MOST {
                    self.events.push((session, name));
                } else {
                    self.desks.extend(session.company());
                }
            }
            Poke::Status(company, agent) => {
                self.statuses.insert((company, agent));
            }
            Poke::Typing(session, typist, is_typing) => {
                if self.typing.len() < MOST {
                    self.typing.insert((session, typist), is_typing);
                }
            }
        }
    }

    fn take(&mut self) -> Vec<Poke> {
        let Self { sessions, staff, desks, notes, events, statuses, typing, is_closed: _ } = self;
        let sessions = mem::take(sessions).into_iter().map(|(session, change)| Poke::Session(session, change));
        let staff = mem::take(staff).into_iter().map(Poke::Staff);
        let notes = mem::take(notes).into_iter().map(|(session, note)| Poke::Note(session, note));
        let events = mem::take(events).into_iter().map(|(session, name)| Poke::Event(session, name));
        let statuses = mem::take(statuses).into_iter().map(|(company, agent)| Poke::Status(company, agent));
        let typing = mem::take(typing).into_iter();
        let typing = typing.map(|((session, typist), is_typing)| Poke::Typing(session, typist, is_typing));
        let of_desks = staff.chain(mem::take(desks).into_iter().map(Poke::Desk)).chain(notes);
        sessions.chain(of_desks).chain(events).chain(statuses).chain(typing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::AtDesk, *};

    fn poke(head: Option<i64>, moves_queue: bool) -> Poke {
        let change = Change { head, moves_queue, desk: AtDesk::Nothing };
        Poke::Session(SessionId::parse("TES001_1").unwrap(), change)
    }

    #[test]
    fn pokes_about_one_session_are_one() {
        let outgoing = Outgoing::default();
        let sent = |pokes: &[Poke]| {
            outgoing.add(pokes.iter().copied());
            outgoing.take_within(Duration::ZERO)
        };
        assert_eq!(sent(&[]), []);
        assert_eq!(sent(&[poke(Some(2), false), poke(Some(4), true), poke(Some(3), false)]), [poke(Some(4), true)]);
        assert_eq!(sent(&[poke(Some(2), false), poke(None, false)]), [poke(None, false)]);
        assert_eq!(sent(&[Poke::Staff(None), Poke::Staff(None)]), [Poke::Staff(None)]);
    }

    #[test]
    fn what_waits_at_the_end_is_still_sent() {
        let outgoing = Outgoing::default();
        outgoing.add([poke(None, false)]);
        outgoing.close();
        assert!(!outgoing.has_ended());
        assert_eq!(outgoing.take_within(Duration::from_secs(60)).len(), 1);
        assert!(outgoing.has_ended());
        assert_eq!(outgoing.take_within(Duration::from_secs(60)), []);
    }

    #[test]
    fn sessions_beyond_the_limit_do_not_wait_for_a_lost_connection() {
        let outgoing = Outgoing::default();
        let change = Change { head: None, moves_queue: false, desk: AtDesk::Nothing };
        let session = |number| SessionId::parse(&format!("TES001_{number}")).unwrap();
        outgoing.add((0..MOST + 5).map(|number| Poke::Session(session(number), change)));
        let taken = outgoing.take_within(Duration::ZERO);
        assert_eq!((taken.len(), taken.last()), (MOST + 1, CompanyCode::parse("TES001").ok().map(Poke::Desk).as_ref()));
    }

    #[test]
    fn events_keep_their_order_and_only_the_last_word_on_who_types_is_sent() {
        let outgoing = Outgoing::default();
        let session = SessionId::parse("TES001_1").unwrap();
        let typing = |is_typing| Poke::Typing(session, Typist::Visitor, is_typing);
        let events = [2, 1, 2].map(|seq| Poke::Event(session, EventName::Message(seq)));
        outgoing.add([typing(true), events[0], events[1], typing(false), events[2]]);
        assert_eq!(outgoing.take_within(Duration::ZERO), [events.as_slice(), &[typing(false)]].concat());
        // Nobody types for as long as a connection is lost.
        outgoing.add([typing(true), events[0]]);
        outgoing.pause(Duration::ZERO);
        assert_eq!(outgoing.take_within(Duration::ZERO), events[..1]);
    }
}
