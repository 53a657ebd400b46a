//! Messages: what was said, by whom, at which position of the session.

use attachments::Attachment;
use serde::{Deserialize, Serialize};
use tenancy::{AgentId, AttachmentId, MessageId, SessionRowId, Timestamp, UserId};

use crate::Reply;

tenancy::word_enum! {
    /// Which side said it; the wire's `message_type`.
    pub enum Sender {
        /// The visitor.
        User => "user",
        /// The bot.
        Bot => "bot",
        /// A person of the company, agent or admin.
        Agent => "agent",
    }
}

/// What is kept beside a message's text, by kind of sender.
///
/// Stored as one JSON document; the wire's `metadata` is made from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Detail {
    /// A visitor's message and the context the client named.
    User {
        /// The client's `context`.
        context: String,
    },
    /// A bot's message with the reply it was part of.
    Bot {
        /// The reply, whose text is the message's content.
        reply: Box<Reply>,
    },
    /// A message of an agent.
    Agent {
        /// The agent that wrote it; `None` once that agent was deleted.
        id: Option<i64>,
        /// The agent's name, as it was then.
        name: String,
    },
    /// A message of an admin.
    Admin {
        /// The admin's account.
        id: i64,
        /// The admin's name, as it was then.
        name: String,
    },
}

impl Detail {
    /// A message written by an agent.
    pub fn agent(id: AgentId, name: &str) -> Self {
        Self::Agent { id: Some(id.get()), name: name.to_owned() }
    }

    /// A message written by an admin.
    pub fn admin(user: UserId, name: &str) -> Self {
        Self::Admin { id: user.get(), name: name.to_owned() }
    }

    /// Which side a message of this kind is on.
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
    /// Position in its session: 1, 2, 3, .. without a gap.
    pub seq: i64,
    /// The session's internal key.
    pub session: SessionRowId,
    /// The text; `None` when only files were sent.
    pub content: Option<String>,
    /// Who wrote it and what belongs to it.
    pub detail: Detail,
    /// When it was stored.
    pub timestamp: Timestamp,
    /// The client's own id for it.
    pub client_message_id: Option<String>,
    /// The files sent with it, in the order they were named.
    pub attachments: Vec<Attachment>,
}

/// A message about to be stored; the store gives it id and `seq`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The text; `None` when only files were sent.
    pub content: Option<String>,
    /// Who wrote it and what belongs to it.
    pub detail: Detail,
    /// The client's own id for it.
    pub client_message_id: Option<String>,
    /// Files of the same session, in the order they were named.
    pub attachments: Vec<AttachmentId>,
}
