//! Every sentence that the bot says is a setting of the company.
#![cfg(test)]

use std::{collections::BTreeSet, sync::Arc};

use chatbot::{
    Act, BotSettings, Input, MissingInput, ProfileWrite, Reply, Search, Session, Snapshot, Stage,
    intake::country::COUNTRIES,
    plan,
    settings::{ProfileSteps, ProfileWhen, Requirement},
};
use knowledge::{Chunk, Document, Index, Meanings, Version};
use serde_json::{Value, json};
use tenancy::{CompanyCode, DocumentId, ProfileId, Timestamp};

const COMPANY: &str = "Harbour Bikes";

/// Monday the 30th of November 2026, eight in the morning.
const MONDAY: &str = "2026-11-30T08:00:00Z";

/// Settings whose values are neither said nor parts of what is said.
const NO_TEXTS: [&str; 12] = [
    "answer_mode",
    "assignment",
    "assignment_limit",
    "confidence_threshold",
    "default_country_code",
    "escalation_phrases",
    "handoff_after_misses",
    "handoff_on_frustration",
    "hours",
    "profile_steps",
    "profile_when",
    "use_shared_library",
];

const SECTION: &str = "Xq";
const OPEN: (&str, &str) = ("When are you open?", "Qx1.");
const RENT: (&str, &str) = ("Do you rent bikes?", "Qx2.");
const ZEBRAS: (&str, &str) = ("Do zebras cross the moon?", "Qx3.");

/// A question without an answer that is longer than what a reply repeats of it.
const LONG: &str = "Do unicorns eat the very same clover as zebras do?";

/// Returns the knowledge of these questions and answers.
fn knowledge(items: &[(&str, &str)]) -> Index {
    let document = Document { id: DocumentId::new(1), title: "Guide".to_owned() };
    let chunks = items.iter().zip(0..).map(|(&(question, answer), position)| Chunk {
        document: document.clone(),
        chunk_id: format!("c{position}"),
        section: SECTION.to_owned(),
        question: question.to_owned(),
        alternatives: Vec::new(),
        answer: answer.to_owned(),
        page: 0,
        position,
    });
    Index::build(knowledge::Snapshot {
        version: Version::new(1),
        chunks: chunks.collect(),
        ..knowledge::Snapshot::default()
    })
}

/// A visitor of a company.
struct Visitor {
    snapshot: Snapshot,
    knowledge: Index,
    agent_is_there: bool,
    now: &'static str,
    /// The stage of the last reply, and the reason if it called a person.
    stage: Option<Stage>,
    reason: Option<String>,
}

impl Visitor {
    fn new(settings: BotSettings) -> Self {
        let snapshot = Snapshot {
            session: Session::fresh(CompanyCode::parse("HAR001").unwrap(), Timestamp::from_micros(0)),
            company_name: COMPANY.to_owned(),
            settings: Arc::new(settings),
            settings_version: 1,
            knowledge_version: 1,
        };
        let knowledge = knowledge(&[OPEN, RENT]);
        Self { snapshot, knowledge, agent_is_there: false, now: MONDAY, stage: None, reason: None }
    }

    fn say(&mut self, text: &str) -> Reply {
        let text = Some(text).filter(|text| !text.is_empty());
        let input = Input { text, attachments: text.is_none(), wants_person: false };
        let (now, mut found) = (Timestamp::parse(self.now).unwrap(), None);
        let planned = loop {
            match plan(&self.snapshot, &input, found.as_ref(), now) {
                Ok(planned) => break planned,
                Err(MissingInput::Knowledge(text)) => {
                    let search = Search::new(&self.knowledge, None, &self.snapshot.settings, None);
                    found = Some(search.find(&text, &Meanings::default()).after(found));
                }
            }
        };
        let mut session = planned.session;
        if let Some(ProfileWrite::New(profile)) = planned.profile {
            session.profile = Some((ProfileId::new(1), profile.name));
        }
        self.stage = Some(planned.stage);
        let reply = match planned.act {
            Act::Silent => Reply::human_handling(),
            Act::Say(reply) => reply,
            Act::Escalate(escalation) => {
                self.reason = Some(escalation.reason.clone());
                escalation.settle(&mut session, self.agent_is_there)
            }
            Act::Compose(composition) => composition.reply(None),
        };
        self.snapshot.session = session;
        reply
    }
}

