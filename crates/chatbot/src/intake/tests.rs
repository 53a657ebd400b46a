mod beside;
mod talks;
mod values;

use knowledge::{Index, Meanings};
use serde_json::{Value, json};

use super::*;
use crate::{
    Act, Collected, Field, Input, MissingInput, NewProfile, ProfileWrite, Search, Session, Snapshot, Step,
    fixtures::{NOW, bakery, fresh},
    plan,
    settings::{ProfileSteps, Requirement},
};

/// A visitor who talks to the bot of a bakery.
struct Talk {
    snapshot: Snapshot,
    knowledge: Index,
}

/// What one message led to.
struct Heard {
    reply: Reply,
    profile: Option<NewProfile>,
}

impl Talk {
    fn new(settings: BotSettings) -> Self {
        Self { snapshot: fresh(settings), knowledge: bakery() }
    }

    /// Begins at a step, with answers to the steps before it.
    fn at(step: Step) -> Self {
        let mut talk = Self::new(BotSettings::default());
        let session = &mut talk.snapshot.session;
        (session.welcomed, session.step) = (true, step);
        let answers = [
            (Step::Name, "Ann Ray"),
            (Step::CountryCode, "+977"),
            (Step::Phone, "+977-9841234567"),
            (Step::Email, "a@b.c"),
            (Step::Address, ""),
        ];
        for (answered, value) in answers.into_iter().take_while(|(answered, _)| *answered != step) {
            session.collected.set(answered, Field::Given(value.to_owned()));
        }
        talk
    }

    fn hear(&mut self, text: Option<&str>) -> Heard {
        let input = Input { text, attachments: text.is_none(), wants_person: false };
        let mut found = None;
        let planned = loop {
            match plan(&self.snapshot, &input, found.as_ref(), NOW) {
                Ok(planned) => break planned,
                Err(MissingInput::Knowledge(text)) => {
                    let search = Search::new(&self.knowledge, None, &self.snapshot.settings, None);
                    found = Some(search.find(&text, &Meanings::default()).after(found));
                }
            }
        };
        let mut session = planned.session;
        let reply = match planned.act {
            Act::Say(reply) => reply,
            Act::Escalate(escalation) => escalation.settle(&mut session, false),
            Act::Compose(composition) => composition.reply(None),
            Act::Silent => Reply::human_handling(),
        };
        self.snapshot.session = session;
        let profile = planned.profile.map(|write| match write {
            ProfileWrite::New(profile) => profile,
            ProfileWrite::Change(_) => panic!("a change"),
        });
        Heard { reply, profile }
    }

    fn say(&mut self, text: &str) -> Reply {
        self.hear(Some(text)).reply
    }

    fn session(&self) -> &Session {
        &self.snapshot.session
    }
}

fn given(value: &str) -> Field {
    Field::Given(value.to_owned())
}

#[test]
fn every_row_of_the_table_of_steps() {
    let phone_hint = json!(["Example: 9841234567"]);
    let email_hint = json!(["Example: your.email@example.com", "Skip"]);
    let address_hint = json!(["Example: City, Country", "Skip"]);
    let name = json!({"name": "Ann Ray"});
    let country = json!({"name": "Ann Ray", "country_code": "+977"});
    let phone = json!({"name": "Ann Ray", "country_code": "+977", "phone": "+977-9841234567"});
    let with_email = |email: Value| {
        let mut data = phone.clone();
        data["email"] = email;
        data
    };
    let rows = [
        (Step::Name, "4nn", Step::Name, json!([]), None),
        (
            Step::Name,
            " Ann Ray ",
            Step::CountryCode,
            json!(country::first_suggestions("Show more countries")),
            Some(name),
        ),
        (Step::CountryCode, "Nepal", Step::Phone, phone_hint.clone(), Some(country.clone())),
        (Step::Phone, "12", Step::Phone, phone_hint, Some(country)),
        (Step::Phone, "984-1234567", Step::Email, email_hint.clone(), Some(phone.clone())),
        (Step::Email, "ann", Step::Email, email_hint, Some(phone.clone())),
        (Step::Email, "a@b.c", Step::Address, address_hint.clone(), Some(with_email(json!("a@b.c")))),
        (Step::Email, "Skip", Step::Address, address_hint, Some(with_email(Value::Null))),
    ];
    for (step, text, next, suggestions, temp_data) in rows {
        let mut talk = Talk::at(step);
        let Heard { reply, profile } = talk.hear(Some(text));
        let mut expected = json!({"type": "profile_collection", "suggestions": suggestions, "collecting": next});
        if let Some(data) = temp_data {
            expected["temp_data"] = data;
        }
        assert_eq!(serde_json::to_value(&reply).unwrap(), expected, "{step:?} {text}");
        assert_eq!(talk.session().step, next);
        assert!(profile.is_none() && !reply.response.is_empty());
    }
}

