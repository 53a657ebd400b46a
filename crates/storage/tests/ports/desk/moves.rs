//! Claim, release, transfer, reopen, return to the bot.

use std::{
    sync::{Barrier, Mutex},
    thread,
};

use chatbot::{SessionStatus, kind};
use handoff::{
    Activities as _, ActivityFilter, AgentRef, Handoff, Handoffs as _, State,
    desk::{self, ResolveError},
    moves::{self, Absence, ClaimError, Claimed, Destination, MoveError, TransferError},
    sending::{self, OutgoingMessage, SendError},
};
use identity::presence::PresenceRecord as _;
use storage::CompanyStore;
use tenancy::{
    AgentId, HandoffId, SessionId, Timestamp,
    access::{Agent, Desk},
};

use crate::{
    stage::{Company, later, text},
    world::{World, now},
};

fn reference(agent: &Agent) -> AgentRef {
    AgentRef { id: agent.id(), name: agent.name().to_owned() }
}

fn claim(world: &World, agent: &Agent, session: SessionId, at: u64) -> Result<Handoff, ClaimError> {
    let claimed = world.db.write(agent.clone(), move |store| moves::claim(store, session, later(at))).wait();
    claimed.map(Claimed::into_handoff)
}

fn transfer(world: &World, desk: Desk, session: SessionId, to: AgentId, at: u64) -> Result<Handoff, TransferError> {
    let to = Destination::Agent(to);
    let transferred = world.db.write(desk, move |store| moves::transfer(store, session, to, None, later(at))).wait();
    transferred.map(|(handoff, _)| handoff)
}

type Move = fn(&mut CompanyStore<'_, Desk>, SessionId, Timestamp) -> Result<Handoff, MoveError>;

fn moved(world: &World, desk: Desk, session: SessionId, at: u64, use_case: Move) -> Result<Handoff, MoveError> {
    world.db.write(desk, move |store| use_case(store, session, later(at))).wait()
}

fn release(world: &World, desk: Desk, session: SessionId, at: u64) -> Result<Handoff, MoveError> {
    moved(world, desk, session, at, |store, session, now| moves::release(store, session, now))
}

fn reopen(world: &World, desk: Desk, session: SessionId, at: u64) -> Result<Handoff, MoveError> {
    moved(world, desk, session, at, |store, session, now| moves::reopen(store, session, now))
}

fn return_to_bot(world: &World, desk: Desk, session: SessionId, at: u64) -> Result<Handoff, MoveError> {
    moved(world, desk, session, at, |store, session, now| moves::return_to_bot(store, session, now))
}

fn write(world: &World, agent: &Agent, session: SessionId) -> Result<(), SendError> {
    let message = OutgoingMessage { text: Some("here I am".into()), ..OutgoingMessage::default() };
    let desk = Desk::from(agent.clone());
    world.db.write(desk, move |store| sending::send(store, session, message, later(50))).wait().map(|_| ())
}

fn stored(world: &World, company: &Company, id: HandoffId) -> Handoff {
    world.see(company, move |store| store.handoff(id)).unwrap()
}

/// Makes agents look as if they had signed in and were available.
pub(super) fn there(world: &World, agents: &[&Agent]) {
    let no = match world.scratch.options.target {
        storage::Target::Sqlite(_) => "0",
        storage::Target::Postgres(_) => "FALSE",
    };
    for agent in agents {
        let user = agent.user();
        world.scratch.execute(&format!("UPDATE accounts SET first_login = {no} WHERE id = {user}")).unwrap();
        let arrived = (*agent).clone();
        world.db.lobby_write(move |lobby| lobby.agent_arrived(&arrived, None, now())).wait().unwrap();
    }
}

/// Opens a session that waits in the queue.
pub(super) fn waiting(world: &World, company: &Company, at: u64) -> (SessionId, HandoffId) {
    let (session, _) = world.session(company, "Ann Ray");
    (session, world.escalated(company, session, later(at)))
}

#[test]
fn a_session_passes_from_hand_to_hand_and_raises_the_epoch_each_time() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        there(&world, &[&ben, &cleo]);
        let (session, id) = waiting(&world, &company, 1);
        let epoch = || world.stored(&company, session).bot_epoch;
        let start = epoch();

        let claimed = claim(&world, &ben, session, 2).unwrap();
        assert_eq!(
            (&claimed.state, claimed.session_status),
            (&State::Assigned(reference(&ben)), SessionStatus::Assigned)
        );
        assert_eq!((stored(&world, &company, id), epoch()), (claimed.clone(), start + 1));
        assert_eq!(claim(&world, &ben, session, 3).unwrap(), claimed);
        let late = claim(&world, &cleo, session, 3);
        assert!(matches!(&late, Err(ClaimError::AlreadyAssigned(holder)) if *holder == reference(&ben)), "{late:?}");

        let foreign = transfer(&world, cleo.clone().into(), session, cleo.id(), 4);
        assert!(matches!(foreign, Err(TransferError::Move(MoveError::NotAssigned))), "{foreign:?}");
        let passed = transfer(&world, ben.clone().into(), session, cleo.id(), 4).unwrap();
        assert_eq!((&passed.state, epoch()), (&State::Assigned(reference(&cleo)), start + 2));
        assert_eq!(transfer(&world, company.desk(), session, cleo.id(), 4).unwrap(), passed);
        assert_eq!((epoch(), world.count("transfers")), (start + 2, "1".to_owned()));

        let foreign = release(&world, ben.clone().into(), session, 5);
        assert!(matches!(foreign, Err(MoveError::NotAssigned)), "{foreign:?}");
        let released = release(&world, cleo.clone().into(), session, 5).unwrap();
        assert_eq!((&released.state, released.session_status), (&State::Pending, SessionStatus::Escalated));
        assert_eq!((released.escalated_at, epoch()), (later(1), start + 3));
        assert_eq!(stored(&world, &company, id), released);
        assert_eq!(release(&world, company.desk(), session, 6).unwrap(), released);

        let assigned = transfer(&world, company.desk(), session, ben.id(), 6).unwrap();
        assert_eq!((assigned.state, epoch()), (State::Assigned(reference(&ben)), start + 4));
        let returned = return_to_bot(&world, ben.clone().into(), session, 7).unwrap();
        assert_eq!(returned.state, State::Resolved { agent: Some(reference(&ben)), at: later(7) });
        assert_eq!((returned.session_status, epoch()), (SessionStatus::Active, start + 5));
        assert_eq!(stored(&world, &company, id), returned);
        assert_eq!(return_to_bot(&world, ben.clone().into(), session, 8).unwrap(), returned);
        let visitor = world.visitor(&company, Some(session));
        assert_eq!(world.turn(&visitor, &text("hello"), later(8)).reply.kind, kind::GREETING_RESPONSE);

        let foreign = reopen(&world, cleo.clone().into(), session, 9);
        assert!(matches!(foreign, Err(MoveError::NotAssigned)), "{foreign:?}");
        let reopened = reopen(&world, ben.clone().into(), session, 9).unwrap();
        assert_eq!((&reopened.state, reopened.id), (&State::Assigned(reference(&ben)), id));
        assert_eq!((reopened.reason.as_str(), &reopened.notes, reopened.escalated_at), ("please", &None, later(9)));
        assert_eq!(stored(&world, &company, id), reopened);
        assert_eq!(reopen(&world, ben.clone().into(), session, 9).unwrap(), reopened);
        world.db.write(company.desk(), move |store| desk::resolve(store, id, "", later(10))).wait().unwrap();
        let reopened = reopen(&world, company.desk(), session, 11).unwrap();
        assert_eq!((&reopened.state, stored(&world, &company, id)), (&State::Pending, reopened.clone()));
        assert_eq!(world.stored(&company, session).status, SessionStatus::Escalated);
    }
}

