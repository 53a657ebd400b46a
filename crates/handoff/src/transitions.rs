//! The state machine of a conversation between bot and staff, as pure decisions.
//!
//! A session's status says who answers the visitor:
//!
//! - `active`: the bot.
//! - `escalated`: nobody yet. The handoff is open and waits in the queue.
//! - `assigned`: an agent. The handoff is open and names the agent.
//! - `resolved`: the bot, from the visitor's next message on. The handoff is closed.
//!
//! [`decide`] is the table below in code. [`apply`], [`requeue`] and
//! [`record_staff_message`] write its outcome to the session; the use cases in `desk`, `sending`,
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
//!
//! The *owner* is the agent that the handoff names: the one who has it or, once it is closed, the
//! last one who had it. An `active` session can have an owner from a handoff that was resolved. The
//! status after a [`Transition`] is `escalated` for `Opened` and `Requeued`, `assigned` for
//! `Assigned` and `Transferred`, and `resolved` for `Resolved`.
//!
//! Two more changes follow from a visitor's message. `chatbot::plan` decides them and
//! [`crate::turn::commit`] stores them: a `resolved` session becomes `active`, and a wish for a person
//! opens the handoff of an `active` or `resolved` session. If nobody is there, the bot goes on answering
//! the `escalated` session until a person acts; see `Session::bot_answers`.

use chatbot::{Session, SessionStatus};
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

        (Command::ReturnToQueue(agent), Assigned) if owner == Some(agent) => Ok(Transition::Requeued),
        (Command::ReturnToQueue(_), _) => Ok(Transition::Unchanged),
    }
}

/// Sets the session's status to match the new state of its handoff.
///
/// After an opening, no staff member has written yet, so `person_acted` is cleared.
pub(crate) fn apply(session: &mut Session, state: &State, now: Timestamp) {
    session.status = state.session_status();
    if *state == State::Pending {
        session.person_acted = false;
    }
    record_human_action(session, now);
}

