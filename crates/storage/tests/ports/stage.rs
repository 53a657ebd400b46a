//! Companies with staff and visitors, and helpers to act as them.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use chatbot::{NewProfile, Search, Sessions as _, profile};
use handoff::{
    Opening, Priority, desk,
    turn::{self, Ask, Begun, Committed, Exchange, Pending, TurnError},
};
use identity::agents::{self, NewAgent, NewAgentRow};
use knowledge::{Index, Meanings, load};
use storage::CompanyStore;
use tenancy::{
    CompanyCode, HandoffId, SessionId, SessionRowId, StoreError, Timestamp,
    access::{self, Agent, Desk, Housekeeper, Office, Staff, Visitor},
    plans::PlanName,
};

use crate::world::{World, email, hash, now};

/// A company: its code and its office.
pub(crate) struct Company {
    pub(crate) code: CompanyCode,
    pub(crate) office: Office,
}

impl Company {
    /// The company's admin as a desk caller.
    pub(crate) fn desk(&self) -> Desk {
        self.office.clone().into()
    }

    pub(crate) fn housekeeper(&self) -> Housekeeper {
        self.office.clone().into()
    }
}

/// A visitor's message with a text only.
pub(crate) fn text(text: &str) -> Ask {
    Ask { text: Some(text.to_owned()), context: "Initial conversation".to_owned(), ..Ask::default() }
}

/// The same with an idempotency key, which is long enough to identify the session that it opens.
pub(crate) fn keyed(message: &str, key: &str) -> Ask {
    // A key that opens a session must be a UUID or as hard to guess.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let hash = hasher.finish();
    let key = format!("{:08x}-0000-4000-8000-{:012x}", hash >> 32, hash & 0xffff_ffff_ffff);
    Ask { key: Some(key), ip: Some([10, 0, 0, 7].into()), ..text(message) }
}

pub(crate) fn known(name: &str) -> NewProfile {
    NewProfile {
        name: name.to_owned(),
        phone: "+977-9841234567".to_owned(),
        email: None,
        address: None,
        country_code: "+977".to_owned(),
    }
}

pub(crate) fn urgent(reason: &str) -> Opening {
    Opening { reason: reason.to_owned(), priority: Priority::Urgent }
}

/// The result of one turn: of its write step, or of the read step if that ends the turn.
#[derive(Debug)]
pub(crate) enum TurnOutcome {
    Replayed(Box<Exchange>),
    InProgress,
    Committed(Committed),
}

impl World {
    pub(crate) fn company(&self, name: &str) -> Company {
        let created = self.open(name, &format!("ann@{name}.com"), &self.plan(PlanName::Pro, 9)).unwrap();
        Company { code: created.company.code, office: self.office(&created) }
    }

