//! The newest changes of a company, by which a process notices that it was not told of some.

use identity::agents::AgentStatus;
use tenancy::{AgentId, NoteId, SessionId, StoreError, Timestamp};

use crate::Priority;

/// Maximum number of sessions, and of notes, that are compared.
pub const MOST_COMPARED: usize = 50;

/// What staff are told of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskState {
    /// The highest `seq` of its messages; 0 without messages.
    pub last_seq: i64,
    /// The agent of the open handoff, `None` in the queue, and its priority; `None` if no handoff is open.
    pub open: Option<(Option<AgentId>, Priority)>,
}

/// A session that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskChange {
    /// The session.
    pub session: SessionId,
    /// Its state.
    pub state: DeskState,
    /// When its row last changed.
    pub at: Timestamp,
}

/// The newest changes of a company, at most [`MOST_COMPARED`] sessions and notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskHead {
    /// The sessions that changed last, newest first.
    pub sessions: Vec<DeskChange>,
    /// The last notes, newest first.
    pub notes: Vec<(SessionId, NoteId)>,
    /// The stored statuses of all agents.
    pub statuses: Vec<(AgentId, AgentStatus)>,
}

/// The newest changes of the store's company.
pub trait DeskHeads {
    /// Returns the newest changes. The cost does not depend on the number of sessions.
    fn desk_head(&mut self) -> Result<DeskHead, StoreError>;
}
