//! The state machine of a conversation between bot and staff, as pure decisions.
//!
//! A session's status says who answers the visitor:
//!
//! - `active`: the bot.
//! - `escalated`: nobody yet. The handoff is open and waits in the queue.
//! - `assigned`: an agent. The handoff is open and names the agent.
//! - `resolved`: the bot, from the visitor's next message on. The handoff is closed.
//!
//! [`decide`] is the table below in code. [`apply`], [`leave`], [`requeue`], [`return_to_bot`] and
//! [`record_staff_message`] write its outcome to the session; the use cases in `desk`, `moves`, `sending`,
//! `staffing` and `visitor` store it.
//!
//! | Command                        | `active`                                    | `escalated`             | `assigned`                                  | `resolved`                                  |
//! |--------------------------------|---------------------------------------------|-------------------------|---------------------------------------------|---------------------------------------------|
//! | `Escalate`                     | `Opened`                                    | error `AlreadyOpen`     | error `AlreadyOpen`                         | `Opened`                                    |
//! | `Assign(agent)`                | error `NotOpen`                             | `Assigned`              | owner: `Unchanged`; other: `Transferred`    | error `NotOpen`                             |
//! | `Write` by an agent            | error `NotOpen`                             | `Assigned` to the agent | owner: `Unchanged`; other: error `NotOwner` | error `NotOpen`                             |
//! | `Write` by an admin            | error `NotOpen`                             | `Unchanged`             | `Unchanged`                                 | error `NotOpen`                             |
//! | `Resolve` by an agent          | owner: `Unchanged`; other: error `NotOwner` | error `NotOwner`        | owner: `Resolved`; other: error `NotOwner`  | owner: `Unchanged`; other: error `NotOwner` |
//! | `Resolve` by admin, superadmin | `Unchanged`                                 | `Resolved`              | `Resolved`                                  | `Unchanged`                                 |
//! | `Leave` by the visitor         | `Unchanged`                                 | `Resolved`              | `Resolved`                                  | `Unchanged`                                 |
//! | `ReturnToQueue(agent)`         | `Unchanged`                                 | `Unchanged`             | owner: `Requeued`; other: `Unchanged`       | `Unchanged`                                 |
//! | `Claim` by an agent            | error `NotOpen`                             | `Assigned` to the agent | owner: `Unchanged`; other: error `NotOwner` | error `NotOpen`                             |
//! | `Transfer(agent)` by an agent  | error `NotOpen`                             | error `NotOwner`        | owner: as `Assign`; other: error `NotOwner` | error `NotOpen`                             |
//! | `Transfer(agent)` by an admin  | error `NotOpen`                             | as `Assign`             | as `Assign`                                 | error `NotOpen`                             |
//! | `Release` by an agent          | error `NotOpen`                             | error `NotOwner`        | owner: `Requeued`; other: error `NotOwner`  | error `NotOpen`                             |
//! | `Release` by an admin          | error `NotOpen`                             | `Unchanged`             | `Requeued`                                  | error `NotOpen`                             |
//! | `Reopen` by an agent           | owner: `Assigned`; other: error `NotOwner`  | error `NotOwner`        | owner: `Unchanged`; other: error `NotOwner` | owner: `Assigned`; other: error `NotOwner`  |
//! | `Reopen` by an admin           | `Opened`                                    | `Unchanged`             | `Unchanged`                                 | `Opened`                                    |
//! | `ReturnToBot`                  | as `Resolve`                                | as `Resolve`, `Returned` instead of `Resolved` | the same             | as `Resolve`                                |
//!
//! An admin's rows are also a superadmin's, who entered the company.
//!
//! The *owner* is the agent that the handoff names: the one who has it or, once it is closed, the
//! last one who had it. An `active` session can have an owner from a handoff that was resolved. The
//! status after a [`Transition`] is `escalated` for `Opened` and `Requeued`, `assigned` for
//! `Assigned` and `Transferred`, `resolved` for `Resolved`, and `active` for `Returned`.
//!
//! Two more changes follow from a visitor's message. `chatbot::plan` decides them and
//! [`crate::turn::commit`] stores them: a `resolved` session becomes `active`, and a wish for a person
//! opens the handoff of an `active` or `resolved` session. If nobody is there, the bot goes on answering
//! the `escalated` session until a person acts; see `Session::bot_answers`.

