//! Private notes of staff about a session.
//!
//! A note is no message. It has a table and a port of its own, which no use case of a visitor asks for, so nothing that
//! reads a visitor's messages can show one.

use chatbot::{Message, Messages, Session, Sessions};
use tenancy::{
    NoteId, SessionId, SessionRowId, StoreError, Timestamp,
    access::{ActingAs, Actor, Desk},
};

use crate::{
    EventKind, Handoffs, Outbox,
    reading::in_sight,
    visitor::{self, MOST_MESSAGES, Window},
};

/// Maximum length of a note, in characters.
pub const LONGEST_NOTE: usize = 4000;

/// Maximum number of notes about one session.
pub const MOST_NOTES: i64 = 500;

tenancy::word_enum! {
    /// Who wrote a note.
    pub enum NoteAuthor {
        /// An agent of the company.
        Agent => "agent",
        /// An admin of the company.
        Admin => "admin",
        /// A superadmin who entered the company.
        Superadmin => "superadmin",
    }
}

/// A note that staff write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingNote {
    /// The text, already made safe for clients that render it as markup.
    pub text: String,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the note.
    pub client_message_id: Option<String>,
}

impl From<String> for OutgoingNote {
    /// Returns a note without an idempotency key.
    fn from(text: String) -> Self {
        Self { text, key: None, client_message_id: None }
    }
}

/// A note to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNote {
    /// The `seq` of the message that the note follows; 0 before the first one.
    pub after_seq: i64,
    /// The author's role.
    pub author: NoteAuthor,
    /// The author's display name; a superadmin has none.
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the note.
    pub client_message_id: Option<String>,
}

/// A stored note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Id.
    pub id: NoteId,
    /// What was written, by whom and where.
    pub new: NewNote,
    /// When it was stored.
    pub at: Timestamp,
}

/// A note that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// This call stored it.
    Stored(Note),
    /// An earlier request with the same idempotency key stored it.
    Replayed(Note),
}

impl Written {
    /// Returns the note.
    pub fn into_note(self) -> Note {
        match self {
            Self::Stored(note) | Self::Replayed(note) => note,
        }
    }
}

/// Which notes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteRange {
    /// The lowest `seq` of the message that a note follows.
    pub from: i64,
    /// The one after the highest; `None` for all.
    pub before: Option<i64>,
    /// Only notes with a higher id.
    pub after: NoteId,
}

impl NoteRange {
    /// All notes about a session.
    pub const ALL: Self = Self { from: 0, before: None, after: NoteId::new(i64::MIN) };
}

/// The notes of the store's company.
pub trait Notes {
    /// Stores a note and returns its id. The caller holds the session's lock.
    fn insert_note(&mut self, session: SessionRowId, note: &NewNote, now: Timestamp) -> Result<NoteId, StoreError>;

    /// Returns a note about a session by its id.
    fn note(&mut self, session: SessionRowId, id: NoteId) -> Result<Option<Note>, StoreError>;

    /// Returns the note about a session that was stored with an idempotency key.
    fn note_by_key(&mut self, session: SessionRowId, key: &str) -> Result<Option<Note>, StoreError>;

    /// Counts the notes about a session.
    fn count_notes(&mut self, session: SessionRowId) -> Result<i64, StoreError>;

    /// Returns the notes about a session within a range, by the message that they follow, then by id.
    fn notes(&mut self, session: SessionRowId, range: NoteRange) -> Result<Vec<Note>, StoreError>;
}

/// Why a note was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The company has no such session, or the caller may not see it.
    #[error("session not found")]
    SessionNotFound,
    /// The session has [`MOST_NOTES`] notes already.
    #[error("the session has too many notes")]
    TooMany,
    /// The idempotency key was used for another text.
    #[error("the idempotency key was used for another note")]
    KeyReused,
    /// The store failed.
    #[error("the note could not be stored")]
    Store(#[from] StoreError),
}

/// Stores a note about a session that the caller may see, as for [`history`](crate::reading::history).
///
/// A note changes neither the session nor its handoff. A repeat with the same idempotency key stores nothing. Keys of
/// notes are compared within one session, and are independent of those of messages.
///
/// # Errors
/// [`NoteError`].
pub fn write<S>(store: &mut S, session: SessionId, note: OutgoingNote, now: Timestamp) -> Result<Written, NoteError>
where
    S: Sessions + Handoffs + Notes + Outbox + ActingAs<Desk> + ?Sized,
{
    let seen = in_sight(store, session)?.ok_or(NoteError::SessionNotFound)?;
    let session = store.lock(seen.key)?.ok_or(NoteError::SessionNotFound)?.session;
    if let Some(key) = &note.key
        && let Some(earlier) = store.note_by_key(session.key, key)?
    {
        return if earlier.new.text == note.text { Ok(Written::Replayed(earlier)) } else { Err(NoteError::KeyReused) };
    }
    add(store, &session, note, now).map(Written::Stored)
}

