//! Idempotency keys of a visitor's messages.

use std::{collections::BTreeSet, sync::Barrier, thread};

use chatbot::{ClaimState, IdempotencyClaim, IdempotencyKeys as _, Side};
use handoff::{
    desk,
    turn::{Ask, Begun, Exchange, TurnError},
};
use tenancy::{Fault, StoreError, access::Visitor};

use crate::{
    stage::{keyed, later, text, urgent},
    world::{World, now},
};

/// The same exchange, as the reply to a repeat reports it.
fn repeated(exchange: &Exchange) -> Exchange {
    Exchange { replayed: true, ..exchange.clone() }
}

#[test]
fn a_repeat_of_a_key_is_answered_as_the_first_was() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        world.teach(&company, "When are you open?", "From 7 to 18.");
        let ask = Ask { client_message_id: Some("c-1".into()), ..keyed("When are you open?", "one") };
        let first = world.turn(&visitor, &ask, now());
        assert!(first.reply.answered.is_some());
        assert_eq!(first.user.client_message_id.as_deref(), Some("c-1"));

        // Neither new knowledge nor an escalation changes the stored answer.
        world.teach(&company, "When are you open?", "Never.");
        let escalated =
            world.db.write(company.desk(), move |store| desk::escalate(store, session, &urgent("x"), now()));
        escalated.wait().unwrap();
        assert_eq!(world.turn(&visitor, &ask, later(86_400)), repeated(&first));
        let spaced = Ask { client_message_id: None, ..ask.clone() };
        assert_eq!(world.turn(&visitor, &spaced, later(1)), repeated(&first));
        let silent = world.turn(&visitor, &keyed("hello?", "two"), now());
        assert_eq!(world.turn(&visitor, &keyed("hello?", "two"), now()), repeated(&silent));
        assert_eq!(silent.reply, chatbot::Reply::human_handling());

        for other in [
            keyed("When are you closed?", "one"),
            Ask { context: "elsewhere".into(), ..keyed("When are you open?", "one") },
        ] {
            let refused = world.begin(&visitor, &other, now());
            assert!(matches!(refused, Err(TurnError::KeyReused)), "{refused:?}");
        }
        assert_eq!(world.said(&company, key).len(), 5);

        let (other, _) = world.session(&company, "Bo Lind");
        let elsewhere = world.turn(&world.visitor(&company, Some(other)), &ask, now());
        assert_eq!((elsewhere.session, elsewhere.replayed), (other, false));
    }
}

#[test]
fn of_many_requests_with_one_key_one_is_stored() {
    const THREADS: usize = 5;
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let race = |visitor: &Visitor, ask: &Ask| {
            let barrier = Barrier::new(THREADS);
            thread::scope(|scope| {
                let run = || {
                    barrier.wait();
                    world.turn(visitor, ask, now())
                };
                let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            })
        };
        for round in 0..4 {
            let ask = keyed("hello", &format!("round {round}"));
            let exchanges = race(&world.visitor(&company, Some(session)), &ask);
            assert_eq!(exchanges.iter().filter(|exchange| !exchange.replayed).count(), 1);
            assert!(exchanges.iter().all(|exchange| repeated(exchange) == repeated(&exchanges[0])));
            assert_eq!(world.said(&company, key).len(), 4 + 2 * round);

            let opening = keyed("hello", &format!("opening {round}"));
            let opened = race(&world.visitor(&company, None), &opening);
            assert_eq!(opened.iter().filter(|exchange| !exchange.replayed).count(), 1);
            let sessions: BTreeSet<_> = opened.iter().map(|exchange| exchange.session).collect();
            assert_eq!(sessions.len(), 1);
            assert_eq!(world.count("sessions"), (round + 2).to_string());
        }
    }
}

#[test]
fn an_opening_key_finds_its_session_for_ten_minutes() {
    const WINDOW: u64 = 600;
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let new_visitor = world.visitor(&tesla, None);
        let ask = keyed("hello", "open");
        let first = world.turn(&new_visitor, &ask, now());
        assert_eq!(world.turn(&new_visitor, &ask, later(WINDOW)), repeated(&first));
        let reused = world.begin(&new_visitor, &keyed("good day", "open"), later(WINDOW));
        assert!(matches!(reused, Err(TurnError::KeyReused)), "{reused:?}");

        let second = world.turn(&new_visitor, &ask, later(WINDOW + 1));
        assert!(!second.replayed && second.session != first.session);
        assert_eq!(world.turn(&new_visitor, &ask, later(WINDOW + 2)), repeated(&second));
        assert_eq!(world.count("opening_keys"), "1");

        let elsewhere = Ask { ip: Some("2001:db8::7".parse().unwrap()), ..ask.clone() };
        let short = Ask { key: Some("short".into()), ..ask.clone() };
        for other in [elsewhere, short.clone(), short] {
            assert!(!world.turn(&new_visitor, &other, later(WINDOW + 2)).replayed);
        }
        let foreign = world.turn(&world.visitor(&spacex, None), &ask, later(WINDOW + 2));
        assert!(!foreign.replayed);
        assert_eq!(world.stored(&spacex, foreign.session).last_seq, 2);
    }
}

#[test]
fn a_key_belongs_to_one_side_of_one_session() {
    for world in World::each() {
        let company = world.company("tesla");
        let (_, ann) = world.session(&company, "Ann Ray");
        let (_, bo) = world.session(&company, "Bo Lind");
        let claim = |byte: u8| IdempotencyClaim {
            body_hash: [byte; 32],
            seq: 1,
            state: ClaimState::Running { lease_until: later(30) },
        };
        let read = world.db.write(company.desk(), move |store| {
            assert!(store.insert_claim(ann, Side::Visitor, "k", &claim(1))?);
            assert!(!store.insert_claim(ann, Side::Visitor, "k", &claim(2))?);
            assert!(store.insert_claim(ann, Side::Staff, "k", &claim(3))?);
            assert!(store.insert_claim(bo, Side::Visitor, "k", &claim(4))?);
            store.update_claim(ann, Side::Visitor, "k", ClaimState::Done { reply_seq: Some(2), last_seq: 2 })?;
            store.update_claim(bo, Side::Visitor, "k", ClaimState::Done { reply_seq: None, last_seq: 4 })?;
            let sides = [(ann, Side::Visitor), (ann, Side::Staff), (bo, Side::Visitor), (bo, Side::Staff)];
            Ok::<_, StoreError>(sides.map(|(session, side)| store.claim(session, side, "k").unwrap()))
        });
        let [visitor, staff, other, none] = read.wait().unwrap();
        assert_eq!(
            visitor,
            Some(IdempotencyClaim { state: ClaimState::Done { reply_seq: Some(2), last_seq: 2 }, ..claim(1) })
        );
        assert_eq!(staff, Some(claim(3)));
        assert_eq!(
            other,
            Some(IdempotencyClaim { state: ClaimState::Done { reply_seq: None, last_seq: 4 }, ..claim(4) })
        );
        assert_eq!(none, None);
    }
}

#[test]
fn a_broken_settings_document_fails_the_turn_and_stores_nothing() {
    for world in World::each() {
        let company = world.company("tesla");
        world.settings(&company, r#"{"confidence_threshold": "high"}"#);
        match world.begin(&world.visitor(&company, None), &text("hello"), now()) {
            Err(TurnError::Store(error)) => assert_eq!(error.fault(), Fault::Broken),
            Ok(Begun::Ready(_)) => panic!("read"),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.count("sessions"), "0");
    }
}
