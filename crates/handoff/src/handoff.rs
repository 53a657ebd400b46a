//! A handoff: the passage of a session from the bot to a person.

use chatbot::SessionStatus;
use tenancy::{AgentId, HandoffId, SessionId, SessionRowId, Timestamp};

/// How urgent a handoff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say all there is")]
pub enum Priority {
    Low,
    Medium,
    High,
    Urgent,
}

impl Priority {
    /// Every priority, least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The word in JSON and in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == word)
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