    pub(crate) fn agent(&self, company: &Company, name: &str) -> Agent {
        let row = NewAgentRow { name: name.into(), phone: String::new(), specialization: String::new() };
        let new = NewAgent { email: email(&format!("{name}@{}.com", company.code)), hash: hash(), row };
        let hired =
            self.db.write(company.office.clone(), move |store| agents::create(store, new, now())).wait().unwrap();
        match self.admit(hired.user) {
            Ok(Staff::Agent(agent)) => agent,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn visitor(&self, company: &Company, session: Option<SessionId>) -> Visitor {
        let code = company.code;
        self.db.lobby(move |lobby| access::visitor(lobby, Some(code), session)).wait().unwrap()
    }

    /// Stores a settings document without validation, so that invalid ones can be stored too.
    pub(crate) fn settings(&self, company: &Company, document: &str) {
        let update = format!(
            "UPDATE companies SET settings = '{document}', settings_version = settings_version + 1 WHERE code = '{}'",
            company.code
        );
        self.scratch.execute(&update).unwrap();
    }

    /// Replaces the company's knowledge by one question and answer.
    pub(crate) fn teach(&self, company: &Company, question: &str, answer: &str) {
        let faq = serde_json::json!({ "Guide": { "Shop": [{ "question": question, "answer": answer }] } });
        let entries = knowledge::faq::parse(faq).unwrap();
        let mode = load::LoadMode::Replace;
        self.db.write(company.office.clone(), move |store| load::faq(store, &entries, mode, now())).wait().unwrap();
    }

    pub(crate) fn begin(&self, visitor: &Visitor, ask: &Ask, now: Timestamp) -> Result<Begun, TurnError> {
        let ask = Arc::new(ask.clone());
        self.db.read(visitor.clone(), move |store| turn::begin(store, &ask, now)).wait()
    }

    /// Runs the read step of a turn, and the knowledge lookup if it needs one.
    pub(crate) fn pending(&self, visitor: &Visitor, ask: &Ask, now: Timestamp) -> Box<Pending> {
        match self.begin(visitor, ask, now) {
            Ok(Begun::Ready(mut pending)) => {
                self.look_up(visitor, &mut pending);
                pending
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn look_up(&self, visitor: &Visitor, pending: &mut Pending) {
        while let Some((text, ..)) = pending.wants_knowledge() {
            let text = text.to_owned();
            let chunks =
                self.db.read(Housekeeper::from(visitor.clone()), |store| load::snapshot(store, None)).wait().unwrap();
            let found = Search::new(&Index::build(chunks), None, pending.settings(), pending.previous_question())
                .find(&text, &Meanings::default());
            pending.supply(found);
        }
    }

    pub(crate) fn commit(
        &self,
        visitor: &Visitor,
        pending: Box<Pending>,
        now: Timestamp,
    ) -> Result<Committed, TurnError> {
        self.db.write(visitor.clone(), move |store| turn::commit(store, pending, now)).wait()
    }

    /// Runs the steps of a turn, and starts over when a concurrent call interferes.
    pub(crate) fn try_turn(&self, visitor: &Visitor, ask: &Ask, now: Timestamp) -> Result<TurnOutcome, TurnError> {
        for _ in 0..turn::MAX_ATTEMPTS {
            let mut pending = match self.begin(visitor, ask, now)? {
                Begun::Replay(exchange) => return Ok(TurnOutcome::Replayed(exchange)),
                Begun::InProgress { .. } => return Ok(TurnOutcome::InProgress),
                Begun::Ready(pending) => pending,
            };
            self.look_up(visitor, &mut pending);
            match self.commit(visitor, pending, now) {
                Err(TurnError::Raced) | Ok(Committed::Again(_)) => {}
                other => return other.map(TurnOutcome::Committed),
            }
        }
        Err(TurnError::Busy)
    }

    /// Runs a whole turn without a model and returns its exchange.
    pub(crate) fn turn(&self, visitor: &Visitor, ask: &Ask, now: Timestamp) -> Exchange {
        match self.try_turn(visitor, ask, now) {
            Ok(TurnOutcome::Replayed(exchange) | TurnOutcome::Committed(Committed::Done(exchange))) => *exchange,
            other => panic!("{other:?}"),
        }
    }

    /// Opens a session with a hello message and a profile of this name.
    pub(crate) fn session(&self, company: &Company, name: &str) -> (SessionId, SessionRowId) {
        let opened = self.turn(&self.visitor(company, None), &text("hello"), now());
        let (key, new) = (opened.user.session, known(name));
        self.db.write(company.housekeeper(), move |store| profile::save(store, key, new, now())).wait().unwrap();
        (opened.session, key)
    }

    /// Escalates the session and returns the pending handoff.
    pub(crate) fn escalated(&self, company: &Company, session: SessionId, now: Timestamp) -> HandoffId {
        let opening = urgent("please");
        self.db.write(company.desk(), move |store| desk::escalate(store, session, &opening, now)).wait().unwrap().id
    }

    /// Reads a session.
    pub(crate) fn stored(&self, company: &Company, session: SessionId) -> chatbot::Session {
        self.see(company, move |store| store.session(session)).unwrap()
    }

    /// Returns the positions and texts of a session's stored messages.
    pub(crate) fn said(&self, company: &Company, session: SessionRowId) -> Vec<(i64, String)> {
        let messages = self.see(company, move |store| chatbot::Messages::messages(store, session));
        messages.into_iter().map(|message| (message.seq, message.content.unwrap_or_default())).collect()
    }

    /// Runs a read as the company's office.
    pub(crate) fn see<T: Send + 'static>(
        &self,
        company: &Company,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.db.read(company.office.clone(), job).wait().unwrap()
    }
}

/// Returns the time this many seconds after [`now`].
pub(crate) fn later(seconds: u64) -> Timestamp {
    now().plus(std::time::Duration::from_secs(seconds))
}
