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

#[test]
fn claiming_takes_a_waiting_session_and_never_anothers() {
    let (unchanged, refused) = (Ok(Transition::Unchanged), Err(TransitionError::NotOpen));
    let (to_ann, to_ben) = (Ok(Transition::Assigned(ANN)), Ok(Transition::Assigned(BEN)));
    let not_owner = Err(TransitionError::NotOwner);
    check(Command::Claim, Some(ANN), [refused, refused, to_ann, unchanged, refused, refused]);
    check(Command::Claim, Some(BEN), [refused, refused, to_ben, not_owner, refused, refused]);
}

#[test]
fn the_owner_and_the_admin_pass_on_what_is_open() {
    let (unchanged, refused) = (Ok(Transition::Unchanged), Err(TransitionError::NotOpen));
    let transferred = Ok(Transition::Transferred { from: ANN, to: BEN });
    let not_owner = Err(TransitionError::NotOwner);
    let to_ben = Ok(Transition::Assigned(BEN));
    check(Command::Transfer(BEN), Some(ANN), [refused, refused, not_owner, transferred, refused, refused]);
    check(Command::Transfer(BEN), Some(BEN), [refused, refused, not_owner, not_owner, refused, refused]);
    check(Command::Transfer(BEN), ADMIN, [refused, refused, to_ben, transferred, refused, refused]);
    check(Command::Transfer(ANN), Some(ANN), [refused, refused, not_owner, unchanged, refused, refused]);
    let requeued = Ok(Transition::Requeued);
    check(Command::Release, Some(ANN), [refused, refused, not_owner, requeued, refused, refused]);
    check(Command::Release, Some(BEN), [refused, refused, not_owner, not_owner, refused, refused]);
    check(Command::Release, ADMIN, [refused, refused, unchanged, requeued, refused, refused]);
}

#[test]
fn an_agent_reopens_for_itself_and_an_admin_for_the_queue() {
    let (unchanged, not_owner) = (Ok(Transition::Unchanged), Err(TransitionError::NotOwner));
    let (opened, to_ann) = (Ok(Transition::Opened), Ok(Transition::Assigned(ANN)));
    check(Command::Reopen, Some(ANN), [not_owner, to_ann, not_owner, unchanged, not_owner, to_ann]);
    check(Command::Reopen, Some(BEN), [not_owner; 6]);
    check(Command::Reopen, ADMIN, [opened, opened, unchanged, unchanged, opened, opened]);
}

#[test]
fn who_may_resolve_may_return_to_the_bot() {
    let (unchanged, returned) = (Ok(Transition::Unchanged), Ok(Transition::Returned));
    let not_owner = Err(TransitionError::NotOwner);
    check(Command::ReturnToBot, ADMIN, [unchanged, unchanged, returned, returned, unchanged, unchanged]);
    check(Command::ReturnToBot, Some(ANN), [not_owner, unchanged, not_owner, returned, not_owner, unchanged]);
    check(Command::ReturnToBot, Some(BEN), [not_owner; 6]);
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
        Just(Command::Claim),
        agent().prop_map(Command::Transfer),
        Just(Command::Release),
        Just(Command::Reopen),
        Just(Command::ReturnToBot),
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
                        Ok(Transition::Returned) => {
                            return_to_bot(&mut session, now);
                            has_written = false;
                            handoff = Some(State::Resolved { agent: owner.map(agent_ref), at: now });
                            prop_assert!(session.bot_epoch > epoch && session.bot_answers());
                            continue;
                        }
                        Ok(Transition::Requeued) => {
                            requeue(&mut session, now);
                            handoff = Some(State::Pending);
                            prop_assert!(session.bot_epoch > epoch && session.person_acted == has_written);
                            continue;
                        }
                    };
                    if command == Command::Reopen {
                        reopened(&mut session);
                        has_written = false;
                    }
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

#[test]
fn it_stays_known_who_opened_a_handoff_that_comes_back_to_the_queue() {
    let now = Timestamp::from_micros(0);
    for (before, after) in [
        (None, None),
        (Some(chatbot::Outcome::Queued), Some(chatbot::Outcome::Queued)),
        (Some(chatbot::Outcome::Offline), Some(chatbot::Outcome::Queued)),
    ] {
        let mut session = Session::fresh(CompanyCode::parse("TES001").unwrap(), now);
        (session.status, session.dialogue.outcome) = (SessionStatus::Escalated, before);
        apply(&mut session, &State::Assigned(agent_ref(ANN)), now);
        requeue(&mut session, now);
        assert_eq!(session.dialogue.outcome, after);
    }
}

#[test]
fn only_what_staff_resolve_is_resolved() {
    let now = Timestamp::from_micros(0);
    let resolved = State::Resolved { agent: None, at: now };
    let mut session = Session::fresh(CompanyCode::parse("TES001").unwrap(), now);
    apply(&mut session, &resolved, now);
    assert!(session.dialogue.resolved_before);
    leave(&mut session, &resolved, now);
    assert!(!session.dialogue.resolved_before && session.status == SessionStatus::Resolved);
}

#[test]
fn the_bot_stays_silent_after_a_move_of_staff_although_nobody_was_there_before() {
    let now = Timestamp::from_micros(0);
    let mut offline = Session::fresh(CompanyCode::parse("TES001").unwrap(), now);
    offline.status = SessionStatus::Escalated;
    offline.dialogue.outcome = Some(chatbot::Outcome::Offline);
    assert!(offline.bot_answers());
    for state in [State::Pending, State::Assigned(agent_ref(ANN))] {
        let mut session = offline.clone();
        apply(&mut session, &state, now);
        assert!(!session.bot_answers(), "{state:?}");
        requeue(&mut session, now);
        assert!(!session.bot_answers(), "{state:?}");
    }
    requeue(&mut offline, now);
    assert!(!offline.bot_answers());
}
