//! Tries every row of the table with every caller on every object.

use std::collections::BTreeSet;

use api_tests::prelude::*;

use crate::{
    ask::Ask,
    callers::{Caller, Home, Who},
    calls::{Missing, Sending, Shows},
    fields,
    matrix::Row,
    rights::{Cell, Reach, Whose},
    scene::{Kind, Scene, Thing},
    watch::{are_alike, holds_none},
};

/// A row of the table, tried by one caller.
pub(crate) struct Try<'a> {
    pub(crate) call: &'a str,
    pub(crate) sending: &'a Sending,
    pub(crate) caller: &'a Caller,
    pub(crate) cell: Cell,
    /// Whether the row needs no token: it is public or needs only a session id.
    pub(crate) is_open: bool,
}

/// The expected outcome of a call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Outcome {
    Success,
    Absent,
    /// A refusal by the endpoint, not because of the role.
    Forbidden,
    /// A refusal because a colleague has the session.
    Taken,
    /// 401 or 403, because of the role.
    Refused,
    Own(u16, &'static str, &'static str),
    /// Any answer that reveals nothing about the object.
    Unrelated,
}

/// Returns the tries of a row, one for each caller.
pub(crate) fn tries<'a>(row: &'a Row, sending: &'a Sending, callers: &'a [Caller]) -> Vec<Try<'a>> {
    let (call, _, cells) = row;
    let is_open = cells[0] != Cell::Refused;
    let cell = |caller: &Caller| cells.get(caller.who.column()).copied().expect("a cell for each role");
    callers.iter().map(|caller| Try { call, sending, caller, cell: cell(caller), is_open }).collect()
}

/// Checks a row; returns the number of its cells.
pub(crate) async fn row(scene: &mut Scene<'_>, row: &Row) -> usize {
    let sending = (row.1)();
    let callers = scene.callers().await;
    scene.prepare(sending.kind, sending.on).await;
    let tries = tries(row, &sending, &callers);
    let mut cells = 0;
    let what = format!("a refused {}", row.0);
    let before = scene.record();
    for attempt in &tries {
        cells += attempt.on_what_is_refused(scene).await;
    }
    before.is_still(&scene.record(), &what);
    for home in [Home::None, Home::Own, Home::Foreign, Home::All] {
        let before = scene.record();
        for attempt in tries.iter().filter(|attempt| attempt.caller.who.home() == home) {
            cells += attempt.on_what_is_allowed(scene).await;
        }
        // Calls that need only a session id may write into any company's session. All others must not change
        // rows of the other company.
        let other = match home {
            Home::Own => Some(Home::Foreign),
            Home::Foreign => Some(Home::Own),
            Home::None | Home::All => None,
        };
        if let Some(other) = other.filter(|_| !cells_are_open(row)) {
            before.of_one_is_still(&scene.record(), scene.code(other), &format!("{} by {home:?}", row.0));
        }
    }
    assert_eq!(cells, callers.len() * sending.on.len(), "{}: some callers were not tried on every object", row.0);
    cells
}

fn cells_are_open(row: &Row) -> bool {
    row.2[0] != Cell::Refused
}