#[test]
fn moves_of_what_is_not_open_are_refused_and_change_nothing() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, _) = world.session(&company, "Ann Ray");
        let before = world.stored(&company, session);
        let from = SessionStatus::Active;
        let claimed = claim(&world, &ben, session, 1);
        assert!(matches!(claimed, Err(ClaimError::IllegalTransition { from: found }) if found == from), "{claimed:?}");
        for use_case in [release, reopen, return_to_bot] {
            let refused = use_case(&world, company.desk(), session, 1);
            assert!(
                matches!(refused, Err(MoveError::IllegalTransition { from: found, .. }) if found == from),
                "{refused:?}"
            );
        }
        let nobody = transfer(&world, company.desk(), session, ben.id(), 1);
        assert!(matches!(nobody, Err(TransferError::Move(MoveError::IllegalTransition { .. }))), "{nobody:?}");
        let unknown = SessionId::generate(company.code);
        assert!(matches!(claim(&world, &ben, unknown, 1), Err(ClaimError::SessionNotFound)));
        assert!(matches!(release(&world, company.desk(), unknown, 1), Err(MoveError::SessionNotFound)));
        assert_eq!((world.stored(&company, session), world.count("activities")), (before, "0".to_owned()));

        let (session, _) = waiting(&world, &company, 1);
        let before = world.stored(&company, session);
        let no_agent = transfer(&world, company.desk(), session, AgentId::new(99), 2);
        assert!(matches!(no_agent, Err(TransferError::AgentNotFound)), "{no_agent:?}");
        let new = transfer(&world, company.desk(), session, cleo.id(), 2);
        assert!(matches!(new, Err(TransferError::NeverSignedIn)), "{new:?}");
        for use_case in [release, reopen, return_to_bot] {
            let refused = use_case(&world, ben.clone().into(), session, 2);
            assert!(matches!(refused, Err(MoveError::NotAssigned)), "{refused:?}");
        }
        assert_eq!(world.stored(&company, session), before);
    }
}

