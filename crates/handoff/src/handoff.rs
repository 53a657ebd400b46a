//! A handoff: a session is passed from the bot to staff.

use chatbot::SessionStatus;
use tenancy::{AgentId, HandoffId, SessionId, SessionRowId, Timestamp};

tenancy::word_enum! {
    /// How urgent a handoff is, least urgent first.
    #[derive(PartialOrd, Ord)]
    #[expect(missing_docs, reason = "the names say all there is")]
    pub enum Priority {
        Low => "low",
        Medium => "medium",
        High => "high",
        Urgent => "urgent",
    }
}

/// The agent of a handoff, with the name to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRef {
    /// The agent.
    pub id: AgentId,
    /// Display name.
    pub name: String,
}

/// The visitor of a handoff, from the session's profile or else from what the intake has so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorRef {
    /// Display name.
    pub name: String,
    /// Phone number.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
}

/// The state of a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Open without an agent: it waits in the queue.
    Pending,
    /// Open with an agent.
    Assigned(AgentRef),
    /// Closed.
    Resolved {
        /// The agent that had it last, if it had one and that agent was not deleted.
        agent: Option<AgentRef>,
        /// When it was closed.
        at: Timestamp,
    },
}

impl State {
    /// Returns the agent, whether the handoff is open or resolved.
    pub fn agent(&self) -> Option<&AgentRef> {
        match self {
            Self::Pending => None,
            Self::Assigned(agent) => Some(agent),
            Self::Resolved { agent, .. } => agent.as_ref(),
        }
    }

    /// Returns whether this agent has the open handoff.
    pub fn is_assigned_to(&self, id: AgentId) -> bool {
        matches!(self, Self::Assigned(agent) if agent.id == id)
    }

    /// Returns the session status that matches this state.
    pub fn session_status(&self) -> SessionStatus {
        match self {
            Self::Pending => SessionStatus::Escalated,
            Self::Assigned(_) => SessionStatus::Assigned,
            Self::Resolved { .. } => SessionStatus::Resolved,
        }
    }
}

/// A stored handoff. A session has at most one, which is opened again when needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// Id.
    pub id: HandoffId,
    /// The session's row id.
    pub session: SessionRowId,
    /// The session's public id.
    pub session_id: SessionId,
    /// Its state.
    pub state: State,
    /// The session's status. It matches `state`, with one exception: the session of a
    /// resolved handoff is `active` again once the visitor has written.
    pub session_status: SessionStatus,
    /// When it was last opened.
    pub escalated_at: Timestamp,
    /// Why it was last opened.
    pub reason: String,
    /// The notes of the person who resolved it; cleared when it is opened again.
    pub notes: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// The visitor, once something is known.
    pub visitor: Option<VisitorRef>,
}
