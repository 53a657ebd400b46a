//! Messages: text, sender and position in the session.

use attachments::Attachment;
use serde::{Deserialize, Serialize};
use tenancy::{AgentId, AttachmentId, MessageId, SessionRowId, StoreError, Timestamp, UserId};

use crate::{Outcome, Reply};

tenancy::word_enum! {
    /// The side that sent a message; `message_type` on the wire.
    pub enum Sender {
        /// The visitor.
        User => "user",
        /// The bot.
        Bot => "bot",
        /// An agent or admin of the company.
        Agent => "agent",
    }
}

/// The sender of a message, with the data that is stored in addition to the text.
///
/// Stored as one JSON document, from which the wire's `metadata` is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Detail {
    /// A visitor's message.
    User {
        /// The `context` that the client sent.
        context: String,
        /// What the button for a person was told, if a person handled the session already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    },
    /// A message of the bot.
    Bot {
        /// The reply that the message was part of; its text is the message's content.
        reply: Box<Reply>,
    },
    /// A message of an agent.
    Agent {
        /// The agent's id; `None` after the agent was deleted.
        id: Option<i64>,
        /// The agent's name at that time.
        name: String,
    },
    /// A message of an admin.
    Admin {
        /// The id of the admin's account.
        id: i64,
        /// The admin's name at that time.
        name: String,
    },
}

impl Detail {
    /// Returns the detail of an agent's message.
    pub fn agent(id: AgentId, name: &str) -> Self {
        Self::Agent { id: Some(id.get()), name: name.to_owned() }
    }

    /// Returns the detail of an admin's message.
    pub fn admin(user: UserId, name: &str) -> Self {
        Self::Admin { id: user.get(), name: name.to_owned() }
    }

    /// Returns the side that sent it.
    pub const fn sender(&self) -> Sender {
        match self {
            Self::User { .. } => Sender::User,
            Self::Bot { .. } => Sender::Bot,
            Self::Agent { .. } | Self::Admin { .. } => Sender::Agent,
        }
    }
}

/// A stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Id.
    pub id: MessageId,
    /// Position in the session: 1, 2, 3, .. without gaps.
    pub seq: i64,
    /// The session's row id.
    pub session: SessionRowId,
    /// The text; `None` if only files were sent.
    pub content: Option<String>,
    /// The sender and the data that is specific to it.
    pub detail: Detail,
    /// When it was stored.
    pub timestamp: Timestamp,
    /// The client's own id for it.
    pub client_message_id: Option<String>,
    /// The files sent with it, in the order of the request.
    pub attachments: Vec<Attachment>,
}

/// A message to be stored. The store assigns id and `seq`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The text; `None` if only files were sent.
    pub content: Option<String>,
    /// The sender and the data that is specific to it.
    pub detail: Detail,
    /// The client's own id for it.
    pub client_message_id: Option<String>,
    /// Files of the same session, in the order of the request.
    pub attachments: Vec<AttachmentId>,
}

/// Messages of the store's company.
pub trait Messages {
    /// Returns all messages of a session with their files, by `seq`.
    fn messages(&mut self, session: SessionRowId) -> Result<Vec<Message>, StoreError>;

    /// Returns the newest `limit` messages of a session with their files, by `seq`.
    fn newest_messages(&mut self, session: SessionRowId, limit: i64) -> Result<Vec<Message>, StoreError>;

    /// Returns the first `limit` messages behind position `after`, with their files, by `seq`.
    fn messages_after(&mut self, session: SessionRowId, after: i64, limit: i64) -> Result<Vec<Message>, StoreError>;

    /// Returns the last `limit` messages before position `before`, with their files, by `seq`.
    fn messages_before(&mut self, session: SessionRowId, before: i64, limit: i64) -> Result<Vec<Message>, StoreError>;

    /// Returns the messages at these positions, by `seq`.
    fn messages_at(&mut self, session: SessionRowId, seqs: &[i64]) -> Result<Vec<Message>, StoreError>;
}
