//! Who has a session: staff claim it, pass it on, put it back into the queue, reopen it or return it to the bot.
//!
//! As in [`desk`](crate::desk), every function locks the session first and decides on what it reads under the lock.
//! Of two conflicting calls, the second one is decided on the state that the first one left.

use chatbot::{Session, SessionStatus, Sessions};
use identity::agents::{AgentStatus, Agents};
use serde_json::json;
use tenancy::{
    AgentId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Agent, Desk},
};

use crate::{
    Activities, ActivityKind, AgentRef, EventKind, Handoff, HandoffFilter, Handoffs, NewActivity, Opening, Order,
    Outbox, Sight, State, StateFilter, closing, giving, locked,
    notes::{self, NoteError, Notes},
    transitions::{self, Command, Transition, TransitionError},
};

/// The notes of a handoff that was returned to the bot.
const RETURNED: &str = "returned to the bot";

/// Why a session was not claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The company has no such session, or the calling agent was deactivated or
    /// deleted meanwhile.
    #[error("session not found")]
    SessionNotFound,
    /// Another agent has the session.
    #[error("session is assigned to {}", .0.name)]
    AlreadyAssigned(AgentRef),
    /// No handoff is open.
    #[error("the session has no open handoff")]
    IllegalTransition {
        /// The session's status.
        from: SessionStatus,
    },
    /// The store failed.
    #[error("the session could not be claimed")]
    Store(#[from] StoreError),
}

/// Why a session was not released, reopened or returned to the bot.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The company has no such session, or the calling agent was deactivated or
    /// deleted meanwhile.
    #[error("session not found")]
    SessionNotFound,
    /// The calling agent is not the one that the handoff names.
    #[error("session not assigned to this agent")]
    NotAssigned,
    /// A note was to be stored, and the session has too many already.
    #[error("the session has too many notes")]
    TooManyNotes,
    /// The state of the session does not allow the move.
    #[error("a session that is {} does not allow the move {event}", .from.as_str())]
    IllegalTransition {
        /// The session's status.
        from: SessionStatus,
        /// The word for the move.
        event: &'static str,
    },
    /// The store failed.
    #[error("the session could not be moved")]
    Store(#[from] StoreError),
}

impl From<NoteError> for MoveError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::SessionNotFound => Self::SessionNotFound,
            NoteError::TooMany => Self::TooManyNotes,
            NoteError::Store(error) => error.into(),
        }
    }
}

/// Why a session was not passed on to another agent.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The company has no active agent with this id.
    #[error("agent not found")]
    AgentNotFound,
    /// The agent has never signed in.
    #[error("the agent has never signed in")]
    NeverSignedIn,
    /// As for any other move.
    #[error(transparent)]
    Move(#[from] MoveError),
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Move(error.into())
    }
}

/// To whom a session is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To this agent, even if it is offline.
    Agent(AgentId),
    /// Back to the queue, as [`release`] does.
    Queue,
}

/// An agent who was given a session and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The agent is offline.
    Offline,
    /// The agent has never signed in.
    NeverSignedIn,
}

/// Returns why an active agent is not there; `None` if it is.
///
/// # Errors
/// [`StoreError`].
pub fn absence<S>(store: &mut S, agent: AgentId) -> Result<Option<Absence>, StoreError>
where
    S: Agents + ?Sized,
{
    let row = store.active_agents()?.into_iter().find(|row| row.id == agent);
    Ok(row.and_then(|row| match row.status() {
        AgentStatus::Pending => Some(Absence::NeverSignedIn),
        AgentStatus::Offline => Some(Absence::Offline),
        AgentStatus::Available | AgentStatus::Busy => None,
    }))
}

/// Gives the session that has waited longest in the queue to the calling agent; `None` if nobody waits.
///
/// On PostgreSQL another agent may take it meanwhile. Then the error is that of [`claim`], and a repeat takes the one
/// that is longest then.
///
/// # Errors
/// [`ClaimError`].
pub fn claim_next<S>(store: &mut S, now: Timestamp) -> Result<Option<Claimed>, ClaimError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Agent> + ?Sized,
{
    let queue =
        HandoffFilter { state: Some(StateFilter::Pending), order: Order::LongestWait, ..HandoffFilter::default() };
    let first = store.handoffs_after(&queue, Sight::All, None, 1)?.pop();
    first.map(|handoff| claim(store, handoff.session_id, now)).transpose()
}

