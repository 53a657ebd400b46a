//! Pokes, and how they are written.

use std::{fmt, str::FromStr};

use handoff::event_name::EventName;
use tenancy::{AgentId, AttachmentId, CompanyCode, HandoffId, NoteId, SessionId, UserId};

/// What a process tells the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poke {
    /// A session has changed. Its id names its company.
    Session(SessionId, Change),
    /// Accounts of a company's staff have changed; without a company, those of any staff.
    Staff(Option<CompanyCode>),
    /// What the staff of a company see has changed.
    Desk(CompanyCode),
    /// A private note about a session was stored.
    Note(SessionId, NoteId),
    /// Something has happened to a session that its callers, or the staff of its company, are shown as it is.
    Event(SessionId, EventName),
    /// The status of an agent was set.
    Status(CompanyCode, AgentId),
    /// Somebody types in a session, or has stopped. Nothing of it is stored.
    Typing(SessionId, Typist, bool),
}

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Typist {
    /// The visitor.
    Visitor,
    /// The member of staff with this account.
    Staff(UserId),
}

/// What has changed in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// The position of its last message, `None` if something else than messages has changed.
    pub(crate) head: Option<i64>,
    /// Whether its handoff has entered or left the queue.
    pub(crate) moves_queue: bool,
    /// What the staff of the company are shown of it.
    pub(crate) desk: AtDesk,
}

/// What the staff of a company are shown of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AtDesk {
    /// Nothing.
    Nothing,
    /// The event itself, which another poke names.
    Event,
    /// No frame says what has changed, so they load their lists again.
    Reload,
}

impl Change {
    /// Returns what two changes of a session are together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            // Anything may have changed if one of the two does not say that only messages have.
            head: self.head.zip(other.head).map(|(one, other)| one.max(other)),
            moves_queue: self.moves_queue || other.moves_queue,
            desk: self.desk.max(other.desk),
        }
    }
}

/// A text that is not a poke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAPoke;

impl fmt::Display for Poke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(session, Change { head, moves_queue, desk }) => {
                write!(f, "session {}", session.as_str())?;
                if let Some(head) = head {
                    write!(f, " {head}")?;
                }
                f.write_str(if *moves_queue { " queue" } else { "" })?;
                f.write_str(match desk {
                    AtDesk::Nothing => "",
                    AtDesk::Event => " event",
                    AtDesk::Reload => " desk",
                })
            }
            Self::Staff(None) => f.write_str("staff"),
            Self::Staff(Some(company)) => write!(f, "staff {company}"),
            Self::Desk(company) => write!(f, "desk {company}"),
            Self::Note(session, note) => write!(f, "note {} {}", session.as_str(), note.get()),
            Self::Event(session, name) => {
                write!(f, "event {} ", session.as_str())?;
                match name {
                    EventName::Message(seq) => write!(f, "message {seq}"),
                    EventName::Escalated(handoff) => write!(f, "escalated {}", handoff.get()),
                    EventName::Assigned(handoff, agent) => write!(f, "assigned {} {}", handoff.get(), agent.get()),
                    EventName::Transferred(handoff, from, to) => {
                        write!(f, "transferred {} {} {}", handoff.get(), from.get(), to.get())
                    }
                    EventName::Resolved(handoff, None) => write!(f, "resolved {}", handoff.get()),
                    EventName::Resolved(handoff, Some(agent)) => {
                        write!(f, "resolved {} {}", handoff.get(), agent.get())
                    }
                    EventName::FileShared(file) => write!(f, "file {}", file.get()),
                }
            }
            Self::Status(company, agent) => write!(f, "status {company} {}", agent.get()),
            Self::Typing(session, typist, is_typing) => {
                write!(f, "typing {} {}", session.as_str(), if *is_typing { "on" } else { "off" })?;
                match typist {
                    Typist::Visitor => Ok(()),
                    Typist::Staff(user) => write!(f, " {}", user.get()),
                }
            }
        }
    }
}

impl FromStr for Poke {
    type Err = NotAPoke;