#[test]
fn the_address_completes_the_profile() {
    let mut talk = Talk::at(Step::Address);
    let Heard { reply, profile } = talk.hear(Some("Pokhara, Nepal"));
    assert_eq!(
        serde_json::to_value(&reply).unwrap(),
        json!({"type": "profile_complete", "suggestions": ["Browse topics", "Talk to a person"]})
    );
    assert_eq!(reply.response, "Thank you, Ann Ray! How can I help you?");
    assert_eq!((talk.session().step, &talk.session().collected), (Step::Complete, &Collected::default()));
    let expected = NewProfile {
        name: "Ann Ray".to_owned(),
        phone: "+977-9841234567".to_owned(),
        email: Some("a@b.c".to_owned()),
        address: Some("Pokhara, Nepal".to_owned()),
        country_code: "+977".to_owned(),
    };
    assert_eq!(profile, Some(expected));
}

#[test]
fn the_first_message_is_welcomed() {
    for text in [Some("Ann Ray"), Some("hello"), Some("thanks"), None] {
        let mut talk = Talk::new(BotSettings::default());
        let reply = talk.hear(text).reply;
        assert_eq!(
            serde_json::to_value(&reply).unwrap(),
            json!({"type": "profile_collection", "collecting": "name", "suggestions": ["Example: John Doe"]})
        );
        assert_eq!(
            reply.response,
            "Hello! I'm Assistant at Tesla Motors.<br><br>To get started, what's your full name?"
        );
        assert_eq!(talk.session().collected, Collected::default());
    }
}

#[test]
fn a_first_message_that_names_the_visitor_is_an_answer() {
    let mut talk = Talk::new(BotSettings::default());
    let reply = talk.say("Hi, I'm Tom");
    assert_eq!((talk.session().step, reply.collecting), (Step::CountryCode, Some(Step::CountryCode)));
    assert!(reply.response.starts_with("Nice to meet you, Tom!"), "{}", reply.response);
}

#[test]
fn a_concern_first_is_kept_as_a_question_is() {
    let mut talk = Talk::new(BotSettings::default());
    let reply = talk.say("my tooth is killing me");
    assert_eq!((reply.kind.as_str(), reply.collecting), ("profile_collection", Some(Step::Name)));
    assert!(reply.response.starts_with("I have noted that"), "{}", reply.response);
    assert_eq!(talk.session().collected, Collected::default());
    // Later on, such a text is the answer to the question before it.
    let reply = talk.say("my name is Ann Ray");
    assert!(reply.response.starts_with("Nice to meet you, Ann Ray!"), "{}", reply.response);
}

#[test]
fn a_wish_to_hear_the_question_again_is_no_answer_to_it() {
    for text in ["say that again", "could you repeat the question please", "sorry, what was that?"] {
        let mut talk = Talk::at(Step::Address);
        let reply = talk.say(text);
        assert_eq!(reply.collecting, Some(Step::Address), "{text}: {}", reply.response);
        assert!(reply.response.ends_with("And what's your address?"), "{text}: {}", reply.response);
        assert_eq!(talk.session().step, Step::Address, "{text}");
    }
    let mut talk = Talk::new(BotSettings::default());
    talk.say("hello");
    assert!(talk.say("jo").response.starts_with("Nice to meet you, jo!"));
}

#[test]
fn a_question_first_is_answered_before_the_name_is_asked() {
    let mut talk = Talk::new(BotSettings::default());
    let reply = talk.say("When are you open?");
    assert_eq!((reply.kind.as_str(), reply.collecting), ("rag_response", Some(Step::Name)));
    assert_eq!(reply.response, "Tuesday to Sunday, 7 to 18 h.<br><br>What's your full name?");
    assert_eq!(reply.answered.unwrap().answer, "Tuesday to Sunday, 7 to 18 h.");
}

#[test]
fn a_question_in_the_middle_is_answered_or_kept() {
    let mut talk = Talk::at(Step::Email);
    let reply = talk.say("Can I change my order?");
    assert_eq!((reply.kind.as_str(), reply.collecting), ("rag_response", Some(Step::Email)));
    assert!(
        reply.response.starts_with("Yes, until the evening before.<br><br>What's your e-mail"),
        "{}",
        reply.response
    );
    let reply = talk.say("Do zebras cross the moon?");
    assert_eq!((reply.kind.as_str(), reply.collecting), ("profile_collection", Some(Step::Email)));
    talk.say("Do unicorns?");
    talk.say("Skip");
    let reply = talk.say("Skip");
    assert_eq!(reply.kind, "profile_complete");
    assert!(reply.response.contains("\u{201c}Do zebras cross the moon?\u{201d}"), "{}", reply.response);
    assert_eq!(talk.session().dialogue.question.as_deref(), Some("Do zebras cross the moon?"));
}

