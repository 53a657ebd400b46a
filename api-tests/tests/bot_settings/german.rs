//! A company whose visitors speak German.

use api_tests::prelude::*;

/// Returns settings with which a visitor reads no English.
fn settings() -> Value {
    json!({
        "bot_name": "Ada",
        "welcome_text": "Hallo, ich bin {bot_name} von {company_name}.<br><br>Wie hei\u{df}en Sie?",
        "profile_reason_text": "So kann sich jemand bei Ihnen melden.",
        "profile_done_text": "Danke, {name}! Wie kann ich helfen?",
        "name_question_text": "Wie hei\u{df}en Sie?",
        "country_question_text": "Aus welchem Land ist Ihre Nummer?",
        "phone_question_text": "Wie ist Ihre Nummer?",
        "email_question_text": "Wie ist Ihre E-Mail-Adresse?",
        "address_question_text": "Und Ihre Anschrift?",
        "can_skip_text": "Das ist freiwillig.",
        "email_example": "erika@beispiel.de",
        "name_noted_text": "Sch\u{f6}n, {name}!",
        "fields_noted_text": "Notiert: {fields}.",
        "field_text": "{field}",
        "country_word": "Land",
        "email_word": "E-Mail-Adresse",
        "address_word": "Anschrift",
        "and_word": "und",
        "country_unknown_text": "\u{201e}{text}\u{201c} kenne ich nicht.",
        "country_again_text": "Bitte w\u{e4}hlen Sie eines.",
        "phone_unclear_text": "Das ist keine Nummer.",
        "skipped_text": "In Ordnung.",
        "question_noted_text": "Darauf komme ich zur\u{fc}ck.",
        "question_open_text": "Zu \u{201e}{question}\u{201c} wei\u{df} ich nichts.",
        "skip_suggestion": "\u{dc}berspringen",
        "more_countries_suggestion": "Weitere L\u{e4}nder",
        "person_suggestion": "Mit jemandem sprechen",
        "topics_suggestion": "Themen",
        "leave_email_suggestion": "E-Mail-Adresse hinterlassen",
        "offline_text": "Gerade ist niemand da.",
        "topics_text": "Das sind meine Themen.",
        "topic_text": "Was wollen Sie \u{fc}ber {topic} wissen?",
        "file_question_text": "Danke f\u{fc}r die Datei.",
        "default_country_code": "+49",
    })
}

pub(crate) async fn a_bot_can_speak_german(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&settings()).await.ok();
    let mut visitor = tesla.stranger();
    let said = |reply: Value| reply["response"].as_str().unwrap().to_owned();
    assert_eq!(said(visitor.say("...").await), "Hallo, ich bin Ada von Tesla Motors.<br><br>Wie hei\u{df}en Sie?");
    let country = visitor.say("Erika Muster, erika@beispiel.de").await;
    let text = "Sch\u{f6}n, Erika Muster! Notiert: E-Mail-Adresse. Aus welchem Land ist Ihre Nummer?";
    assert_eq!((&country["response"], &country["suggestions"][8]), (&json!(text), &json!("Weitere L\u{e4}nder")));
    let text = "\u{201e}Qxistan {name}\u{201c} kenne ich nicht. Aus welchem Land ist Ihre Nummer? Bitte w\u{e4}hlen Sie eines.";
    assert_eq!(said(visitor.say("Qxistan {name}").await), text);
    assert_eq!(visitor.say("weitere l\u{e4}nder").await["suggestions"].as_array().unwrap().len(), 7);
    assert_eq!(said(visitor.say("+49").await), "Wie ist Ihre Nummer?");
    assert_eq!(said(visitor.say("12").await), "Das ist keine Nummer. Wie ist Ihre Nummer?");
    let reason = visitor.say("\u{dc}berspringen").await;
    assert_eq!(reason["response"], "So kann sich jemand bei Ihnen melden. Wie ist Ihre Nummer?");
    assert_eq!(reason["suggestions"], json!(["\u{dc}berspringen", "Mit jemandem sprechen"]));
    let address = visitor.say("\u{dc}berspringen").await;
    assert_eq!(address["response"], "In Ordnung. Und Ihre Anschrift?");
    assert_eq!(address["suggestions"], json!(["Example: City, Country", "\u{dc}berspringen"]));
    let offline = visitor.say("Mit jemandem sprechen").await;
    assert_eq!((&offline["response"], &offline["outcome"]), (&json!("Gerade ist niemand da."), &json!("offline")));
    assert_eq!(offline["suggestions"], json!(["Themen"]));
    let topics = visitor.say("Themen").await;
    assert_eq!((&topics["type"], &topics["collecting"]), (&json!("topic_selection"), &json!("address")));
    assert_eq!(topics["response"], "Das sind meine Themen.<br><br>Und Ihre Anschrift?");
    let section = topics["suggestions"][0].as_str().unwrap().to_owned();
    let questions = visitor.say(&section).await;
    let text = format!("Was wollen Sie \u{fc}ber {section} wissen?<br><br>Und Ihre Anschrift?");
    assert_eq!((&questions["response"], &questions["collecting"]), (&json!(text), &json!("address")));
    let done = said(visitor.say("Hauptstra\u{df}e 1, Berlin").await);
    assert_eq!(done, "Danke, Erika Muster! Wie kann ich helfen?");
    // The default wording of a button stays understood.
    assert_eq!(visitor.say("Browse topics").await["response"], "Das sind meine Themen.");
}

pub(crate) async fn a_preview_speaks_german(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&settings()).await.ok();
    for (text, state, response) in [
        ("Erika Muster", "name", "Sch\u{f6}n, Erika Muster! Aus welchem Land ist Ihre Nummer?"),
        (
            "Qxistan",
            "country_code",
            "\u{201e}Qxistan\u{201c} kenne ich nicht. Aus welchem Land ist Ihre Nummer? Bitte w\u{e4}hlen Sie eines.",
        ),
        ("\u{dc}berspringen", "email", "In Ordnung. Und Ihre Anschrift?"),
    ] {
        let body = json!({"text": text, "state": state});
        let shown = tesla.admin.client().post("/api/admin-dashboard/bot-settings/preview/", &body).await.ok();
        assert_eq!(shown["reply"]["response"], response);
    }
}
