//! What the staff of a company were told, to notice what they were not told.
//!
//! A process that is killed between a commit and its poke tells the others nothing. Every two seconds the newest changes
//! of each company with connected staff are read and compared with what these were told. What is new in two reads in
//! a row, without an event or a poke about it in between, was not told.

use std::collections::{HashMap, HashSet};

use handoff::{
    Event, EventKind,
    desk_head::{DeskHead, DeskState, MOST_COMPARED},
};
use tenancy::{AgentId, NoteId, SessionId, Timestamp};

use super::statuses::Statuses;

/// What is known of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Known {
    /// The staff were told of everything up to this state, which was stored at this moment or later.
    Told(DeskState, Timestamp),
    /// The staff were told to look themselves. The state that is read next is what they have seen.
    #[default]
    Any,
}

/// What the staff of one company were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The sessions that changed last; `None` before the first read.
    sessions: Option<HashMap<SessionId, Known>>,
    notes: HashSet<NoteId>,
    /// The end of the last read: nothing up to here is news, if it comes into view later.
    floor: Option<Timestamp>,
    note_floor: Option<NoteId>,
    /// What the last read had and the staff were not told.
    suspects: HashSet<SessionId>,
    suspect_notes: HashSet<NoteId>,
    /// The statuses of agents.
    pub(super) statuses: Statuses,
    /// The sessions that events or pokes were about since the present read began; `None` between two reads.
    touched: Option<HashSet<SessionId>>,
}

/// What the staff were not told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Untold {
    /// Whether sessions have changed.
    pub(super) has_changes: bool,
    /// Notes.
    pub(super) notes: Vec<(SessionId, NoteId)>,
    /// The agents whose status was set.
    pub(super) statuses: Vec<AgentId>,
}

impl Told {
    /// States that a read begins. What is told from now on may not be in it.
    pub(super) fn begin(&mut self) {
        self.touched = Some(HashSet::new());
    }

    /// Notes that the staff are told of an event of this process.
    pub(super) fn tell(&mut self, event: &Event) {
        if let EventKind::NoteAdded(note) = event.kind {
            self.tell_note(note);
            return;
        }
        self.touch(event.session);
        let Some(known) = self.sessions.as_mut() else { return };
        let known = known.entry(event.session).or_default();
        let Known::Told(state, _) = known else { return };
        match &event.kind {
            EventKind::Message(_) => state.last_seq += 1,
            EventKind::Escalated { priority, .. } => state.open = Some((None, *priority)),
            EventKind::Assigned { agent, .. } | EventKind::Transferred { to: agent, .. } => match &mut state.open {
                Some((holder, _)) => *holder = Some(agent.id),
                None => *known = Known::Any,
            },
            EventKind::Resolved { .. } => state.open = None,
            EventKind::Prioritised | EventKind::Erased => *known = Known::Any,
            EventKind::ProfileSaved | EventKind::FileShared(_) | EventKind::Read { .. } | EventKind::NoteAdded(_) => {}
        }
    }

    /// Notes that the staff are told that another process has changed a session. `is_shown` is whether the change is
    /// one that they see.
    pub(super) fn poke(&mut self, session: SessionId, is_shown: bool) {
        self.touch(session);
        if let Some(known) = &mut self.sessions {
            let known = known.entry(session).or_default();
            if is_shown {
                *known = Known::Any;
            }
        }
    }

    /// Notes that the staff are told of a note.
    pub(super) fn tell_note(&mut self, note: NoteId) {
        if self.sessions.is_some() || self.touched.is_some() {
            self.notes.insert(note);
        }
        self.suspect_notes.remove(&note);
    }

    fn touch(&mut self, session: SessionId) {
        self.suspects.remove(&session);
        if let Some(touched) = &mut self.touched {
            touched.insert(session);
        }
    }

