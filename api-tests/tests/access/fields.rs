//! Replaces every identifier of every call by another company's, by an absent one, and by other
//! spellings of these.
//!
//! A call must give the same answer, byte for byte, for an object of another company and for an absent
//! object in the same spelling. It must not change rows of the other company or show its texts.

mod names;
mod spellings;

use std::{collections::BTreeMap, sync::LazyLock};

use api_tests::prelude::*;

use crate::{
    ask::{Ask, Place, operation},
    callers::Who,
    check::{Outcome, Try, tries},
    matrix::Row,
    rights::{Cell, Whose},
    scene::{Identifiers, Kind, Scene, Thing},
    watch::{are_alike, holds_none},
};
pub(crate) use names::is_for_holders;
use names::{Named, named};
use spellings::Pair;

/// Checks the identifiers of a row; returns the number of its cells.
pub(crate) async fn row(scene: &mut Scene<'_>, row: &Row) -> usize {
    let sending = (row.1)();
    let fields = fields(row.0, sending.kind);
    let callers = scene.callers().await;
    scene.prepare(sending.kind, sending.on).await;
    let ids = scene.identifiers().await;
    let mut cells = 0;
    for attempt in rightful(&tries(row, &sending, &callers)) {
        let Some(whose) = sending.on.iter().copied().find(|whose| attempt.outcome(*whose) == Outcome::Success) else {
            continue;
        };
        for (place, name, named) in &fields {
            cells += attempt.field(scene, whose, (*place, name, *named), &ids).await;
        }
        cells += attempt.unread(scene, whose, &fields, &ids).await;
    }
    cells
}

/// Returns one caller of each kind that may make a call: visitor, agent and admin, or the superadmin if no other
/// caller may.
fn rightful<'a>(tries: &'a [Try<'a>]) -> Vec<&'a Try<'a>> {
    let may = |who: Who| {
        let is_one = move |attempt: &&Try<'_>| attempt.caller.who == who;
        tries.iter().find(is_one).filter(|attempt| !matches!(attempt.cell, Cell::Refused | Cell::Own(..)))
    };
    let mut rightful: Vec<_> = [Who::Visitor, Who::Assigned, Who::Admin].into_iter().filter_map(may).collect();
    if rightful.is_empty() {
        rightful.extend(may(Who::Superadmin));
    }
    rightful
}

/// Returns the fields of the table that are neither listed as identifiers nor as others.
pub(crate) fn unknown_names(rows: &[&[Row]]) -> Vec<String> {
    let rows = rows.iter().flat_map(|rows| rows.iter());
    let names = rows.flat_map(|(call, how, _)| {
        let kind = how().kind;
        let names = documented(call).into_keys();
        names.filter(move |name| names::is_unknown(call, name, kind)).map(move |name| format!("{name} of {call}"))
    });
    names.collect()
}

/// Returns the identifiers among the documented fields of an operation.
fn fields(call: &str, kind: Kind) -> Vec<(Place, String, Named)> {
    let identifier = |(name, place): (String, Place)| Some((place, named(call, &name, kind)?, name));
    documented(call).into_iter().filter_map(identifier).map(|(place, named, name)| (place, name, named)).collect()
}

/// Returns all documented parameters and body fields of an operation.
fn documented(call: &str) -> BTreeMap<String, Place> {
    let (method, path) = operation(call);
    static DOCUMENT: LazyLock<Value> = LazyLock::new(server::openapi);
    let document = &*DOCUMENT;
    let paths = document["paths"].as_object().expect("paths");
    let shape = |path: &str| {
        path.split('/')
            .map(|it| if it.starts_with('{') { "{}" } else { it })
            .collect::<Vec<_>>()
            .join("/")
            .trim_end_matches('/')
            .to_owned()
    };
    let (_, item) = paths.iter().find(|(template, _)| shape(template) == shape(&path)).expect("a documented path");
    let operation = &item[method.as_str().to_ascii_lowercase()];
    let mut found = BTreeMap::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let place = match parameter["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            _ => continue,
        };
        found.insert(parameter["name"].as_str().expect("a name").to_owned(), place);
    }
    for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(serde_json::Map::values) {
        properties(document, &content["schema"], &mut found);
    }
    found
}

fn properties(document: &Value, schema: &Value, found: &mut BTreeMap<String, Place>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect("a schema of the document");
        return properties(document, schema, found);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        schema[key].as_array().into_iter().flatten().for_each(|part| properties(document, part, found));
    }
    for name in schema["properties"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        found.entry(name.clone()).or_insert(Place::Body);
    }
}

