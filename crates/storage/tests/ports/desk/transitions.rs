//! Escalate, assign, transfer, resolve, reopen.

use std::{sync::Barrier, thread};

use chatbot::{SessionStatus, kind};
use handoff::{
    Activities as _, ActivityFilter, AgentRef, Handoff, HandoffFilter, Handoffs as _, Priority, State,
    desk::{self, AssignError, EscalateError, ResolveError},
};
use tenancy::{
    AgentId, HandoffId, SessionId,
    access::{Agent, Desk},
};

use crate::{
    stage::{Company, later, text, urgent},
    world::{World, now},
};

fn reference(agent: &Agent) -> AgentRef {
    AgentRef { id: agent.id(), name: agent.name().to_owned() }
}

fn assign(world: &World, company: &Company, id: HandoffId, agent: AgentId, at: u64) -> Result<Handoff, AssignError> {
    world.db.write(company.office.clone(), move |store| desk::assign(store, id, agent, later(at))).wait()
}

fn resolve(world: &World, desk: Desk, id: HandoffId, notes: &'static str, at: u64) -> Result<Handoff, ResolveError> {
    world.db.write(desk, move |store| desk::resolve(store, id, notes, later(at))).wait()
}

fn escalate(world: &World, desk: Desk, session: SessionId, at: u64) -> Result<Handoff, EscalateError> {
    world.db.write(desk, move |store| desk::escalate(store, session, &urgent("please"), later(at))).wait()
}

/// Reads the handoff in a transaction of its own.
fn stored(world: &World, company: &Company, id: HandoffId) -> Handoff {
    world.see(company, move |store| store.handoff(id)).unwrap()
}

#[test]
fn a_handoff_goes_through_the_desk_and_back_to_the_bot() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let epoch = || world.stored(&company, session).bot_epoch;
        let start = epoch();

        let opened = escalate(&world, company.desk(), session, 1).unwrap();
        assert_eq!(
            (&opened.state, opened.session_status, opened.session),
            (&State::Pending, SessionStatus::Escalated, key)
        );
        assert_eq!(
            (opened.reason.as_str(), opened.priority, opened.escalated_at),
            ("please", Priority::Urgent, later(1))
        );
        let visitor_ref = opened.visitor.clone().unwrap();
        assert_eq!((visitor_ref.name.as_str(), visitor_ref.phone.as_str()), ("Ann Ray", "+977-9841234567"));
        match escalate(&world, company.desk(), session, 2) {
            Err(EscalateError::AlreadyEscalated(open)) => assert_eq!(*open, opened),
            other => panic!("{other:?}"),
        }
        let id = opened.id;
        assert_eq!((stored(&world, &company, id), epoch()), (opened, start + 1));

        let assigned = assign(&world, &company, id, ben.id(), 3).unwrap();
        assert_eq!(
            (&assigned.state, assigned.session_status),
            (&State::Assigned(reference(&ben)), SessionStatus::Assigned)
        );
        assert_eq!((stored(&world, &company, id), epoch()), (assigned.clone(), start + 2));
        assert_eq!(assign(&world, &company, id, ben.id(), 4).unwrap(), assigned);
        assert_eq!((epoch(), world.count("transfers")), (start + 2, "0".to_owned()));
        assert!(!world.stored(&company, session).person_acted, "no member of staff has written");

        let passed = assign(&world, &company, id, cleo.id(), 5).unwrap();
        assert_eq!(passed.state, State::Assigned(reference(&cleo)));
        let transfers = "SELECT CAST(from_agent_id AS TEXT) || ' ' || CAST(to_agent_id AS TEXT) AS line FROM transfers";
        assert_eq!(world.scratch.lines(transfers), [format!("{} {}", ben.id(), cleo.id())]);

        let foreign = resolve(&world, ben.clone().into(), id, "", 6);
        assert!(matches!(foreign, Err(ResolveError::NotAssigned)), "{foreign:?}");
        let resolved = resolve(&world, cleo.clone().into(), id, "done", 7).unwrap();
        assert_eq!(resolved.state, State::Resolved { agent: Some(reference(&cleo)), at: later(7) });
        assert_eq!((resolved.notes.as_deref(), resolved.session_status), (Some("done"), SessionStatus::Resolved));
        assert_eq!(resolve(&world, cleo.clone().into(), id, "again", 8).unwrap(), resolved);
        assert_eq!((stored(&world, &company, id), epoch()), (resolved, start + 4));
        let closed = assign(&world, &company, id, ben.id(), 8);
        let from = SessionStatus::Resolved;
        assert!(matches!(closed, Err(AssignError::IllegalTransition { from: found }) if found == from), "{closed:?}");

        // The bot answers again, and the closed handoff keeps its notes.
        let answered = world.turn(&visitor, &text("hello"), later(9));
        assert_eq!(answered.reply.kind, kind::GREETING_RESPONSE);
        let after = stored(&world, &company, id);
        assert_eq!((after.session_status, after.notes.as_deref()), (SessionStatus::Active, Some("done")));
        assert!(!world.stored(&company, session).person_acted);

        let reopened = escalate(&world, ben.clone().into(), session, 10).unwrap();
        assert_eq!((reopened.id, &reopened.state, reopened.notes), (id, &State::Pending, None));
        assert_eq!((reopened.escalated_at, world.count("handoffs")), (later(10), "1".to_owned()));
    }
}