    /// Compares a read with what was told, and returns what was not.
    pub(super) fn compare(&mut self, head: &DeskHead) -> Untold {
        let touched = self.touched.take().unwrap_or_default();
        let is_first = self.sessions.is_none();
        let mut known = self.sessions.take().unwrap_or_default();
        let (mut next, mut suspects, mut untold) = (HashMap::new(), HashSet::new(), Untold::default());
        for change in &head.sessions {
            let told = known.remove(&change.session);
            let read = Known::Told(change.state, change.at);
            if touched.contains(&change.session) {
                next.insert(change.session, told.unwrap_or_default());
                continue;
            }
            let is_told = match told {
                Some(Known::Told(state, _)) => state == change.state,
                Some(Known::Any) => true,
                None if self.suspects.contains(&change.session) => false,
                None => is_first || self.floor.is_some_and(|floor| change.at <= floor),
            };
            if is_told || self.suspects.contains(&change.session) {
                untold.has_changes |= !is_told;
                next.insert(change.session, read);
            } else {
                suspects.insert(change.session);
                next.extend(told.map(|told| (change.session, told)));
            }
        }
        let is_full = head.sessions.len() >= MOST_COMPARED;
        self.floor = head.sessions.last().filter(|_| is_full).map(|last| last.at);
        for (session, told) in known {
            // The others were pushed out of view by newer ones. What was touched since the read began may be newer.
            let is_gone = match told {
                Known::Told(_, at) => self.floor.is_none_or(|floor| at > floor),
                Known::Any => false,
            };
            if touched.contains(&session) {
                next.insert(session, told);
            } else if is_gone && self.suspects.contains(&session) {
                untold.has_changes = true;
            } else if is_gone {
                suspects.insert(session);
                next.insert(session, told);
            }
        }
        (self.sessions, self.suspects) = (Some(next), suspects);
        untold.notes = self.compare_notes(&head.notes, is_first);
        untold.statuses = self.statuses.compare(&head.statuses);
        untold
    }

    fn compare_notes(&mut self, read: &[(SessionId, NoteId)], is_first: bool) -> Vec<(SessionId, NoteId)> {
        let (mut suspects, mut untold) = (HashSet::new(), Vec::new());
        for (session, note) in read {
            let is_told = is_first || self.notes.contains(note) || self.note_floor.is_some_and(|floor| *note <= floor);
            if is_told {
                continue;
            }
            if self.suspect_notes.contains(note) {
                untold.push((*session, *note));
            } else {
                suspects.insert(*note);
            }
        }
        let is_full = read.len() >= MOST_COMPARED;
        if let Some((_, last)) = read.last().filter(|_| is_full) {
            self.note_floor = Some(*last);
        }
        // Notes above the newest one that was read were told since.
        let newest = read.first().map(|(_, note)| *note);
        let in_view: HashSet<_> = read.iter().map(|(_, note)| *note).filter(|note| !suspects.contains(note)).collect();
        self.notes.retain(|note| newest.is_none_or(|newest| *note > newest));
        self.notes.extend(in_view);
        self.suspect_notes = suspects;
        untold
    }
}

#[cfg(test)]
mod tests {
    use chatbot::{Detail, Message};
    use handoff::{AgentRef, Priority, desk_head::DeskChange};
    use tenancy::{CompanyCode, HandoffId, MessageId, SessionRowId};

    use super::*;

    fn session(number: usize) -> SessionId {
        SessionId::parse(&format!("TES001_{number}")).unwrap()
    }

    fn at(second: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(std::time::Duration::from_secs(second))
    }

    const CLOSED: Option<(Option<AgentId>, Priority)> = None;
    const WAITS: Option<(Option<AgentId>, Priority)> = Some((None, Priority::Low));

    fn change(number: usize, last_seq: i64, open: Option<(Option<AgentId>, Priority)>, second: u64) -> DeskChange {
        DeskChange { session: session(number), state: DeskState { last_seq, open }, at: at(second) }
    }

    fn event(number: usize, kind: EventKind) -> Event {
        Event { company: CompanyCode::parse("TES001").unwrap(), session: session(number), kind }
    }

    fn message() -> EventKind {
        EventKind::Message(Box::new(Message {
            id: MessageId::new(1),
            seq: 1,
            session: SessionRowId::new(1),
            content: None,
            detail: Detail::User { context: String::new(), outcome: None },
            timestamp: at(0),
            client_message_id: None,
            attachments: Vec::new(),
        }))
    }

    /// Reads once; returns whether a change of a session was not told.
    fn read(told: &mut Told, sessions: &[DeskChange]) -> bool {
        told.begin();
        told.compare(&DeskHead { sessions: sessions.to_vec(), ..DeskHead::default() }).has_changes
    }

