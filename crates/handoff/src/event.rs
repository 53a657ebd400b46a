//! Events about sessions. The store publishes them after the commit.

use attachments::Attachment;
use chatbot::{Message, Side};
use tenancy::{CompanyCode, HandoffId, NoteId, SessionId};

use crate::{AgentRef, Priority};

/// Something that happened to one session of one company.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The company it happened in.
    pub company: CompanyCode,
    /// The session it happened to.
    pub session: SessionId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened to a session.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A message was stored.
    Message(Box<Message>),
    /// A handoff was opened or reopened.
    Escalated {
        /// The handoff.
        handoff: HandoffId,
        /// Why it was opened.
        reason: String,
        /// How urgent it is.
        priority: Priority,
    },
    /// A handoff in the queue was given to an agent.
    Assigned {
        /// The handoff.
        handoff: HandoffId,
        /// The agent who has it now.
        agent: AgentRef,
    },
    /// An open handoff passed from one agent to another.
    Transferred {
        /// The handoff.
        handoff: HandoffId,
        /// The agent who had it before.
        from: AgentRef,
        /// The agent who has it now.
        to: AgentRef,
    },
    /// A handoff was closed.
    Resolved {
        /// The handoff.
        handoff: HandoffId,
        /// The agent who had it, if it had one.
        agent: Option<AgentRef>,
    },
    /// The visitor's profile was stored.
    ProfileSaved,
    /// The priority of the open handoff was changed.
    Prioritised,
    /// Staff wrote a private note. Visitors are not told.
    NoteAdded(NoteId),
    /// A file was uploaded to the session.
    FileShared(Box<Attachment>),
    /// One side has read up to a message.
    Read {
        /// The side that has read.
        side: Side,
        /// The `seq` of the message.
        seq: i64,
    },
    /// The session was deleted with all its data.
    Erased,
}

/// Collects the events of a transaction.
///
/// The store publishes them after the commit and drops them on a rollback.
pub trait Outbox {
    /// Adds an event of the store's company.
    fn emit(&mut self, session: SessionId, kind: EventKind);
}