#[test]
fn an_absent_agent_is_told_apart() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        there(&world, &[&ben]);
        let absence = |id, at| world.see(&company, move |store| moves::absence(store, id, later(at)));
        assert_eq!([absence(ben.id(), 1), absence(cleo.id(), 1)], [None, Some(Absence::NeverSignedIn)]);
        // An agent who has not called for ten minutes is not there, whatever its status.
        assert_eq!([absence(ben.id(), 600), absence(ben.id(), 601)], [None, Some(Absence::Offline)]);
        world.scratch.execute("UPDATE agents SET status = 'OFFLINE'").unwrap();
        assert_eq!(absence(ben.id(), 1), Some(Absence::Offline));
    }
}

#[test]
fn moves_are_in_the_logs_of_the_agents() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let (session, _) = waiting(&world, &company, 1);
        claim(&world, &ben, session, 2).unwrap();
        release(&world, company.desk(), session, 3).unwrap();
        claim(&world, &ben, session, 4).unwrap();
        return_to_bot(&world, ben.clone().into(), session, 5).unwrap();
        let filter = ActivityFilter { agent: Some(ben.id()), kind: None, since: None, limit: 200 };
        let rows = world.see(&company, move |store| store.activities(&filter));
        let kinds: Vec<_> = rows.iter().map(|row| (row.kind.as_str(), row.timestamp)).collect();
        let expected = [("session_resolve", 5), ("session_assign", 4), ("session_release", 3), ("session_assign", 2)];
        assert_eq!(kinds, expected.map(|(kind, at)| (kind, later(at))));
        assert_eq!(rows[2].metadata, serde_json::json!({ "session_id": session.as_str() }));
    }
}

#[test]
fn of_many_agents_who_claim_at_once_one_wins_and_the_others_learn_who() {
    for world in World::each() {
        let company = world.company("tesla");
        let agents = ["ben", "cleo", "dan", "eve"].map(|name| world.agent(&company, name));
        for _ in 0..4 {
            let (session, id) = waiting(&world, &company, 1);
            let (barrier, outcomes) = (Barrier::new(agents.len()), Mutex::new(Vec::new()));
            thread::scope(|scope| {
                for agent in &agents {
                    let (world, barrier, outcomes) = (&world, &barrier, &outcomes);
                    scope.spawn(move || {
                        barrier.wait();
                        outcomes.lock().unwrap().push(claim(world, agent, session, 2));
                    });
                }
            });
            let owner = stored(&world, &company, id).state.agent().unwrap().clone();
            let (mut won, mut lost) = (0, 0);
            for outcome in outcomes.into_inner().unwrap() {
                match outcome {
                    Ok(handoff) if handoff.state.agent() == Some(&owner) => won += 1,
                    Err(ClaimError::AlreadyAssigned(holder)) if holder == owner => lost += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!((won, lost), (1, 3));
        }
    }
}

#[test]
fn a_transfer_or_a_resolution_and_a_message_at_once_are_decided_one_after_the_other() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        there(&world, &[&ben, &cleo]);
        for _ in 0..6 {
            let (session, id) = waiting(&world, &company, 1);
            claim(&world, &ben, session, 2).unwrap();
            let barrier = Barrier::new(2);
            let spoken = thread::scope(|scope| {
                let message = scope.spawn(|| {
                    barrier.wait();
                    write(&world, &ben, session)
                });
                barrier.wait();
                transfer(&world, company.desk(), session, cleo.id(), 3).unwrap();
                message.join().unwrap()
            });
            assert!(matches!(spoken, Ok(()) | Err(SendError::AssignedToAnother)), "{spoken:?}");
            assert_eq!(stored(&world, &company, id).state, State::Assigned(reference(&cleo)));
            let after = world.stored(&company, session);
            assert_eq!(after.person_acted, spoken.is_ok());

            let barrier = Barrier::new(2);
            let spoken = thread::scope(|scope| {
                let message = scope.spawn(|| {
                    barrier.wait();
                    write(&world, &cleo, session)
                });
                barrier.wait();
                let resolved: Result<_, ResolveError> =
                    world.db.write(company.desk(), move |store| desk::resolve(store, id, "", later(4))).wait();
                resolved.unwrap();
                message.join().unwrap()
            });
            assert!(matches!(spoken, Ok(()) | Err(SendError::NotEscalated)), "{spoken:?}");
            let messages = world.said(&company, after.key);
            assert_eq!(messages.len(), usize::try_from(after.last_seq).unwrap() + usize::from(spoken.is_ok()));
            assert_eq!(world.stored(&company, session).status, SessionStatus::Resolved);
        }
    }
}

#[test]
fn the_longest_wait_is_taken_first_and_only_of_the_own_company() {
    for world in World::each() {
        let [company, other] = ["tesla", "space"].map(|name| world.company(name));
        let ben = world.agent(&company, "ben");
        waiting(&world, &other, 1);
        let next = |at| {
            let claimed = world.db.write(ben.clone(), move |store| moves::claim_next(store, later(at))).wait();
            claimed.unwrap().map(|claimed| claimed.into_handoff().session_id)
        };
        assert_eq!(next(5), None);
        let (second, _) = waiting(&world, &company, 20);
        let (first, _) = waiting(&world, &company, 10);
        assert_eq!(next(30), Some(first));
        assert_eq!(next(31), Some(second));
        assert_eq!(next(32), None);
    }
}
