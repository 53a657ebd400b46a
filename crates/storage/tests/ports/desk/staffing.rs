//! Agents who are deactivated or deleted while other calls run.

use std::{sync::Barrier, thread};

use chatbot::SessionStatus;
use handoff::{
    Handoff, Handoffs as _, Priority, State,
    desk::{self, AssignError},
    sending::{self, OutgoingMessage, SendError},
    staffing,
};
use identity::{
    agents::{
        self,
        change::{AgentChange, DeleteAgentError, UpdateAgentError},
    },
    presence,
};
use tenancy::{
    AgentId, HandoffId, SessionId, StoreError,
    access::{Agent, Denied, Desk},
};

use crate::{
    stage::{Company, later, text},
    world::{World, email, now},
};

fn update(
    world: &World,
    company: &Company,
    id: AgentId,
    change: AgentChange,
    at: u64,
) -> Result<agents::Agent, UpdateAgentError> {
    world.db.write(company.office.clone(), move |store| staffing::update(store, id, change, later(at))).wait()
}

fn activate(world: &World, company: &Company, id: AgentId, is_active: bool) -> Result<agents::Agent, UpdateAgentError> {
    update(world, company, id, AgentChange { is_active: Some(is_active), ..AgentChange::default() }, 60)
}

fn delete(world: &World, company: &Company, id: AgentId) -> Result<(), DeleteAgentError> {
    world.db.write(company.office.clone(), move |store| staffing::delete(store, id, later(60))).wait()
}

fn assign(world: &World, company: &Company, id: HandoffId, agent: AgentId) -> Result<Handoff, AssignError> {
    world.db.write(company.office.clone(), move |store| desk::assign(store, id, agent, later(30))).wait()
}

fn resolve(world: &World, company: &Company, id: HandoffId) {
    world.db.write(company.desk(), move |store| desk::resolve(store, id, "done", later(40))).wait().unwrap();
}

fn write(world: &World, agent: &Agent, session: SessionId) -> Result<(), SendError> {
    let message = OutgoingMessage { text: Some("here I am".into()), ..OutgoingMessage::default() };
    let desk = Desk::from(agent.clone());
    world.db.write(desk, move |store| sending::send(store, session, message, later(50))).wait().map(|_| ())
}

fn stored(world: &World, company: &Company, id: HandoffId) -> Handoff {
    world.see(company, move |store| store.handoff(id)).unwrap()
}

/// Opens a session that is assigned to this agent.
fn taken(world: &World, company: &Company, agent: &Agent) -> (SessionId, HandoffId) {
    let (session, _) = world.session(company, "Ann Ray");
    let id = world.escalated(company, session, later(10));
    assign(world, company, id, agent.id()).unwrap();
    (session, id)
}

#[test]
fn who_is_deactivated_leaves_open_sessions_to_the_queue() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (one, first) = taken(&world, &company, &ben);
        let (_, second) = taken(&world, &company, &ben);
        let (_, closed) = taken(&world, &company, &ben);
        let (_, other) = taken(&world, &company, &cleo);
        resolve(&world, &company, closed);
        let epoch = world.stored(&company, one).bot_epoch;

        let agent = activate(&world, &company, ben.id(), false).unwrap();
        assert!(!agent.is_active);
        for id in [first, second] {
            let handoff = stored(&world, &company, id);
            assert_eq!((&handoff.state, handoff.session_status), (&State::Pending, SessionStatus::Escalated));
            assert_eq!((handoff.reason.as_str(), handoff.priority), ("please", Priority::Urgent));
            assert_eq!(handoff.escalated_at, later(10));
        }
        let session = world.stored(&company, one);
        assert_eq!((session.bot_epoch, session.person_acted), (epoch + 1, false));
        assert!(matches!(stored(&world, &company, closed).state, State::Resolved { agent: Some(_), .. }));
        assert!(matches!(stored(&world, &company, other).state, State::Assigned(_)));
        // A reactivated agent does not get returned sessions back.
        assert!(matches!(world.admit(ben.user()), Err(Denied::Inactive)));
        assert!(matches!(assign(&world, &company, first, ben.id()), Err(AssignError::AgentNotFound)));
        assert!(matches!(write(&world, &ben, one), Err(SendError::SessionNotFound)));
        activate(&world, &company, ben.id(), true).unwrap();
        assert!(world.admit(ben.user()).is_ok());
        assert_eq!(stored(&world, &company, first).state, State::Pending);
        write(&world, &ben, one).unwrap();
    }
}