/// Returns the marker of a setting, with the placeholders of its default.
fn marker(key: &str, default: &str) -> String {
    let placeholders =
        default.split('{').skip(1).filter_map(|after| Some(format!(" {{{}}}", after.split_once('}')?.0)));
    format!("\u{27e6}{key}{}\u{27e7}", placeholders.collect::<String>())
}

/// Returns settings in which every text is a marker, and the names of these settings.
fn marked() -> (Value, BTreeSet<String>) {
    let mut settings = serde_json::to_value(BotSettings::default()).unwrap();
    let mut texts = BTreeSet::new();
    for (key, value) in settings.as_object_mut().unwrap() {
        match value {
            _ if NO_TEXTS.contains(&key.as_str()) => continue,
            Value::String(text) => *text = marker(key, text),
            Value::Array(list) if key == "quick_replies" => {
                list.push(json!({"match": ["qq"], "reply": marker(key, ""), "suggestions": [marker(key, "")]}));
            }
            Value::Array(list) => list.iter_mut().for_each(|text| *text = marker(key, "").into()),
            other => panic!("{key}: {other} is a text or one of NO_TEXTS"),
        }
        texts.insert(key.clone());
    }
    (settings, texts)
}

/// Checks that replies consist of markers and known values only, and notes the markers.
struct Listener {
    texts: BTreeSet<String>,
    heard: BTreeSet<String>,
}

impl Listener {
    fn hear(&mut self, visitor: &mut Visitor, said: &str, values: &[&str]) {
        let reply = visitor.say(said);
        self.check(&reply.response, said, values);
        for suggestion in &reply.suggestions {
            let is_country = COUNTRIES.iter().any(|country| suggestion.ends_with(country.name));
            let is_question = [OPEN.0, RENT.0, SECTION].contains(&suggestion.as_str());
            if !is_country && !is_question {
                self.check(suggestion.strip_prefix("Example:").unwrap_or(suggestion), said, &[]);
            }
        }
    }

    fn check(&mut self, text: &str, said: &str, values: &[&str]) {
        let mut rest = text.replace("<br>", "");
        for value in values.iter().chain([&COMPANY]) {
            rest = rest.replace(value, "");
        }
        // Names that others begin with come after those.
        for key in self.texts.iter().rev() {
            let begins = format!("\u{27e6}{key}");
            if rest.contains(&begins) {
                self.heard.insert(key.clone());
                rest = rest.replace(&begins, "");
            }
        }
        assert!(!rest.contains(char::is_alphanumeric), "a fixed text: {rest:?} in {text:?}, the answer to {said:?}");
    }
}

/// One visitor: what is changed in the settings, and what is said, with the values in the reply that are no texts of the
/// company's.
type Scene = (Value, &'static [(&'static str, &'static [&'static str])]);

#[test]
fn every_sentence_is_a_setting() {
    let (settings, texts) = marked();
    let mut listener = Listener { texts, heard: BTreeSet::new() };
    for (changes, lines) in scenes() {
        let mut settings = settings.clone();
        settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut visitor = Visitor::new(serde_json::from_value(settings).unwrap());
        for (said, values) in lines {
            match said.strip_prefix('#') {
                None => listener.hear(&mut visitor, said, values),
                Some("agent") => visitor.agent_is_there = true,
                Some("nothing known") => visitor.knowledge = knowledge(&[]),
                Some("zebras known") => visitor.knowledge = knowledge(&[OPEN, RENT, ZEBRAS]),
                Some(now) => {
                    visitor.now = [MONDAY, "2026-11-28T08:00:00Z", "2026-11-29T08:00:00Z", "2026-11-22T08:00:00Z"]
                        .into_iter()
                        .find(|known| known.starts_with(now))
                        .unwrap()
                }
            }
        }
    }
    let unheard: Vec<_> = listener.texts.difference(&listener.heard).collect();
    assert!(unheard.is_empty(), "no visitor has heard {unheard:?}");
}

