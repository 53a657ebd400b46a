//! A visitor says what it thinks of an answer, or of the whole conversation.

use chatbot::{Message, Messages, Sender, Sessions};
use knowledge::{
    in_context, stands_alone,
    unanswered::{Cause, Misses},
};
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
    let question = if helpful {
        None
    } else {
        question(store.messages_before(session.key, seq, NEARBY)?, session.dialogue.asked.as_deref())
    };
    match &question {
        Some(question) => store.note_miss(session.key, seq, Cause::ThumbDown, question, now)?,
        None if helpful => store.take_back_miss(session.key, seq)?,
        None => {}
    }
    store.put_feedback(session.key, &Feedback { seq, helpful, comment, question }, now)?;
    Ok(())
}

/// Returns the visitor's last question, with the one before it if it says nothing without that.
///
/// `asked` is the last question of the session as it was understood.
fn question(before: Vec<Message>, asked: Option<&str>) -> Option<String> {
    let mut said = before.into_iter().rev().filter(|message| message.detail.sender() == Sender::User);
    let question = said.next()?.content?;
    if let Some(asked) = asked.filter(|asked| asked.ends_with(&question) && stands_alone(asked)) {
        return Some(asked.to_owned());
    }
    if stands_alone(&question) {
        return Some(question);
    }
    let earlier = said.filter_map(|message| message.content).find(|text| stands_alone(text));
    Some(in_context(&question, earlier.as_deref()).unwrap_or(question))
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
