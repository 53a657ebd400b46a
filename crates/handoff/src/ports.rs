//! The store's side of this crate: traits that a store implements.
//!
//! Every method works on the store's company, except those of [`AllHandoffs`],
//! which work on all companies.

use std::{collections::HashMap, net::IpAddr};

use tenancy::{ActivityId, AgentId, CompanyCode, HandoffId, ProfileId, SessionRowId, StoreError, Timestamp};

use crate::{AgentRef, Handoff, Priority, State, opening::OpeningPacket};

/// Why and how urgently a handoff is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Free text of staff, or the visitor's message.
    pub reason: String,
    /// How urgent it is.
    pub priority: Priority,
}

/// Which of a company's sessions a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All sessions.
    All,
    /// Sessions whose handoff names this agent, and sessions in the queue.
    MineAndQueue(AgentId),
    /// Sessions whose handoff names this agent.
    Mine(AgentId),
}

/// The state that a list of handoffs is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFilter {
    /// Open without an agent.
    Pending,
    /// Open with an agent.
    Assigned,
    /// Closed.
    Resolved,
}

/// The order of a list of handoffs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By the moment at which they were last opened, newest first; then by id, highest first.
    #[default]
    NewestFirst,
    /// The reverse of that: the handoff that has waited longest is first.
    LongestWait,
}

/// Which handoffs a list shows, and in which order. A handoff must pass every condition that is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandoffFilter {
    /// Only those that name this agent.
    pub agent: Option<AgentId>,
    /// Only those of this priority.
    pub priority: Option<Priority>,
    /// Only those in this state.
    pub state: Option<StateFilter>,
    /// Only those whose visitor has a profile.
    pub with_profile: bool,
    /// The order.
    pub order: Order,
}

/// The position of a handoff in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it was last opened.
    pub escalated_at: Timestamp,
    /// Its id, which orders handoffs that were opened at the same moment.
    pub id: HandoffId,
}

impl From<&Handoff> for Position {
    fn from(handoff: &Handoff) -> Self {
        Self { escalated_at: handoff.escalated_at, id: handoff.id }
    }
}

/// The place of a waiting handoff in the queue of its company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QueuePlace {
    /// 1 for the handoff that was opened first.
    pub position: i64,
    /// The number of handoffs in the queue.
    pub waiting: i64,
}

/// A passing of an open handoff from one agent to another. An agent who was deleted since is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The agent who had it before.
    pub from: Option<AgentRef>,
    /// The agent who had it then.
    pub to: Option<AgentRef>,
    /// When it passed.
    pub at: Timestamp,
}

/// A page of handoffs, with the total number of matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffPage {
    /// The number of handoffs that pass the filter.
    pub count: i64,
    /// The rows of the page.
    pub rows: Vec<Handoff>,
}

/// The handoffs of the store's company.
///
/// Lists are in the order of their filter. The caller of a
/// write holds the session's lock (`chatbot::Sessions::lock`), so two transitions
/// of one handoff never interleave.
pub trait Handoffs {
    /// Returns a handoff by id.
    fn handoff(&mut self, id: HandoffId) -> Result<Option<Handoff>, StoreError>;

    /// Returns the handoff of a session.
    fn handoff_of(&mut self, session: SessionRowId) -> Result<Option<Handoff>, StoreError>;

    /// Opens the handoff of a session.
    ///
    /// Stores a new one, or opens the existing one again and clears its agent,
    /// `resolved_at` and notes. The packet replaces the one of an earlier opening.
    fn open_handoff(
        &mut self,
        session: SessionRowId,
        opening: &Opening,
        packet: &OpeningPacket,
        now: Timestamp,
    ) -> Result<Handoff, StoreError>;

    /// Returns what was known when a handoff was last opened. `None` for one that an older version opened.
    fn opening_packet(&mut self, id: HandoffId) -> Result<Option<OpeningPacket>, StoreError>;

    /// As [`Handoffs::opening_packet`], for many handoffs at once. Those without a packet are left out.
    fn opening_packets(&mut self, ids: &[HandoffId]) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError>;

    /// Writes the state and the notes of a handoff.
    fn move_handoff(&mut self, id: HandoffId, state: &State, notes: Option<&str>) -> Result<(), StoreError>;

