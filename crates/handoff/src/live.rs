//! What an open connection shows of one session: the messages after the last one that it has shown.

use attachments::{Attachment, Attachments};
use chatbot::{Message, Messages, Session, Sessions, Side};
use tenancy::{
    AgentId, NoteId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Desk, Visitor},
};

use crate::{
    AgentRef, Handoff, HandoffFilter, Handoffs, Outbox, QueuePlace, Sight, StateFilter,
    desk_list::DeskLists,
    notes::{Note, Notes},
    reading::{in_sight, is_seen},
    visitor::{self, MOST_MESSAGES, Window},
};

/// Who answers in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The bot.
    Bot,
    /// Nobody yet: the session waits for a person.
    Waiting,
    /// An agent.
    Assigned(AgentRef),
}

impl Standing {
    fn of(session: &Session, agent: Option<AgentRef>) -> Self {
        match agent {
            Some(agent) => Self::Assigned(agent),
            None if session.status.is_escalated() => Self::Waiting,
            None => Self::Bot,
        }
    }
}

/// A session with the messages that a connection has not shown yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The session.
    pub session: Session,
    /// Who answers in it.
    pub standing: Standing,
    /// The visitor's place in the queue, while the session waits there. Staff see the queue itself.
    pub queue: Option<QueuePlace>,
    /// The name of the company's bot.
    pub bot_name: String,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether there are more messages in the direction of the window.
    pub has_more: bool,
}

/// Returns the messages of the calling visitor's session in a window, at most [`MOST_MESSAGES`]. `None` if the caller
/// has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn of_visitor<S>(store: &mut S, window: Window, now: Timestamp) -> Result<Option<Batch>, StoreError>
where
    S: Sessions + Handoffs + Messages + ActingAs<Visitor> + ?Sized,
{
    let page = visitor::page(store, window, MOST_MESSAGES, now)?;
    Ok(page.map(|page| Batch {
        standing: Standing::of(&page.overview.session, page.overview.agent),
        queue: page.overview.queue,
        session: page.overview.session,
        bot_name: page.bot_name,
        messages: page.messages,
        has_more: page.has_more,
    }))
}

/// Returns the messages of a session in a window, at most [`MOST_MESSAGES`]. `None` for a session that the calling
/// staff may not see, as for [`history`](crate::reading::history).
///
/// # Errors
/// [`StoreError`].
pub fn of_staff<S>(
    store: &mut S,
    session: SessionId,
    window: Window,
    now: Timestamp,
) -> Result<Option<Batch>, StoreError>
where
    S: Sessions + Handoffs + Messages + ActingAs<Desk> + ?Sized,
{
    let Some(seen) = in_sight(store, session)? else { return Ok(None) };
    let Some(snapshot) = store.snapshot(Some(seen.key), now)? else { return Ok(None) };
    let (session, bot_name) = (snapshot.session, snapshot.settings.bot_name.clone());
    let (messages, has_more) = visitor::stored(store, &session, window, MOST_MESSAGES)?;
    let handoff = if session.status.is_escalated() { store.handoff_of(session.key)? } else { None };
    let standing = Standing::of(&session, handoff.and_then(|handoff| handoff.state.agent().cloned()));
    Ok(Some(Batch { session, standing, queue: None, bot_name, messages, has_more }))
}

/// What staff of a company are sent about a session, in addition to what has happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskSide {
    /// The session's handoff.
    pub handoff: Option<Handoff>,
    /// The name of the company's bot.
    pub bot_name: String,
}

/// A private note, with what decides who is sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskNote {
    /// The note.
    pub note: Note,
    /// The session's handoff.
    pub handoff: Option<Handoff>,
}

impl DeskNote {
    /// Whether this agent may see the session, as for [`history`](crate::reading::history); `None` for other staff.
    pub fn is_for(&self, agent: Option<AgentId>) -> bool {
        let sees = |agent| self.handoff.as_ref().is_some_and(|it| is_seen(&it.state, Sight::MineAndQueue(agent)));
        agent.is_none_or(sees)
    }
}

/// The numbers that the desk shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCounts {
    /// Handoffs in the queue.
    pub waiting: i64,
    /// Handoffs that an agent has.
    pub assigned: i64,
    /// Those that the caller has; 0 for other staff than agents.
    pub mine: i64,
}

/// Returns the handoff of a session and the name of the bot. `None` if the company has no such session.
///
/// It is read once for all staff of the company. The caller of this function decides who of them is sent what.
///
/// # Errors
/// [`StoreError`].
pub fn desk_side<S>(store: &mut S, session: SessionId, now: Timestamp) -> Result<Option<DeskSide>, StoreError>
where
    S: Sessions + Handoffs + ActingAs<Desk> + ?Sized,
{
    let Some(session) = store.session(session)? else { return Ok(None) };
    let Some(snapshot) = store.snapshot(Some(session.key), now)? else { return Ok(None) };
    let handoff = store.handoff_of(session.key)?;
    Ok(Some(DeskSide { handoff, bot_name: snapshot.settings.bot_name.clone() }))
}

/// Returns a note about a session. `None` if the company has no such session or note.
///
/// It is read once for all staff of the company. [`DeskNote::is_for`] says who of them is sent it.
///
/// # Errors
/// [`StoreError`].
pub fn desk_note<S>(store: &mut S, session: SessionId, id: NoteId) -> Result<Option<DeskNote>, StoreError>
where
    S: Sessions + Handoffs + Notes + ActingAs<Desk> + ?Sized,
{
    let Some(session) = store.session(session)? else { return Ok(None) };
    let Some(note) = store.note(session.key, id)? else { return Ok(None) };
    Ok(Some(DeskNote { note, handoff: store.handoff_of(session.key)? }))
}

/// Returns the numbers that the desk shows to the caller.
///
/// # Errors
/// [`StoreError`].
pub fn queue_counts<S>(store: &mut S) -> Result<QueueCounts, StoreError>
where
    S: Handoffs + DeskLists + ActingAs<Desk> + ?Sized,
{
    let agent = store.caller().agent();
    let counts = store.list_counts(agent)?;
    let assigned = HandoffFilter { state: Some(StateFilter::Assigned), ..HandoffFilter::default() };
    let assigned = store.page_of_handoffs(&assigned, Sight::All, 0, 1)?.count;
    Ok(QueueCounts { waiting: counts.queue, assigned, mine: counts.mine })
}

/// Notes that staff have read a session up to the message at `seq`, and returns how far they have read.
///
/// The position is never lowered, and never raised beyond the last message. `None` for a session that the caller may
/// not see.
///
/// # Errors
/// [`StoreError`].
pub fn mark_read_by_staff<S>(store: &mut S, session: SessionId, seq: i64) -> Result<Option<i64>, StoreError>
where
    S: Sessions + Handoffs + Outbox + ActingAs<Desk> + ?Sized,
{
    let Some(seen) = in_sight(store, session)? else { return Ok(None) };
    visitor::raise(store, seen.key, Side::Staff, seq)
}

/// Returns all files of the calling visitor's session, oldest first, also those that no message carries. Without a
/// session there are none.
///
/// # Errors
/// [`StoreError`].
pub fn files_of_visitor<S>(store: &mut S) -> Result<Vec<Attachment>, StoreError>
where
    S: Attachments + ActingAs<Visitor> + ?Sized,
{
    match store.caller().session() {
        Some(session) => store.all_of_session(session.row_id()),
        None => Ok(Vec::new()),
    }
}