impl Try<'_> {
    /// Tries one identifier; returns the number of cells.
    async fn field(
        &self,
        scene: &mut Scene<'_>,
        whose: Whose,
        (place, name, named): (Place, &str, Named),
        ids: &Identifiers,
    ) -> usize {
        let pairs: Vec<Pair> = spellings::pairs(named, place, ids, self.caller.who)
            .into_iter()
            .filter(|pair| !names::opens(self.call, name, pair))
            .collect();
        let is_public = names::is_public(self.call, name);
        let mut thing = self.thing(scene, whose).await;
        let before = scene.record();
        let mut is_refused = true;
        for pair in &pairs {
            let at =
                format!("{} by {:?} with {name} = {} for {}", self.call, self.caller.who, pair.foreign, pair.absent);
            let mut replies = Vec::new();
            for value in [&pair.foreign, &pair.absent] {
                let mut ask = Ask::new(self.call, self.sending, &thing);
                ask.set(place, name, value);
                let reply = ask.send(&self.client(scene).await).await;
                holds_none(&reply, &scene.forbidden(self.caller.who.home(), self.home(is_public, ids)), &at);
                if reply.status < 300 {
                    is_refused = false;
                    if self.sending.spends {
                        thing = self.thing(scene, whose).await;
                    }
                }
                replies.push(reply);
            }
            if let ([foreign, absent], false) = (replies.as_slice(), is_public) {
                indistinguishable(foreign, absent, &at);
            }
        }
        let what = format!("{} by {:?} with other values of {name}", self.call, self.caller.who);
        let after = scene.record();
        if is_refused {
            before.is_still(&after, &what);
        } else if !is_public && self.caller.who != Who::Superadmin {
            before.of_one_is_still(&after, scene.codes()[1], &what);
        }
        pairs.len()
    }

    /// Adds all identifiers that the endpoint does not read to one call, and asserts that they have no effect.
    async fn unread(
        &self,
        scene: &mut Scene<'_>,
        whose: Whose,
        fields: &[(Place, String, Named)],
        ids: &Identifiers,
    ) -> usize {
        let thing = self.thing(scene, whose).await;
        let client = self.client(scene).await;
        let before = scene.record();
        let mut ask = Ask::new(self.call, self.sending, &thing);
        let has_body = !matches!((self.sending.body)(&thing), crate::calls::Body::Empty);
        for (name, value) in names::all(&ids.foreign) {
            if fields.iter().any(|(_, known, _)| known == name) {
                continue;
            }
            if !(name == "company_id" && self.sending.names_a_company()) {
                ask.set(Place::Query, name, &value);
            }
            if has_body {
                ask.set(Place::Body, name, &value);
            }
        }
        let reply = ask.send(&client).await;
        let at = format!("{} by {:?} with identifiers that it does not read", self.call, self.caller.who);
        assert!((200..300).contains(&reply.status), "{at}: {reply:?}");
        holds_none(&reply, &scene.forbidden(self.caller.who.home(), self.home(false, ids)), &at);
        if self.caller.who != Who::Superadmin {
            before.of_one_is_still(&scene.record(), scene.codes()[1], &at);
        }
        1
    }

    /// Returns the caller's client, with a new sign-in if the call ends the one that it is made with.
    async fn client(&self, scene: &Scene<'_>) -> Client {
        if self.call.ends_with("/agent-logout") {
            scene.signed_in_again(self.caller.who).await
        } else {
            self.caller.client.clone()
        }
    }

    /// Returns the company whose texts the caller may see here in addition to those of its own company.
    fn home<'m>(&self, is_public: bool, ids: &'m Identifiers) -> &'m str {
        match (is_public, self.is_open) {
            (true, _) => &ids.foreign.company,
            // The session belongs to the own company.
            (false, true) => &ids.own.company,
            (false, false) => "",
        }
    }
}