impl Try<'_> {
    async fn on_what_is_refused(&self, scene: &Scene<'_>) -> usize {
        let mut cells = 0;
        let is_absent_tried = self.sending.on.contains(&Whose::Absent);
        for whose in self.sending.on {
            let (outcome, at) = (self.outcome(*whose), self.at(*whose));
            if matches!(outcome, Outcome::Success | Outcome::Unrelated) {
                continue;
            }
            cells += 1;
            let reply = self.send(scene, &scene.prepared(self.sending.kind, *whose)).await;
            match outcome {
                Outcome::Success | Outcome::Unrelated => {}
                Outcome::Refused => self.caller.who.refused(&at, &reply),
                Outcome::Own(status, code, message) => {
                    assert_eq!(reply.status, status, "{at}: {reply:?}");
                    reply.error(status, code, message);
                }
                Outcome::Forbidden => {
                    assert_eq!((reply.status, &reply.body["detail"]), (403, &Value::Null), "{at}: {reply:?}");
                }
                Outcome::Taken => {
                    let told = (reply.status, &reply.body["code"], reply.body["agent"]["id"].is_i64());
                    assert_eq!(told, (409, &json!("already_assigned"), true), "{at}: {reply:?}");
                }
                Outcome::Absent => {}
            }
            let is_foreign = !whose.seen_from(self.caller.who.view()).is_own_company();
            if outcome == Outcome::Absent || (is_foreign && is_absent_tried) {
                let absent = self.send(scene, &scene.prepared(self.sending.kind, Whose::Absent)).await;
                if outcome == Outcome::Absent {
                    self.missing(&at, &absent);
                }
                are_alike(&reply, &absent, &at);
            }
        }
        cells
    }

    async fn on_what_is_allowed(&self, scene: &mut Scene<'_>) -> usize {
        if let (Some(shows), Cell::Within(reach)) = (&self.sending.shows, self.cell) {
            self.shows_what_it_reaches(scene, shows, reach).await;
            return self.sending.on.len();
        }
        let mut cells = 0;
        for whose in self.sending.on {
            let outcome = self.outcome(*whose);
            if !matches!(outcome, Outcome::Success | Outcome::Unrelated) {
                continue;
            }
            cells += 1;
            let thing = self.thing(scene, *whose).await;
            let at = self.at(*whose);
            if outcome == Outcome::Unrelated {
                let secret = thing.secret.clone();
                let reply = self.send(scene, &scene.by_another_visitor(thing)).await;
                holds_none(&reply, secret.split_whitespace().collect::<Vec<_>>().as_slice(), &at);
            } else {
                let reply = self.send(scene, &thing).await;
                self.succeeded(&at, *whose, &thing, &reply, scene.code(self.caller.who.home()));
            }
        }
        cells
    }

    /// Returns an object for the call, a new one if the call uses it up.
    pub(crate) async fn thing(&self, scene: &mut Scene<'_>, whose: Whose) -> Thing {
        if self.sending.spends {
            scene.fresh(self.sending.kind, whose).await
        } else {
            scene.prepared(self.sending.kind, whose)
        }
    }

    pub(crate) fn at(&self, whose: Whose) -> String {
        format!("{} by {:?} on {whose:?}", self.call, self.caller.who)
    }

    pub(crate) fn outcome(&self, whose: Whose) -> Outcome {
        let whose = whose.seen_from(self.caller.who.view());
        let admin_of_one = self.sending.names_a_company() && self.caller.who != Who::Superadmin;
        match self.cell {
            Cell::Refused => Outcome::Refused,
            Cell::Holder(_) if self.caller.who == Who::OtherVisitor => Outcome::Unrelated,
            // Lists are checked by the rows that they show.
            Cell::Within(_) if self.sending.shows.is_some() => Outcome::Success,
            Cell::Own(status, code, message) => Outcome::Own(status, code, message),
            Cell::Allowed | Cell::Unlimited => Outcome::Success,
            Cell::Holder(_) if whose != Whose::Absent => Outcome::Success,
            // The company that an admin names is ignored: the call is about its own company.
            Cell::Within(_) if admin_of_one || self.sending.kind == Kind::Nothing => Outcome::Success,
            Cell::Within(_) if self.sending.missing.is_none() => Outcome::Success,
            Cell::Within(reach) | Cell::WithinOr403(reach) | Cell::WithinOr409(reach) if reach.holds(whose) => {
                Outcome::Success
            }
            Cell::WithinOr403(_) if whose.is_own_company() => Outcome::Forbidden,
            Cell::WithinOr409(_) if whose.is_own_company() => Outcome::Taken,
            Cell::Within(_) | Cell::WithinOr403(_) | Cell::WithinOr409(_) | Cell::Holder(_) => Outcome::Absent,
        }
    }

    fn succeeded(&self, at: &str, whose: Whose, thing: &Thing, reply: &Reply, home: &str) {
        assert!((200..300).contains(&reply.status), "{at}: {reply:?}");
        if self.cell == Cell::Within(Reach::Company) {
            assert!((self.sending.own)(&reply.body, home), "{at}: not the own company: {reply:?}");
        }
        let session = &reply.body["session_id"];
        assert!(session.is_null() || *session == thing.session, "{at}: another session: {reply:?}");
        let role = &reply.body["role"];
        assert!(role.is_null() || *role == self.caller.who.role(), "{at}: another account: {reply:?}");
        match self.cell {
            Cell::Unlimited => assert_eq!(reply.body["plan_name"], "Unlimited", "{at}: {reply:?}"),
            Cell::Holder(reach) if !reply.body["user_profile"].is_null() => {
                let full = reply.body["user_profile"]["id"] == thing.id;
                assert_eq!(full, reach.holds(whose.seen_from(self.caller.who.view())), "{at}: {reply:?}");
            }
            _ => {}
        }
    }

    fn missing(&self, at: &str, reply: &Reply) {
        match self.sending.missing {
            Some(Missing::Error(status, message)) => {
                assert_eq!((reply.status, &reply.body["error"]), (status, &json!(message)), "{at}: {reply:?}");
            }
            Some(Missing::Field(field, message)) => reply.field_error(field, message),
            None => panic!("{at} is out of reach, but its row has no answer for a missing object: {reply:?}"),
        }
    }

    /// Asserts that a list shows all prepared objects within reach and no others, for any company that the call names.
    async fn shows_what_it_reaches(&self, scene: &Scene<'_>, shows: &Shows, reach: Reach) {
        let there = self.sending.on.iter().filter(|whose| **whose != Whose::Absent);
        let (mut within, mut without) = (BTreeSet::new(), BTreeSet::new());
        for whose in there {
            let key = (shows.thing)(&scene.prepared(self.sending.kind, *whose)).to_string();
            if reach.holds(whose.seen_from(self.caller.who.view())) {
                within.insert(key)
            } else {
                without.insert(key)
            };
        }
        let at = format!("{} by {:?}", self.call, self.caller.who);
        let codes = scene.codes();
        if reach == Reach::All && self.call.contains("company_id={company}") {
            // The caller has to name a company, so the lists of all companies are one list.
            let mut shown = BTreeSet::new();
            for company in codes {
                shown.extend(self.shown(scene, shows, company).await);
            }
            assert!(within.is_subset(&shown), "{at} hides some of {within:?}: {shown:?}");
            return;
        }
        let named = if reach == Reach::All { &codes[..0] } else { &codes[..] };
        for company in [""].iter().chain(named) {
            let shown = self.shown(scene, shows, company).await;
            assert!(within.is_subset(&shown), "{at} hides some of {within:?}: {shown:?}");
            assert!(without.is_disjoint(&shown), "{at} shows some of {without:?}: {shown:?}");
        }
    }

    /// Returns what a list shows if the call names this company.
    async fn shown(&self, scene: &Scene<'_>, shows: &Shows, company: &str) -> BTreeSet<String> {
        let thing = Thing { company: company.to_owned(), ..Thing::default() };
        let reply = self.send(scene, &thing).await.expect(200);
        let rows = (shows.rows)(&reply.body);
        rows.iter().filter_map(|row| row.pointer(shows.row)).map(Value::to_string).collect()
    }

    /// Sends the call and asserts that the answer contains no text that the caller may not see.
    async fn send(&self, scene: &Scene<'_>, thing: &Thing) -> Reply {
        let reply = Ask::new(self.call, self.sending, thing).send(&self.caller.client).await;
        let of = if !self.is_open {
            ""
        } else if fields::is_for_holders(self.call) {
            // The session tells the company.
            thing.session.split('_').next().unwrap_or_default()
        } else {
            thing.company.as_str()
        };
        holds_none(&reply, &scene.forbidden(self.caller.who.home(), of), &self.at_thing(thing));
        reply
    }

    fn at_thing(&self, thing: &Thing) -> String {
        format!("{} by {:?} on {thing:?}", self.call, self.caller.who)
    }
}

impl Sending {
    /// Returns whether the call names a company, which only a superadmin may choose.
    pub(crate) fn names_a_company(&self) -> bool {
        matches!(self.missing, Some(Missing::Error(_, "Company not found")))
    }
}