#[test]
fn a_deleted_agent_is_named_by_nothing_that_stays() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, open) = taken(&world, &company, &ben);
        let (_, closed) = taken(&world, &company, &ben);
        let (_, passed) = taken(&world, &company, &ben);
        assign(&world, &company, passed, cleo.id()).unwrap();
        assign(&world, &company, passed, ben.id()).unwrap();
        assign(&world, &company, passed, cleo.id()).unwrap();
        write(&world, &ben, session).unwrap();
        resolve(&world, &company, closed);
        let arrived = ben.clone();
        world
            .db
            .lobby_write(move |lobby| identity::presence::PresenceRecord::agent_arrived(lobby, &arrived, None, now()))
            .wait()
            .unwrap();
        let said = world.count("messages");

        delete(&world, &company, ben.id()).unwrap();
        assert!(matches!(delete(&world, &company, ben.id()), Err(DeleteAgentError::NotFound)));
        assert!(matches!(world.admit(ben.user()), Err(Denied::Gone)));
        assert_eq!(stored(&world, &company, open).state, State::Pending);
        assert_eq!(stored(&world, &company, closed).state, State::Resolved { agent: None, at: later(40) });
        assert_eq!(stored(&world, &company, passed).state.agent().unwrap().id, cleo.id());
        let (id, user) = (ben.id(), ben.user());
        for left in [
            format!("agents WHERE id = {id}"),
            format!("accounts WHERE id = {user}"),
            format!("handoffs WHERE agent_id = {id}"),
            format!("transfers WHERE from_agent_id = {id} OR to_agent_id = {id}"),
            format!("activities WHERE agent_id = {id}"),
            format!("agent_sessions WHERE agent_id = {id}"),
        ] {
            assert_eq!(world.count(&left), "0", "{left}");
        }
        assert_eq!((world.count("messages"), world.count("transfers")), (said, "3".to_owned()));
        let arrived = ben.clone();
        let late = world.db.lobby_write(move |lobby| presence::leave(lobby, &arrived, &[], None, now())).wait();
        assert!(matches!(late, Err(presence::PresenceError::Gone)), "{late:?}");

        // The address is free again, but ids are not reused.
        let again = world.agent(&company, "ben");
        assert!(again.id() > ben.id() && again.user() > ben.user());
        assert_ne!((again.id(), again.user()), (cleo.id(), cleo.user()));
    }
}

#[test]
fn another_companys_agent_is_like_none() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let ben = world.agent(&tesla, "ben");
        let (session, id) = taken(&world, &tesla, &ben);
        let foreign = activate(&world, &spacex, ben.id(), false);
        assert!(matches!(foreign, Err(UpdateAgentError::NotFound)), "{foreign:?}");
        assert!(matches!(delete(&world, &spacex, ben.id()), Err(DeleteAgentError::NotFound)));
        world
            .db
            .write(spacex.office.clone(), {
                let ben = ben.id();
                move |store| {
                    assert_eq!(store.active_agent(ben)?, None);
                    store.forget_agent(ben)
                }
            })
            .wait()
            .unwrap();
        assert!(matches!(stored(&world, &tesla, id).state, State::Assigned(_)));
        write(&world, &ben, session).unwrap();
    }
}

#[test]
fn an_address_that_is_taken_late_changes_nothing() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let barrier = Barrier::new(2);
        let changed: Vec<_> = thread::scope(|scope| {
            let threads = [ben.id(), cleo.id()].map(|id| {
                let (world, company, barrier) = (&world, &company, &barrier);
                scope.spawn(move || {
                    let change = AgentChange {
                        email: Some(email("new@tesla.com")),
                        name: Some("New Name".into()),
                        ..AgentChange::default()
                    };
                    barrier.wait();
                    update(world, company, id, change, 60)
                })
            });
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let lost = changed
            .iter()
            .filter(|one| matches!(one, Err(UpdateAgentError::AgentExists | UpdateAgentError::EmailTaken)));
        assert_eq!((lost.count(), changed.iter().filter(|one| one.is_ok()).count()), (1, 1), "{changed:?}");
        assert_eq!(world.count("agents WHERE name = 'New Name'"), "1");
        assert_eq!(world.count("accounts WHERE username = 'new@tesla.com' AND last_name = 'Name'"), "1");
    }
}

