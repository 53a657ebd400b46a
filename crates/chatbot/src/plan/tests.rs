mod missed;

use knowledge::{Meanings, Mode, markup};
use proptest::prelude::*;
use tenancy::ProfileId;

use super::*;
use crate::{
    Answered, BotSettings, Collected, Field, Outcome, QuickReply, Search, Source,
    fixtures::{NOW, bakery, fresh, index, known},
    kind,
};

/// Returns a message that is a text.
fn input(text: &str) -> Input<'_> {
    Input { text: Some(text), attachments: false, wants_person: false }
}

/// Plans without a lookup.
fn blind(snapshot: &Snapshot, text: &str) -> Result<Plan, MissingInput> {
    plan(snapshot, &input(text), None, NOW)
}

/// Plans with the lookups in the bakery's knowledge that the plan asks for.
fn informed(snapshot: &Snapshot, text: &str) -> Plan {
    with_knowledge(snapshot, &input(text), &bakery())
}

fn with_knowledge(snapshot: &Snapshot, input: &Input<'_>, index: &knowledge::Index) -> Plan {
    let mut found: Option<Found> = None;
    for _ in 0..3 {
        match plan(snapshot, input, found.as_ref(), NOW) {
            Ok(plan) => return plan,
            Err(MissingInput::Knowledge(text)) => {
                let search = Search::new(index, None, &snapshot.settings, None);
                found = Some(search.find(&text, &Meanings::default()).after(found));
            }
        }
    }
    panic!("three lookups were not enough")
}

/// The error of a plan that needs a lookup of this text.
fn wanted(text: &str) -> Result<Plan, MissingInput> {
    Err(MissingInput::Knowledge(text.to_owned()))
}

fn said(plan: Plan) -> Reply {
    match plan.act {
        Act::Say(reply) => reply,
        act => panic!("nothing is said but {act:?}"),
    }
}

fn menu() -> Vec<String> {
    vec!["Browse topics".to_owned(), "Talk to a person".to_owned()]
}

fn quick(matches: &str, reply: &str) -> BotSettings {
    let quick = QuickReply {
        matches: vec!["Something else".to_owned(), matches.to_owned()],
        reply: reply.to_owned(),
        suggestions: vec!["Ask {bot_name}".to_owned()],
        kind: "country_selection".to_owned(),
    };
    BotSettings { quick_replies: vec![quick], ..BotSettings::default() }
}

#[test]
fn answers_to_the_intake_need_no_knowledge() {
    let mut snapshot = fresh(BotSettings::default());
    let first = blind(&snapshot, "Hello").unwrap();
    assert!(first.session.welcomed);
    assert_eq!((first.session.last_used, first.session.step), (NOW, Step::Name));
    assert_eq!(said(first.clone()).kind, "profile_collection");
    snapshot.session = first.session;
    assert_eq!(blind(&snapshot, "Ann Ray").unwrap().session.step, Step::CountryCode);
    assert_eq!(blind(&snapshot, "When are you open?"), wanted("When are you open?"));
}

#[test]
fn an_early_escalation_does_not_end_the_intake_but_a_person_does() {
    let mut snapshot = fresh(BotSettings::default());
    snapshot.session.status = SessionStatus::Escalated;
    let plan = blind(&snapshot, "hi").unwrap();
    assert_eq!(plan.session.status, SessionStatus::Escalated);
    assert_eq!(said(plan).collecting, Some(Step::Name));
    snapshot.session.person_acted = true;
    assert_eq!(blind(&snapshot, "hi").unwrap().act, Act::Silent);
    snapshot.session.status = SessionStatus::Assigned;
    snapshot.session.person_acted = false;
    assert_eq!(blind(&snapshot, "hi").unwrap().act, Act::Silent);
}

#[test]
fn the_bot_is_silent_while_a_handoff_is_open() {
    let settings = quick("hi", "Hello");
    for status in [SessionStatus::Escalated, SessionStatus::Assigned] {
        for person_acted in [false, true] {
            let mut snapshot = known(settings.clone());
            snapshot.session.status = status;
            snapshot.session.person_acted = person_acted;
            let plan = blind(&snapshot, "hi").unwrap();
            assert_eq!(plan.act, Act::Silent);
            assert_eq!(plan.session, Session { last_used: NOW, ..snapshot.session });
        }
    }
}

