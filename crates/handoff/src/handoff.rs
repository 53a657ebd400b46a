//! A handoff: the passage of a session from the bot to a person.

use chatbot::SessionStatus;
use tenancy::{AgentId, HandoffId, SessionId, SessionRowId, Timestamp};

tenancy::word_enum! {
    /// How urgent a handoff is.
    #[derive(PartialOrd, Ord)]
    #[expect(missing_docs, reason = "the names say all there is")]
    pub enum Priority {
        Low => "low",
        Medium => "medium",
        High => "high",
        Urgent => "urgent",
    }
}

/// An agent as a handoff names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRef {
    /// The agent.
    pub id: AgentId,
    /// Display name.
    pub name: String,
}

/// The visitor as a handoff shows it, once there is a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorRef {
    /// Display name.
    pub name: String,
    /// Phone number.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
}

/// Where a handoff stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Open, without an agent: in the queue.
    Pending,
    /// Open, with an agent.
    Assigned(AgentRef),
    /// Closed; the agent that had it, if it had one and that agent still exists.
    Resolved {
        /// The agent that had it last.
        agent: Option<AgentRef>,
        /// When it was closed.
        at: Timestamp,
    },
}

impl State {
    /// The agent, open or resolved.
    pub fn agent(&self) -> Option<&AgentRef> {
        match self {
            Self::Pending => None,
            Self::Assigned(agent) => Some(agent),
            Self::Resolved { agent, .. } => agent.as_ref(),
        }
    }

    /// The session status that agrees with it.
    pub fn session_status(&self) -> SessionStatus {
        match self {
            Self::Pending => SessionStatus::Escalated,
            Self::Assigned(_) => SessionStatus::Assigned,
            Self::Resolved { .. } => SessionStatus::Resolved,
        }
    }
}

/// A stored handoff: at most one for each session, ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// Id.
    pub id: HandoffId,
    /// The session's internal key.
    pub session: SessionRowId,
    /// The session's public id.
    pub session_id: SessionId,
    /// Where it stands.
    pub state: State,
    /// Who answers the session at present. It agrees with `state`, but that a
    /// resolved handoff's session is `active` again once the visitor wrote.
    pub session_status: SessionStatus,
    /// When it was last opened.
    pub escalated_at: Timestamp,
    /// Why it was last opened.
    pub reason: String,
    /// What the resolver noted; cleared when reopened.
    pub notes: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// The visitor, once there is a profile.
    pub visitor: Option<VisitorRef>,
}