use chatbot::{Outcome, Session, SessionStatus};
use tenancy::{AgentId, Timestamp};

use crate::State;

/// A request to change a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Open the handoff, so that staff answer.
    Escalate,
    /// Give the open handoff to this agent.
    Assign(AgentId),
    /// Write to the visitor.
    Write,
    /// Close the handoff, so that the bot answers again.
    Resolve,
    /// Close the handoff, because the visitor leaves.
    Leave,
    /// Put the handoff of this agent back into the queue, because the agent is deactivated or deleted.
    ReturnToQueue(AgentId),
    /// Take the open handoff, if nobody has it.
    Claim,
    /// Pass the open handoff on to this agent.
    Transfer(AgentId),
    /// Put the open handoff back into the queue.
    Release,
    /// Open the handoff again, for the agent who had it or else in the queue.
    Reopen,
    /// Close the handoff, so that the bot answers at once.
    ReturnToBot,
}

/// What an accepted command does to the handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// State and owner stay as they are.
    Unchanged,
    /// The handoff opens, for the first time or again, and waits in the queue.
    Opened,
    /// The handoff leaves the queue and goes to this agent.
    Assigned(AgentId),
    /// The handoff goes from one agent to another.
    Transferred {
        /// The owner before.
        from: AgentId,
        /// The owner after.
        to: AgentId,
    },
    /// The handoff closes and keeps its owner, if it has one.
    Resolved,
    /// The handoff loses its owner and waits in the queue again.
    Requeued,
    /// The handoff closes and keeps its owner, and the session is the bot's.
    Returned,
}

/// Why a command is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransitionError {
    /// The handoff is open already.
    AlreadyOpen,
    /// The session has no open handoff.
    NotOpen,
    /// The acting agent is not the owner of the handoff.
    NotOwner,
}

/// Decides what a command does, as in the table of this module.
///
/// `owner` is the agent that the handoff names, open or resolved. `acting_agent` is the agent who
/// gives the command, `None` for an admin, a superadmin or the visitor.
pub(crate) fn decide(
    status: SessionStatus,
    owner: Option<AgentId>,
    command: Command,
    acting_agent: Option<AgentId>,
) -> Result<Transition, TransitionError> {
    use SessionStatus::{Active, Assigned, Escalated, Resolved};
    match (command, status) {
        (Command::Escalate, Active | Resolved) => Ok(Transition::Opened),
        (Command::Escalate, Escalated | Assigned) => Err(TransitionError::AlreadyOpen),

        (Command::Assign(_), Active | Resolved) => Err(TransitionError::NotOpen),
        (Command::Assign(to), Escalated | Assigned) => Ok(match owner {
            None => Transition::Assigned(to),
            Some(from) if from == to => Transition::Unchanged,
            Some(from) => Transition::Transferred { from, to },
        }),

        (Command::Write, Active | Resolved) => Err(TransitionError::NotOpen),
        (Command::Write, Escalated | Assigned) => match (acting_agent, owner) {
            (None, _) => Ok(Transition::Unchanged),
            (Some(agent), None) => Ok(Transition::Assigned(agent)),
            (Some(agent), Some(owner)) if agent == owner => Ok(Transition::Unchanged),
            (Some(_), Some(_)) => Err(TransitionError::NotOwner),
        },

        (Command::Resolve, _) if acting_agent.is_some() && acting_agent != owner => Err(TransitionError::NotOwner),
        (Command::Resolve, Active | Resolved) => Ok(Transition::Unchanged),
        (Command::Resolve, Escalated | Assigned) => Ok(Transition::Resolved),

        (Command::Leave, Active | Resolved) => Ok(Transition::Unchanged),
        (Command::Leave, Escalated | Assigned) => Ok(Transition::Resolved),

        (Command::Claim, Active | Resolved) => Err(TransitionError::NotOpen),
        (Command::Claim, Escalated | Assigned) => match (acting_agent, owner) {
            (Some(agent), None) => Ok(Transition::Assigned(agent)),
            (Some(agent), Some(owner)) if agent == owner => Ok(Transition::Unchanged),
            _ => Err(TransitionError::NotOwner),
        },

        (Command::Transfer(_) | Command::Release, Active | Resolved) => Err(TransitionError::NotOpen),
        (Command::Transfer(_) | Command::Release, _) if acting_agent.is_some() && acting_agent != owner => {
            Err(TransitionError::NotOwner)
        }
        (Command::Transfer(to), Escalated | Assigned) => decide(status, owner, Command::Assign(to), acting_agent),
        (Command::Release, Escalated) => Ok(Transition::Unchanged),
        (Command::Release, Assigned) => Ok(Transition::Requeued),

        (Command::Reopen, _) if acting_agent.is_some() && acting_agent != owner => Err(TransitionError::NotOwner),
        (Command::Reopen, Escalated | Assigned) => Ok(Transition::Unchanged),
        (Command::Reopen, Active | Resolved) => Ok(acting_agent.map_or(Transition::Opened, Transition::Assigned)),

        (Command::ReturnToBot, _) => match decide(status, owner, Command::Resolve, acting_agent)? {
            Transition::Resolved => Ok(Transition::Returned),
            other => Ok(other),
        },

        (Command::ReturnToQueue(agent), Assigned) if owner == Some(agent) => Ok(Transition::Requeued),
        (Command::ReturnToQueue(_), _) => Ok(Transition::Unchanged),
    }
}

