//! Staff write to visitors.

use std::{sync::Barrier, thread};

use attachments::Attachments as _;
use chatbot::{Detail, SessionStatus};
use handoff::{
    Activities as _, ActivityFilter, Handoffs as _, desk,
    sending::{self, OutgoingMessage, SendError, Sent},
};
use tenancy::{AttachmentId, SessionId, access::Desk, audit::Action};

use crate::{
    files::file,
    stage::{Company, later},
    world::{World, now},
};

fn outgoing(text: &str) -> OutgoingMessage {
    OutgoingMessage { text: Some(text.to_owned()), ..OutgoingMessage::default() }
}

fn send(world: &World, desk: Desk, session: SessionId, message: OutgoingMessage) -> Result<Sent, SendError> {
    world.db.write(desk, move |store| sending::send(store, session, message, later(5))).wait()
}

fn status(world: &World, company: &Company, session: SessionId) -> SessionStatus {
    world.stored(company, session).status
}

#[test]
fn of_two_agents_who_write_first_one_gets_the_session() {
    for world in World::each() {
        let company = world.company("tesla");
        let agents = ["ben", "cleo"].map(|name| world.agent(&company, name));
        for _ in 0..5 {
            let (session, key) = world.session(&company, "Ann Ray");
            let id = world.escalated(&company, session, now());
            let barrier = Barrier::new(2);
            let write = |agent: &tenancy::access::Agent| {
                barrier.wait();
                send(&world, agent.clone().into(), session, outgoing(agent.name()))
            };
            let sent = thread::scope(|scope| {
                let threads = [&agents[0], &agents[1]].map(|agent| scope.spawn(move || write(agent)));
                threads.map(|thread| thread.join().unwrap())
            });
            let (winner, message) = match &sent {
                [Ok(Sent::Stored(message)), Err(SendError::AssignedToAnother)] => (&agents[0], message),
                [Err(SendError::AssignedToAnother), Ok(Sent::Stored(message))] => (&agents[1], message),
                other => panic!("{other:?}"),
            };
            assert_eq!((message.seq, &message.detail), (3, &Detail::agent(winner.id(), winner.name())));
            assert_eq!(world.said(&company, key).len(), 3);
            let handoff = world.see(&company, move |store| store.handoff(id)).unwrap();
            assert_eq!(handoff.state.agent().unwrap().id, winner.id());
            assert_eq!(handoff.session_status, SessionStatus::Assigned);
        }
    }
}

#[test]
fn an_admin_writes_without_taking_the_session_over() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        let (session, key) = world.session(&company, "Ann Ray");
        let early = send(&world, company.desk(), session, outgoing("hello"));
        assert!(matches!(early, Err(SendError::NotEscalated)), "{early:?}");
        world.escalated(&company, session, now());
        let epoch = world.stored(&company, session).bot_epoch;
        let Sent::Stored(message) = send(&world, company.desk(), session, outgoing("hello")).unwrap() else { panic!() };
        assert!(matches!(message.detail, Detail::Admin { .. }));
        let after = world.stored(&company, session);
        assert_eq!((after.status, after.bot_epoch, after.person_acted), (SessionStatus::Escalated, epoch + 1, true));
        let messages = world.see(&company, move |store| chatbot::Messages::messages(store, key));
        assert_eq!(messages.last(), Some(&message));

        send(&world, ben.into(), session, outgoing("me too")).unwrap();
        assert_eq!(status(&world, &company, session), SessionStatus::Assigned);
        let code = company.code;
        let superadmin = world.db.platform(world.boss.clone(), Action::CompanyEntered, move |platform| {
            let mut office = platform.office(code).unwrap();
            sending::send(&mut office.acting::<Desk>(), session, outgoing("it is me"), now())
        });
        assert!(matches!(superadmin.wait(), Err(SendError::OnlyAgentsAndAdmins)));
        assert_eq!(world.said(&company, key).len(), 4);
        let filter =
            ActivityFilter { agent: None, kind: Some(handoff::ActivityKind::MessageSent), since: None, limit: 9 };
        let logged = world.see(&company, move |store| store.activities(&filter));
        assert_eq!(logged.len(), 1);
        assert_eq!(
            logged[0].metadata,
            serde_json::json!({ "session_id": session.as_str(), "message_preview": "me too" })
        );
    }
}

#[test]
fn a_repeated_message_is_stored_once_whatever_became_of_the_session() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, key) = world.session(&company, "Ann Ray");
        let id = world.escalated(&company, session, now());
        let keyed = |text: &str| OutgoingMessage {
            key: Some("k".into()),
            client_message_id: Some("c".into()),
            ..outgoing(text)
        };
        let Sent::Stored(first) = send(&world, ben.clone().into(), session, keyed("hello")).unwrap() else { panic!() };
        let again = send(&world, ben.clone().into(), session, keyed("hello"));
        assert!(matches!(&again, Ok(Sent::Replayed(message)) if *message == first), "{again:?}");
        let changed = send(&world, ben.clone().into(), session, keyed("good day"));
        assert!(matches!(changed, Err(SendError::KeyReused)), "{changed:?}");
        let others = send(&world, cleo.into(), session, keyed("hello"));
        assert!(matches!(others, Err(SendError::AssignedToAnother)), "{others:?}");

        world.db.write(company.desk(), move |store| desk::resolve(store, id, "", now())).wait().unwrap();
        let late = send(&world, ben.clone().into(), session, keyed("hello"));
        assert!(matches!(late, Ok(Sent::Replayed(message)) if message == first));
        let closed = send(&world, ben.into(), session, outgoing("hello"));
        assert!(matches!(closed, Err(SendError::NotEscalated)), "{closed:?}");
        assert_eq!(world.said(&company, key).len(), 3);
    }
}

#[test]
fn files_go_with_a_message_in_the_order_they_were_named() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let (_, other) = world.session(&company, "Bo Lind");
        world.escalated(&company, session, now());
        let new = [file(&company, key, "a"), file(&company, key, "b"), file(&company, other, "c")];
        let stored = world.db.write(company.desk(), move |store| {
            new.iter().map(|new| Ok(store.insert(new)?.unwrap())).collect::<Result<Vec<_>, tenancy::StoreError>>()
        });
        let stored = stored.wait().unwrap();
        let [a, b, foreign] = [0, 1, 2].map(|n: usize| stored[n].id);
        let with =
            |files: &[AttachmentId]| OutgoingMessage { attachments: files.to_vec(), ..OutgoingMessage::default() };
        let Sent::Stored(sent) = send(&world, company.desk(), session, with(&[b, a, b])).unwrap() else { panic!() };
        assert_eq!(sent.attachments, [stored[1].clone(), stored[0].clone()]);
        let messages = world.see(&company, move |store| chatbot::Messages::messages(store, key));
        assert_eq!((messages.last(), messages[0].attachments.len()), (Some(&sent), 0));
        for (unknown, named) in [(foreign, vec![a, foreign]), (AttachmentId::new(99), vec![AttachmentId::new(99)])] {
            let refused = send(&world, company.desk(), session, with(&named));
            assert!(matches!(refused, Err(SendError::UnknownAttachment(id)) if id == unknown), "{refused:?}");
        }
        assert_eq!(world.said(&company, key).len(), 3);
    }
}
