//! What happened, for those who listen. Events leave the process after commit.

use chatbot::Message;
use tenancy::{CompanyCode, HandoffId, SessionId};

use crate::{AgentRef, Priority};

/// A fact about one session of one company.
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
        /// Why.
        reason: String,
        /// How urgently.
        priority: Priority,
    },
    /// A waiting handoff got an agent.
    Assigned {
        /// The handoff.
        handoff: HandoffId,
        /// Who has it now.
        agent: AgentRef,
    },
    /// An open handoff passed from one agent to another.
    Transferred {
        /// The handoff.
        handoff: HandoffId,
        /// Who had it.
        from: AgentRef,
        /// Who has it now.
        to: AgentRef,
    },
    /// A handoff was closed.
    Resolved {
        /// The handoff.
        handoff: HandoffId,
        /// Who had it.
        agent: Option<AgentRef>,
    },
    /// The session and all it held were deleted.
    Erased,
}

/// Where use cases leave their events; the store hands them on after commit and
/// forgets them on rollback.
pub trait Outbox {
    /// Leaves an event of the store's company.
    fn emit(&mut self, session: SessionId, kind: EventKind);
}