/// Sets the session's status to match the new state of its handoff.
///
/// After an opening, no staff member has written yet, so `person_acted` is cleared. A person has acted, so the bot does
/// not go on although nobody was there when the visitor asked.
pub(crate) fn apply(session: &mut Session, state: &State, now: Timestamp) {
    session.status = state.session_status();
    if *state == State::Pending {
        session.person_acted = false;
    }
    session.dialogue.outcome = match state {
        // That the visitor called stays known. Should the handoff come back to the queue, the intake does not go on.
        State::Assigned(_) => session.dialogue.outcome.map(|_| Outcome::Assigned),
        State::Pending | State::Resolved { .. } => None,
    };
    session.dialogue.resolved_before = matches!(state, State::Resolved { .. });
    record_human_action(session, now);
}

/// Sets the status of a session whose handoff the visitor closes by leaving. Staff have not resolved it, so what the
/// visitor says next is no complaint.
pub(crate) fn leave(session: &mut Session, state: &State, now: Timestamp) {
    apply(session, state, now);
    session.dialogue.resolved_before = false;
}

/// Prepares a session whose closed handoff an agent opens again: nobody has written since.
pub(crate) fn reopened(session: &mut Session) {
    session.person_acted = false;
}

/// Sets the status of a session whose handoff goes back to the queue.
///
/// Unlike [`apply`], this keeps `person_acted`: if the previous agent wrote, the bot stays silent,
/// even in a session without a profile.
pub(crate) fn requeue(session: &mut Session, now: Timestamp) {
    session.status = SessionStatus::Escalated;
    session.dialogue.outcome = session.dialogue.outcome.map(|_| Outcome::Queued);
    record_human_action(session, now);
}

/// Sets the status of a session whose handoff was closed for the bot to answer, as a visitor's message does after a
/// handoff was resolved.
pub(crate) fn return_to_bot(session: &mut Session, now: Timestamp) {
    session.status = SessionStatus::Active;
    session.person_acted = false;
    session.dialogue.outcome = None;
    record_human_action(session, now);
}

/// Records that a staff member wrote, which keeps the bot silent while the handoff is open.
pub(crate) fn record_staff_message(session: &mut Session, now: Timestamp) {
    session.person_acted = true;
    record_human_action(session, now);
}

/// Raises the epoch, so that an answer of the bot that was composed before is discarded.
fn record_human_action(session: &mut Session, now: Timestamp) {
    session.bot_epoch += 1;
    session.updated_at = now;
}

#[cfg(test)]
mod tests;
