//! Claiming, releasing, transferring and reopening a session, and returning it to the bot.
//!
//! As in [`desk`](crate::desk), every function locks the session first and decides on what it reads under the lock.
//! Of two conflicting calls, the second one is decided on the state that the first one left.

use chatbot::{Messages, Profiles, Session, SessionStatus, Sessions};
use identity::agents::{AgentStatus, Agents};
use serde_json::json;
use tenancy::{
    AgentId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Agent, Desk},
};

use crate::{
    Activities, ActivityKind, AgentRef, EventKind, Handoff, HandoffFilter, Handoffs, NewActivity, Opening, Opinions,
    Order, Outbox, Sight, State, StateFilter, closing, giving, locked,
    notes::{self, NoteError, Notes},
    opening,
    transitions::{self, Command, Transition, TransitionError},
    turn::SEEN,
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
            // The note of a move has no key.
            NoteError::KeyReused => locked::broken("a note without a key repeats one").into(),
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

/// Returns why an active agent is not there; `None` if it is: it is available or busy, and was seen within [`SEEN`].
///
/// # Errors
/// [`StoreError`].
pub fn absence<S>(store: &mut S, agent: AgentId, now: Timestamp) -> Result<Option<Absence>, StoreError>
where
    S: Agents + ?Sized,
{
    let Some(row) = store.agent(agent)? else { return Ok(None) };
    let is_seen = row.was_seen_since(now.minus(SEEN));
    Ok(match row.status() {
        AgentStatus::Pending => Some(Absence::NeverSignedIn),
        AgentStatus::Available | AgentStatus::Busy if is_seen => None,
        AgentStatus::Offline | AgentStatus::Available | AgentStatus::Busy => Some(Absence::Offline),
    })
}

/// Gives the session that has waited longest in the queue to the calling agent; `None` if nobody waits.
///
/// On PostgreSQL another agent may take it meanwhile. Then the error is that of [`claim`], and a repeat takes the one
/// that has waited longest then.
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
    let (session, handoff) = locked::lock_session(store, session)?.ok_or(ClaimError::SessionNotFound)?;
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
    let (session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::Release, store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "release"))?;
    put_back(store, session, handoff, transition, now)
}

/// Does what was decided about releasing a session whose lock the caller holds.
fn put_back<S>(
    store: &mut S,
    session: Session,
    handoff: Option<Handoff>,
    transition: Transition,
    now: Timestamp,
) -> Result<Handoff, MoveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ?Sized,
{
    let handoff = handoff.ok_or_else(|| locked::broken("an open session has no handoff"))?;
    let (Transition::Requeued, Some(previous)) = (transition, handoff.state.agent().cloned()) else {
        return Ok(handoff);
    };
    let activity = NewActivity {
        agent: previous.id,
        kind: ActivityKind::SessionRelease,
        description: format!("A session of {} was put back into the queue.", previous.name),
        metadata: json!({ "session_id": session.id.as_str() }),
        ip: None,
    };
    store.log(&activity, now)?;
    Ok(giving::take_back(store, session, handoff, now)?)
}

/// Passes an open session on, with a private note if there is one, and returns why the new agent is not there, if it is
/// not. An agent may pass on its own sessions.
///
/// # Errors
/// [`TransferError`].
pub fn transfer<S>(
    store: &mut S,
    session: SessionId,
    to: Destination,
    note: Option<String>,
    now: Timestamp,
) -> Result<(Handoff, Option<Absence>), TransferError>
where
    S: Sessions + Handoffs + Activities + Agents + Notes + Outbox + ActingAs<Desk> + ?Sized,
{
    let Destination::Agent(to) = to else {
        let (session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
        let decided = decide(&session, handoff.as_ref(), Command::Release, store.caller().agent());
        let transition = decided.map_err(|error| refused(error, &session, "transfer"))?;
        add_note(store, &session, note, now)?;
        return Ok((put_back(store, session, handoff, transition, now)?, None));
    };
    let agent = store.active_agent(to)?;
    let (session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::Transfer(to), store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "transfer"))?;
    let agent = agent.ok_or(TransferError::AgentNotFound)?;
    let absence = absence(store, to, now)?;
    if absence == Some(Absence::NeverSignedIn) {
        return Err(TransferError::NeverSignedIn);
    }
    let handoff = handoff.ok_or_else(|| locked::broken("an open session has no handoff"))?;
    add_note(store, &session, note, now)?;
    let handoff = match transition {
        Transition::Unchanged => handoff,
        _ => giving::give(store, session, handoff, agent, now)?,
    };
    Ok((handoff, absence))
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
    S: Sessions + Messages + Profiles + Opinions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let caller = match store.caller().agent() {
        Some(id) => Some(store.active_agent(id)?.ok_or(MoveError::SessionNotFound)?),
        None => None,
    };
    let (mut session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let acting = caller.as_ref().map(|agent| agent.id);
    let decided = decide(&session, handoff.as_ref(), Command::Reopen, acting);
    let transition = decided.map_err(|error| refused(error, &session, "reopen"))?;
    let Some(handoff) = handoff else {
        return Err(MoveError::IllegalTransition { from: session.status, event: "reopen" });
    };
    if transition == Transition::Unchanged {
        return Ok(handoff);
    }
    let again = Opening { reason: handoff.reason, priority: handoff.priority };
    if let Some(agent) = caller {
        transitions::reopened(&mut session);
        let handoff = opening::open(store, &session, &again, now)?;
        return Ok(giving::give(store, session, handoff, agent, now)?);
    }
    transitions::apply(&mut session, &State::Pending, now);
    locked::write(store, &session, now)?;
    let handoff = opening::open(store, &session, &again, now)?;
    let kind = EventKind::Escalated { handoff: handoff.id, reason: again.reason, priority: again.priority };
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
    let (mut session, handoff) = locked::lock_session(store, session)?.ok_or(MoveError::SessionNotFound)?;
    let decided = decide(&session, handoff.as_ref(), Command::ReturnToBot, store.caller().agent());
    let transition = decided.map_err(|error| refused(error, &session, "return_to_bot"))?;
    let Some(handoff) = handoff else {
        return Err(MoveError::IllegalTransition { from: session.status, event: "return_to_bot" });
    };
    match transition {
        Transition::Unchanged => Ok(handoff),
        _ => {
            transitions::return_to_bot(&mut session, now);
            Ok(closing::store_closed(store, &session, handoff, RETURNED, now)?)
        }
    }
}

fn add_note<S>(store: &mut S, session: &Session, note: Option<String>, now: Timestamp) -> Result<(), MoveError>
where
    S: Notes + Outbox + ActingAs<Desk> + ?Sized,
{
    if let Some(text) = note {
        notes::add(store, session, text.into(), now)?;
    }
    Ok(())
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