/// Sets the status of a session whose handoff goes back to the queue.
///
/// Unlike [`apply`], this keeps `person_acted`: if the previous agent wrote, the bot stays silent,
/// even in a session without a profile.
pub(crate) fn requeue(session: &mut Session, now: Timestamp) {
    session.status = SessionStatus::Escalated;
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
mod tests {
    use proptest::prelude::*;
    use tenancy::CompanyCode;

    use super::*;
    use crate::AgentRef;

    const ANN: AgentId = AgentId::new(1);
    const BEN: AgentId = AgentId::new(2);
    const ADMIN: Option<AgentId> = None;

    /// The columns of the table: the status, and the owner of the handoff.
    const COLUMNS: [(SessionStatus, Option<AgentId>); 6] = [
        (SessionStatus::Active, None),
        (SessionStatus::Active, Some(ANN)),
        (SessionStatus::Escalated, None),
        (SessionStatus::Assigned, Some(ANN)),
        (SessionStatus::Resolved, None),
        (SessionStatus::Resolved, Some(ANN)),
    ];

    fn check(command: Command, acting_agent: Option<AgentId>, row: [Result<Transition, TransitionError>; 6]) {
        for ((status, owner), expected) in COLUMNS.into_iter().zip(row) {
            let decided = decide(status, owner, command, acting_agent);
            assert_eq!(decided, expected, "{command:?} by {acting_agent:?} when {status:?}, {owner:?}");
        }
    }

    #[test]
    fn only_a_closed_handoff_can_be_opened() {
        let (opened, refused) = (Ok(Transition::Opened), Err(TransitionError::AlreadyOpen));
        for acting_agent in [ADMIN, Some(ANN), Some(BEN)] {
            check(Command::Escalate, acting_agent, [opened, opened, refused, refused, opened, opened]);
        }
    }

    #[test]
    fn only_an_open_handoff_can_be_assigned() {
        let (unchanged, refused) = (Ok(Transition::Unchanged), Err(TransitionError::NotOpen));
        let (to_ann, to_ben) = (Ok(Transition::Assigned(ANN)), Ok(Transition::Assigned(BEN)));
        let transferred = Ok(Transition::Transferred { from: ANN, to: BEN });
        check(Command::Assign(ANN), ADMIN, [refused, refused, to_ann, unchanged, refused, refused]);
        check(Command::Assign(BEN), ADMIN, [refused, refused, to_ben, transferred, refused, refused]);
    }

    #[test]
    fn writing_takes_a_waiting_session_and_never_anothers() {
        let (unchanged, refused) = (Ok(Transition::Unchanged), Err(TransitionError::NotOpen));
        let (to_ann, to_ben) = (Ok(Transition::Assigned(ANN)), Ok(Transition::Assigned(BEN)));
        let not_owner = Err(TransitionError::NotOwner);
        check(Command::Write, Some(ANN), [refused, refused, to_ann, unchanged, refused, refused]);
        check(Command::Write, Some(BEN), [refused, refused, to_ben, not_owner, refused, refused]);
        check(Command::Write, ADMIN, [refused, refused, unchanged, unchanged, refused, refused]);
    }

    #[test]
    fn an_agent_resolves_only_its_own_and_a_repeat_changes_nothing() {
        let (unchanged, resolved) = (Ok(Transition::Unchanged), Ok(Transition::Resolved));
        let not_owner = Err(TransitionError::NotOwner);
        check(Command::Resolve, ADMIN, [unchanged, unchanged, resolved, resolved, unchanged, unchanged]);
        check(Command::Resolve, Some(ANN), [not_owner, unchanged, not_owner, resolved, not_owner, unchanged]);
        check(Command::Resolve, Some(BEN), [not_owner; 6]);
    }

    #[test]
    fn a_visitor_who_leaves_closes_what_is_open() {
        let (unchanged, resolved) = (Ok(Transition::Unchanged), Ok(Transition::Resolved));
        check(Command::Leave, None, [unchanged, unchanged, resolved, resolved, unchanged, unchanged]);
    }

    #[test]
    fn only_what_the_agent_has_returns_to_the_queue() {
        let (unchanged, requeued) = (Ok(Transition::Unchanged), Ok(Transition::Requeued));
        let row = [unchanged, unchanged, unchanged, requeued, unchanged, unchanged];
        check(Command::ReturnToQueue(ANN), ADMIN, row);
        check(Command::ReturnToQueue(BEN), ADMIN, [unchanged; 6]);
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Staff(Command, Option<AgentId>),
        VisitorWrites,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let agent = || prop::sample::select(vec![ANN, BEN]);
        let command = prop_oneof![
            Just(Command::Escalate),
            agent().prop_map(Command::Assign),
            Just(Command::Write),
            Just(Command::Resolve),
            Just(Command::Leave),
            agent().prop_map(Command::ReturnToQueue),
        ];
        let staff = (command, prop::option::of(agent())).prop_map(|(command, by)| Step::Staff(command, by));
        prop::collection::vec(prop_oneof![4 => staff, 1 => Just(Step::VisitorWrites)], 0..40)
    }

    fn agent_ref(id: AgentId) -> AgentRef {
        AgentRef { id, name: id.to_string() }
    }

    proptest! {
        #[test]
        fn session_and_handoff_agree_after_any_moves(steps in steps()) {
            let now = Timestamp::from_micros(0);
            let mut session = Session::fresh(CompanyCode::parse("TES001").unwrap(), now);
            let mut handoff: Option<State> = None;
            // Whether staff wrote since the last escalation.
            let mut has_written = false;
            for step in steps {
                let epoch = session.bot_epoch;
                match step {
                    Step::VisitorWrites if session.status == SessionStatus::Resolved => {
                        session.status = SessionStatus::Active;
                        (session.person_acted, has_written) = (false, false);
                    }
                    Step::VisitorWrites => {}
                    Step::Staff(command, acting_agent) => {
                        let owner = handoff.as_ref().and_then(State::agent).map(|agent| agent.id);
                        let decided = decide(session.status, owner, command, acting_agent);
                        if command == Command::Write && decided.is_ok() {
                            record_staff_message(&mut session, now);
                            has_written = true;
                        }
                        let next = match decided {
                            Err(_) | Ok(Transition::Unchanged) => continue,
                            Ok(Transition::Opened) => State::Pending,
                            Ok(Transition::Assigned(to) | Transition::Transferred { to, .. }) => {
                                State::Assigned(agent_ref(to))
                            }
                            Ok(Transition::Resolved) => State::Resolved { agent: owner.map(agent_ref), at: now },
                            Ok(Transition::Requeued) => {
                                requeue(&mut session, now);
                                handoff = Some(State::Pending);
                                prop_assert!(session.bot_epoch > epoch && session.person_acted == has_written);
                                continue;
                            }
                        };
                        apply(&mut session, &next, now);
                        has_written &= next != State::Pending;
                        handoff = Some(next);
                        prop_assert!(session.bot_epoch > epoch);
                    }
                }
                match &handoff {
                    Some(state @ (State::Pending | State::Assigned(_))) => {
                        prop_assert_eq!(session.status, state.session_status());
                    }
                    Some(State::Resolved { .. }) | None => prop_assert!(!session.status.is_escalated()),
                }
                prop_assert_eq!(session.person_acted, has_written);
            }
        }
    }
}
