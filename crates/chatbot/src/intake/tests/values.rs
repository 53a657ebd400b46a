//! Values that are given at a step which waits for another one.

use super::*;

/// Ways in which the bot comes to wait for a name, by what the visitor says first.
const BEFORE_A_NAME: [&[&str]; 6] = [
    &["hello"],
    &["hello", "4nn"],
    &["hello", "why do you need this?"],
    &["When are you open?"],
    &["hello", "no"],
    &["I want to talk to a human"],
];

#[test]
fn a_value_for_another_step_is_kept_while_a_name_is_waited_for() {
    for before in BEFORE_A_NAME {
        for (text, step, value) in [
            ("United States", Step::CountryCode, "+1"),
            ("united sates", Step::CountryCode, "+1"),
            ("USA", Step::CountryCode, "+1"),
            ("Germany", Step::CountryCode, "+49"),
            ("it's Germany", Step::CountryCode, "+49"),
            ("I'm from Spain", Step::CountryCode, "+34"),
            ("+49", Step::CountryCode, "+49"),
            ("ann@ray.org", Step::Email, "ann@ray.org"),
            ("9841234567", Step::Phone, "+977-9841234567"),
            ("+49 151 23456789", Step::Phone, "+49-15123456789"),
        ] {
            let mut talk = Talk::new(BotSettings::default());
            before.iter().for_each(|text| drop(talk.say(text)));
            let reply = talk.say(text);
            let collected = &talk.session().collected;
            assert_eq!(
                (&collected.name, collected.field(step)),
                (&Field::Open, Some(&given(value))),
                "{before:?} {text}"
            );
            assert_eq!(reply.collecting, Some(Step::Name), "{before:?} {text}");
            assert!(reply.response.ends_with("What's your full name?"), "{}", reply.response);
        }
    }
}

#[test]
fn people_with_the_name_of_a_country_keep_it() {
    for (text, name) in [
        ("Chad", "Chad"),
        ("Jordan", "Jordan"),
        ("Jordan Smith", "Jordan Smith"),
        ("my name is India", "India"),
        ("my name is Germany", "Germany"),
        ("Madhav Nepal", "Madhav Nepal"),
        ("Tom, Germany", "Tom"),
    ] {
        let mut talk = Talk::at(Step::Name);
        talk.say(text);
        assert_eq!(talk.session().collected.name, given(name), "{text}");
    }
    let mut talk = Talk::at(Step::Name);
    talk.say("Nepal");
    let reply = talk.say("Nepal");
    assert!(reply.response.contains("\u{201c}My name is Nepal\u{201d}"), "{}", reply.response);
}

#[test]
fn a_country_in_place_of_the_phone_number_replaces_the_country() {
    let mut talk = Talk::at(Step::Phone);
    let reply = talk.say("United States");
    assert_eq!((reply.collecting, &talk.session().collected.country_code), (Some(Step::Phone), &given("+1")));
}

#[test]
fn a_step_that_is_put_off_is_refused() {
    let mut talk = Talk::at(Step::Email);
    assert_eq!(talk.say("later").collecting, Some(Step::Address));
}

#[test]
fn the_button_for_an_e_mail_address_asks_for_it_in_the_intake_too() {
    let mut talk = Talk::at(Step::Name);
    let reply = talk.say("talk to a person");
    let reply = talk.say(&reply.suggestions[0]);
    assert_eq!((reply.response.as_str(), reply.collecting), ("What's your e-mail address?", Some(Step::Name)));
    talk.say("ann@ray.org");
    assert_eq!(talk.session().collected.email, given("ann@ray.org"));
}

#[test]
fn everyday_words_are_no_name() {
    for text in ["no time for names", "ok leave a message then", "helloo", "not sure what you want from me"] {
        let mut talk = Talk::at(Step::Name);
        talk.say(text);
        assert_eq!(talk.session().collected.name.value(), None, "{text}");
    }
}

#[test]
fn a_question_about_a_place_gives_no_address() {
    let mut talk = Talk::new(BotSettings::default());
    let reply = talk.say("Hi, I'm Mia (mia@web.de), do you deliver to Austria?");
    let Collected { name, email, address, .. } = &talk.session().collected;
    assert_eq!((name, email, address), (&given("Mia"), &given("mia@web.de"), &Field::Open));
    // The question beside the values is kept.
    assert!(reply.response.contains("I have noted that"), "{}", reply.response);
    assert!(talk.session().dialogue.question.is_some());
}

#[test]
fn a_question_that_completes_the_intake_leaves_the_first_one_for_a_handoff() {
    let steps = ProfileSteps { address: Requirement::Off, ..ProfileSteps::default() };
    let mut talk = Talk::at(Step::Email);
    talk.snapshot.settings = std::sync::Arc::new(BotSettings { profile_steps: steps, ..BotSettings::default() });
    talk.say("Do zebras cross the moon?");
    let reply = talk.say("When are you open? ann@ray.org");
    assert_eq!(reply.kind, "profile_complete");
    assert!(reply.response.starts_with("Tuesday to Sunday"), "{}", reply.response);
    assert_eq!(talk.session().dialogue.question.as_deref(), Some("Do zebras cross the moon?"));
}

#[test]
fn yes_to_the_offer_of_a_person_calls_one() {
    let mut talk = Talk::at(Step::Name);
    assert_eq!(talk.say("you don't understand me").kind, "small_talk");
    assert_eq!(talk.say("yes please").kind, "escalated");

    let mut talk = Talk::at(Step::Address);
    talk.say("Do zebras cross the moon?");
    talk.say("skip");
    assert_eq!(talk.say("yes").kind, "escalated");

    let mut talk = Talk::at(Step::Name);
    talk.say("you don't understand me");
    talk.say("Ann Ray");
    assert_ne!(talk.say("yes").kind, "escalated");
}

#[test]
fn a_question_without_an_answer_reopens_a_resolved_handoff_in_the_intake_too() {
    let mut talk = Talk::at(Step::Name);
    talk.snapshot.session.status = crate::SessionStatus::Resolved;
    talk.snapshot.session.dialogue.resolved_before = true;
    talk.say("thanks");
    assert_eq!(talk.say("When are you open?").kind, "rag_response");
    assert_eq!(talk.say("my oven is still broken").kind, "escalated");
}

#[test]
fn a_number_waits_for_its_country() {
    let mut talk = Talk::at(Step::Name);
    let reply = talk.say("Karen Mitchell 07700900456");
    assert_eq!((talk.session().step, reply.response.contains("Karen Mitchell")), (Step::CountryCode, true));
    let reply = talk.say("UK");
    assert!(reply.response.starts_with("I have noted your phone number."), "{}", reply.response);
    assert_eq!(talk.session().collected.phone, given("+44-7700900456"));
    assert_eq!((talk.session().step, &talk.session().dialogue.number), (Step::Email, &None));

    let mut talk = Talk::at(Step::CountryCode);
    let reply = talk.say("912 34 567");
    assert!(reply.response.starts_with("I have noted your phone number. Which country"), "{}", reply.response);
    // Who only repeats it is not held up.
    for _ in 0..3 {
        talk.say("912 34 567");
    }
    assert_ne!(talk.session().step, Step::CountryCode);

    let mut talk = Talk::at(Step::Name);
    talk.say("my order is 912345678");
    assert_eq!(talk.session().dialogue.number, None);
}