#[test]
fn what_agents_did_is_in_their_logs() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, _) = world.session(&company, "Ann Ray");
        let id = escalate(&world, ben.clone().into(), session, 1).unwrap().id;
        assign(&world, &company, id, ben.id(), 2).unwrap();
        assign(&world, &company, id, cleo.id(), 2).unwrap();
        resolve(&world, company.desk(), id, "by the admin", 3).unwrap();
        let log = |agent: Option<AgentId>| {
            let filter = ActivityFilter { agent, kind: None, since: None, limit: 200 };
            let rows = world.see(&company, move |store| store.activities(&filter));
            rows.into_iter().map(|row| (row.agent.name, row.kind.as_str(), row.timestamp)).collect::<Vec<_>>()
        };
        let [ben_row, cleo_row] = ["ben", "cleo"].map(|name| move |kind, at| (name.to_owned(), kind, later(at)));
        let all = [
            cleo_row("session_resolve", 3),
            cleo_row("session_assign", 2),
            ben_row("session_assign", 2),
            ben_row("session_assign", 1),
        ];
        assert_eq!(log(None), all);
        assert_eq!(log(Some(cleo.id())), all[..2]);
        let filter =
            ActivityFilter { agent: None, kind: Some(handoff::ActivityKind::SessionResolve), since: None, limit: 1 };
        let resolved = world.see(&company, move |store| store.activities(&filter)).remove(0);
        assert_eq!(resolved.metadata, serde_json::json!({ "session_id": session.as_str(), "notes": "by the admin" }));
        assert_eq!((resolved.ip, resolved.agent), (None, reference(&cleo)));
    }
}

#[test]
fn a_wish_for_what_is_not_there_changes_nothing() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let (session, _) = world.session(&company, "Ann Ray");
        let id = world.escalated(&company, session, now());
        let before = world.stored(&company, session);
        let no_agent = assign(&world, &company, id, AgentId::new(99), 1);
        assert!(matches!(no_agent, Err(AssignError::AgentNotFound)), "{no_agent:?}");
        let no_handoff = assign(&world, &company, HandoffId::new(99), ben.id(), 1);
        assert!(matches!(no_handoff, Err(AssignError::HandoffNotFound)), "{no_handoff:?}");
        let waiting = resolve(&world, ben.clone().into(), id, "", 1);
        assert!(matches!(waiting, Err(ResolveError::NotAssigned)), "{waiting:?}");
        let unknown = resolve(&world, company.desk(), HandoffId::new(99), "", 1);
        assert!(matches!(unknown, Err(ResolveError::HandoffNotFound)), "{unknown:?}");
        let no_session = escalate(&world, company.desk(), SessionId::generate(company.code), 1);
        assert!(matches!(no_session, Err(EscalateError::SessionNotFound)), "{no_session:?}");

        let inactive = match world.scratch.options.target {
            storage::Target::Sqlite(_) => "0",
            storage::Target::Postgres(_) => "FALSE",
        };
        let user = ben.user();
        world.scratch.execute(&format!("UPDATE accounts SET is_active = {inactive} WHERE id = {user}")).unwrap();
        let dismissed = assign(&world, &company, id, ben.id(), 1);
        assert!(matches!(dismissed, Err(AssignError::AgentNotFound)), "{dismissed:?}");
        assert_eq!((world.stored(&company, session), world.count("activities")), (before, "0".to_owned()));
    }
}

#[test]
fn of_many_conflicting_moves_each_finds_what_the_other_left() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        for round in 0..4 {
            let (session, _) = world.session(&company, "Ann Ray");
            let barrier = Barrier::new(3);
            let opened: Vec<_> = thread::scope(|scope| {
                let open = || {
                    barrier.wait();
                    escalate(&world, company.desk(), session, 1)
                };
                let threads = [scope.spawn(open), scope.spawn(open), scope.spawn(open)];
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1, "{opened:?}");
            let id = opened.into_iter().find_map(Result::ok).unwrap().id;

            let barrier = Barrier::new(2);
            thread::scope(|scope| {
                for agent in [&ben, &cleo] {
                    let (world, company, barrier) = (&world, &company, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        assign(world, company, id, agent.id(), 2).unwrap();
                    });
                }
            });
            let owner = stored(&world, &company, id).state.agent().unwrap().clone();
            let other = [&ben, &cleo].into_iter().find(|agent| agent.id() != owner.id).unwrap();
            let transfers = world.scratch.lines(&format!(
                "SELECT CAST(from_agent_id AS TEXT) || ' ' || CAST(to_agent_id AS TEXT) AS line FROM transfers \
                 WHERE handoff_id = {id}"
            ));
            assert_eq!(transfers, [format!("{} {}", other.id(), owner.id)], "round {round}");
            assert_eq!(world.stored(&company, session).status, SessionStatus::Assigned);
        }
        let filter = HandoffFilter::default();
        let listed = world.see(&company, move |store| store.handoffs(&filter, handoff::Sight::All));
        assert!(listed.is_sorted_by(|one, next| one.id > next.id) && listed.len() == 4);
    }
}
