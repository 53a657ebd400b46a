use proptest::prelude::*;
use tenancy::ProfileId;

use super::*;
use crate::{
    Collected, Source, Step,
    fixtures::{NOW, bakery, fresh, index, known},
};

/// Plans without a lookup.
fn blind(snapshot: &Snapshot, text: &str) -> Result<Plan, MissingInput> {
    plan(snapshot, &Input { text: Some(text), attachments: false }, None, NOW)
}

/// Plans with a lookup in the bakery's knowledge.
fn informed(snapshot: &Snapshot, text: &str) -> Plan {
    let found = Found::look_up(&bakery(), None, text, &snapshot.settings);
    plan(snapshot, &Input { text: Some(text), attachments: false }, Some(&found), NOW).unwrap()
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
fn the_intake_needs_no_knowledge() {
    let mut snapshot = fresh(BotSettings::default());
    let first = blind(&snapshot, "When are you open?").unwrap();
    assert!(first.session.welcomed);
    assert_eq!((first.session.last_used, first.session.step), (NOW, Step::Name));
    assert_eq!(said(first.clone()).kind, "profile_collection");
    snapshot.session = first.session;
    assert_eq!(blind(&snapshot, "talk to a person").unwrap().session.step, Step::CountryCode);
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

    snapshot.session.step = Step::Name;
    assert_eq!(said(blind(&snapshot, "Ann Ray").unwrap()).collecting, Some(Step::CountryCode));
}

#[test]
fn a_quick_reply_comes_first_and_needs_no_knowledge() {
    let snapshot = known(quick("Talk to a person at {company_name}", "Hi {name}"));
    let reply = said(blind(&snapshot, "\u{1f44b} talk to a PERSON  at tesla motors").unwrap());
    assert_eq!((reply.kind.as_str(), reply.response.as_str()), ("country_selection", "Hi Ann Ray"));
    assert_eq!(reply.suggestions, ["Ask Assistant"]);
    assert_eq!(said(blind(&known(quick("Browse topics", "Mine")), "Browse topics").unwrap()).response, "Mine");
    assert_eq!(blind(&snapshot, "talk to a person"), Err(MissingInput::Knowledge));
}

#[test]
fn a_quick_reply_without_letters_matches_nothing() {
    assert_eq!(blind(&known(quick("\u{1f44b}", "Hi")), "??"), Err(MissingInput::Knowledge));
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
        let found = Found::look_up(&index, None, text, &snapshot.settings);
        let input = Input { text: Some(text), attachments: false };
        assert_eq!(said(plan(&snapshot, &input, Some(&found), NOW).unwrap()).suggestions.len(), offered);
    }
    let found = Found::look_up(&index(&[]), None, "Browse topics", &snapshot.settings);
    let input = Input { text: Some("Browse topics"), attachments: false };
    let reply = said(plan(&snapshot, &input, Some(&found), NOW).unwrap());
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("topic_selection", vec!["Talk to a person".to_owned()]));
}

#[test]
fn an_escalation_phrase_calls_a_person() {
    let snapshot = known(BotSettings::default());
    // It has precedence over an answer and over a greeting.
    for text in ["Talk to a person", "hello, I want to TALK  to human!", "Is a representative open on Sunday?"] {
        let plan = informed(&snapshot, text);
        assert_eq!((plan.session.status, plan.session.bot_epoch), (SessionStatus::Escalated, 0));
        let Act::Escalate { reply, reason } = plan.act else { panic!("{text}") };
        assert_eq!(reason, text);
        assert_eq!((reply.kind.as_str(), reply.escalated, reply.suggestions.len()), ("escalated", true, 0));
        assert_eq!(reply.response, snapshot.settings.escalation_text);
    }
}