#[test]
fn a_resolved_session_is_answered_by_the_bot_again() {
    let mut snapshot = known(quick("hi", "Hello"));
    snapshot.session.status = SessionStatus::Resolved;
    snapshot.session.person_acted = true;
    let plan = blind(&snapshot, "hi").unwrap();
    assert_eq!((plan.session.status, plan.session.person_acted), (SessionStatus::Active, false));
    assert_eq!(said(plan).response, "Hello");

    let escalated = informed(&snapshot, "a real person please");
    assert_eq!((escalated.session.status, escalated.session.person_acted), (SessionStatus::Escalated, false));

    (snapshot.session.step, snapshot.session.profile) = (Step::Name, None);
    assert_eq!(said(blind(&snapshot, "Ann Ray").unwrap()).collecting, Some(Step::CountryCode));
}

#[test]
fn a_quick_reply_comes_before_knowledge_and_needs_none() {
    let snapshot = known(quick("Opening hours of {company_name}", "Hi {name}"));
    let reply = said(blind(&snapshot, "\u{1f44b} opening HOURS  of tesla motors").unwrap());
    assert_eq!((reply.kind.as_str(), reply.response.as_str()), ("country_selection", "Hi Ann Ray"));
    assert_eq!(reply.suggestions, ["Ask Assistant"]);
    assert_eq!(said(blind(&known(quick("Browse topics", "Mine")), "Browse topics").unwrap()).response, "Mine");
    assert_eq!(blind(&snapshot, "talk to a person"), wanted("talk to a person"));
}

#[test]
fn a_quick_reply_without_letters_matches_nothing() {
    assert_eq!(blind(&known(quick("\u{1f44b}", "Hi")), "??"), wanted("??"));
}

#[test]
fn topics_are_listed_and_opened() {
    let snapshot = known(BotSettings::default());
    let reply = said(informed(&snapshot, "\u{1f4da} Browse topics"));
    assert_eq!(reply.kind, "topic_selection");
    assert_eq!(reply.suggestions, ["Orders", "Customer service", "Talk to a person"]);
    let reply = said(informed(&snapshot, "ORDERS"));
    assert_eq!(reply.kind, "topic_selection");
    assert_eq!(reply.suggestions, ["How do I order a birthday cake?", "Can I change my order?"]);
    // The title contains an escalation phrase, but opening a topic has precedence.
    assert_eq!(said(informed(&snapshot, "customer service")).suggestions, ["When are you open?"]);
}

#[test]
fn eight_topics_and_eight_questions_are_offered() {
    let items: Vec<_> = (0..20).map(|n| (format!("Topic {}", n % 10), format!("Question {n}?"))).collect();
    let many: Vec<_> = items.iter().map(|(section, question)| (section.as_str(), question.as_str(), "A")).collect();
    let one: Vec<_> = items.iter().map(|(_, question)| ("One", question.as_str(), "A")).collect();
    let snapshot = known(BotSettings::default());
    for (index, text, offered) in [(index(&many), "Browse topics", 9), (index(&one), "one", 8)] {
        let found = Search::new(&index, None, &snapshot.settings, None).find(text, &Meanings::default());
        let message = input(text);
        assert_eq!(said(plan(&snapshot, &message, Some(&found), NOW).unwrap()).suggestions.len(), offered);
    }
    let found = Search::new(&index(&[]), None, &snapshot.settings, None).find("Browse topics", &Meanings::default());
    let message = input("Browse topics");
    let reply = said(plan(&snapshot, &message, Some(&found), NOW).unwrap());
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("topic_selection", vec!["Talk to a person".to_owned()]));
}

#[test]
fn an_escalation_phrase_calls_a_person() {
    let snapshot = known(BotSettings::default());
    // It has precedence over an answer and over a greeting.
    for text in ["Talk to a person", "hello, I want to TALK  to human!"] {
        let plan = informed(&snapshot, text);
        assert_eq!((plan.session.status, plan.session.bot_epoch), (SessionStatus::Escalated, 0));
        let (mut session, Act::Escalate(escalation)) = (plan.session, plan.act) else { panic!("{text}") };
        assert_eq!((escalation.reason.as_str(), escalation.was_open), (text, false));
        let reply = escalation.settle(&mut session, true);
        assert_eq!((reply.outcome, session.dialogue.outcome), (Some(Outcome::Queued), Some(Outcome::Queued)));
        assert_eq!((reply.kind.as_str(), reply.escalated, reply.suggestions.len()), ("escalated", true, 0));
        assert_eq!(reply.response, snapshot.settings.escalation_text);
    }
}

