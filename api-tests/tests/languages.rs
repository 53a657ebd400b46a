//! The languages that the bot understands, and refusals in each of them.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    greetings_and_refusals_of_each_language_are_understood,
    the_language_of_the_answers_is_said_once,
    a_refusal_is_understood_in_many_words,
);

/// A language's greeting, refusal and thanks.
const LANGUAGES: [[&str; 3]; 5] = [
    ["Guten Morgen", "nein danke", "Vielen Dank"],
    ["buenos d\u{ed}as", "no, gracias", "muchas gracias"],
    ["bonjour", "non merci", "merci beaucoup"],
    ["\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}", "nahi chahiye", "dhanyavaad"],
    ["namaskar", "pardaina", "dherai dhanyabad"],
];

async fn greetings_and_refusals_of_each_language_are_understood(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let settings = tesla.admin.bot_settings().await.ok();
    let ends_with =
        |reply: &Value, text: &str| reply["response"].as_str().unwrap().ends_with(settings[text].as_str().unwrap());
    for [greeting, refusal, _] in LANGUAGES {
        let mut visitor = tesla.visitor().await;
        let reply = visitor.say(greeting).await;
        assert_eq!(reply["type"], "greeting_response", "{greeting}");
        let reply = visitor.say(refusal).await;
        assert!(reply["type"] == "small_talk" && ends_with(&reply, "refusal_text"), "{refusal}: {reply}");
        // In the intake a greeting is no name, and a refusal skips a step.
        let mut visitor = tesla.stranger();
        visitor.say("Hello").await;
        assert_eq!(visitor.say(greeting).await["collecting"], "name", "{greeting}");
        for text in ["Ann Ray", "Nepal", "9841234567"] {
            visitor.say(text).await;
        }
        assert_eq!(visitor.say(refusal).await["collecting"], "address", "{refusal}");
    }
}

async fn the_language_of_the_answers_is_said_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"language_text": "English only.", "thanks_text": "My pleasure."})).await.ok();
    for [_, _, thanks] in LANGUAGES {
        let mut visitor = tesla.visitor().await;
        assert_eq!(visitor.say(thanks).await["response"], "English only.<br><br>My pleasure.", "{thanks}");
        assert_eq!(visitor.say(thanks).await["response"], "My pleasure.", "{thanks}");
    }
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("Thank you").await["response"], "My pleasure.");
}

async fn a_refusal_is_understood_in_many_words(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for refusal in [
        "skip",
        "no",
        "No thanks.",
        "pass",
        "none",
        "I'd rather not say",
        "I don't want to give that",
        "I don't have one",
        "i dont have an e-mail",
    ] {
        let mut visitor = tesla.stranger();
        for text in ["Hello", "Ann Ray", "Nepal", "9841234567"] {
            visitor.say(text).await;
        }
        let reply = visitor.say(refusal).await;
        assert_eq!(
            (&reply["collecting"], &reply["temp_data"]["email"]),
            (&json!("address"), &Value::Null),
            "{refusal}"
        );
    }
}