#[test]
fn files_without_text_are_acknowledged() {
    let plan = plan(&known(quick("x", "y")), &Input { text: None, attachments: true }, None, NOW).unwrap();
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
fn the_library_answers_only_where_it_is_switched_on() {
    let library = index(&[("General", "How do I reset my password?", "Use the link.")]);
    let ask = |settings: &BotSettings, text| Found::look_up(&index(&[]), Some(&library), text, settings);
    let off = BotSettings::default();
    let on = BotSettings { use_shared_library: true, ..BotSettings::default() };
    for (text, with, without) in [
        ("how do i reset my password", "rag_response", "clarification_needed"),
        ("general", "topic_selection", "clarification_needed"),
    ] {
        let input = Input { text: Some(text), attachments: false };
        let kind = |settings| said(plan(&known(off.clone()), &input, Some(&ask(settings, text)), NOW).unwrap()).kind;
        assert_eq!((kind(&on).as_str(), kind(&off).as_str()), (with, without), "{text}");
    }
    assert_eq!(ask(&on, "browse topics"), Found(Finding::Topics(vec!["General".to_owned()])));
    assert_eq!(ask(&off, "browse topics"), Found(Finding::Topics(Vec::new())));
    let Found(Finding::Answer(answer)) = ask(&on, "how do i reset my password") else { panic!("no answer") };
    let answered = Answered::new(&answer, String::new(), Mode::Extractive);
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
    let found =
        Found::look_up(&index(&[("S", "Good morning", "To you too.")]), None, "good morning", &snapshot.settings);
    let input = Input { text: Some("good morning"), attachments: false };
    assert_eq!(said(plan(&snapshot, &input, Some(&found), NOW).unwrap()).kind, "rag_response");
}

#[test]
fn everything_else_wants_clarification() {
    let reply = said(informed(&known(BotSettings::default()), "quantum chromodynamics"));
    assert_eq!((reply.kind.as_str(), reply.suggestions), ("clarification_needed", menu()));
    assert_eq!(reply.answered, None);
}

const KINDS: [&str; 8] = [
    kind::PROFILE_COLLECTION,
    kind::PROFILE_COMPLETE,
    kind::RAG_RESPONSE,
    kind::GREETING_RESPONSE,
    kind::CLARIFICATION_NEEDED,
    kind::ESCALATED,
    kind::TOPIC_SELECTION,
    "country_selection",
];

prop_compose! {
    fn any_session()(
        status in prop::sample::select(vec!["active", "escalated", "assigned", "resolved"]),
        step in prop::sample::select(vec!["name", "country_code", "phone", "email", "address", "complete"]),
        (name, code, phone, email) in any::<(bool, bool, bool, Option<bool>)>(),
        (welcomed, person_acted, profile) in any::<(bool, bool, bool)>(),
    ) -> Session {
        let mut session = fresh(BotSettings::default()).session;
        session.status = SessionStatus::parse(status).unwrap();
        session.step = Step::parse(step).unwrap();
        session.collected = Collected {
            name: name.then(|| "Ann Ray".to_owned()),
            country_code: code.then(|| "+1".to_owned()),
            phone: phone.then(|| "+1-2025550123".to_owned()),
            email: email.map(|given| given.then(|| "a@b.c".to_owned())),
        };
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
        use_model in any::<bool>(),
    ) {
        let answer_mode = if use_model { Mode::Llm } else { Mode::Extractive };
        let mut snapshot = fresh(BotSettings { answer_mode, ..quick("orders", "Which?") });
        snapshot.session = session;
        let input = Input { text: text.as_deref(), attachments: text.is_none() };
        let found = text.as_deref().map(|text| Found::look_up(&bakery(), None, text, &snapshot.settings));
        let plan = plan(&snapshot, &input, found.as_ref(), NOW).unwrap();

        prop_assert_eq!(plan.session.last_used, NOW);
        prop_assert!(plan.session.status != SessionStatus::Resolved);
        let reply = match plan.act {
            Act::Silent => {
                prop_assert!(snapshot.session.status.is_escalated());
                return Ok(());
            }
            Act::Say(reply) => reply,
            Act::Escalate { reply, .. } => {
                prop_assert_eq!(plan.session.status, SessionStatus::Escalated);
                reply
            }
            Act::Compose(composition) => composition.reply(None),
        };
        prop_assert!(plan.session.welcomed);
        prop_assert!(KINDS.contains(&reply.kind.as_str()), "{}", reply.kind);
        prop_assert!(!reply.response.is_empty());
        prop_assert_eq!(markup::neutralise_keeping_breaks(&reply.response), reply.response.as_str());
        prop_assert_eq!(plan.profile.is_some(), reply.kind == kind::PROFILE_COMPLETE);
    }

    #[test]
    fn the_intake_keeps_accepted_values_only(texts in prop::collection::vec(any_text(), 1..12)) {
        let mut snapshot = fresh(BotSettings::default());
        for text in texts {
            let input = Input { text: text.as_deref(), attachments: true };
            let Ok(plan) = plan(&snapshot, &input, None, NOW) else { break };
            let Collected { name, country_code, phone, email } = &plan.session.collected;
            if let Some(name) = name {
                prop_assert!(name.chars().all(|c| !c.is_ascii() || c.is_ascii_alphabetic() || " '.-".contains(c)));
                prop_assert!((2..=100).contains(&name.chars().count()));
            }
            if let Some(code) = country_code {
                prop_assert!(code.len() > 1 && code.starts_with('+') && code[1..].bytes().all(|b| b.is_ascii_digit()));
            }
            if let Some(phone) = phone {
                let national = phone.strip_prefix(country_code.as_deref().unwrap()).unwrap();
                prop_assert!(national.len() > 1 && national[1..].bytes().all(|b| b.is_ascii_digit()));
            }
            if let Some(Some(email)) = email {
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