#[test]
fn everything_in_one_message_completes_the_intake() {
    let mut talk = Talk::new(BotSettings {
        profile_steps: ProfileSteps { address: Requirement::Off, ..ProfileSteps::default() },
        ..BotSettings::default()
    });
    let Heard { reply, profile } = talk.hear(Some("Hi, I'm Tom Miller, tom@x.org, +49 151 23456789"));
    assert_eq!(reply.kind, "profile_complete");
    let profile = profile.unwrap();
    assert_eq!((profile.name.as_str(), profile.phone.as_str()), ("Tom Miller", "+49-15123456789"));
    assert_eq!(profile.email.as_deref(), Some("tom@x.org"));
}

#[test]
fn a_correction_replaces_what_was_given() {
    let mut talk = Talk::at(Step::Address);
    let reply = talk.say("sorry, my email is ann@ray.org");
    assert_eq!((reply.collecting, &talk.session().collected.email), (Some(Step::Address), &given("ann@ray.org")));
    assert_eq!(reply.response, "I have changed your e-mail address. And what's your address?");
    let reply = talk.say("wrong country, I am in Spain");
    assert_eq!(talk.session().collected.country_code, given("+34"));
    // The number is none of Spain.
    assert_eq!((reply.collecting, &talk.session().collected.phone), (Some(Step::Phone), &Field::Open));
}

#[test]
fn a_required_step_gives_its_reason_and_then_gives_way() {
    let mut talk = Talk::at(Step::Phone);
    let reply = talk.say("I'd rather not say");
    assert_eq!(
        (reply.collecting, reply.suggestions),
        (Some(Step::Phone), vec!["Skip".into(), "Talk to a person".into()])
    );
    assert!(reply.response.starts_with("We ask so that a colleague can get back to you."), "{}", reply.response);
    let reply = talk.say("Skip");
    assert_eq!((reply.collecting, &talk.session().collected.phone), (Some(Step::Email), &Field::Skipped));
    let data = serde_json::to_value(reply.temp_data).unwrap();
    assert_eq!(data["phone"], Value::Null);
    assert!(data.as_object().unwrap().contains_key("phone"));
}

#[test]
fn a_visitor_who_gives_nothing_completes_as_visitor() {
    let mut talk = Talk::new(BotSettings::default());
    talk.say("hello");
    let mut last = None;
    for _ in 0..10 {
        let heard = talk.hear(Some("skip"));
        if heard.profile.is_some() {
            last = heard.profile;
            break;
        }
    }
    let profile = last.expect("the intake never ends");
    assert_eq!((profile.name.as_str(), profile.phone.as_str()), ("Visitor", ""));
    assert_eq!((profile.email, profile.address, profile.country_code.as_str()), (None, None, "+977"));
    assert!(talk.session().dialogue.unreachable);
}

#[test]
fn the_third_rejection_in_a_row_leads_on() {
    for (step, text, next) in [
        (Step::Name, "4nn", Step::CountryCode),
        (Step::CountryCode, "Atlantis", Step::Phone),
        (Step::Phone, "12", Step::Email),
        (Step::Email, "ann@@x", Step::Address),
    ] {
        let mut talk = Talk::at(step);
        assert_eq!(talk.say(text).collecting, Some(step));
        assert_eq!(talk.say(text).collecting, Some(step));
        assert_eq!(talk.say(text).collecting, Some(next), "{step:?}");
        assert_eq!(talk.session().collected.field(step), Some(&Field::Skipped));
    }
}

#[test]
fn a_text_without_digits_gets_no_count_of_digits() {
    let mut talk = Talk::at(Step::Phone);
    for text in ["United States", "no idea what you mean"] {
        let reply = talk.say(text);
        assert!(!reply.response.contains("digits"), "{}", reply.response);
    }
}

#[test]
fn digits_of_something_else_are_not_counted() {
    for text in ["Elm Street 4", "flat 12 b"] {
        let reply = Talk::at(Step::Phone).say(text);
        assert!(reply.response.starts_with("There is no phone number"), "{}", reply.response);
    }
    for text in ["98412", "98412 home"] {
        let reply = Talk::at(Step::Phone).say(text);
        assert!(reply.response.contains("10 digits, not 5"), "{}", reply.response);
    }
}

