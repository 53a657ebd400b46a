//! A visitor says what it thinks of an answer, or of the whole conversation.

use chatbot::{Message, Messages, Sender, Sessions};
use knowledge::unanswered::{Cause, Misses};
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use crate::{Feedback, Opinions, Rating};

/// How many messages before an answer may be the question. An answer that a model composed may come after further
/// messages.
const NEARBY: i64 = 20;

/// Why feedback was not stored, in order of precedence.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The caller has no session, or it was deleted.
    #[error("session not found")]
    SessionNotFound,
    /// The session has no message at this position.
    #[error("message not found")]
    MessageNotFound,
    /// The message is not the bot's.
    #[error("not a message of the bot")]
    NotFromBot,
    /// The store failed.
    #[error("the feedback could not be stored")]
    Store(#[from] StoreError),
}

/// Stores whether the bot's message at `seq` helped the caller. The last call for a message counts.
///
/// If it did not help, the visitor's question before it is kept as unanswered.
///
/// # Errors
/// [`FeedbackError`].
pub fn give_feedback<S>(
    store: &mut S,
    seq: i64,
    helpful: bool,
    comment: Option<String>,
    now: Timestamp,
) -> Result<(), FeedbackError>
where
    S: Sessions + Messages + Opinions + Misses + ActingAs<Visitor> + ?Sized,
{
    let access = store.caller().session().ok_or(FeedbackError::SessionNotFound)?;
    let session = store.lock(access.row_id())?.ok_or(FeedbackError::SessionNotFound)?.session;
    let message = store.messages_at(session.key, &[seq])?.pop().ok_or(FeedbackError::MessageNotFound)?;
    if message.detail.sender() != Sender::Bot {
        return Err(FeedbackError::NotFromBot);
    }
    let question = if helpful { None } else { question(store.messages_before(session.key, seq, NEARBY)?) };
    match &question {
        Some(question) => store.note_miss(session.key, seq, Cause::ThumbDown, question, now)?,
        None if helpful => store.take_back_miss(session.key, seq)?,
        None => {}
    }
    store.put_feedback(session.key, &Feedback { seq, helpful, comment, question }, now)?;
    Ok(())
}

/// Returns the text of the visitor's last message.
fn question(before: Vec<Message>) -> Option<String> {
    before.into_iter().rfind(|message| message.detail.sender() == Sender::User)?.content
}

/// Stores what the caller says of its conversation. The last call counts.
///
/// Returns `None` if the caller has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn rate<S>(store: &mut S, rating: &Rating, now: Timestamp) -> Result<Option<()>, StoreError>
where
    S: Sessions + Opinions + ActingAs<Visitor> + ?Sized,
{
    let Some(access) = store.caller().session() else { return Ok(None) };
    let Some(snapshot) = store.lock(access.row_id())? else { return Ok(None) };
    store.put_rating(snapshot.session.key, rating, now).map(Some)
}
