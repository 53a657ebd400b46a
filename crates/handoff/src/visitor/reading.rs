//! What a visitor can read of its own conversation.

use chatbot::{Detail, Message, Messages, Session, SessionStatus, Sessions, Step, intake};
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use crate::{AgentRef, Handoffs, Position, QueuePlace};

/// Maximum number of messages in a page.
pub const MOST_MESSAGES: i64 = 500;

/// The messages that a page begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The first messages after this `seq`.
    After(i64),
    /// The last messages before this `seq`.
    Before(i64),
    /// The newest messages.
    Newest,
}

/// The state of a conversation, as its visitor sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The session.
    pub session: Session,
    /// The answer that the intake waits for.
    pub collecting: Option<Step>,
    /// The agent to whom the open handoff is assigned.
    pub agent: Option<AgentRef>,
    /// The place in the queue, while the handoff waits there.
    pub queue: Option<QueuePlace>,
}

/// A conversation with some of its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The state of the conversation.
    pub overview: Overview,
    /// The name of the company's bot.
    pub bot_name: String,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether there are more messages in the direction of the window.
    pub has_more: bool,
}

/// Returns the caller's conversation with at most `limit` messages, at most [`MOST_MESSAGES`]. `None` if the caller
/// has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn page<S>(store: &mut S, window: Window, limit: i64, now: Timestamp) -> Result<Option<Page>, StoreError>
where
    S: Sessions + Handoffs + Messages + ActingAs<Visitor> + ?Sized,
{
    let Some(access) = store.caller().session() else { return Ok(None) };
    let Some(snapshot) = store.snapshot(Some(access.row_id()), now)? else { return Ok(None) };
    let collecting = intake::collecting(&snapshot.session, &snapshot.settings);
    let (session, bot_name) = (snapshot.session, snapshot.settings.bot_name.clone());
    let (messages, has_more) = visible(store, &session, window, limit.clamp(1, MOST_MESSAGES))?;
    let overview = overview(store, session, collecting)?;
    Ok(Some(Page { overview, bot_name, messages, has_more }))
}

/// Returns whether the visitor of a session may see this message of it. All that visitors read or are sent goes through
/// this function.
#[must_use]
pub fn may_see(message: &Message) -> bool {
    match message.detail {
        Detail::User { .. } | Detail::Bot { .. } | Detail::Agent { .. } | Detail::Admin { .. } => true,
    }
}

/// Reads the messages of a window that the visitor may see, and whether there are more in the window's direction.
pub(super) fn visible<S>(
    store: &mut S,
    session: &Session,
    window: Window,
    limit: i64,
) -> Result<(Vec<Message>, bool), StoreError>
where
    S: Messages + ?Sized,
{
    let (mut messages, has_more) = stored(store, session, window, limit)?;
    messages.retain(may_see);
    Ok((messages, has_more))
}

/// Reads the messages of a window, at most `limit`, and whether there are more in the window's direction.
pub(crate) fn stored<S>(
    store: &mut S,
    session: &Session,
    window: Window,
    limit: i64,
) -> Result<(Vec<Message>, bool), StoreError>
where
    S: Messages + ?Sized,
{
    // One more than asked for shows whether there are more.
    let one_more = limit.saturating_add(1);
    let mut messages = match window {
        // Most calls ask for what is newer than the newest message. They need no query.
        Window::After(seq) if seq >= session.last_seq => Vec::new(),
        Window::After(seq) => store.messages_after(session.key, seq, one_more)?,
        Window::Before(seq) => store.messages_before(session.key, seq, one_more)?,
        Window::Newest => store.newest_messages(session.key, one_more)?,
    };
    let has_more = i64::try_from(messages.len()).unwrap_or(i64::MAX) > limit;
    if has_more {
        match window {
            Window::After(_) => drop(messages.pop()),
            Window::Before(_) | Window::Newest => drop(messages.remove(0)),
        }
    }
    Ok((messages, has_more))
}

fn overview<S>(store: &mut S, session: Session, collecting: Option<Step>) -> Result<Overview, StoreError>
where
    S: Handoffs + ?Sized,
{
    let (mut agent, mut queue) = (None, None);
    if session.status.is_escalated()
        && let Some(handoff) = store.handoff_of(session.key)?
    {
        if session.status == SessionStatus::Escalated {
            queue = Some(store.place_in_queue(Position::from(&handoff))?);
        }
        agent = handoff.state.agent().cloned();
    }
    Ok(Overview { session, collecting, agent, queue })
}
