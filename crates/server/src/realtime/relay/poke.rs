//! Pokes, and how they are written.

use std::{fmt, str::FromStr};

use tenancy::{CompanyCode, NoteId, SessionId};

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
}

/// What has changed in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// The position of its last message, `None` if something else than messages has changed.
    pub(crate) head: Option<i64>,
    /// Whether its handoff has entered or left the queue.
    pub(crate) moves_queue: bool,
    /// Whether it concerns all staff of the company.
    pub(crate) concerns_desk: bool,
}

impl Change {
    /// Returns what two changes of a session are together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            // Anything may have changed if one of the two does not say that only messages have.
            head: self.head.zip(other.head).map(|(one, other)| one.max(other)),
            moves_queue: self.moves_queue || other.moves_queue,
            concerns_desk: self.concerns_desk || other.concerns_desk,
        }
    }
}

/// A text that is not a poke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAPoke;

impl fmt::Display for Poke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(session, Change { head, moves_queue, concerns_desk }) => {
                write!(f, "session {}", session.as_str())?;
                if let Some(head) = head {
                    write!(f, " {head}")?;
                }
                f.write_str(if *moves_queue { " queue" } else { "" })?;
                f.write_str(if *concerns_desk { " desk" } else { "" })
            }
            Self::Staff(None) => f.write_str("staff"),
            Self::Staff(Some(company)) => write!(f, "staff {company}"),
            Self::Desk(company) => write!(f, "desk {company}"),
            Self::Note(session, note) => write!(f, "note {} {}", session.as_str(), note.get()),
        }
    }
}

impl FromStr for Poke {
    type Err = NotAPoke;

    fn from_str(text: &str) -> Result<Self, NotAPoke> {
        let mut words = text.split(' ').peekable();
        let kind = words.next();
        let company = |code: &str| CompanyCode::parse(code).map_err(|_| NotAPoke);
        let poke = match (kind, words.next()) {
            (Some("session"), Some(id)) => {
                let session = SessionId::parse(id).map_err(|_| NotAPoke)?;
                let head = words.peek().and_then(|word| word.parse().ok());
                if head.is_some() {
                    words.next();
                }
                let moves_queue = words.next_if_eq(&"queue").is_some();
                let concerns_desk = words.next_if_eq(&"desk").is_some();
                Self::Session(session, Change { head, moves_queue, concerns_desk })
            }
            (Some("staff"), None) => Self::Staff(None),
            (Some("staff"), Some(code)) => Self::Staff(Some(company(code)?)),
            (Some("desk"), Some(code)) => Self::Desk(company(code)?),
            (Some("note"), Some(id)) => {
                let session = SessionId::parse(id).map_err(|_| NotAPoke)?;
                let note = words.next().and_then(|word| word.parse().ok()).ok_or(NotAPoke)?;
                Self::Note(session, NoteId::new(note))
            }
            _ => return Err(NotAPoke),
        };
        if words.next().is_some() { Err(NotAPoke) } else { Ok(poke) }
    }
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
            for (moves_queue, concerns_desk) in [(false, false), (false, true), (true, false), (true, true)] {
                pokes.push(Poke::Session(session, Change { head, moves_queue, concerns_desk }));
            }
        }
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
            "other",
        ] {
            assert_eq!(text.parse::<Poke>(), Err(NotAPoke), "{text}");
        }
        assert_eq!(unpack("other\nstaff\n\ndesk").collect::<Vec<_>>(), [Poke::Staff(None)]);
    }
}
