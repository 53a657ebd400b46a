//! What one turn reads, plans and stores.

use std::{sync::Barrier, thread};

use chatbot::{Detail, Outcome, Sender, SessionStatus, Sessions as _, Step, kind};
use handoff::{
    Handoffs as _, State, erase,
    turn::{Committed, TurnError},
};
use identity::presence::PresenceRecord as _;

use crate::{
    stage::{later, text},
    world::{World, now},
};

fn done(committed: Committed) -> handoff::turn::Exchange {
    match committed {
        Committed::Done(exchange) => *exchange,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_intake_ends_in_a_profile_and_leaves_every_word_at_its_position() {
    for world in World::each() {
        let company = world.company("tesla");
        let opened = world.turn(&world.visitor(&company, None), &text("  hi there "), later(1));
        let (id, key) = (opened.session, opened.user.session);
        assert_eq!((opened.user.seq, opened.last_seq, opened.replayed), (1, 2, false));
        assert_eq!((opened.user.content.as_deref(), opened.user.timestamp), (Some("  hi there "), later(1)));
        let fresh = world.stored(&company, id);
        assert_eq!((fresh.key, fresh.revision, fresh.step, fresh.welcomed), (key, 1, Step::Name, true));
        assert_eq!((fresh.created_at, fresh.last_used, fresh.updated_at), (later(1), later(1), later(1)));

        let visitor = world.visitor(&company, Some(id));
        let answers = ["Ann \u{c5}ngstr\u{f6}m", "Nepal", "9841234567", "skip"];
        let mut last = opened;
        for (answer, at) in answers.into_iter().zip(2..) {
            last = world.turn(&visitor, &text(answer), later(at));
        }
        assert_eq!((last.reply.collecting, last.reply.kind.as_str()), (Some(Step::Address), kind::PROFILE_COLLECTION));
        let asked = world.stored(&company, id);
        assert_eq!(asked.collected.email, chatbot::Field::Skipped, "a skipped address is stored as skipped");
        assert_eq!(last.reply.temp_data.as_ref(), Some(&asked.collected));
        assert_eq!((asked.step, asked.profile), (Step::Address, None));

        let complete = world.turn(&visitor, &text("1 Road"), later(9));
        assert_eq!((complete.reply.kind.as_str(), complete.last_seq), (kind::PROFILE_COMPLETE, 12));
        let (session, profile, messages) = world.see(&company, move |store| {
            Ok((
                store.session(id)?.unwrap(),
                chatbot::Profiles::profile_of(store, key)?.unwrap(),
                chatbot::Messages::messages(store, key)?,
            ))
        });
        assert_eq!((session.step, session.last_seq, session.revision), (Step::Complete, 12, 6));
        assert_eq!(session.profile, Some((profile.id, "Ann \u{c5}ngstr\u{f6}m".to_owned())));
        assert_eq!(session.collected, chatbot::Collected::default());
        assert_eq!((profile.phone.as_str(), profile.email), ("+977-9841234567", None));
        assert_eq!((profile.address.as_deref(), profile.country_code.as_str()), (Some("1 Road"), "+977"));
        assert_eq!((profile.created_at, profile.last_used), (later(9), later(9)));
        assert!(profile.persistent_user_id.starts_with("user_"));

        assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
        assert!(messages.is_sorted_by(|one, next| one.id < next.id));
        let senders: Vec<_> = messages.iter().map(|message| message.detail.sender()).collect();
        assert_eq!(senders, [Sender::User, Sender::Bot].repeat(6));
        assert_eq!(messages[10], complete.user);
        assert_eq!(messages[11].detail, Detail::Bot { reply: Box::new(complete.reply) });
        let newest = world.see(&company, move |store| chatbot::Messages::newest_messages(store, key, 3));
        assert_eq!(newest, messages[9..]);
        let named = world.see(&company, move |store| chatbot::Messages::messages_at(store, key, &[12, 1, 99]));
        assert_eq!(named, [messages[0].clone(), messages[11].clone()]);
    }
}

#[test]
fn a_plan_that_the_session_outran_is_made_again() {
    for world in World::each() {
        let company = world.company("tesla");
        let opened = world.turn(&world.visitor(&company, None), &text("hi"), now());
        let visitor = world.visitor(&company, Some(opened.session));
        // Both turns are planned as answers to the question for the name.
        let [name, country] = ["Ann Ray", "Nepal"].map(|answer| world.pending(&visitor, &text(answer), now()));
        done(world.commit(&visitor, name, now()).unwrap());
        let second = done(world.commit(&visitor, country, later(5)).unwrap());
        assert_eq!((second.user.seq, second.last_seq), (5, 6));
        assert_eq!(second.reply.collecting, Some(Step::Phone));
        let session = world.stored(&company, opened.session);
        assert_eq!((session.step, session.last_seq, session.revision), (Step::Phone, 6, 3));
        assert_eq!((session.last_used, session.updated_at), (later(5), later(5)));
    }
}

#[test]
fn what_moved_between_reading_and_writing_is_not_answered_from() {
    for world in World::each() {
        let company = world.company("tesla");
        let new_visitor = world.visitor(&company, None);
        let pending = world.pending(&new_visitor, &text("hi"), now());
        world.settings(&company, r#"{"welcome_text": "Welcome to {company_name}."}"#);
        let opened = done(world.commit(&new_visitor, pending, now()).unwrap());
        assert_eq!(opened.reply.response, "Welcome to tesla.");

        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        world.teach(&company, "When are you open?", "From 7 to 18.");
        let asks = text("When are you open?");
        let pending = world.pending(&visitor, &asks, now());
        world.teach(&company, "When are you open?", "From 9 to 17.");
        let before = world.said(&company, key);
        let Committed::Again(mut moved) = world.commit(&visitor, pending, now()).unwrap() else { panic!("stored") };
        assert_eq!(moved.wants_knowledge(), Some(("When are you open?", 2, false)));
        assert_eq!(world.said(&company, key), before);
        world.look_up(&visitor, &mut moved);
        let answered = done(world.commit(&visitor, moved, now()).unwrap());
        assert_eq!((answered.reply.response.as_str(), answered.user.seq), ("From 9 to 17.", 3));
        assert_eq!(answered.reply.answered.unwrap().citations.len(), 1);

        // A change of the settings alone has the same effect, because it may change the confidence threshold.
        let pending = world.pending(&visitor, &asks, now());
        world.settings(&company, r#"{"confidence_threshold": 0.1}"#);
        assert!(matches!(world.commit(&visitor, pending, now()).unwrap(), Committed::Again(_)));
        let pending = world.pending(&visitor, &text("hello"), now());
        world.settings(&company, r#"{"quick_replies": [{"match": ["hello"], "reply": "Hey"}]}"#);
        let quick = done(world.commit(&visitor, pending, now()).unwrap());
        assert_eq!((quick.reply.response.as_str(), quick.reply.kind.as_str()), ("Hey", kind::QUICK_REPLY));
    }
}

#[test]
fn turns_at_the_same_time_get_positions_without_a_gap() {
    const THREADS: usize = 4;
    const EACH: usize = 5;
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let barrier = Barrier::new(THREADS);
        let write = |writer: usize| {
            let (world, visitor, barrier) = (&world, &visitor, &barrier);
            move || {
                barrier.wait();
                for n in 0..EACH {
                    let message = format!("hello {writer} {n}");
                    let exchange = world.turn(visitor, &text(&message), now());
                    assert_eq!(exchange.last_seq, exchange.user.seq + 1);
                }
            }
        };
        thread::scope(|scope| (0..THREADS).for_each(|writer| drop(scope.spawn(write(writer)))));
        let said = world.said(&company, key);
        let seqs: Vec<_> = said.iter().map(|(seq, _)| *seq).collect();
        let count = i64::try_from(2 + 2 * THREADS * EACH).unwrap();
        assert_eq!(seqs, (1..=count).collect::<Vec<_>>());
        assert_eq!(world.stored(&company, session).last_seq, count);
        for writer in 0..THREADS {
            let own = said.iter().filter(|(_, text)| text.starts_with(&format!("hello {writer} ")));
            let expected: Vec<_> = (0..EACH).map(|n| format!("hello {writer} {n}")).collect();
            assert_eq!(own.map(|(_, text)| text.clone()).collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn a_call_for_a_person_opens_the_handoff_with_the_message() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let asked = world.turn(&visitor, &text("I want to talk to a person"), later(3));
        assert_eq!((asked.reply.kind.as_str(), asked.reply.escalated, asked.last_seq), (kind::ESCALATED, true, 4));
        let handoff = world.see(&company, move |store| store.handoff_of(key)).unwrap();
        assert_eq!((handoff.state, handoff.session_status), (State::Pending, SessionStatus::Escalated));
        assert_eq!((handoff.reason.as_str(), handoff.escalated_at), ("I want to talk to a person", later(3)));

        // Nobody is there, so the bot goes on.
        assert_eq!(asked.reply.outcome, Some(Outcome::Offline));
        let answered = world.turn(&visitor, &text("are you there?"), later(4));
        assert_eq!((answered.user.seq, answered.last_seq), (5, 6));
        assert_eq!(world.said(&company, key).len(), 6);
    }
}

#[test]
fn the_bot_is_silent_while_a_handoff_waits_for_an_agent_who_is_there() {
    for world in World::each() {
        let company = world.company("tesla");
        let agent = world.agent(&company, "Bo");
        world.db.lobby_write(move |lobby| lobby.agent_arrived(&agent, None, now())).wait().unwrap();
        world.scratch.execute("UPDATE accounts SET first_login = FALSE").unwrap();
        let (session, key) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let asked = world.turn(&visitor, &text("I want to talk to a person"), later(3));
        assert_eq!(asked.reply.outcome, Some(Outcome::Queued));
        let ignored = world.turn(&visitor, &text("are you there?"), later(4));
        assert_eq!((ignored.user.seq, ignored.last_seq), (5, 5));
        assert_eq!(ignored.reply, chatbot::Reply::human_handling());
        assert_eq!(world.said(&company, key).len(), 5);
    }
}

#[test]
fn an_agent_who_has_not_called_for_ten_minutes_is_not_there() {
    for world in World::each() {
        let company = world.company("tesla");
        let agent = world.agent(&company, "Bo");
        world.db.lobby_write(move |lobby| lobby.agent_arrived(&agent, None, now())).wait().unwrap();
        world.scratch.execute("UPDATE accounts SET first_login = FALSE").unwrap();
        let (session, _) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let asked = world.turn(&visitor, &text("I want to talk to a person"), later(10 * 60 + 1));
        assert_eq!(asked.reply.outcome, Some(Outcome::Offline));
    }
}

#[test]
fn a_session_deleted_meanwhile_takes_no_message_and_the_next_turn_opens_another() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, _) = world.session(&company, "Ann Ray");
        let visitor = world.visitor(&company, Some(session));
        let pending = world.pending(&visitor, &text("hello"), now());
        let profile = world.stored(&company, session).profile.unwrap().0;
        world.db.write(company.office.clone(), move |store| erase::profile(store, profile)).wait().unwrap();
        let raced = world.commit(&visitor, pending, now());
        assert!(matches!(raced, Err(TurnError::Raced)), "{raced:?}");
        assert_eq!(world.count("messages"), "0");
        let opened = world.turn(&visitor, &text("hello"), now());
        assert_ne!(opened.session, session);
        assert_eq!((world.count("sessions"), opened.last_seq), ("1".to_owned(), 2));
    }
}