/// Asserts that two answers are the same, except for values that differ between any two calls.
fn indistinguishable(one: &Reply, other: &Reply, at: &str) {
    if one.status >= 300 || other.status >= 300 {
        // The refusal of an attachment contains the id that was sent.
        let echoed = |reply: &Reply| reply.body["error"].as_str().is_some_and(|it| it.contains("Unknown attachment: "));
        if echoed(one) && echoed(other) {
            let of = |reply: &Reply| {
                (reply.status, reply.body.as_object().map(|keys| keys.keys().cloned().collect::<Vec<_>>()))
            };
            assert_eq!(of(one), of(other), "{at}");
            return;
        }
        return are_alike(one, other, at);
    }
    let shape = |reply: &Reply| {
        let mut body = without_what_is_new(&reply.body);
        // Each call of this operation sends another question, and the reply repeats it.
        if at.starts_with("POST knowledge/golden by") {
            body["question"] = Value::Null;
        }
        (reply.status, body)
    };
    assert_eq!(shape(one), shape(other), "{at}: {one:?} and {other:?} can be told apart");
}

/// Returns a reply without numbers and without values that the call generates.
fn without_what_is_new(value: &Value) -> Value {
    const NEW: [&str; 11] = [
        "session_id",
        "chunk_id",
        "updated_at",
        "new_password",
        "password",
        "email",
        "file_url",
        "url",
        "filename",
        "persistent_user_id",
        "chat_session_id",
    ];
    match value {
        Value::Number(_) => Value::Null,
        Value::Array(items) => items.iter().map(without_what_is_new).collect(),
        Value::Object(keys) => keys
            .iter()
            .map(|(key, value)| {
                let value = if NEW.contains(&key.as_str()) { Value::Null } else { without_what_is_new(value) };
                (key.clone(), value)
            })
            .collect(),
        plain => plain.clone(),
    }
}

impl Scene<'_> {
    /// Returns the identifiers of objects in the own company and in the other one, and absent identifiers.
    pub(crate) async fn identifiers(&mut self) -> Identifiers {
        for (kind, whose) in [
            (Kind::Session, &[Whose::Mine, Whose::Colleagues, Whose::Foreign, Whose::ForeignQuiet, Whose::Absent][..]),
            (Kind::Agent, &[Whose::Mine, Whose::Foreign, Whose::Absent]),
            (Kind::SavedReply, &[Whose::Foreign, Whose::Absent]),
            (Kind::Miss, &[Whose::Foreign, Whose::Absent]),
            (Kind::Golden, &[Whose::Foreign, Whose::Absent]),
            (Kind::Company, &[Whose::Colleagues, Whose::Foreign, Whose::Absent]),
            (Kind::Entry, &[Whose::Colleagues, Whose::Foreign, Whose::Absent]),
        ] {
            self.prepare(kind, whose).await;
        }
        let of = |whose: Whose| {
            let owner = if whose == Whose::Mine { Whose::Colleagues } else { whose };
            let (session, owner) = (self.prepared(Kind::Session, whose), self.prepared(Kind::Company, owner));
            let agent = self.prepared(Kind::Agent, whose);
            let entry = self.prepared(Kind::Entry, if whose == Whose::Mine { Whose::Colleagues } else { whose }).entry;
            Thing {
                entry,
                id: owner.id,
                agent: agent.id,
                assignment: owner.assignment,
                refresh: agent.refresh,
                ..session
            }
        };
        let (own, mut foreign, absent) = (of(Whose::Mine), of(Whose::Foreign), of(Whose::Absent));
        foreign.refresh = self.refresh_of_the_foreigner();
        let profiles = [Whose::Foreign, Whose::Absent].map(|whose| self.prepared(Kind::Session, whose).id);
        let replies = [Whose::Foreign, Whose::Absent].map(|whose| self.prepared(Kind::SavedReply, whose).id);
        let misses = [Whose::Foreign, Whose::Absent].map(|whose| self.prepared(Kind::Miss, whose).id);
        let golden = [Whose::Foreign, Whose::Absent].map(|whose| self.prepared(Kind::Golden, whose).id);
        let colleagues_file = self.prepared(Kind::Session, Whose::Colleagues).attachment;
        // The newest account has an id that is greater than the id of any agent.
        let stray = self.fresh(Kind::NewAgent, Whose::Colleagues).await;
        let account = format!("SELECT cast(user_id AS text) AS line FROM agents WHERE id = {}", stray.id);
        let account =
            self.world.lines(&account).first().and_then(|line| line.parse().ok()).expect("the agent's account");
        let foreign_account = format!("SELECT cast(user_id AS text) AS line FROM agents WHERE id = {}", foreign.agent);
        let foreign_account =
            self.world.lines(&foreign_account).first().and_then(|line| line.parse().ok()).expect("the agent's account");
        Identifiers {
            own,
            foreign,
            absent,
            profiles,
            replies,
            misses,
            golden,
            colleagues_file,
            account,
            foreign_account,
        }
    }
}