    fn from_str(text: &str) -> Result<Self, NotAPoke> {
        let mut words = text.split(' ').peekable();
        let kind = words.next();
        let company = |code: &str| CompanyCode::parse(code).map_err(|_| NotAPoke);
        let session = |id: &str| SessionId::parse(id).map_err(|_| NotAPoke);
        let poke = match (kind, words.next()) {
            (Some("session"), Some(id)) => {
                let session = session(id)?;
                let head = words.peek().and_then(|word| word.parse().ok());
                if head.is_some() {
                    words.next();
                }
                let moves_queue = words.next_if_eq(&"queue").is_some();
                let desk = match words.next_if(|word| matches!(*word, "event" | "desk")) {
                    Some("event") => AtDesk::Event,
                    Some(_) => AtDesk::Reload,
                    None => AtDesk::Nothing,
                };
                Self::Session(session, Change { head, moves_queue, desk })
            }
            (Some("staff"), None) => Self::Staff(None),
            (Some("staff"), Some(code)) => Self::Staff(Some(company(code)?)),
            (Some("desk"), Some(code)) => Self::Desk(company(code)?),
            (Some("note"), Some(id)) => Self::Note(session(id)?, NoteId::new(number(words.next())?)),
            (Some("event"), Some(id)) => {
                let kind = words.next();
                let handoff = |word| number(word).map(HandoffId::new);
                let agent = |word| number(word).map(AgentId::new);
                let name = match kind {
                    Some("message") => EventName::Message(number(words.next())?),
                    Some("escalated") => EventName::Escalated(handoff(words.next())?),
                    Some("assigned") => EventName::Assigned(handoff(words.next())?, agent(words.next())?),
                    Some("transferred") => {
                        EventName::Transferred(handoff(words.next())?, agent(words.next())?, agent(words.next())?)
                    }
                    Some("resolved") => {
                        let handoff = handoff(words.next())?;
                        EventName::Resolved(handoff, words.next().map(|word| agent(Some(word))).transpose()?)
                    }
                    Some("file") => EventName::FileShared(AttachmentId::new(number(words.next())?)),
                    _ => return Err(NotAPoke),
                };
                Self::Event(session(id)?, name)
            }
            (Some("status"), Some(code)) => Self::Status(company(code)?, AgentId::new(number(words.next())?)),
            (Some("typing"), Some(id)) => {
                let is_typing = match words.next() {
                    Some("on") => true,
                    Some("off") => false,
                    _ => return Err(NotAPoke),
                };
                let typist = match words.next() {
                    Some(word) => Typist::Staff(UserId::new(number(Some(word))?)),
                    None => Typist::Visitor,
                };
                Self::Typing(session(id)?, typist, is_typing)
            }
            _ => return Err(NotAPoke),
        };
        if words.next().is_some() { Err(NotAPoke) } else { Ok(poke) }
    }
}

fn number(word: Option<&str>) -> Result<i64, NotAPoke> {
    word.and_then(|word| word.parse().ok()).ok_or(NotAPoke)
}

/// Writes pokes into texts of at most `longest` bytes, a line for each poke.
pub(crate) fn pack(pokes: &[Poke], longest: usize) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in pokes.iter().map(Poke::to_string) {
        match texts.last_mut() {
            Some(text) if text.len() + 1 + line.len() <= longest => {
                text.push('\n');
                text.push_str(&line);
            }
            _ => texts.push(line),
        }
    }
    texts
}

/// Reads the pokes in a text. Lines of other versions of the program are passed over.
pub(crate) fn unpack(text: &str) -> impl Iterator<Item = Poke> {
    text.lines().filter_map(|line| line.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_of_each() -> Vec<Poke> {
        let (session, company) = (SessionId::parse("TES001_1").unwrap(), CompanyCode::parse("TES001").unwrap());
        let mut pokes = vec![Poke::Staff(None), Poke::Staff(Some(company)), Poke::Desk(company)];
        pokes.push(Poke::Note(session, NoteId::new(3)));
        for head in [None, Some(7)] {
            for desk in [AtDesk::Nothing, AtDesk::Event, AtDesk::Reload] {
                pokes.extend(
                    [false, true].map(|moves_queue| Poke::Session(session, Change { head, moves_queue, desk })),
                );
            }
        }
        let (handoff, [one, two]) = (HandoffId::new(4), [1, 2].map(AgentId::new));
        let names = [
            EventName::Message(7),
            EventName::Escalated(handoff),
            EventName::Assigned(handoff, one),
            EventName::Transferred(handoff, one, two),
            EventName::Resolved(handoff, None),
            EventName::Resolved(handoff, Some(two)),
            EventName::FileShared(AttachmentId::new(5)),
        ];
        pokes.extend(names.map(|name| Poke::Event(session, name)));
        pokes.push(Poke::Status(company, one));
        pokes.push(Poke::Typing(session, Typist::Visitor, true));
        pokes.push(Poke::Typing(session, Typist::Staff(UserId::new(6)), false));
        pokes
    }

    #[test]
    fn pokes_are_read_as_they_were_written() {
        let pokes = some_of_each();
        for longest in [1, 30, 40, 1_000] {
            let texts = pack(&pokes, longest);
            assert!(texts.iter().all(|text| text.len() <= longest || !text.contains('\n')), "{texts:?}");
            let read: Vec<_> = texts.iter().flat_map(|text| unpack(text)).collect();
            assert_eq!(read, pokes, "{longest}");
        }
        assert_eq!(pack(&pokes, 1_000).len(), 1);
        assert_eq!(pack(&pokes, 1).len(), pokes.len());
    }

    #[test]
    fn what_is_not_a_poke_is_passed_over() {
        for text in [
            "",
            "session",
            "session TES001_1 7 queue more",
            "session TES001_1 x",
            "desk",
            "desk a b",
            "note TES001_1",
            "event TES001_1 message",
            "event TES001_1 message 1 2",
            "event TES001_1 unheard-of 1",
            "status TES001",
            "typing TES001_1",
            "typing TES001_1 on x",
            "other",
        ] {
            assert_eq!(text.parse::<Poke>(), Err(NotAPoke), "{text}");
        }
        assert_eq!(unpack("other\nstaff\n\ndesk").collect::<Vec<_>>(), [Poke::Staff(None)]);
    }
}
