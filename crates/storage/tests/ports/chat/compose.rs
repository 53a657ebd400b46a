//! Answers that a model composes, while other callers may act on the session.

use chatbot::{Outcome, Reply, kind};
use handoff::{
    desk, moves, sending,
    sending::OutgoingMessage,
    turn::{self, Begun, Committed, Composing, Exchange, TurnError},
};
use knowledge::Mode;
use tenancy::{
    SessionId, SessionRowId, StoreError, Timestamp,
    access::{Desk, Visitor},
};

use crate::{
    stage::{Company, TurnOutcome, keyed, later, text, urgent},
    world::{World, now},
};

const QUESTION: &str = "When are you open?";

/// A visitor of a company whose answers are composed by a model.
struct Scene {
    world: World,
    company: Company,
    session: SessionId,
    key: SessionRowId,
    visitor: Visitor,
}

impl Scene {
    fn each() -> impl Iterator<Item = Self> {
        World::each().into_iter().map(|world| {
            let company = world.company("tesla");
            world.settings(&company, r#"{"answer_mode": "llm"}"#);
            world.teach(&company, QUESTION, "From 7 to 18.");
            let (session, key) = world.session(&company, "Ann Ray");
            let visitor = world.visitor(&company, Some(session));
            Self { world, company, session, key, visitor }
        })
    }

    fn compose(&self, key: &str) -> Box<Composing> {
        match self.world.try_turn(&self.visitor, &keyed(QUESTION, key), now()) {
            Ok(TurnOutcome::Committed(Committed::Compose(composing))) => composing,
            other => panic!("{other:?}"),
        }
    }

    fn finish(&self, composing: Box<Composing>, text: Option<&str>, at: Timestamp) -> Result<Box<Exchange>, TurnError> {
        let text = text.map(str::to_owned);
        self.world.db.write(self.visitor.clone(), move |store| turn::finish(store, composing, text, at)).wait()
    }

    /// Repeats the request with this key.
    fn repeat(&self, key: &str, at: Timestamp) -> TurnOutcome {
        self.world.try_turn(&self.visitor, &keyed(QUESTION, key), at).unwrap()
    }

    fn escalate(&self, at: Timestamp) {
        let session = self.session;
        let escalated =
            self.world.db.write(self.company.desk(), move |store| desk::escalate(store, session, &urgent("x"), at));
        escalated.wait().unwrap();
    }

    /// Returns the texts after the two that opened the session.
    fn said(&self) -> Vec<String> {
        self.world.said(&self.company, self.key).into_iter().skip(2).map(|(_, text)| text).collect()
    }
}

#[test]
fn the_message_is_stored_before_the_model_is_asked_and_the_answer_after() {
    for scene in Scene::each() {
        let composing = scene.compose("one");
        assert_eq!(composing.session(), scene.session);
        assert_eq!(scene.said(), [QUESTION]);
        assert!(matches!(scene.repeat("one", later(29)), TurnOutcome::InProgress));
        // A message in between is answered without waiting, and the composed answer is stored after it.
        let hello = scene.world.turn(&scene.visitor, &text("hello"), later(1));
        assert_eq!((hello.user.seq, hello.reply.kind.as_str()), (4, kind::GREETING_RESPONSE));

        let exchange = scene.finish(composing, Some("We open at 7 and close at 18."), later(2)).unwrap();
        assert_eq!((exchange.user.seq, exchange.last_seq, exchange.replayed), (3, 6, false));
        let answered = exchange.reply.answered.clone().unwrap();
        assert_eq!((exchange.reply.response.as_str(), answered.mode), ("We open at 7 and close at 18.", Mode::Llm));
        let TurnOutcome::Replayed(replayed) = scene.repeat("one", later(3)) else { panic!("not replayed") };
        assert_eq!(*replayed, Exchange { replayed: true, ..*exchange });
        assert_eq!(scene.said().len(), 4);

        for (key, invented) in [("two", Some("At 25 o'clock.")), ("three", None)] {
            let exchange = scene.finish(scene.compose(key), invented, later(4)).unwrap();
            assert_eq!(exchange.reply.response, "From 7 to 18.");
            assert_eq!(exchange.reply.answered.as_ref().unwrap().mode, Mode::Extractive);
        }
    }
}

#[test]
fn the_bot_does_not_speak_after_a_person_acted() {
    for scene in Scene::each() {
        let composing = scene.compose("one");
        scene.escalate(later(1));
        let session = scene.session;
        let message = OutgoingMessage { text: Some("I am here".into()), ..OutgoingMessage::default() };
        let agent = scene.world.agent(&scene.company, "bo");
        scene
            .world
            .db
            .write(agent.into(), move |store: &mut storage::CompanyStore<'_, tenancy::access::Desk>| {
                sending::send(store, session, message, later(2))
            })
            .wait()
            .unwrap();
        let exchange = scene.finish(composing, Some("From 7 to 18."), later(3)).unwrap();
        assert_eq!((exchange.reply.clone(), exchange.user.seq, exchange.last_seq), (Reply::human_handling(), 3, 4));
        assert_eq!(scene.said(), [QUESTION, "I am here"]);
        let TurnOutcome::Replayed(replayed) = scene.repeat("one", later(4)) else { panic!("not replayed") };
        assert_eq!((replayed.reply, replayed.last_seq), (Reply::human_handling(), 4));
    }
}

