//! Whole conversations of ordinary visitors with the bot of a bike shop, turn by turn.
//!
//! `tests/conversations/bike_shop.jsonl` has one conversation a line: what the visitor says, and what is expected of
//! each reply. In `expect`, `type` and `outcome` list what is allowed; `collecting` null means that nothing is waited
//! for; `temp_data` names some of the answers so far; `contains` and `not_contains` are parts of the response;
//! `suggestion` is one of the buttons.
#![cfg(test)]

use std::sync::Arc;

use chatbot::{
    Act, BotSettings, Input, MissingInput, ProfileWrite, Reply, Search, Session, SessionStatus, Snapshot, plan,
};
use knowledge::{Chunk, Document, Index, Meanings, Version};
use serde::Deserialize;
use serde_json::{Map, Value};
use tenancy::{CompanyCode, DocumentId, ProfileId, Timestamp};

#[derive(Deserialize)]
struct Conversation {
    name: String,
    /// Whether an agent is there.
    #[serde(default)]
    agent: bool,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    say: String,
    expect: Map<String, Value>,
}

#[derive(Deserialize)]
struct Entry {
    section: String,
    question: String,
    answer: String,
}

fn shop() -> Index {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("conversations/bike_shop_knowledge.json")).unwrap();
    let document = Document { id: DocumentId::new(1), title: "Harbour Bikes".to_owned() };
    let chunks = entries.into_iter().zip(0..).map(|(entry, position)| Chunk {
        document: document.clone(),
        chunk_id: format!("c{position}"),
        section: entry.section,
        question: entry.question,
        alternatives: Vec::new(),
        answer: entry.answer,
        page: 0,
        position,
    });
    Index::build(knowledge::Snapshot {
        version: Version::new(1),
        chunks: chunks.collect(),
        ..knowledge::Snapshot::default()
    })
}

/// A visitor of the shop.
struct Visitor<'k> {
    snapshot: Snapshot,
    knowledge: &'k Index,
    agent_is_there: bool,
}

impl<'k> Visitor<'k> {
    fn new(knowledge: &'k Index, agent_is_there: bool) -> Self {
        let settings = BotSettings { default_country_code: "+49".to_owned(), ..BotSettings::default() };
        let snapshot = Snapshot {
            session: Session::fresh(CompanyCode::parse("HAR001").unwrap(), Timestamp::from_micros(0)),
            company_name: "Harbour Bikes".to_owned(),
            settings: Arc::new(settings),
            settings_version: 1,
            knowledge_version: 1,
        };
        Self { snapshot, knowledge, agent_is_there }
    }

    /// Takes a turn as the server does, without storing it.
    fn say(&mut self, text: &str) -> Reply {
        let text = Some(text.trim()).filter(|text| !text.is_empty());
        let input = Input { text, attachments: false, wants_person: false };
        let mut found = None;
        let planned = loop {
            match plan(&self.snapshot, &input, found.as_ref(), Timestamp::from_micros(1)) {
                Ok(planned) => break planned,
                Err(MissingInput::Knowledge(text)) => {
                    let previous = self.snapshot.session.dialogue.asked.as_deref();
                    let search = Search::new(self.knowledge, None, &self.snapshot.settings, previous);
                    found = Some(search.find(&text, &Meanings::default()).after(found));
                }
            }
        };
        let mut session = planned.session;
        if let Some(ProfileWrite::New(profile)) = planned.profile {
            session.profile = Some((ProfileId::new(1), profile.name));
        }
        let reply = match planned.act {
            Act::Silent => Reply::human_handling(),
            Act::Say(reply) => reply,
            Act::Escalate(escalation) => escalation.settle(&mut session, self.agent_is_there),
            Act::Compose(composition) => composition.reply(None),
        };
        session.last_seq += 2;
        self.snapshot.session = session;
        reply
    }
}

/// Returns how a reply differs from what is expected.
fn differences(reply: &Reply, expect: &Map<String, Value>) -> Vec<String> {
    let shown = serde_json::to_value(reply).unwrap();
    let mut differences = Vec::new();
    for (key, wanted) in expect {
        let actual = shown.get(key).unwrap_or(&Value::Null);
        let texts = || wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
        let holds = match key.as_str() {
            "type" | "outcome" => wanted.as_array().unwrap().contains(actual),
            "collecting" => actual == wanted,
            "temp_data" => wanted.as_object().unwrap().iter().all(|(field, value)| actual.get(field) == Some(value)),
            "contains" => texts().all(|part| reply.response.contains(part)),
            "not_contains" => texts().all(|part| !reply.response.contains(part)),
            "suggestion" => reply.suggestions.iter().any(|suggestion| Some(suggestion.as_str()) == wanted.as_str()),
            other => panic!("unknown key {other}"),
        };
        if !holds {
            differences.push(format!("{key}: {wanted}, not {actual}"));
        }
    }
    differences
}

#[test]
fn ordinary_visitors_are_served() {
    let knowledge = shop();
    let lines = include_str!("conversations/bike_shop.jsonl").lines();
    let conversations: Vec<Conversation> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut failed = Vec::new();
    for conversation in &conversations {
        let mut visitor = Visitor::new(&knowledge, conversation.agent);
        for turn in &conversation.turns {
            let reply = visitor.say(&turn.say);
            let differences = differences(&reply, &turn.expect);
            if !differences.is_empty() {
                failed.push(format!(
                    "{}: {:?}\n  {}\n  reply: {:?} {:?}",
                    conversation.name,
                    turn.say,
                    differences.join("\n  "),
                    reply.kind,
                    reply.response
                ));
                break;
            }
        }
    }
    let (all, wrong) = (conversations.len(), failed.len());
    assert!(failed.is_empty(), "{wrong} of {all} conversations go wrong:\n{}", failed.join("\n"));
}

#[test]
fn no_clarification_is_said_twice_in_a_row() {
    let knowledge = shop();
    let mut visitor = Visitor::new(&knowledge, false);
    let settings = Arc::make_mut(&mut visitor.snapshot.settings);
    settings.handoff_after_misses = 0;
    settings.profile_when = chatbot::settings::ProfileWhen::Never;
    let mut last = String::new();
    for text in ["zebra moon", "purple seventeen", "wobble", "gnarl frot", "xyzzy plugh"] {
        let reply = visitor.say(text);
        assert_eq!(reply.kind, "clarification_needed", "{text}");
        assert_ne!(reply.response, last);
        last = reply.response;
    }
    assert_eq!(visitor.snapshot.session.status, SessionStatus::Active);
}
