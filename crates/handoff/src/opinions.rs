//! What visitors say of the bot's answers and of their conversations.

use tenancy::{SessionRowId, StoreError, Timestamp};

/// What a visitor says of one answer of the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// The `seq` of the bot's message.
    pub seq: i64,
    /// Whether the answer helped.
    pub helpful: bool,
    /// What the visitor adds.
    pub comment: Option<String>,
    /// The visitor's question, if the answer did not help. The question then counts as unanswered.
    pub question: Option<String>,
}

/// What a visitor says of its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 1 (worst) to 5 (best).
    pub score: i64,
    /// What the visitor adds.
    pub comment: Option<String>,
}

/// The opinions of the store's company.
pub trait Opinions {
    /// Stores what the visitor says of a message, in place of what it said of that message before.
    fn put_feedback(&mut self, session: SessionRowId, feedback: &Feedback, now: Timestamp) -> Result<(), StoreError>;

    /// Returns what the visitor said of the messages of a session, by `seq`.
    fn feedback(&mut self, session: SessionRowId) -> Result<Vec<Feedback>, StoreError>;

    /// Stores what the visitor says of a session, in place of what it said before.
    fn put_rating(&mut self, session: SessionRowId, rating: &Rating, now: Timestamp) -> Result<(), StoreError>;

    /// Returns what the visitor said of a session.
    fn rating(&mut self, session: SessionRowId) -> Result<Option<Rating>, StoreError>;
}
