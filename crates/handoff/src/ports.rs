//! What the desk asks of a store. Every method works on the store's company,
//! but for [`AllHandoffs`], which is the platform's.

use std::net::IpAddr;

use tenancy::{ActivityId, AgentId, CompanyCode, HandoffId, ProfileId, SessionRowId, StoreError, Timestamp};

use crate::{AgentRef, Handoff, Priority, State};

/// Why and how urgently a handoff is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Free text, or the visitor's words.
    pub reason: String,
    /// How urgent it is.
    pub priority: Priority,
}

/// Which of a company's sessions a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All.
    All,
    /// Those whose handoff names this agent, and the queue.
    MineAndQueue(AgentId),
    /// Those whose handoff names this agent.
    Mine(AgentId),
}

/// Which states a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFilter {
    /// Open, without an agent.
    Pending,
    /// Open, with an agent.
    Assigned,
    /// Closed.
    Resolved,
}

/// Which handoffs a list shows; every part narrows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandoffFilter {
    /// Of this agent.
    pub agent: Option<AgentId>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// In this state.
    pub state: Option<StateFilter>,
    /// Only where the visitor has a profile.
    pub with_profile: bool,
}

/// Where a handoff stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it was last opened.
    pub escalated_at: Timestamp,
    /// Its id, between those opened at the same moment.
    pub id: HandoffId,
}

impl From<&Handoff> for Position {
    fn from(handoff: &Handoff) -> Self {
        Self { escalated_at: handoff.escalated_at, id: handoff.id }
    }
}

/// A page of handoffs and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffPage {
    /// How many the filter lets through.
    pub count: i64,
    /// The rows of the page.
    pub rows: Vec<Handoff>,
}

/// Handoffs of the store's company. All lists are newest first: by
/// `escalated_at`, then id.
///
/// Writes happen under the session's lock (`chatbot::Sessions::lock`), so two
/// moves of one handoff never interleave.
pub trait Handoffs {
    /// A handoff by id.
    fn handoff(&mut self, id: HandoffId) -> Result<Option<Handoff>, StoreError>;

    /// The handoff of a session.
    fn handoff_of(&mut self, session: SessionRowId) -> Result<Option<Handoff>, StoreError>;

    /// Opens a session's handoff: stores it, or reopens the one there is, clearing
    /// agent, `resolved_at` and notes.
    fn open_handoff(&mut self, session: SessionRowId, opening: &Opening, now: Timestamp)
    -> Result<Handoff, StoreError>;

    /// Writes state and notes.
    fn move_handoff(&mut self, id: HandoffId, state: &State, notes: Option<&str>) -> Result<(), StoreError>;

    /// Records that an open handoff passed from one agent to another.
    fn record_transfer(
        &mut self,
        handoff: HandoffId,
        from: AgentId,
        to: AgentId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// An agent of the company that is active, whatever its status, and that is
    /// neither deactivated nor deleted before the transaction ends.
    ///
    /// Ask before a session is locked: who sends an agent away locks the agent
    /// first and its sessions after it.
    fn active_agent(&mut self, id: AgentId) -> Result<Option<AgentRef>, StoreError>;

    /// Takes an agent's name off every handoff that is closed and every transfer.
    /// The caller holds the agent (`identity::agents::Agents::agent_for_update`)
    /// and has taken its open handoffs away.
    fn forget_agent(&mut self, id: AgentId) -> Result<(), StoreError>;

    /// All handoffs a filter lets through and the caller may see.
    fn handoffs(&mut self, filter: &HandoffFilter, sight: Sight) -> Result<Vec<Handoff>, StoreError>;

    /// As [`Handoffs::handoffs`], those that follow the position, at most `limit`. What it costs
    /// does not depend on how many come before.
    fn handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError>;

    /// As [`Handoffs::handoffs`], the rows from `offset` on, at most `limit`.
    fn page_of_handoffs(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError>;

    /// How many handoffs of an agent were resolved at or after `since`.
    fn resolved_since(&mut self, agent: AgentId, since: Timestamp) -> Result<i64, StoreError>;
}

/// Handoffs of every company, for the platform door.
pub trait AllHandoffs {
    /// As [`Handoffs::handoffs_after`]; of one company if it is named, else of all that are not
    /// closed.
    fn all_handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        company: Option<CompanyCode>,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError>;

    /// Newest first, over all companies.
    fn all_activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>;
}

/// What an agent did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum ActivityKind {
    Login,
    Logout,
    StatusChange,
    SessionAssign,
    SessionResolve,
    MessageSent,
}

impl ActivityKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Login, Self::Logout, Self::StatusChange, Self::SessionAssign, Self::SessionResolve, Self::MessageSent];

    /// The word in JSON and in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::StatusChange => "status_change",
            Self::SessionAssign => "session_assign",
            Self::SessionResolve => "session_resolve",
            Self::MessageSent => "message_sent",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A stored row of an agent's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Id.
    pub id: ActivityId,
    /// Whose it is.
    pub agent: AgentRef,
    /// What was done.
    pub kind: ActivityKind,
    /// One sentence.
    pub description: String,
    /// The keys of the contract, by kind.
    pub metadata: serde_json::Value,
    /// When it was done.
    pub timestamp: Timestamp,
    /// From where, if that is known.
    pub ip: Option<IpAddr>,
}

/// A row about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewActivity {
    /// Whose it is.
    pub agent: AgentId,
    /// What was done.
    pub kind: ActivityKind,
    /// One sentence.
    pub description: String,
    /// The keys of the contract, by kind.
    pub metadata: serde_json::Value,
    /// From where, if that is known.
    pub ip: Option<IpAddr>,
}

/// Which activities a list shows; every part narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Of this agent.
    pub agent: Option<AgentId>,
    /// Of this kind.
    pub kind: Option<ActivityKind>,
    /// At most so many.
    pub limit: i64,
}

/// Agent logs of the store's company.
pub trait Activities {
    /// Adds a row.
    fn log(&mut self, activity: &NewActivity, now: Timestamp) -> Result<(), StoreError>;

    /// Rows a filter lets through, newest first.
    fn activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>;
}

/// Deletion of a visitor's data.
pub trait Erasing {
    /// Deletes a profile with its session, messages, files, handoff, keys and
    /// transfers. Returns what has to be deleted beside the rows: the blobs.
    fn erase(&mut self, profile: ProfileId) -> Result<Vec<attachments::BlobKey>, StoreError>;
}
