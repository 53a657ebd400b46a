//! The pokes that wait to be sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tenancy::{CompanyCode, NoteId, SessionId};

use super::{Change, Poke};

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

    /// Waits for a time, or until no more pokes will come. What waited meanwhile is dropped then.
    pub(crate) fn pause(&self, time: Duration) {
        let waited = self.added.wait_timeout_while(self.lock(), time, |it| !it.is_closed);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
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
        self.sessions.is_empty() && self.staff.is_empty() && self.desks.is_empty() && self.notes.is_empty()
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
        }
    }

    fn take(&mut self) -> Vec<Poke> {
        let Self { sessions, staff, desks, notes, .. } = self;
        let sessions = mem::take(sessions).into_iter().map(|(session, change)| Poke::Session(session, change));
        let staff = mem::take(staff).into_iter().map(Poke::Staff);
        let notes = mem::take(notes).into_iter().map(|(session, note)| Poke::Note(session, note));
        sessions.chain(staff).chain(mem::take(desks).into_iter().map(Poke::Desk)).chain(notes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poke(head: Option<i64>, moves_queue: bool) -> Poke {
        let change = Change { head, moves_queue, concerns_desk: moves_queue };
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
        let change = Change { head: None, moves_queue: false, concerns_desk: false };
        let session = |number| SessionId::parse(&format!("TES001_{number}")).unwrap();
        outgoing.add((0..MOST + 5).map(|number| Poke::Session(session(number), change)));
        let taken = outgoing.take_within(Duration::ZERO);
        assert_eq!((taken.len(), taken.last()), (MOST + 1, CompanyCode::parse("TES001").ok().map(Poke::Desk).as_ref()));
    }
}
