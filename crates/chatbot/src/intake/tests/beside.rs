//! Messages that are no answer to the question of the intake.

use super::*;
use crate::{Found, fixtures::index};

#[test]
fn an_entry_about_what_the_bot_asks_for_comes_before_the_reason() {
    let question = "Why do you need my phone number?";
    let shop = index(&[("Privacy", question, "Only the courier sees it.")]);
    let mut talk = Talk::at(Step::Phone);
    talk.knowledge = shop;
    let reply = talk.say(question);
    assert_eq!((reply.kind.as_str(), reply.collecting), ("rag_response", Some(Step::Phone)));
    assert!(reply.response.starts_with("Only the courier sees it."), "{}", reply.response);
    let reason = Talk::at(Step::Phone).say(question).response;
    assert!(reason.starts_with("We ask so that"), "{reason}");
}

#[test]
fn an_answer_to_the_question_before_is_no_entry_about_what_the_bot_asks_for() {
    let before = "Do you repair hydraulic brakes?";
    let (shop, settings) = (index(&[("Repairs", before, "Yes, in a day.")]), BotSettings::default());
    let text = "why do you need this?";
    let found = Search::new(&shop, None, &settings, Some(before)).find(text, &Meanings::default());
    assert!(Found::of(Some(&found), text).unwrap().is_certain());
    assert_eq!(Found::is_entry(Some(&found), text), Ok(false));
    let found = Search::new(&shop, None, &settings, None).find(before, &Meanings::default());
    assert_eq!(Found::is_entry(Some(&found), before), Ok(true));
}

#[test]
fn a_button_is_no_answer_to_the_question_above_it() {
    for step in [Step::Name, Step::Address] {
        let mut talk = Talk::at(step);
        talk.knowledge = index(&[("Elm Road", "When are you open?", "Always.")]);
        for button in ["Leave my e-mail address", "Show more countries", "Browse topics", "Elm Road"] {
            let reply = talk.say(button);
            let answer = talk.session().collected.field(step);
            assert_eq!((reply.collecting, answer), (Some(step), Some(&Field::Open)), "{button}");
        }
    }
    // A title of a section is an answer where it was not offered.
    assert_eq!(Talk::at(Step::Address).hear(Some("Elm Road")).profile.unwrap().address.as_deref(), Some("Elm Road"));
}

#[test]
fn a_corrected_word_replaces_that_word_of_the_name() {
    for (text, name) in [
        ("sorry, my name is Anne", "Anne Ray"),
        ("it's Rey not Ray", "Ann Rey"),
        ("my name is Ann", "Ann Ray"),
        ("my name is Tom", "Tom"),
        ("change my name to Ann Mary Ray", "Ann Mary Ray"),
    ] {
        let mut talk = Talk::at(Step::Address);
        assert_eq!(talk.say(text).collecting, Some(Step::Address), "{text}");
        assert_eq!(talk.session().collected.name, given(name), "{text}");
    }
}

#[test]
fn a_text_that_looks_like_no_address_is_asked_about_once() {
    let mut talk = Talk::at(Step::Address);
    let reply = talk.say("12");
    assert_eq!(reply.collecting, Some(Step::Address));
    assert!(reply.response.starts_with("I did not understand that as an address"), "{}", reply.response);
    assert_eq!(talk.hear(Some("12")).profile.unwrap().address.as_deref(), Some("12"));
    // A refusal completes the intake without one.
    let profile = Talk::at(Step::Address).hear(Some("not sure")).profile.unwrap();
    assert_eq!(profile.address, None);
}

#[test]
fn who_says_goodbye_is_not_asked_the_next_question() {
    for text in ["bye", "see you tomorrow", "tsch\u{fc}ss", "au revoir"] {
        let mut talk = Talk::at(Step::Phone);
        let reply = talk.say(text);
        assert_eq!((reply.kind.as_str(), reply.collecting), ("small_talk", Some(Step::Phone)), "{text}");
        assert!(reply.response.ends_with("Goodbye! Come back any time."), "{}", reply.response);
    }
    assert_eq!(Talk::new(BotSettings::default()).say("bye").response, "Goodbye! Come back any time.");
}

#[test]
fn what_is_told_behind_a_greeting_is_noted() {
    let mut talk = Talk::new(BotSettings::default());
    talk.say("hello, we missed our train");
    assert_eq!(talk.session().dialogue.question.as_deref(), Some("hello, we missed our train"));
}

#[test]
fn a_name_can_be_completed_later() {
    for step in [Step::CountryCode, Step::Phone, Step::Email] {
        let mut talk = Talk::at(step);
        assert_eq!(talk.say("ann ray miller").collecting, Some(step));
        assert_eq!(talk.session().collected.name, given("ann ray miller"));
    }
}

#[test]
fn who_asks_whether_to_ask_has_not_asked_yet() {
    let mut talk = Talk::at(Step::Name);
    talk.say("could I ask you something?");
    assert_eq!(talk.session().dialogue.question, None);
}
