//! The moves between bot and person, as pure decisions.

use chatbot::{Session, SessionStatus};
use tenancy::{AgentId, Timestamp};

use crate::State;

/// What somebody at the desk wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Hand the session over to people.
    Escalate,
    /// Give it to an agent.
    Assign(AgentId),
    /// Write to the visitor.
    Write,
    /// Give it back to the bot.
    Resolve,
    /// Give it back to the queue, because the agent who has it goes.
    Return(AgentId),
}

/// What becomes of a wish that is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// The handoff stays as it is.
    Stay,
    /// It opens, or opens again.
    Open,
    /// It leaves the queue.
    Take(AgentId),
    /// It passes from one agent to another.
    Pass(AgentId, AgentId),
    /// It closes.
    Close,
    /// It is in the queue again.
    Queue,
}

/// Why a wish is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransitionError {
    /// It is open already.
    Open,
    /// It is not open.
    Closed,
    /// The agent who asks is not the one who has it.
    NotTheirs,
}

/// Decides a wish by the session's status, the agent that the handoff names
/// (open or resolved), and the agent who asks; `None` stands for those who run
/// the company.
pub(crate) fn decide(
    status: SessionStatus,
    owner: Option<AgentId>,
    wish: Command,
    asks: Option<AgentId>,
) -> Result<Transition, TransitionError> {
    use SessionStatus::{Active, Assigned, Escalated, Resolved};
    match (wish, status) {
        (Command::Escalate, Active | Resolved) => Ok(Transition::Open),
        (Command::Escalate, Escalated | Assigned) => Err(TransitionError::Open),

        (Command::Assign(_), Active | Resolved) => Err(TransitionError::Closed),
        (Command::Assign(to), Escalated | Assigned) => Ok(match owner {
            None => Transition::Take(to),
            Some(from) if from == to => Transition::Stay,
            Some(from) => Transition::Pass(from, to),
        }),

        (Command::Write, Active | Resolved) => Err(TransitionError::Closed),
        (Command::Write, Escalated | Assigned) => match (asks, owner) {
            (None, _) => Ok(Transition::Stay),
            (Some(agent), None) => Ok(Transition::Take(agent)),
            (Some(agent), Some(owner)) if agent == owner => Ok(Transition::Stay),
            (Some(_), Some(_)) => Err(TransitionError::NotTheirs),
        },

        (Command::Resolve, _) if asks.is_some() && asks != owner => Err(TransitionError::NotTheirs),
        (Command::Resolve, Active | Resolved) => Ok(Transition::Stay),
        (Command::Resolve, Escalated | Assigned) => Ok(Transition::Close),

        (Command::Return(agent), Assigned) if owner == Some(agent) => Ok(Transition::Queue),
        (Command::Return(_), _) => Ok(Transition::Stay),
    }
}

/// Brings a session into agreement with its handoff's new state.
///
/// The epoch rises, so that an answer composed before is not said after.
pub(crate) fn apply(session: &mut Session, state: &State, now: Timestamp) {
    session.status = state.session_status();
    if *state == State::Pending {
        session.person_acted = false;
    }
    session.bot_epoch += 1;
    session.updated_at = now;
}

/// Puts a session back into the queue. If the agent who had it wrote, the bot stays silent, also
/// before there is a profile.
pub(crate) fn queue(session: &mut Session, now: Timestamp) {
    session.status = SessionStatus::Escalated;
    session.bot_epoch += 1;
    session.updated_at = now;
}