#[test]
fn without_text_the_question_is_repeated() {
    for step in [Step::Name, Step::CountryCode, Step::Phone, Step::Email, Step::Address] {
        let mut talk = Talk::at(step);
        let before = talk.session().clone();
        let Heard { reply, profile } = talk.hear(None);
        assert_eq!((&talk.session().collected, talk.session().step), (&before.collected, step));
        assert_eq!((profile, reply.collecting), (None, Some(step)));
    }
}

#[test]
fn more_countries_are_offered_without_moving_on() {
    let mut talk = Talk::at(Step::CountryCode);
    let reply = talk.say("Show more countries");
    assert_eq!((talk.session().step, reply.suggestions.len()), (Step::CountryCode, 7));
    assert!(reply.suggestions[0].ends_with("New Zealand") && reply.suggestions[6].ends_with("Sri Lanka"));
    talk.say(&reply.suggestions[2]);
    assert_eq!(talk.session().collected.country_code, given("+353"));
}

#[test]
fn a_country_that_is_not_understood_is_asked_again() {
    for (text, said) in [
        ("Atlantis", "\u{201c}Atlantis\u{201d}"),
        ("<b>x", "\u{201c}< b>x\u{201d}"),
        ("united", "United Kingdom"),
        ("from China to Nepal", "China, Nepal"),
        (&"zq".repeat(25), "zq\u{2026}\u{201d}"),
    ] {
        let mut talk = Talk::at(Step::CountryCode);
        let reply = talk.say(text);
        assert_eq!((&talk.session().collected.country_code, talk.session().step), (&Field::Open, Step::CountryCode));
        assert!(reply.response.contains(said), "{text}: {}", reply.response);
        assert_eq!(reply.suggestions, country::first_suggestions("Show more countries"));
    }
}

#[test]
fn a_whole_number_in_place_of_the_country_gives_both() {
    for (text, code, phone) in [
        ("+49 151 23456789", "+49", "+49-15123456789"),
        ("0044 7700 900123", "+44", "+44-7700900123"),
        ("it's 9841234567", "+977", "+977-9841234567"),
    ] {
        let mut talk = Talk::at(Step::CountryCode);
        talk.say(text);
        let Collected { country_code, phone: kept, .. } = &talk.session().collected;
        assert_eq!((country_code, kept), (&given(code), &given(phone)), "{text}");
        assert_eq!(talk.session().step, Step::Email);
    }
}

#[test]
fn a_number_of_another_country_replaces_the_country() {
    let mut talk = Talk::at(Step::Phone);
    talk.say("+447700900123");
    assert_eq!(talk.session().collected.country_code, given("+44"));
    assert_eq!(talk.session().collected.phone, given("+44-7700900123"));
}

#[test]
fn the_six_answers_end_in_a_profile() {
    let mut talk = Talk::new(BotSettings::default());
    let mut last = None;
    for text in ["Hello", "John Doe", "+1 United States", "5551234567", "john@example.com", "Boston, USA"] {
        last = Some(talk.hear(Some(text)));
    }
    let Heard { reply, profile } = last.unwrap();
    assert_eq!((reply.kind.as_str(), talk.session().step), ("profile_complete", Step::Complete));
    assert_eq!(profile.unwrap().phone, "+1-5551234567");
}

#[test]
fn a_person_is_called_at_any_step_and_the_intake_goes_on_where_nobody_is_there() {
    for step in [Step::Name, Step::Phone, Step::Address] {
        let mut talk = Talk::at(step);
        let reply = talk.say("talk to a person");
        assert_eq!((reply.kind.as_str(), reply.escalated, reply.collecting), ("escalated", true, Some(step)));
        assert_eq!(reply.response, talk.snapshot.settings.offline_text);
        let reply = talk.say("When are you open?");
        assert_eq!((reply.kind.as_str(), reply.collecting), ("rag_response", Some(step)));
    }
}

#[test]
fn a_company_that_asks_at_a_handoff_asks_below_the_text() {
    let mut talk = Talk::new(BotSettings { profile_when: ProfileWhen::Handoff, ..BotSettings::default() });
    assert_eq!(talk.say("When are you open?").collecting, None);
    let reply = talk.say("talk to a person");
    assert_eq!((reply.kind.as_str(), reply.collecting), ("escalated", Some(Step::Name)));
    assert!(reply.response.ends_with("<br><br>What's your full name?"), "{}", reply.response);
    assert_eq!(talk.say("Ann Ray").collecting, Some(Step::CountryCode));
}

#[test]
fn a_company_that_never_asks_gets_no_intake() {
    let mut talk = Talk::new(BotSettings { profile_when: ProfileWhen::Never, ..BotSettings::default() });
    assert_eq!(talk.say("Hello").kind, "greeting_response");
    assert_eq!(talk.say("Ann Ray").kind, "clarification_needed");
}