#[test]
fn files_without_text_are_acknowledged() {
    let plan = plan(&known(quick("x", "y")), &Input { text: None, attachments: true, wants_person: false }, None, NOW)
        .unwrap();
    let reply = said(plan);
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("clarification_needed", menu()));
}

#[test]
fn an_answer_is_the_stored_one_with_its_source() {
    let reply = said(informed(&known(BotSettings::default()), "can i change my order"));
    assert_eq!((reply.kind.as_str(), reply.response.as_str()), ("rag_response", "Yes, until the evening before."));
    assert_eq!(reply.suggestions, menu());
    let answered = reply.answered.unwrap();
    assert_eq!(
        (answered.answer, answered.mode, answered.source),
        (reply.response, Mode::Extractive, Source::CompanyFaq)
    );
    assert!(answered.company_specific && (answered.confidence - 1.0).abs() < f64::EPSILON);
    assert_eq!(answered.citations[0].chunk_id, "c1");
}

#[test]
fn several_questions_are_each_answered() {
    let text = "When are you open? And can I change my order?";
    let reply = said(informed(&known(BotSettings::default()), text));
    assert_eq!(reply.response, "Tuesday to Sunday, 7 to 18 h.<br><br>Yes, until the evening before.");
    let answered = reply.answered.unwrap();
    assert_eq!(answered.answer, reply.response);
    let cited: Vec<_> = answered.citations.iter().map(|citation| citation.chunk_id.as_str()).collect();
    assert_eq!(cited, ["c2", "c1"]);
    // One that has no answer leaves the others.
    let reply = said(informed(&known(BotSettings::default()), "When are you open? Do zebras cross the moon?"));
    assert_eq!(reply.response, "Tuesday to Sunday, 7 to 18 h.");
}

#[test]
fn the_library_answers_only_where_it_is_switched_on() {
    let library = index(&[("General", "How do I reset my password?", "Use the link.")]);
    let ask = |settings: &BotSettings, text| {
        Search::new(&index(&[]), Some(&library), settings, None).find(text, &Meanings::default())
    };
    let off = BotSettings::default();
    let on = BotSettings { use_shared_library: true, ..BotSettings::default() };
    for (text, with, without) in [
        ("how do i reset my password", "rag_response", "clarification_needed"),
        ("general", "topic_selection", "clarification_needed"),
    ] {
        let message = input(text);
        let kind = |settings| said(plan(&known(off.clone()), &message, Some(&ask(settings, text)), NOW).unwrap()).kind;
        assert_eq!((kind(&on).as_str(), kind(&off).as_str()), (with, without), "{text}");
    }
    let finding = |settings, text| Found::of(Some(&ask(settings, text)), text).unwrap().clone();
    assert_eq!(finding(&on, "browse topics"), Finding::Topics(vec!["General".to_owned()]));
    assert_eq!(finding(&off, "browse topics"), Finding::Topics(Vec::new()));
    let Finding::Answers(answers) = finding(&on, "how do i reset my password") else { panic!("no answer") };
    let answered = Answered::new(&answers[0], String::new(), Mode::Extractive);
    assert_eq!((answered.source, answered.company_specific), (Source::GeneralFaq, false));
}

#[test]
fn a_model_words_the_answer_or_the_stored_one_is_said() {
    let snapshot = known(BotSettings { answer_mode: Mode::Llm, ..BotSettings::default() });
    let plan = informed(&snapshot, "can i change my order");
    assert_eq!(plan.session.status, SessionStatus::Active);
    let Act::Compose(composition) = plan.act else { panic!("no composition") };
    assert!(composition.prompt().messages[0].text.contains("until the evening before"));
    let fallback = composition.fallback.clone();
    assert_eq!(fallback.answered.as_ref().unwrap().mode, Mode::Extractive);

    let reply = composition.clone().reply(Some(" You can, until the\nevening before. ".to_owned()));
    assert_eq!(
        (reply.kind.as_str(), reply.response.as_str()),
        ("rag_response", "You can, until the<br>evening before.")
    );
    assert_eq!(reply.suggestions, menu());
    let answered = reply.answered.unwrap();
    assert_eq!((answered.mode, answered.answer), (Mode::Llm, reply.response));
    assert_eq!(answered.citations[0].chunk_id, "c1");

    for text in [None, Some("NO_ANSWER"), Some("Yes, for 500 Rs.")] {
        assert_eq!(composition.clone().reply(text.map(str::to_owned)), fallback);
    }
    let invented = informed(&snapshot, "zebra crossings on mars");
    assert_eq!(said(invented).kind, "clarification_needed");
}