/// Records that a person wrote: from now on the bot is not to interfere.
pub(crate) fn wrote(session: &mut Session, now: Timestamp) {
    session.person_acted = true;
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
    const CEO: Option<AgentId> = None;

    /// The columns of the table: status and the agent that the handoff names.
    const COLUMNS: [(SessionStatus, Option<AgentId>); 6] = [
        (SessionStatus::Active, None),
        (SessionStatus::Active, Some(ANN)),
        (SessionStatus::Escalated, None),
        (SessionStatus::Assigned, Some(ANN)),
        (SessionStatus::Resolved, None),
        (SessionStatus::Resolved, Some(ANN)),
    ];

    fn check(wish: Command, asks: Option<AgentId>, row: [Result<Transition, TransitionError>; 6]) {
        for ((status, owner), expected) in COLUMNS.into_iter().zip(row) {
            assert_eq!(decide(status, owner, wish, asks), expected, "{wish:?} by {asks:?} when {status:?}, {owner:?}");
        }
    }

    #[test]
    fn only_a_closed_handoff_can_be_opened() {
        let (open, refused) = (Ok(Transition::Open), Err(TransitionError::Open));
        for asks in [CEO, Some(ANN), Some(BEN)] {
            check(Command::Escalate, asks, [open, open, refused, refused, open, open]);
        }
    }

    #[test]
    fn only_an_open_handoff_can_be_assigned() {
        let closed = Err(TransitionError::Closed);
        let (take_ann, take_ben) = (Ok(Transition::Take(ANN)), Ok(Transition::Take(BEN)));
        check(Command::Assign(ANN), CEO, [closed, closed, take_ann, Ok(Transition::Stay), closed, closed]);
        check(Command::Assign(BEN), CEO, [closed, closed, take_ben, Ok(Transition::Pass(ANN, BEN)), closed, closed]);
    }

    #[test]
    fn writing_takes_a_waiting_session_and_never_anothers() {
        let closed = Err(TransitionError::Closed);
        let stay = Ok(Transition::Stay);
        check(Command::Write, Some(ANN), [closed, closed, Ok(Transition::Take(ANN)), stay, closed, closed]);
        check(
            Command::Write,
            Some(BEN),
            [closed, closed, Ok(Transition::Take(BEN)), Err(TransitionError::NotTheirs), closed, closed],
        );
        check(Command::Write, CEO, [closed, closed, stay, stay, closed, closed]);
    }

    #[test]
    fn an_agent_resolves_only_its_own_and_a_repeat_changes_nothing() {
        let (stay, close, refused) = (Ok(Transition::Stay), Ok(Transition::Close), Err(TransitionError::NotTheirs));
        check(Command::Resolve, CEO, [stay, stay, close, close, stay, stay]);
        check(Command::Resolve, Some(ANN), [refused, stay, refused, close, refused, stay]);
        check(Command::Resolve, Some(BEN), [refused; 6]);
    }

    #[test]
    fn only_what_the_agent_has_returns_to_the_queue() {
        let stay = Ok(Transition::Stay);
        check(Command::Return(ANN), CEO, [stay, stay, stay, Ok(Transition::Queue), stay, stay]);
        check(Command::Return(BEN), CEO, [stay; 6]);
    }

    #[derive(Debug, Clone, Copy)]
    enum Happening {
        Desk(Command, Option<AgentId>),
        VisitorWrites,
    }

    fn happenings() -> impl Strategy<Value = Vec<Happening>> {
        let agent = || prop::sample::select(vec![ANN, BEN]);
        let wish = prop_oneof![
            Just(Command::Escalate),
            agent().prop_map(Command::Assign),
            Just(Command::Write),
            Just(Command::Resolve),
            agent().prop_map(Command::Return),
        ];
        let desk = (wish, prop::option::of(agent())).prop_map(|(wish, asks)| Happening::Desk(wish, asks));
        prop::collection::vec(prop_oneof![4 => desk, 1 => Just(Happening::VisitorWrites)], 0..40)
    }

    fn named(id: AgentId) -> AgentRef {
        AgentRef { id, name: id.to_string() }
    }

    proptest! {
        #[test]
        fn session_and_handoff_agree_after_any_moves(happenings in happenings()) {
            let now = Timestamp::from_micros(0);
            let mut session = Session::fresh(CompanyCode::parse("TES001").unwrap(), now);
            let mut handoff: Option<State> = None;
            // Since it was escalated last.
            let mut has_written = false;
            for happening in happenings {
                let epoch = session.bot_epoch;
                match happening {
                    Happening::VisitorWrites if session.status == SessionStatus::Resolved => {
                        session.status = SessionStatus::Active;
                        (session.person_acted, has_written) = (false, false);
                    }
                    Happening::VisitorWrites => {}
                    Happening::Desk(wish, asks) => {
                        let owner = handoff.as_ref().and_then(State::agent).map(|agent| agent.id);
                        let decided = decide(session.status, owner, wish, asks);
                        if wish == Command::Write && decided.is_ok() {
                            wrote(&mut session, now);
                            has_written = true;
                        }
                        let next = match decided {
                            Err(_) | Ok(Transition::Stay) => continue,
                            Ok(Transition::Open) => State::Pending,
                            Ok(Transition::Take(agent) | Transition::Pass(_, agent)) => State::Assigned(named(agent)),
                            Ok(Transition::Close) => State::Resolved { agent: owner.map(named), at: now },
                            Ok(Transition::Queue) => {
                                queue(&mut session, now);
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