/// A session that the calling agent has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// This call took it from the queue.
    Taken(Handoff),
    /// The agent had it already, and nothing has changed.
    Held(Handoff),
}

impl Claimed {
    /// Returns the handoff of the session.
    pub fn into_handoff(self) -> Handoff {
        match self {
            Self::Taken(handoff) | Self::Held(handoff) => handoff,
        }
    }
}

/// Gives a waiting session to the calling agent. Of several agents who claim it, one gets it.
///
/// # Errors
/// [`ClaimError`].
pub fn claim<S>(store: &mut S, session: SessionId, now: Timestamp) -> Result<Claimed, ClaimError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Agent> + ?Sized,
{
    let id = store.caller().id();
    let agent = store.active_agent(id)?.ok_or(ClaimError::SessionNotFound)?;
    let (session, handoff) = lock(store, session)?.ok_or(ClaimError::SessionNotFound)?;
    let illegal = ClaimError::IllegalTransition { from: session.status };
    let Some(handoff) = handoff else { return Err(illegal) };
    match (decide(&session, Some(&handoff), Command::Claim, Some(id)), handoff.state.agent()) {
        (Ok(Transition::Unchanged), _) => Ok(Claimed::Held(handoff)),
        (Ok(_), _) => Ok(Claimed::Taken(giving::give(store, session, handoff, agent, now)?)),
        (Err(TransitionError::NotOwner), Some(holder)) => Err(ClaimError::AlreadyAssigned(holder.clone())),
        (Err(_), _) => Err(illegal),
    }
}

/// Puts an open session back into the queue, at the place that it had there. An agent may release its own sessions.
///
/// Reason and priority stay. To release what waits already changes nothing.
///
/// # Errors
/// [`MoveError`].
pub fn release<S>(store: &mut S, session: SessionId, now: Timestamp) -> Result<Handoff, MoveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let (session, handoff) = lock(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::Release, store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "release"))?;
    put_back(store, session, handoff, transition, now)
}

/// Does what was decided about releasing a session whose lock the caller holds.
fn put_back<S>(
    store: &mut S,
    mut session: Session,
    handoff: Option<Handoff>,
    transition: Transition,
    now: Timestamp,
) -> Result<Handoff, MoveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ?Sized,
{
    let mut handoff = handoff.ok_or_else(|| locked::broken("an open session has no handoff"))?;
    let (Transition::Requeued, Some(previous)) = (transition, handoff.state.agent().cloned()) else {
        return Ok(handoff);
    };
    transitions::requeue(&mut session, now);
    handoff.state = State::Pending;
    handoff.session_status = session.status;
    locked::write(store, &session, now)?;
    store.move_handoff(handoff.id, &handoff.state, handoff.notes.as_deref())?;
    let activity = NewActivity {
        agent: previous.id,
        kind: ActivityKind::SessionRelease,
        description: format!("A session of {} was put back into the queue.", previous.name),
        metadata: json!({ "session_id": session.id.as_str() }),
        ip: None,
    };
    store.log(&activity, now)?;
    let (id, reason, priority) = (handoff.id, handoff.reason.clone(), handoff.priority);
    store.emit(session.id, EventKind::Escalated { handoff: id, reason, priority });
    Ok(handoff)
}

/// Passes an open session on, with a private note if there is one. An agent may pass on its own sessions.
///
/// # Errors
/// [`TransferError`].
pub fn transfer<S>(
    store: &mut S,
    session: SessionId,
    to: Destination,
    note: Option<String>,
    now: Timestamp,
) -> Result<Handoff, TransferError>
where
    S: Sessions + Handoffs + Activities + Agents + Notes + Outbox + ActingAs<Desk> + ?Sized,
{
    let Destination::Agent(to) = to else {
        let (session, handoff) = lock(store, session)?.ok_or(MoveError::SessionNotFound)?;
        let decided = decide(&session, handoff.as_ref(), Command::Release, store.caller().agent());
        let transition = decided.map_err(|error| refused(error, &session, "transfer"))?;
        add_note(store, &session, note, now)?;
        return Ok(put_back(store, session, handoff, transition, now)?);
    };
    let agent = store.active_agent(to)?;
    let (session, handoff) = lock(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::Transfer(to), store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "transfer"))?;
    let agent = agent.ok_or(TransferError::AgentNotFound)?;
    if absence(store, to)? == Some(Absence::NeverSignedIn) {
        return Err(TransferError::NeverSignedIn);
    }
    let handoff = handoff.ok_or_else(|| locked::broken("an open session has no handoff"))?;
    add_note(store, &session, note, now)?;
    match transition {
        Transition::Unchanged => Ok(handoff),
        _ => Ok(giving::give(store, session, handoff, agent, now)?),
    }
}