fn scenes() -> Vec<Scene> {
    let all_optional = json!({"name": "optional", "phone": "optional", "email": "optional", "address": "optional"});
    let hours = json!({"timezone": "UTC", "monday": ["09:00-10:00"], "closed_days": ["2026-11-23"]});
    vec![
        // The intake, with all that can be wrong.
        (
            json!({}),
            &[
                ("hello", &[]),
                ("", &[]),
                ("\u{1f6b2}", &[]),
                ("hello", &[]),
                ("4nn", &[]),
                ("hello", &[]),
                ("from China to Nepal", &[]),
                ("hello", &[]),
                (
                    "abcdefghijk abcdefghijk abcdefghijk abcdefghijk abcdefghijk abcdefghijk abcdefghijk abcdefghijk abcdefghijk",
                    &[],
                ),
                ("hello", &[]),
                ("+977", &[]),
                ("Nepal", &["Nepal"]),
                ("why do you need this?", &[]),
                ("you are useless", &[]),
                ("thanks", &[]),
                ("are you a robot?", &[]),
                ("bye", &[]),
                ("I'm Bo Qx", &["Bo Qx"]),
                ("hello", &[]),
                ("98412", &["A phone number in Nepal has 10 digits, not 5."]),
                ("Elm", &["There is no phone number in this text."]),
                ("12", &["A phone number in Nepal has 10 digits, not 2."]),
                ("ann@@x", &[]),
                ("Do zebras cross the moon?", &[]),
                ("#zebras known", &[]),
                ("sorry, my name is Bo Qy", &[]),
                ("Skip", &[]),
                ("Pokhara, Nepal", &["Bo Qy", "Do zebras cross the moon?", "Qx3."]),
            ],
        ),
        // Countries, several values at once, an address that is none.
        (
            json!({}),
            &[
                ("I'm Bo Qx", &["Bo Qx"]),
                ("Atlantis", &["Atlantis"]),
                ("hello", &[]),
                ("from China to Nepal", &["China, Nepal"]),
                ("Show more countries", &[]),
                ("my phone is 9851234567 and my email is q@r.st", &["Valid NTC number."]),
                ("sorry, my email is q@r.sx", &[]),
                ("!!", &[]),
                ("When are you open?", &["Qx1."]),
                ("Browse topics", &[]),
                ("Xq", &["Xq"]),
                (LONG, &[]),
                ("Skip", &["Bo Qx", "Do unicorns eat the very same clover as \u{2026}"]),
                ("hello", &[]),
                ("thanks", &[]),
                ("bye", &[]),
                ("yes", &[]),
                ("no", &[]),
                ("qq", &[]),
                ("", &[]),
                ("are you a robot?", &[]),
                ("my name is Bo Qz and my phone is 9851234568, my address is Elm Street 4", &[]),
                ("When are you open?", &["Qx1."]),
                ("When are you open? Do you rent bikes? A? B? C? D?", &["Qx1.", "Qx2."]),
                ("zzz qqq", &[]),
                ("wobble gnarl", &[]),
                ("#agent", &[]),
                ("Talk to a person", &[]),
            ],
        ),
        // A visitor who gives nothing, in another language.
        (
            json!({"profile_steps": all_optional}),
            &[
                ("hello", &[]),
                ("skip", &[]),
                ("Show more countries", &[]),
                ("ich danke ihnen", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("Leave my e-mail address", &[]),
                ("q@r.st", &[]),
            ],
        ),
        (json!({}), &[("hello", &[]), ("rather not", &[]), ("rather not", &[])]),
        // A handoff that asks for the data.
        (
            json!({"profile_when": "handoff"}),
            &[
                ("#nothing known", &[]),
                ("Browse topics", &[]),
                ("#agent", &[]),
                ("Talk to a person", &[]),
                ("I want to talk to a person", &[]),
                ("Do zebras cross the moon?", &[]),
                ("Bo Qx", &["Bo Qx"]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &[]),
                ("skip", &["Bo Qx", "Do zebras cross the moon?"]),
            ],
        ),
        // Nobody is there, and the hours begin later.
        (json!({"hours": hours}), &[("Talk to a person", &["09:00", "UTC"])]),
        (json!({"hours": hours}), &[("#2026-11-28", &[]), ("Talk to a person", &["09:00", "UTC"])]),
        (json!({"hours": hours}), &[("#2026-11-29", &[]), ("Talk to a person", &["09:00", "UTC"])]),
        (json!({"hours": hours}), &[("#2026-11-22", &[]), ("Talk to a person", &["2026-11-30", "09:00", "UTC"])]),
    ]
}

/// Settings with wordings of the company's own for the buttons.
fn german() -> BotSettings {
    BotSettings {
        skip_suggestion: "\u{dc}berspringen".to_owned(),
        person_suggestion: "Zu einem Kollegen".to_owned(),
        topics_suggestion: "Themen".to_owned(),
        more_countries_suggestion: "Weitere L\u{e4}nder".to_owned(),
        leave_email_suggestion: "Adresse hinterlassen".to_owned(),
        profile_steps: ProfileSteps { phone: Requirement::Optional, ..ProfileSteps::default() },
        ..BotSettings::default()
    }
}

/// Returns a visitor of whom the country is asked.
fn asked_for_the_country() -> Visitor {
    let mut visitor = Visitor::new(german());
    visitor.say("I'm Bo Qx");
    visitor
}

#[test]
fn buttons_are_understood_in_both_wordings() {
    for (more, skip) in [("Weitere L\u{e4}nder", "\u{dc}berspringen"), ("Show more countries", "Skip")] {
        let mut visitor = asked_for_the_country();
        let reply = visitor.say(more);
        assert_eq!((reply.suggestions.len(), reply.suggestions.last().unwrap().as_str()), (8, "\u{dc}berspringen"));
        assert!(visitor.say(skip).response.ends_with("What's your phone number?"), "{skip}");
    }
    for person in ["Zu einem Kollegen", "\u{2192} zu einem KOLLEGEN", "Talk to a person"] {
        let mut visitor = asked_for_the_country();
        let reply = visitor.say(person);
        assert_eq!((reply.kind.as_str(), visitor.stage), ("escalated", Some(Stage::Person)));
        assert_eq!(reply.suggestions, ["Adresse hinterlassen", "Themen"]);
        // Staff see what the visitor sent.
        assert_eq!(visitor.reason.as_deref(), Some(person));
    }
    for topics in ["Themen", "Browse topics"] {
        let reply = asked_for_the_country().say(topics);
        assert_eq!(
            (reply.kind.as_str(), reply.suggestions),
            ("topic_selection", vec![SECTION.into(), "Zu einem Kollegen".into()])
        );
    }
    for leave in ["Adresse hinterlassen", "Leave my e-mail address"] {
        let reply = asked_for_the_country().say(leave);
        assert_eq!(reply.response, "What's your e-mail address?");
    }
}

#[test]
fn a_quick_reply_for_a_buttons_wording_has_precedence() {
    for (matched, other) in [("Themen", "Browse topics"), ("Browse topics", "something else")] {
        let mut settings = serde_json::to_value(german()).unwrap();
        settings["quick_replies"] = json!([{"match": [matched], "reply": "Bikes."}]);
        let settings = BotSettings { profile_when: ProfileWhen::Never, ..serde_json::from_value(settings).unwrap() };
        assert_eq!(Visitor::new(settings.clone()).say("Themen").response, "Bikes.");
        assert_eq!(Visitor::new(settings.clone()).say(matched).response, "Bikes.");
        assert_ne!(Visitor::new(settings).say(other).response, "Bikes.");
    }
}

#[test]
fn a_visitors_text_is_no_template_and_no_markup() {
    for text in ["qx{name} qy{text}", "qx<br>{text}", "qx<img src=x>"] {
        let reply = asked_for_the_country().say(text);
        let shown = text.replace("<b", "< b").replace("<i", "< i");
        assert!(reply.response.contains(&format!("\u{201c}{shown}\u{201d}")), "{text}: {}", reply.response);
    }
}

#[test]
fn the_words_of_the_fields_are_the_companys() {
    let german = BotSettings {
        fields_noted_text: "Ich habe {fields} notiert.".to_owned(),
        profile_noted_text: "Danke, ich habe {fields} notiert.".to_owned(),
        field_text: "{field}".to_owned(),
        phone_word: "deine Nummer".to_owned(),
        email_word: "deine Adresse".to_owned(),
        and_word: "und".to_owned(),
        phone_noted_text: "Danke!".to_owned(),
        ..german()
    };
    let mut visitor = Visitor::new(german.clone());
    let reply = visitor.say("I'm Bo Qx, my phone is 9851234567 and my email is q@r.st");
    let said = "Danke! Nice to meet you, Bo Qx! Ich habe deine Nummer und deine Adresse notiert.";
    assert!(reply.response.starts_with(said), "{}", reply.response);
    let mut visitor = Visitor::new(BotSettings { profile_when: ProfileWhen::Never, ..german });
    let reply = visitor.say("my phone is 9851234567 and my email is q@r.st");
    assert_eq!(reply.response, "Danke, ich habe deine Nummer und deine Adresse notiert.");
}