/// Runs the calls at the same time and returns their results.
fn together<T: Send>(calls: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let barrier = Barrier::new(calls.len());
    thread::scope(|scope| {
        let threads: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    call()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Asserts that no handoff names the deleted agent, and that handoffs and sessions have matching states.
fn consistent(world: &World, company: &Company, ids: &[(SessionId, HandoffId)], gone: AgentId) {
    for (session, id) in ids {
        let (handoff, session) = (stored(world, company, *id), world.stored(company, *session));
        assert_ne!(handoff.state.agent().map(|agent| agent.id), Some(gone));
        assert_eq!(handoff.state.session_status(), session.status);
    }
}

#[test]
fn nothing_is_given_to_an_agent_on_the_way_out() {
    for world in World::each() {
        let company = world.company("tesla");
        let cleo = world.agent(&company, "cleo");
        for round in 0..4 {
            let ben = world.agent(&company, &format!("ben{round}"));
            let mut ids: Vec<_> = (0..3).map(|_| taken(&world, &company, &ben)).collect();
            let (session, _) = world.session(&company, "Ann Ray");
            ids.push((session, world.escalated(&company, session, later(10))));
            let (world, company, ben, cleo) = (&world, &company, &ben, &cleo);
            let mut calls: Vec<Box<dyn FnOnce() -> Result<(), String> + Send>> = Vec::new();
            for (at, (session, id)) in ids.iter().copied().enumerate() {
                let to = if at % 2 == 0 { cleo.id() } else { ben.id() };
                calls.push(Box::new(move || match assign(world, company, id, to) {
                    Ok(_) | Err(AssignError::AgentNotFound) => Ok(()),
                    Err(other) => Err(format!("{other:?}")),
                }));
                calls.push(Box::new(move || match write(world, ben, session) {
                    Ok(()) | Err(SendError::SessionNotFound | SendError::AssignedToAnother) => Ok(()),
                    Err(other) => Err(format!("{other:?}")),
                }));
            }
            for at in 0..2 {
                calls.push(Box::new(move || match (round + at) % 2 {
                    0 => activate(world, company, ben.id(), false).map(|_| ()).or_else(|error| match error {
                        UpdateAgentError::NotFound => Ok(()),
                        other => Err(format!("{other:?}")),
                    }),
                    _ => delete(world, company, ben.id()).map_err(|error| format!("{error:?}")),
                }));
            }
            for result in together(calls) {
                result.unwrap();
            }
            consistent(world, company, &ids, ben.id());
            assert_eq!(world.count(&format!("agents WHERE id = {}", ben.id())), "0");
        }
    }
}

#[test]
fn of_two_deactivations_one_takes_effect() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let (session, id) = taken(&world, &company, &ben);
        let epoch = world.stored(&company, session).bot_epoch;
        let version = format!("SELECT CAST(token_version AS TEXT) AS line FROM accounts WHERE id = {}", ben.user());
        let before: i64 = world.scratch.lines(&version).concat().parse().unwrap();
        let mut calls: Vec<Box<dyn FnOnce() -> bool + Send>> = Vec::new();
        for _ in 0..4 {
            let (world, company, ben) = (&world, &company, ben.id());
            calls.push(Box::new(move || activate(world, company, ben, false).unwrap().is_active));
        }
        assert_eq!(together(calls), [false; 4]);
        let after: i64 = world.scratch.lines(&version).concat().parse().unwrap();
        assert_eq!((after, world.stored(&company, session).bot_epoch), (before + 1, epoch + 1));
        assert_eq!(stored(&world, &company, id).state, State::Pending);
    }
}

#[test]
fn the_bot_stays_silent_while_a_returned_session_waits() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let visitor = world.visitor(&company, None);
        let opened = world.turn(&visitor, &text("hello"), now());
        let id = world.escalated(&company, opened.session, later(10));
        assign(&world, &company, id, ben.id()).unwrap();
        write(&world, &ben, opened.session).unwrap();
        activate(&world, &company, ben.id(), false).unwrap();
        // The visitor has no profile, so the intake would continue here if the agent had not written.
        let visitor = world.visitor(&company, Some(opened.session));
        let answered = world.turn(&visitor, &text("is anybody there?"), later(70));
        assert_eq!(answered.reply.kind, chatbot::kind::HUMAN_HANDLING);
        let said = world.said(&company, opened.user.session).pop().unwrap();
        assert_eq!(said.1, "is anybody there?");
    }
}

#[test]
fn what_one_transaction_did_is_undone_with_it() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let (session, id) = taken(&world, &company, &ben);
        let before = (stored(&world, &company, id), world.stored(&company, session));
        let agent = ben.id();
        let failed = world.db.write(company.office.clone(), move |store| {
            staffing::delete(store, agent, later(60)).map_err(|error| match error {
                DeleteAgentError::Store(error) => error,
                other => panic!("{other:?}"),
            })?;
            Err::<(), _>(StoreError::new(tenancy::Fault::Broken, "the test gives up"))
        });
        failed.wait().unwrap_err();
        assert_eq!((stored(&world, &company, id), world.stored(&company, session)), before);
        assert!(world.admit(ben.user()).is_ok());
    }
}