    #[test]
    fn what_events_and_pokes_tell_is_no_news() {
        let mut told = Told::default();
        assert!(!read(&mut told, &[change(1, 2, CLOSED, 1)]));
        let agent = AgentRef { id: AgentId::new(7), name: "Bo".to_owned() };
        let opened =
            EventKind::Escalated { handoff: HandoffId::new(1), reason: String::new(), priority: Priority::Low };
        let given = EventKind::Assigned { handoff: HandoffId::new(1), agent };
        for kind in [message(), message(), opened, given] {
            told.tell(&event(1, kind));
        }
        let assigned = [change(1, 4, Some((Some(AgentId::new(7)), Priority::Low)), 5)];
        assert!(!read(&mut told, &assigned) && !read(&mut told, &assigned));
        // Another process has changed it, and has told so.
        told.poke(session(1), true);
        told.poke(session(2), true);
        let more = [change(2, 9, WAITS, 7), change(1, 6, CLOSED, 6)];
        assert!(!read(&mut told, &more) && !read(&mut told, &more));
    }

    #[test]
    fn what_nobody_tells_is_found_by_the_second_read_and_told_once() {
        for untold in [
            vec![change(1, 3, CLOSED, 5)],
            vec![change(1, 2, WAITS, 5)],
            vec![change(2, 1, CLOSED, 5), change(1, 2, CLOSED, 1)],
            vec![],
        ] {
            let mut told = Told::default();
            read(&mut told, &[change(1, 2, CLOSED, 1)]);
            let found = [(); 4].map(|()| read(&mut told, &untold));
            assert_eq!(found, [false, true, false, false], "{untold:?}");
        }
    }

    #[test]
    fn a_message_of_this_process_does_not_hide_one_that_nobody_told() {
        let mut told = Told::default();
        read(&mut told, &[change(1, 2, CLOSED, 1)]);
        told.tell(&event(1, message()));
        let both = [change(1, 4, CLOSED, 5)];
        assert_eq!([(); 3].map(|()| read(&mut told, &both)), [false, true, false]);
    }

    #[test]
    fn what_is_told_while_a_read_runs_is_no_news() {
        let mut told = Told::default();
        read(&mut told, &[change(1, 2, CLOSED, 1)]);
        for _ in 0..2 {
            told.begin();
            told.tell(&event(1, message()));
            let old = DeskHead { sessions: vec![change(1, 2, CLOSED, 1)], ..DeskHead::default() };
            assert_eq!(told.compare(&old), Untold::default());
        }
        // A poke may come a little after the commit.
        assert!(!read(&mut told, &[change(1, 5, CLOSED, 6)]));
        told.poke(session(1), true);
        assert!(!read(&mut told, &[change(1, 5, CLOSED, 6)]));
    }

    #[test]
    fn a_session_that_comes_back_into_view_is_no_news() {
        let mut told = Told::default();
        let all: Vec<_> =
            (0..MOST_COMPARED + 1).rev().map(|n| change(n, 1, CLOSED, u64::try_from(n).unwrap() + 10)).collect();
        let (newest, view) = (&all[0], &all[1..]);
        read(&mut told, view);
        told.poke(newest.session, true);
        read(&mut told, &all[..MOST_COMPARED]);
        // The newest one is erased, so the oldest one comes into view again.
        told.tell(&event(MOST_COMPARED, EventKind::Erased));
        assert!(!read(&mut told, view) && !read(&mut told, view));
    }

    #[test]
    fn notes_that_nobody_told_are_found_once() {
        let mut told = Told::default();
        let notes = |ids: &[i64]| DeskHead {
            notes: ids.iter().map(|id| (session(1), NoteId::new(*id))).collect(),
            ..DeskHead::default()
        };
        let read = |told: &mut Told, ids: &[i64]| {
            told.begin();
            told.compare(&notes(ids)).notes.into_iter().map(|(_, note)| note.get()).collect::<Vec<_>>()
        };
        assert_eq!(read(&mut told, &[2, 1]), [0; 0]);
        told.tell(&event(1, EventKind::NoteAdded(NoteId::new(4))));
        let found = [(); 3].map(|()| read(&mut told, &[4, 3, 2, 1]));
        assert_eq!(found, [vec![], vec![3], vec![]]);
    }
}