#[test]
fn a_greeting_is_answered_unless_knowledge_answers_it() {
    let snapshot = known(BotSettings::default());
    let reply = said(informed(&snapshot, "Good morning"));
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("greeting_response", menu()));
    let found = Search::new(&index(&[("S", "Good morning", "To you too.")]), None, &snapshot.settings, None)
        .find("good morning", &Meanings::default());
    let message = input("good morning");
    assert_eq!(said(plan(&snapshot, &message, Some(&found), NOW).unwrap()).kind, "rag_response");
}

#[test]
fn why_the_bot_asked_is_answered_later_too() {
    let snapshot = known(BotSettings::default());
    let reply = said(informed(&snapshot, "why do you need my number?"));
    assert_eq!((reply.kind.as_str(), &reply.response), (kind::SMALL_TALK, &snapshot.settings.profile_reason_text));
}

#[test]
fn everything_else_wants_clarification() {
    let reply = said(informed(&known(BotSettings::default()), "quantum chromodynamics"));
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("clarification_needed", menu()));
    assert_eq!(reply.answered, None);
}

const KINDS: [&str; 9] = [
    kind::PROFILE_COLLECTION,
    kind::PROFILE_COMPLETE,
    kind::RAG_RESPONSE,
    kind::GREETING_RESPONSE,
    kind::CLARIFICATION_NEEDED,
    kind::ESCALATED,
    kind::SMALL_TALK,
    kind::TOPIC_SELECTION,
    "country_selection",
];

/// Returns an open, skipped or given answer.
fn field(given: Option<bool>, value: &str) -> Field {
    given.map_or(Field::Open, |given| if given { Field::Given(value.to_owned()) } else { Field::Skipped })
}

