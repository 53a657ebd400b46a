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
