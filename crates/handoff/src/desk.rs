//! What staff do with handoffs: escalate, assign, resolve.
//!
//! Every function locks the session first and decides on the rows it reads under
//! the lock. Of two conflicting calls, one takes effect, and the other is decided
//! on the state that the first one left.
//!
//! The caller's role is part of the signatures. Staff can resolve:
//!
//! ```
//! use handoff::{Activities, Handoff, Handoffs, Outbox, desk};
//! use tenancy::{HandoffId, Timestamp, access::{ActingAs, Desk}};
//!
//! fn done<S>(store: &mut S, id: HandoffId, now: Timestamp) -> Result<Handoff, desk::ResolveError>
//! where
//!     S: chatbot::Sessions + Handoffs + Activities + Outbox + ActingAs<Desk>,
//! {
//!     desk::resolve(store, id, "answered", now)
//! }
//! ```
//!
//! The same function does not compile for a visitor's store:
//!
//! ```compile_fail,E0277
//! use handoff::{Activities, Handoff, Handoffs, Outbox, desk};
//! use tenancy::{HandoffId, Timestamp, access::{ActingAs, Visitor}};
//!
//! fn done<S>(store: &mut S, id: HandoffId, now: Timestamp) -> Result<Handoff, desk::ResolveError>
//! where
//!     S: chatbot::Sessions + Handoffs + Activities + Outbox + ActingAs<Visitor>,
//! {
//!     desk::resolve(store, id, "answered", now)
//! }
//! ```

use chatbot::{Messages, Profiles, SessionStatus, Sessions};
use serde_json::json;
use tenancy::{
    AgentId, HandoffId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Actor, Desk, Office},
};

use crate::{
    Activities, ActivityKind, EventKind, Handoff, Handoffs, NewActivity, Opening, Opinions, Outbox, State, closing,
    giving, locked, opening,
    transitions::{self, Command, Transition, TransitionError},
};

/// Why a session was not escalated.
#[derive(Debug, thiserror::Error)]
pub enum EscalateError {
    /// The company has no such session, or the calling agent was deactivated or
    /// deleted meanwhile.
    #[error("session not found")]
    SessionNotFound,
    /// The session's handoff is open already. Carries that handoff.
    #[error("session is already escalated")]
    AlreadyEscalated(Box<Handoff>),
    /// The store failed.
    #[error("the handoff could not be opened")]
    Store(#[from] StoreError),
}

/// Why a handoff was not assigned.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// The company has no such handoff.
    #[error("handoff session not found")]
    HandoffNotFound,
    /// The company has no active agent with this id.
    #[error("agent not found")]
    AgentNotFound,
    /// The handoff is closed.
    #[error("the handoff is not open")]
    IllegalTransition {
        /// The session's status.
        from: SessionStatus,
    },
    /// The store failed.
    #[error("the handoff could not be assigned")]
    Store(#[from] StoreError),
}

/// Why a handoff was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The company has no such handoff.
    #[error("handoff session not found")]
    HandoffNotFound,
    /// The calling agent is not the one that the handoff names.
    #[error("session not assigned to this agent")]
    NotAssigned,
    /// The store failed.
    #[error("the handoff could not be resolved")]
    Store(#[from] StoreError),
}

/// Opens the handoff of a session, for the first time or again, and puts it into the queue.
///
/// # Errors
/// [`EscalateError`].
pub fn escalate<S>(
    store: &mut S,
    session: SessionId,
    opening: &Opening,
    now: Timestamp,
) -> Result<Handoff, EscalateError>
where
    S: Sessions + Messages + Profiles + Opinions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    if let Some(agent) = store.caller().agent() {
        store.active_agent(agent)?.ok_or(EscalateError::SessionNotFound)?;
    }
    let key = store.session(session)?.ok_or(EscalateError::SessionNotFound)?.key;
    let mut locked = store.lock(key)?.ok_or(EscalateError::SessionNotFound)?.session;
    if transitions::decide(locked.status, None, Command::Escalate, store.caller().agent()).is_err() {
        let open = store.handoff_of(key)?.ok_or_else(|| locked::broken("an escalated session has no handoff"))?;
        return Err(EscalateError::AlreadyEscalated(Box::new(open)));
    }
    transitions::apply(&mut locked, &State::Pending, now);
    locked::write(store, &locked, now)?;
    let handoff = opening::open(store, &locked, opening, now)?;
    if let Actor::Agent { id, name } = store.caller().actor() {
        let activity = NewActivity {
            agent: *id,
            kind: ActivityKind::SessionAssign,
            description: format!("{name} escalated a session."),
            metadata: json!({ "session_id": session.as_str(), "reason": opening.reason }),
            ip: None,
        };
        store.log(&activity, now)?;
    }
    let kind = EventKind::Escalated { handoff: handoff.id, reason: opening.reason.clone(), priority: opening.priority };
    store.emit(session, kind);
    Ok(handoff)
}

/// Gives an open handoff to an active agent of the company, even to one who is
/// offline. If another agent has the handoff, this is a transfer.
///
/// # Errors
/// [`AssignError`].
pub fn assign<S>(store: &mut S, id: HandoffId, agent: AgentId, now: Timestamp) -> Result<Handoff, AssignError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Office> + ?Sized,
{
    let agent = store.active_agent(agent)?;
    let (session, handoff) = locked::lock_handoff(store, id)?.ok_or(AssignError::HandoffNotFound)?;
    let agent = agent.ok_or(AssignError::AgentNotFound)?;
    let owner = handoff.state.agent().map(|agent| agent.id);
    match transitions::decide(session.status, owner, Command::Assign(agent.id), None) {
        Ok(Transition::Unchanged) => return Ok(handoff),
        Ok(_) => {}
        Err(_) => return Err(AssignError::IllegalTransition { from: session.status }),
    }
    Ok(giving::give(store, session, handoff, agent, now)?)
}

/// Closes a handoff, so that the bot answers the visitor's next message.
///
/// Closing a closed handoff changes nothing.
///
/// # Errors
/// [`ResolveError`].
pub fn resolve<S>(store: &mut S, id: HandoffId, notes: &str, now: Timestamp) -> Result<Handoff, ResolveError>
where
    S: Sessions + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let (session, handoff) = locked::lock_handoff(store, id)?.ok_or(ResolveError::HandoffNotFound)?;
    let owner = handoff.state.agent().map(|agent| agent.id);
    match transitions::decide(session.status, owner, Command::Resolve, store.caller().agent()) {
        Ok(Transition::Unchanged) => return Ok(handoff),
        Ok(_) => {}
        Err(TransitionError::NotOwner | TransitionError::AlreadyOpen | TransitionError::NotOpen) => {
            return Err(ResolveError::NotAssigned);
        }
    }
    Ok(closing::close(store, session, handoff, notes, now)?)
}