prop_compose! {
    fn any_session()(
        status in prop::sample::select(vec!["active", "escalated", "assigned", "resolved"]),
        step in prop::sample::select(vec!["name", "country_code", "phone", "email", "address", "complete"]),
        (name, code, phone, email, address) in any::<(Option<bool>, Option<bool>, Option<bool>, Option<bool>, Option<bool>)>(),
        outcome in prop::option::of(prop::sample::select(vec!["queued", "offline"])),
        (welcomed, person_acted, profile) in any::<(bool, bool, bool)>(),
    ) -> Session {
        let mut session = fresh(BotSettings::default()).session;
        session.status = SessionStatus::parse(status).unwrap();
        session.step = Step::parse(step).unwrap();
        session.collected = Collected {
            name: field(name, "Ann Ray"),
            country_code: field(code, "+1"),
            phone: field(phone, "+1-2025550123"),
            email: field(email, "a@b.c"),
            address: field(address, "Main Street 1"),
        };
        session.dialogue.outcome = outcome.and_then(Outcome::parse);
        session.welcomed = welcomed;
        session.person_acted = person_acted;
        session.profile = profile.then(|| (ProfileId::new(1), "Ann Ray".to_owned()));
        session
    }
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    let text = prop_oneof![
        "\\PC{1,40}",
        "[+0-9 ]{1,16}",
        "(hello|skip|a@b\\.c|Ann Ray|Nepal|9841234567|browse topics|orders|real person|<b>|\\{name\\}| ){1,3}",
    ];
    text.prop_map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

proptest! {
    #[test]
    fn every_turn_ends_with_a_known_reply(
        session in any_session(),
        text in any_text(),
        (use_model, is_there) in any::<(bool, bool)>(),
    ) {
        let answer_mode = if use_model { Mode::Llm } else { Mode::Extractive };
        let mut snapshot = fresh(BotSettings { answer_mode, ..quick("orders", "Which?") });
        snapshot.session = session;
        let input = Input { text: text.as_deref(), attachments: text.is_none(), wants_person: false };
        let mut plan = with_knowledge(&snapshot, &input, &bakery());

        prop_assert_eq!(plan.session.last_used, NOW);
        prop_assert!(plan.session.status != SessionStatus::Resolved);
        let reply = match plan.act {
            Act::Silent => {
                prop_assert!(snapshot.session.status.is_escalated());
                return Ok(());
            }
            Act::Say(reply) => reply,
            Act::Escalate(escalation) => {
                prop_assert_eq!(plan.session.status, SessionStatus::Escalated);
                escalation.settle(&mut plan.session, is_there)
            }
            Act::Compose(composition) => composition.reply(None),
        };
        prop_assert!(plan.session.welcomed);
        prop_assert!(KINDS.contains(&reply.kind.as_str()), "{}", reply.kind);
        prop_assert!(!reply.response.is_empty());
        prop_assert_eq!(markup::neutralise_keeping_breaks(&reply.response), reply.response.as_str());
        let is_new = matches!(plan.profile, Some(ProfileWrite::New(_)));
        let is_completed = reply.kind == kind::PROFILE_COMPLETE;
        prop_assert!(plan.profile.is_some() || !is_completed);
        prop_assert!(!is_new || plan.session.profile.is_none() && plan.session.step == Step::Complete);
        prop_assert!(!is_completed || plan.session.step == Step::Complete);
    }

    #[test]
    fn the_intake_keeps_accepted_values_only(texts in prop::collection::vec(any_text(), 1..12)) {
        let mut snapshot = fresh(BotSettings::default());
        for text in texts {
            let input = Input { text: text.as_deref(), attachments: true, wants_person: false };
            let plan = with_knowledge(&snapshot, &input, &bakery());
            let Collected { name, country_code, phone, email, .. } = &plan.session.collected;
            if let Some(name) = name.value() {
                prop_assert!(name.chars().all(|c| !c.is_ascii() || c.is_ascii_alphabetic() || " '.-()".contains(c)));
                prop_assert!((2..=100).contains(&name.chars().count()));
            }
            if let Some(code) = country_code.value() {
                prop_assert!(code.len() > 1 && code.starts_with('+') && code[1..].bytes().all(|b| b.is_ascii_digit()));
            }
            if let Some(phone) = phone.value() {
                let national = phone.strip_prefix(country_code.value().unwrap()).unwrap();
                prop_assert!(national.len() > 1 && national[1..].bytes().all(|b| b.is_ascii_digit()));
            }
            if let Some(email) = email.value() {
                prop_assert!(email.contains('@') && email.contains('.'));
            }
            if input.text.is_none() {
                prop_assert_eq!(&plan.session.collected, &snapshot.session.collected);
                prop_assert_eq!(plan.session.step, snapshot.session.step);
            }
            snapshot.session = plan.session;
        }
    }
}

#[test]
fn a_question_that_goes_on_from_the_one_before_is_read_with_it() {
    let known = known(BotSettings::default());
    let knowledge = index(&[
        ("Cakes", "How much is a birthday cake?", "24 euros."),
        ("Bread", "When is the bread fresh?", "At 7."),
        ("Opening", "How much earlier do you open in summer?", "One hour."),
    ]);
    let asked = |snapshot: &Snapshot, text: &str| {
        let previous = snapshot.session.dialogue.asked.as_deref();
        let found = Search::new(&knowledge, None, &snapshot.settings, previous).find(text, &Meanings::default());
        plan(snapshot, &input(text), Some(&found), NOW).unwrap()
    };
    let first = asked(&known, "do you bake a birthday cake");
    assert_eq!(first.session.dialogue.asked.as_deref(), Some("do you bake a birthday cake"));
    let later = Snapshot { session: first.session, ..known.clone() };
    let second = asked(&later, "and how much is it?");
    let Act::Say(reply) = second.act else { panic!("no reply") };
    assert!(reply.response.contains("24 euros."), "{}", reply.response);
    assert_eq!(second.session.dialogue.asked.as_deref(), Some("do you bake a birthday cake and how much is it?"));
    // Who only comments on an answer does not get it once more.
    let comment = asked(&later, "it's not that");
    let Act::Say(reply) = comment.act else { panic!("no reply") };
    assert!(!reply.response.contains("24 euros."), "{}", reply.response);
    let alone = asked(&known, "and how much is it?");
    let Act::Say(reply) = alone.act else { panic!("no reply") };
    assert!(!reply.response.contains("24 euros."), "{}", reply.response);
}
