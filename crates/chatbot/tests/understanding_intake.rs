//! Texts that come while the intake waits for an answer, and are none.
#![cfg(test)]

use chatbot::{
    BotSettings, Step,
    understanding::{Awaited, Intent, Reading, read},
};

fn reading(step: Step, text: &str) -> Reading {
    let settings = BotSettings::default();
    read(text, &Awaited { step: Some(step), calling_code: "+49", person_phrases: &settings.escalation_phrases })
}

const STEPS: [Step; 5] = [Step::Name, Step::CountryCode, Step::Phone, Step::Email, Step::Address];

#[test]
fn a_question_to_the_company_is_none_about_what_the_bot_asks_for() {
    for text in [
        "do you store skis over the summer",
        "do you need a reservation for a table",
        "must I bring my passport",
        "do we have to pay in cash",
        "is it necessary to arrive early",
        "will you call me once the parcel is there",
        "who gets a student discount",
        "do you use organic flour",
        "why is my chain so loud",
        "why is it so expensive",
        "what do I need for the exam",
        "what happens with my deposit if I cancel",
        "what is the reason for the delay",
        "do you give refunds",
        "will you send me the invoice",
        "warum muss ich im Voraus zahlen",
        "wieso ist der Laden zu",
        "por qu\u{e9} cierran tan temprano",
        "por qu\u{e9} hay que pagar antes",
        "pourquoi le magasin est ferm\u{e9}",
        "pourquoi je dois r\u{e9}server",
        "kya helmet zaroori hai",
    ] {
        assert_eq!(STEPS.map(|step| reading(step, text).intent), [Intent::Question; 5], "{text}");
    }
}

#[test]
fn a_question_about_what_the_bot_asks_for_names_it() {
    for text in [
        "do you need that for a table",
        "do you store my number",
        "must I",
        "do I have to tell you my name",
        "is this necessary",
        "will you call me then",
        "who gets my details",
        "why is my surname important",
        "why is it necessary",
        "what do you need it for",
        "what happens with my data",
        "what is the reason for this question",
        "will you send me spam",
        "warum muss ich das angeben",
        "para qu\u{e9} necesitan eso",
        "por qu\u{e9} necesitan mi correo",
        "pourquoi je dois donner mon nom",
        "\u{e0} quoi \u{e7}a sert",
        "kyun puch rahe ho",
    ] {
        assert_eq!(STEPS.map(|step| reading(step, text).intent), [Intent::Why; 5], "{text}");
    }
}

#[test]
fn at_the_address_other_texts_are_what_they_say() {
    let address = |text| {
        let found = reading(Step::Address, text);
        (found.intent, found.values.name, found.values.address)
    };
    for (text, name) in [
        ("please change my name to Maria Ortiz", "Maria Ortiz"),
        ("my name is Paul Becker", "Paul Becker"),
        ("it is Stefan not Stephan", "Stefan"),
        ("the name should be Li Wei", "Li Wei"),
        ("my name is spelled Kathryn Moore", "Kathryn Moore"),
        ("\u{e4}ndern Sie meinen Namen in Eva Kern", "Eva Kern"),
        ("cambia mi nombre a Luc\u{ed}a", "Luc\u{ed}a"),
        ("changez mon nom en Aline", "Aline"),
    ] {
        assert_eq!(address(text), (Intent::Nothing, Some(name.to_owned()), None), "{text}");
    }
    for text in
        ["I'm not sure", "no clue", "idk", "as above", "same", "wei\u{df} ich nicht", "no lo s\u{e9}", "voir plus haut"]
    {
        assert_eq!(address(text), (Intent::Refusal, None, None), "{text}");
    }
    for text in ["99", "0", "qq", "there", "at home", "from here"] {
        assert_eq!(address(text), (Intent::Nothing, None, None), "{text}");
    }
    for (text, value) in [
        ("it's Lisbon", "Lisbon"),
        ("this is 5 Mill Lane", "5 Mill Lane"),
        ("UK", "UK"),
        ("Ulm", "Ulm"),
        ("\u{6771}\u{4eac}", "\u{6771}\u{4eac}"),
        ("same as before, 12 Oak Street", "12 Oak Street"),
    ] {
        assert_eq!(address(text), (Intent::Nothing, None, Some(value.to_owned())), "{text}");
    }
}

#[test]
fn what_visitors_suffer_is_no_anger() {
    for step in [None, Some(Step::Email)] {
        for text in [
            "my ear hurts really badly",
            "I don't feel well at all",
            "my knee is swollen and so painful",
            "I have a terrible toothache",
            "we missed our train",
            "I broke my crown, it hurts so much",
            "it hurts like hell",
        ] {
            let settings = BotSettings::default();
            let awaited = Awaited { step, calling_code: "+49", person_phrases: &settings.escalation_phrases };
            let intent = read(text, &awaited).intent;
            assert!(matches!(intent, Intent::Question | Intent::Nothing), "{text}: {intent:?}");
        }
    }
    for text in ["I am so annoyed", "this chat is painful", "I am sick of this"] {
        assert_eq!(reading(Step::Email, text).intent, Intent::Frustration, "{text}");
    }
}

#[test]
fn what_follows_a_greeting_counts() {
    for text in [
        "hey, I dropped my phone in the lake",
        "good evening, our room has no window",
        "hi, somebody has parked in front of our gate",
    ] {
        assert_eq!(reading(Step::Name, text).intent, Intent::Question, "{text}");
    }
    let found = reading(Step::Name, "hello i am paula and i would like to know what a class costs");
    assert_eq!((found.intent, found.values.name.as_deref()), (Intent::Question, Some("paula")));
}

#[test]
fn a_text_may_tell_something_of_the_visitor() {
    for text in
        ["my tooth is killing me", "we broke the key", "mein Zahn tut weh", "j'ai mal aux dents", "me duele la muela"]
    {
        assert!(reading(Step::Name, text).tells, "{text}");
    }
    for text in ["for 3 days", "please hurry", "nobody calls"] {
        let found = reading(Step::Name, text);
        assert!(found.tells && found.values.name.is_none(), "{text}");
    }
    for text in ["sleep", "Ann Ray", "Rose Hill", ""] {
        assert!(!reading(Step::Name, text).tells, "{text}");
    }
}

#[test]
fn a_wish_for_a_call_may_name_a_time() {
    for text in [
        "could somebody call me on Friday?",
        "can a human phone me back tomorrow evening",
        "please call me at noon",
        "is somebody able to ring me this evening",
        "call me on tuesday",
        "can someone text me at 3pm",
        "k\u{f6}nnt ihr mich am Mittwoch anrufen",
        "kann mich heute Abend jemand zur\u{fc}ckrufen",
    ] {
        assert_eq!(reading(Step::Name, text).intent, Intent::Person, "{text}");
    }
    let found = reading(Step::Phone, "you can call me at 0151 23456789");
    assert_eq!(found.intent, Intent::Nothing);
}

#[test]
fn what_is_told_in_another_language_is_no_name() {
    for text in [
        "ich habe starke Kopfschmerzen",
        "meine Hand blutet",
        "tengo un problema con el pedido",
        "me duele la rodilla",
        "j'ai mal au dos",
        "mon casque est cass\u{e9}",
    ] {
        let found = reading(Step::Name, text);
        assert_eq!((found.intent, found.values.name), (Intent::Question, None), "{text}");
    }
}