/// Stores a note of the caller about a session whose lock the caller holds.
pub(crate) fn add<S>(store: &mut S, session: &Session, note: OutgoingNote, now: Timestamp) -> Result<Note, NoteError>
where
    S: Notes + Outbox + ActingAs<Desk> + ?Sized,
{
    if store.count_notes(session.key)? >= MOST_NOTES {
        return Err(NoteError::TooMany);
    }
    let (author, name) = match store.caller().actor() {
        Actor::Agent { name, .. } => (NoteAuthor::Agent, Some(name.clone())),
        Actor::Admin { name, .. } => (NoteAuthor::Admin, Some(name.clone())),
        Actor::Superadmin { .. } => (NoteAuthor::Superadmin, None),
    };
    let OutgoingNote { text, key, client_message_id } = note;
    let new = NewNote { after_seq: session.last_seq, author, name, text, key, client_message_id };
    let id = store.insert_note(session.key, &new, now)?;
    store.emit(session.id, EventKind::NoteAdded(id));
    Ok(Note { id, new, at: now })
}

/// Messages of a session with the notes between them, as staff read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotated {
    /// The session.
    pub session: Session,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// The notes, in the order of the messages that they follow.
    pub notes: Vec<Note>,
    /// Whether there are more messages in the direction of the window.
    pub has_more: bool,
}

/// Returns the messages of a session in a window, with the notes between them.
///
/// There are at most `limit` messages and at most [`MOST_MESSAGES`]. The result is `None` for a session that the caller
/// may not see, as for [`history`](crate::reading::history).
///
/// Pages in one direction show each note once. A window after a message also has the notes that follow this message,
/// so that new ones are seen before the next message. Only notes with an id above `seen` are returned: the ids of a
/// session's notes rise, so the highest one that a caller has tells the new ones apart.
///
/// # Errors
/// [`StoreError`].
pub fn annotated<S>(
    store: &mut S,
    session: SessionId,
    window: Window,
    limit: i64,
    seen: NoteId,
) -> Result<Option<Annotated>, StoreError>
where
    S: Sessions + Handoffs + Messages + Notes + ActingAs<Desk> + ?Sized,
{
    let Some(session) = in_sight(store, session)? else { return Ok(None) };
    let (messages, has_more) = visitor::stored(store, &session, window, limit.clamp(1, MOST_MESSAGES))?;
    let ends = (messages.first().map(|first| first.seq), messages.last().map(|last| last.seq));
    let notes = match range(window, ends, has_more, seen) {
        Some(range) => store.notes(session.key, range)?,
        None => Vec::new(),
    };
    Ok(Some(Annotated { session, messages, notes, has_more }))
}

/// Returns the range of the notes that a window of messages shows. `ends` are the first and the last of the messages.
fn range(window: Window, ends: (Option<i64>, Option<i64>), has_more: bool, after: NoteId) -> Option<NoteRange> {
    let (first, last) = ends;
    let oldest = if has_more { first? } else { 0 };
    Some(match window {
        Window::After(seq) => NoteRange { from: seq, before: last.filter(|_| has_more), after },
        Window::Before(seq) => NoteRange { from: oldest, before: Some(seq), after },
        Window::Newest => NoteRange { from: oldest, before: None, after },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: NoteId = NoteId::new(0);

    /// The notes that windows over messages 1 to 9 show, three messages at a time.
    fn shown(windows: &[(Window, (i64, i64), bool)]) -> Vec<(i64, Option<i64>)> {
        let one = |(window, (first, last), has_more): &(Window, (i64, i64), bool)| {
            let range = range(*window, (Some(*first), Some(*last)), *has_more, NONE).unwrap();
            (range.from, range.before)
        };
        windows.iter().map(one).collect()
    }

    #[test]
    fn pages_forwards_show_each_note_once() {
        let pages =
            [(Window::After(0), (1, 3), true), (Window::After(3), (4, 6), true), (Window::After(6), (7, 9), false)];
        assert_eq!(shown(&pages), [(0, Some(3)), (3, Some(6)), (6, None)]);
        let last = NoteRange { from: 9, before: None, after: NONE };
        assert_eq!(range(Window::After(9), (None, None), false, NONE), Some(last));
    }

    #[test]
    fn pages_backwards_show_each_note_once() {
        let pages =
            [(Window::Newest, (7, 9), true), (Window::Before(7), (4, 6), true), (Window::Before(4), (1, 3), false)];
        assert_eq!(shown(&pages), [(7, None), (4, Some(7)), (0, Some(4))]);
    }
}