    /// Records that an open handoff passed from one agent to another.
    fn record_transfer(
        &mut self,
        handoff: HandoffId,
        from: AgentId,
        to: AgentId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the last `limit` transfers of a handoff, oldest first.
    fn transfers(&mut self, handoff: HandoffId, limit: i64) -> Result<Vec<Transfer>, StoreError>;

    /// Writes the priority of a handoff.
    fn set_priority(&mut self, id: HandoffId, priority: Priority) -> Result<(), StoreError>;

    /// Returns an agent of the company if its account is active, whatever its
    /// presence status, and keeps the account from being deactivated or deleted
    /// until the transaction ends.
    ///
    /// Call it before locking a session. A transaction that deactivates or deletes
    /// an agent locks the agent first and its sessions after that.
    fn active_agent(&mut self, id: AgentId) -> Result<Option<AgentRef>, StoreError>;

    /// Whether an agent is there for a new session: its account is active, its status is `AVAILABLE`,
    /// and it called the server at or after `since`.
    fn agent_is_there(&mut self, since: Timestamp) -> Result<bool, StoreError>;

    /// Removes the references to an agent from all closed handoffs and all transfers.
    ///
    /// The caller holds the agent's lock (`identity::agents::Agents::agent_for_update`)
    /// and has returned its open handoffs to the queue.
    fn forget_agent(&mut self, id: AgentId) -> Result<(), StoreError>;

    /// Returns all handoffs that pass the filter and are within `sight`.
    fn handoffs(&mut self, filter: &HandoffFilter, sight: Sight) -> Result<Vec<Handoff>, StoreError>;

    /// As [`Handoffs::handoffs`], but only the first `limit` handoffs after a position.
    ///
    /// The cost does not depend on the number of handoffs before the position.
    fn handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError>;

    /// As [`Handoffs::handoffs`], but only the rows from `offset` on, at most `limit`.
    fn page_of_handoffs(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError>;

    /// Returns the place in the queue of a handoff that waits there.
    fn place_in_queue(&mut self, handoff: Position) -> Result<QueuePlace, StoreError>;

    /// Counts the handoffs of an agent that were resolved at or after `since`.
    fn resolved_since(&mut self, agent: AgentId, since: Timestamp) -> Result<i64, StoreError>;
}

/// The handoffs and activities of all companies, for the platform door.
pub trait AllHandoffs {
    /// As [`Handoffs::handoffs_after`], for one company or, if `company` is `None`, for all
    /// companies that are not closed.
    fn all_handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        company: Option<CompanyCode>,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError>;

    /// As [`Handoffs::opening_packets`], for handoffs of any companies.
    fn all_opening_packets(&mut self, ids: &[HandoffId]) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError>;

    /// Returns the activities of all companies that pass the filter, newest first.
    fn all_activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>;
}

tenancy::word_enum! {
    /// What an agent did.
    pub enum ActivityKind {
        /// Signed in.
        Login => "login",
        /// Signed out.
        Logout => "logout",
        /// Changed its presence status.
        StatusChange => "status_change",
        /// Was given a session, or escalated one.
        SessionAssign => "session_assign",
        /// Had a session that was put back into the queue.
        SessionRelease => "session_release",
        /// Had a session that was resolved.
        SessionResolve => "session_resolve",
        /// Wrote to a visitor.
        MessageSent => "message_sent",
    }
}

/// A stored row of an agent's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Id.
    pub id: ActivityId,
    /// The agent it is about.
    pub agent: AgentRef,
    /// What was done.
    pub kind: ActivityKind,
    /// One sentence.
    pub description: String,
    /// A JSON object whose keys depend on `kind`.
    pub metadata: serde_json::Value,
    /// When it was done.
    pub timestamp: Timestamp,
    /// The address it was done from, if that is known.
    pub ip: Option<IpAddr>,
}

/// A new row of an agent's log.
#[derive(Debug, Clone, PartialEq)]
pub struct NewActivity {
    /// The agent it is about.
    pub agent: AgentId,
    /// What was done.
    pub kind: ActivityKind,
    /// One sentence.
    pub description: String,
    /// A JSON object whose keys depend on `kind`.
    pub metadata: serde_json::Value,
    /// The address it was done from, if that is known.
    pub ip: Option<IpAddr>,
}

/// Which activities a list shows. An activity must pass every condition that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Only those about this agent.
    pub agent: Option<AgentId>,
    /// Only those of this kind.
    pub kind: Option<ActivityKind>,
    /// Only those at or after this moment.
    pub since: Option<Timestamp>,
    /// The maximum number of rows.
    pub limit: i64,
}

/// The agent logs of the store's company.
pub trait Activities {
    /// Adds a row.
    fn log(&mut self, activity: &NewActivity, now: Timestamp) -> Result<(), StoreError>;

    /// Returns the rows that pass the filter, newest first.
    fn activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>;
}

/// Deletes the data of visitors.
pub trait Erasing {
    /// Deletes the rows of a profile: session, messages, files, handoff, transfers and
    /// idempotency keys.
    ///
    /// Returns the keys of the blobs, which the caller must delete.
    fn erase(&mut self, profile: ProfileId) -> Result<Vec<attachments::BlobKey>, StoreError>;
}