/// Opens the closed handoff of a session again, with the same reason and priority.
///
/// An agent may reopen the sessions that it had last, and has them then; what other staff reopen waits in the queue.
/// To reopen what is open changes nothing.
///
/// # Errors
/// [`MoveError`].
pub fn reopen<S>(store: &mut S, session: SessionId, now: Timestamp) -> Result<Handoff, MoveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let caller = match store.caller().agent() {
        Some(id) => Some(store.active_agent(id)?.ok_or(MoveError::SessionNotFound)?),
        None => None,
    };
    let (mut session, handoff) = lock(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let acting = caller.as_ref().map(|agent| agent.id);
    let decided = decide(&session, handoff.as_ref(), Command::Reopen, acting);
    let transition = decided.map_err(|error| refused(error, &session, "reopen"))?;
    let Some(handoff) = handoff else {
        return Err(MoveError::IllegalTransition { from: session.status, event: "reopen" });
    };
    if transition == Transition::Unchanged {
        return Ok(handoff);
    }
    let opening = Opening { reason: handoff.reason, priority: handoff.priority };
    if let Some(agent) = caller {
        // Nobody has written since it was opened.
        session.person_acted = false;
        let handoff = store.open_handoff(session.key, &opening, now)?;
        return Ok(giving::give(store, session, handoff, agent, now)?);
    }
    transitions::apply(&mut session, &State::Pending, now);
    locked::write(store, &session, now)?;
    let handoff = store.open_handoff(session.key, &opening, now)?;
    let kind = EventKind::Escalated { handoff: handoff.id, reason: opening.reason, priority: opening.priority };
    store.emit(session.id, kind);
    Ok(handoff)
}

/// Closes an open handoff, and lets the bot answer at once. Who may resolve a session may return it.
///
/// If the bot answers already, nothing changes.
///
/// # Errors
/// [`MoveError`].
pub fn return_to_bot<S>(store: &mut S, session: SessionId, now: Timestamp) -> Result<Handoff, MoveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let (session, handoff) = lock(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::ReturnToBot, store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "return_to_bot"))?;
    let Some(handoff) = handoff else {
        return Err(MoveError::IllegalTransition { from: session.status, event: "return_to_bot" });
    };
    match transition {
        Transition::Unchanged => Ok(handoff),
        _ => Ok(closing::hand_back(store, session, handoff, RETURNED, now)?),
    }
}

fn add_note<S>(store: &mut S, session: &Session, note: Option<String>, now: Timestamp) -> Result<(), MoveError>
where
    S: Notes + ActingAs<Desk> + ?Sized,
{
    if let Some(text) = note {
        notes::add(store, session, text, now)?;
    }
    Ok(())
}

/// Locks a session and reads it and its handoff under the lock. `None` if the company has no such session.
fn lock<S>(store: &mut S, session: SessionId) -> Result<Option<(Session, Option<Handoff>)>, StoreError>
where
    S: Sessions + Handoffs + ?Sized,
{
    let Some(found) = store.session(session)? else { return Ok(None) };
    let Some(snapshot) = store.lock(found.key)? else { return Ok(None) };
    let handoff = store.handoff_of(found.key)?;
    Ok(Some((snapshot.session, handoff)))
}

fn decide(
    session: &Session,
    handoff: Option<&Handoff>,
    command: Command,
    acting: Option<AgentId>,
) -> Result<Transition, TransitionError> {
    let owner = handoff.and_then(|handoff| handoff.state.agent()).map(|agent| agent.id);
    transitions::decide(session.status, owner, command, acting)
}

fn refused(error: TransitionError, session: &Session, event: &'static str) -> MoveError {
    match error {
        TransitionError::NotOwner => MoveError::NotAssigned,
        TransitionError::NotOpen | TransitionError::AlreadyOpen => {
            MoveError::IllegalTransition { from: session.status, event }
        }
    }
}
