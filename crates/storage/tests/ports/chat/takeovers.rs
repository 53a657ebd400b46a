//! People who take a session over at any moment, while the bot composes its answer.

use std::{hint::spin_loop, thread};

use chatbot::{Message, Messages as _, Sender};
use handoff::{
    desk, sending,
    sending::OutgoingMessage,
    turn::{self, Committed, Composing, Exchange, TurnError},
};
use storage::{CompanyStore, Ticket};
use tenancy::{
    HandoffId, SessionId, SessionRowId,
    access::{Agent, Desk, Visitor},
};

use crate::{
    stage::{Company, TurnOutcome, keyed, urgent},
    world::{World, now},
};

/// Number of sessions that are taken over at the same time, and how often each of them is.
const SESSIONS: u64 = 4;
const TAKEOVERS: u64 = 400;
/// Longest random pause, in turns of a loop.
const LONGEST_PAUSE: u64 = 20_000;
const QUESTION: &str = "When are you open?";

/// One session of a company whose answers are composed by a model.
struct Stage<'a> {
    world: &'a World,
    company: Company,
    agent: Agent,
    visitor: Visitor,
    session: SessionId,
    key: SessionRowId,
    random: u64,
}

impl Stage<'_> {
    fn new(world: &World, number: u64) -> Stage<'_> {
        let company = world.company(&format!("tesla{number}"));
        world.settings(&company, r#"{"answer_mode": "llm"}"#);
        world.teach(&company, QUESTION, "From 7 to 18.");
        let (session, key) = world.session(&company, "Ann Ray");
        let (agent, visitor) = (world.agent(&company, "bo"), world.visitor(&company, Some(session)));
        Stage { world, company, agent, visitor, session, key, random: number }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % limit
    }

    fn pause(&mut self) {
        for _ in 0..self.below(LONGEST_PAUSE) {
            spin_loop();
        }
    }

    /// Stores a question. Its answer is not stored yet.
    fn ask(&self, number: u64) -> Box<Composing> {
        match self.world.try_turn(&self.visitor, &keyed(QUESTION, &format!("question {number}")), now()) {
            Ok(TurnOutcome::Committed(Committed::Compose(composing))) => composing,
            other => panic!("{other:?}"),
        }
    }

    /// Begins to store the answer.
    fn finish(&self, composing: Box<Composing>) -> Ticket<Box<Exchange>, TurnError> {
        let text = Some("We open at 7.".to_owned());
        self.world.db.write(self.visitor.clone(), move |store| turn::finish(store, composing, text, now()))
    }

    /// Puts the session into the queue.
    fn escalate(&self) -> HandoffId {
        let (session, opening) = (self.session, urgent("please"));
        let escalated =
            self.world.db.write(self.company.desk(), move |store| desk::escalate(store, session, &opening, now()));
        escalated.wait().unwrap().id
    }

    /// Lets the agent write, who takes the session with that.
    fn write(&self) {
        let (session, text) = (self.session, Some("I am here".to_owned()));
        let message = OutgoingMessage { text, ..OutgoingMessage::default() };
        let send = move |store: &mut CompanyStore<'_, Desk>| sending::send(store, session, message, now());
        self.world.db.write(self.agent.clone().into(), send).wait().unwrap();
    }

    fn resolve(&self, handoff: HandoffId) {
        let resolve = move |store: &mut CompanyStore<'_, Desk>| desk::resolve(store, handoff, "", now());
        self.world.db.write(self.company.desk(), resolve).wait().unwrap();
    }

    /// Takes the session over at a random moment. Returns whether the bot's answer was stored before.
    fn take_over(&mut self, number: u64) -> bool {
        let mut composing = Some(self.ask(number));
        let moment = self.below(3);
        let mut finishing = None;
        let mut finish_at = |stage: &mut Self, at: u64| {
            if at == moment
                && let Some(composing) = composing.take()
            {
                finishing = Some(stage.finish(composing));
                stage.pause();
            }
        };
        finish_at(self, 0);
        let handoff = self.escalate();
        finish_at(self, 1);
        self.write();
        finish_at(self, 2);
        finishing.unwrap().wait().unwrap();
        self.resolve(handoff);
        let key = self.key;
        let messages = self.world.see(&self.company, move |store| store.messages(key));
        assert!((1..).zip(&messages).all(|(seq, message)| message.seq == seq), "{messages:?}");
        let sender = |message: &Message| message.detail.sender();
        let question = messages.iter().rposition(|message| sender(message) == Sender::User).unwrap();
        let senders: Vec<_> = messages[question..].iter().map(sender).collect();
        match senders[..] {
            [Sender::User, Sender::Agent] => false,
            [Sender::User, Sender::Bot, Sender::Agent] => true,
            _ => panic!("the bot has spoken after a person: {senders:?}"),
        }
    }
}

#[test]
fn the_bot_is_silent_once_a_person_has_acted_at_whatever_moment() {
    for world in World::each() {
        let mut stages: Vec<_> = (0..SESSIONS).map(|number| Stage::new(&world, number)).collect();
        let answered: usize = thread::scope(|scope| {
            let work = |mut stage: Stage<'_>| (0..TAKEOVERS).filter(|number| stage.take_over(*number)).count();
            let running: Vec<_> = stages.drain(..).map(|stage| scope.spawn(move || work(stage))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // Both orders were tried.
        assert!(answered > 0 && answered < usize::try_from(SESSIONS * TAKEOVERS).unwrap(), "{answered}");
    }
}
