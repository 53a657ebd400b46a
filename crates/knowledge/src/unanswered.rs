//! Questions of visitors that were not answered well: grouped by what they mean, closed, and answered into entries.

mod addition;
mod group;

use std::time::Duration;

use encoder::Vector;
use tenancy::{
    MissId, SessionId, SessionRowId, StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

pub use addition::{Addition, ClosedInto, ExtendError, close_into, holder};
pub use group::{Group, GroupPosition, Groups, Order};

use crate::{
    Draft, EntryList, KnowledgeBase, ListedEntry,
    entries::{self, CreateError},
};

/// How far back unanswered questions are looked at.
pub const WINDOW: Duration = Duration::from_hours(90 * 24);

/// Maximum number of unanswered questions that are looked at; the newest count.
pub const MOST_MISSES: usize = 1_000;

/// Maximum length of a question that is kept, in Unicode scalar values.
pub const MAX_QUESTION: usize = crate::entry::MAX_QUESTION;

tenancy::word_enum! {
    /// Why a question counts as unanswered.
    #[derive(Hash)]
    pub enum Cause {
        /// Nothing in the knowledge was near enough, and the bot asked back.
        Low => "low",
        /// The visitor said that the answer did not help.
        ThumbDown => "thumb_down",
        /// A person was called because there was no answer, or right after it.
        Escalated => "escalated",
    }
}

/// A question of a visitor that was not answered well.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// Id. Ids rise with time.
    pub id: MissId,
    /// The visitor's session.
    pub session: SessionId,
    /// The position of what the bot said to the question.
    pub seq: i64,
    /// Why it counts as unanswered.
    pub cause: Cause,
    /// The question as it was understood: a question that goes on from another one has both.
    pub question: String,
    /// When it was asked.
    pub at: Timestamp,
    /// The vector of the question, if it was computed with the model that was asked for.
    pub vector: Option<Vector>,
}

/// The unanswered questions of the company the store is bound to.
///
/// Each belongs to a message of the bot, and is deleted together with it.
pub trait Misses {
    /// Keeps a question that the bot's message at `seq` does not answer, and enqueues the job that computes its vector.
    /// A message that has one already keeps it as it is.
    fn note_miss(
        &mut self,
        session: SessionRowId,
        seq: i64,
        cause: Cause,
        question: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Makes [`Cause::Escalated`] of [`Cause::Low`] at the last unanswered question of a session.
    fn escalate_miss(&mut self, session: SessionRowId) -> Result<(), StoreError>;

    /// Deletes the question at a message if it counts as unanswered for [`Cause::ThumbDown`].
    fn take_back_miss(&mut self, session: SessionRowId, seq: i64) -> Result<(), StoreError>;

    /// Returns the newest [`MOST_MISSES`] questions since a moment that nobody has closed, oldest first. With the id of a
    /// model, they have the vectors that this model made.
    fn open_misses(&mut self, since: Timestamp, model: Option<&str>) -> Result<Vec<Miss>, StoreError>;

    /// Closes those of the questions that are open, and returns their number.
    fn close_misses(&mut self, ids: &[MissId], now: Timestamp) -> Result<usize, StoreError>;

    /// Stores vectors that a model made. A question that was deleted since is left out.
    fn put_miss_vectors(&mut self, model: &str, vectors: &[(MissId, Vector)]) -> Result<(), StoreError>;
}

/// Why nothing was closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// No question of the group is open.
    #[error("there is no such group of questions")]
    NotFound,
    /// The store failed.
    #[error("the questions could not be closed")]
    Store(#[from] StoreError),
}

/// Why a group of questions was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// No question of the group is open.
    #[error("there is no such group of questions")]
    NotFound,
    /// No wording of the group says by itself what it is about, and no question was sent.
    #[error("the questions of the group need those before them")]
    NoQuestion,
    /// The entry was not added.
    #[error("the entry could not be added")]
    Create(#[from] CreateError),
    /// The store failed.
    #[error("the questions could not be closed")]
    Store(#[from] StoreError),
}

impl From<CloseError> for AnswerError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => Self::NotFound,
            CloseError::Store(error) => Self::Store(error),
        }
    }
}

/// Returns the open questions of the last [`WINDOW`], to be grouped outside of the transaction.
///
/// # Errors
/// Only when the store fails.
pub fn open<S: Misses + ?Sized>(store: &mut S, model: Option<&str>, now: Timestamp) -> Result<Vec<Miss>, StoreError> {
    store.open_misses(now.minus(WINDOW), model)
}

/// Closes the questions of a group, and returns how many. What is asked later opens a new group.
///
/// # Errors
/// [`CloseError`]. Then nothing has changed.
pub fn close<S>(store: &mut S, group: &Group, now: Timestamp) -> Result<usize, CloseError>
where
    S: Misses + Audit + ActingAs<Office> + ?Sized,
{
    let ids: Vec<_> = group.misses().iter().map(|miss| miss.id).collect();
    match store.close_misses(&ids, now)? {
        0 => Err(CloseError::NotFound),
        closed => {
            let company = store.caller().scope().company();
            store.record(Action::QuestionsClosed, Object::Company(company));
            Ok(closed)
        }
    }
}

/// Adds an entry that answers a group of questions, and closes them. Returns the entry, and how many were closed.
///
/// # Errors
/// [`AnswerError`]. Then the transaction must not commit.
pub fn answer<S>(
    store: &mut S,
    group: &Group,
    draft: Draft,
    now: Timestamp,
) -> Result<(ListedEntry, usize), AnswerError>
where
    S: Misses + KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    // As every change of the knowledge, so that two of them do not wait for each other.
    store.lock_faq()?;
    let closed = close(store, group, now)?;
    Ok((entries::create(store, draft, now)?, closed))
}