#[test]
fn a_handoff_that_came_and_went_still_silences_the_answer() {
    for scene in Scene::each() {
        let composing = scene.compose("one");
        let handoff = scene.world.escalated(&scene.company, scene.session, later(1));
        let resolved =
            scene.world.db.write(scene.company.desk(), move |store| desk::resolve(store, handoff, "", later(2)));
        resolved.wait().unwrap();
        let exchange = scene.finish(composing, Some("From 7 to 18."), later(3)).unwrap();
        assert_eq!((exchange.reply.clone(), scene.said().len()), (Reply::human_handling(), 1));
    }
}

#[test]
fn a_repeat_after_the_lease_answers_once_without_the_model() {
    for scene in Scene::each() {
        let composing = scene.compose("one");
        let begin = || match scene.world.begin(&scene.visitor, &keyed(QUESTION, "one"), later(30)) {
            Ok(Begun::Ready(mut pending)) => {
                scene.world.look_up(&scene.visitor, &mut pending);
                pending
            }
            other => panic!("{other:?}"),
        };
        let [one, two] = [begin(), begin()];
        let mut answers = Vec::new();
        for pending in [one, two] {
            match scene.world.commit(&scene.visitor, pending, later(30)).unwrap() {
                Committed::Done(exchange) => answers.push(*exchange),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((answers[0].reply.response.as_str(), answers[0].user.seq), ("From 7 to 18.", 3));
        assert_eq!(answers[0].reply.answered.as_ref().unwrap().mode, Mode::Extractive);
        let late = scene.finish(composing, Some("We open at 7 and close at 18."), later(31)).unwrap();
        for other in [&answers[1], &*late] {
            assert_eq!((&other.reply, other.last_seq), (&answers[0].reply, answers[0].last_seq));
        }
        assert_eq!(scene.said(), [QUESTION, "From 7 to 18."]);
    }
}

#[test]
fn a_repeat_after_the_lease_is_silent_once_a_person_has_the_session() {
    for scene in Scene::each() {
        drop(scene.compose("one"));
        scene.escalate(later(10));
        let TurnOutcome::Committed(Committed::Done(exchange)) = scene.repeat("one", later(30)) else {
            panic!("not resumed")
        };
        assert_eq!((exchange.reply, exchange.last_seq), (Reply::human_handling(), 3));
        let TurnOutcome::Replayed(replayed) = scene.repeat("one", later(40)) else { panic!("not replayed") };
        assert_eq!(replayed.reply, Reply::human_handling());
        assert_eq!(scene.said(), [QUESTION]);
    }
}

#[test]
fn a_repeat_after_the_lease_is_silent_once_a_person_has_written_and_left() {
    for scene in Scene::each() {
        // Nobody is there, so the bot goes on while the handoff waits.
        let asked = scene.world.turn(&scene.visitor, &text("Talk to a person"), now());
        assert_eq!(asked.reply.outcome, Some(Outcome::Offline));
        match scene.world.try_turn(&scene.visitor, &keyed(QUESTION, "one"), later(1)) {
            Ok(TurnOutcome::Committed(Committed::Compose(composing))) => drop(composing),
            other => panic!("{other:?}"),
        }
        let (session, agent) = (scene.session, scene.world.agent(&scene.company, "bo"));
        let message = OutgoingMessage { text: Some("From 7.".into()), ..OutgoingMessage::default() };
        let written = move |store: &mut storage::CompanyStore<'_, Desk>| {
            sending::send(store, session, message, later(2)).map_err(|error| error.to_string())?;
            moves::return_to_bot(store, session, later(3)).map_err(|error| error.to_string())
        };
        scene
            .world
            .db
            .write(Desk::from(agent), move |store| Ok::<_, StoreError>(written(store)))
            .wait()
            .unwrap()
            .unwrap();
        let TurnOutcome::Committed(Committed::Done(exchange)) = scene.repeat("one", later(40)) else {
            panic!("not resumed")
        };
        assert_eq!(exchange.reply, Reply::human_handling());
        assert_eq!(scene.said().last().unwrap(), "From 7.");
    }
}
