//! The intake: the welcome, and the steps that collect the visitor's profile.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    the_first_message_is_answered_with_the_welcome,
    a_greeting_repeats_the_welcome_until_there_is_a_name,
    each_step_asks_for_the_next,
    a_refused_input_leaves_the_step,
    the_chip_for_more_countries_offers_the_rest,
    the_email_may_be_skipped,
    a_file_alone_never_advances_a_step,
    a_profile_is_made_at_the_end,
    a_number_is_read_as_people_write_it,
    a_country_is_understood_or_asked_again,
    an_email_is_taken_out_of_its_sentence,
    invisible_characters_are_no_part_of_names_and_no_message,
    create_profile_completes_the_intake,
    create_profile_is_refused_for_each_bad_field,
    a_session_shows_only_the_name_without_a_token_that_may_see_it,
);

async fn the_first_message_is_answered_with_the_welcome(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for first in ["Hello", "Asha Rai", "thank you", "zzz qqq"] {
        let reply = tesla.stranger().say(first).await;
        assert_eq!((&reply["type"], &reply["collecting"]), (&json!("profile_collection"), &json!("name")), "{first}");
        assert_eq!(reply["suggestions"], json!(["Example: John Doe"]));
        let text = reply["response"].as_str().unwrap();
        assert!(text.contains("Tesla Motors") && text.contains("<br>"), "{text}");
        assert_eq!(reply.get("temp_data"), None);
        assert_eq!((&reply["user_message"]["content"], &reply["user_message"]["seq"]), (&json!(first), &json!(1)));
        assert_eq!(reply["last_seq"], 2);
    }
}

async fn a_greeting_repeats_the_welcome_until_there_is_a_name(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    let welcome = visitor.say("x").await["response"].clone();
    for greeting in ["hi", "  HEY you  ", "Namaste", "good morning all"] {
        assert_eq!(visitor.say(greeting).await["response"], welcome, "{greeting}");
    }
    assert_eq!(visitor.say("Hiroshi").await["collecting"], "country_code");
    // In later steps a greeting is ordinary input. It names no country, so the country is asked again.
    let reply = visitor.say("hello").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]), (&json!("country_code"), &json!({"name": "Hiroshi"})));
}

async fn each_step_asks_for_the_next(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    let reply = visitor.say("  Anne-Marie O\u{2019}Neill Jr. ").await;
    assert_eq!(reply["collecting"], "country_code");
    assert_eq!(reply["temp_data"], json!({"name": "Anne-Marie O\u{2019}Neill Jr."}));
    let chips = reply["suggestions"].as_array().unwrap();
    assert_eq!(chips.len(), 9);
    assert_eq!((&chips[0], &chips[8]), (&json!("+977 \u{1F1F3}\u{1F1F5} Nepal"), &json!("Show more countries")));
    let reply = visitor.say("united kingdom please").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["country_code"]), (&json!("phone"), &json!("+44")));
    assert_eq!(reply["suggestions"], json!(["Example: 9841234567"]));
    let reply = visitor.say("020 7946 0958").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["phone"]), (&json!("email"), &json!("+44-2079460958")));
    assert_eq!(reply["suggestions"], json!(["Example: your.email@example.com", "Skip"]));
    let reply = visitor.say("ann@example.com").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["email"]), (&json!("address"), &json!("ann@example.com")));
    assert_eq!(reply["suggestions"], json!(["Example: City, Country", "Skip"]));
    let reply = visitor.say("London").await;
    assert_eq!(
        (&reply["type"], reply.get("collecting"), reply.get("temp_data")),
        (&json!("profile_complete"), None, None)
    );
    assert_eq!(reply["suggestions"], json!(["Browse topics", "Talk to a person"]));
    assert!(reply["response"].as_str().unwrap().contains("O\u{2019}Neill"));
}

async fn a_refused_input_leaves_the_step(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for bad in ["X", "R2D2", "<b>Bo</b>", "a@b", &"x".repeat(101)] {
        let mut visitor = tesla.stranger();
        visitor.say("Hello").await;
        let reply = visitor.say(bad).await;
        assert_eq!((&reply["type"], &reply["collecting"]), (&json!("profile_collection"), &json!("name")), "{bad}");
        assert_eq!((&reply["suggestions"], reply.get("temp_data")), (&json!([]), None));
    }
    for bad in ["12345", "9991234567", "98412345678"] {
        let mut visitor = at_country(&tesla).await;
        visitor.say("Nepal").await;
        let reply = visitor.say(bad).await;
        assert_eq!(
            (&reply["collecting"], &reply["suggestions"]),
            (&json!("phone"), &json!(["Example: 9841234567"])),
            "{bad}"
        );
        assert_eq!(reply["temp_data"], json!({"name": "Asha Rai", "country_code": "+977"}));
    }
    for bad in ["nobody", "a@b", "a.b"] {
        let mut visitor = at_country(&tesla).await;
        assert_eq!(visitor.say("+977 984-123-4567").await["temp_data"]["phone"], "+977-9841234567");
        let reply = visitor.say(bad).await;
        assert_eq!(reply["collecting"], "email", "{bad}");
        assert_eq!(reply["suggestions"], json!(["Example: your.email@example.com", "Skip"]));
    }
}

async fn the_chip_for_more_countries_offers_the_rest(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    visitor.say("Asha Rai").await;
    let reply = visitor.say("Show more countries").await;
    assert_eq!(reply["collecting"], "country_code");
    let chips = reply["suggestions"].as_array().unwrap();
    assert_eq!((chips.len(), &chips[6]), (7, &json!("+94 \u{1F1F1}\u{1F1F0} Sri Lanka")));
    assert_eq!(visitor.say("+94 \u{1F1F1}\u{1F1F0} Sri Lanka").await["temp_data"]["country_code"], "+94");
}

async fn the_email_may_be_skipped(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for no in ["skip", "NO", "No thanks", "pass"] {
        let mut visitor = tesla.stranger();
        for text in ["Hello", "Asha Rai", "+977", "9841234567"] {
            visitor.say(text).await;
        }
        let reply = visitor.say(no).await;
        assert_eq!((&reply["collecting"], &reply["temp_data"]["email"]), (&json!("address"), &Value::Null), "{no}");
    }
}

async fn a_file_alone_never_advances_a_step(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    for step in ["name", "country_code", "phone", "email", "address"] {
        let reply = visitor.send(&json!({"attachment_ids": [file]})).await.ok();
        assert_eq!(reply["collecting"], step);
        assert_eq!((&reply["attachments"][0]["id"], &reply["user_message"]["content"]), (&file, &Value::Null));
        let answer = match step {
            "name" => "Asha Rai",
            "country_code" => "+977",
            "phone" => "9841234567",
            "email" => "skip",
            _ => "Kathmandu",
        };
        visitor.say(answer).await;
    }
    let reply = visitor.send(&json!({"attachment_ids": [file], "message": "  "})).await.ok();
    assert_eq!(reply["type"], "clarification_needed");
}

async fn a_profile_is_made_at_the_end(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let profile = tesla.admin.session_status(&visitor.session).await.ok()["user_profile"].clone();
    let expected = [
        ("session_id", json!(visitor.session)),
        ("company_id", json!("TES001")),
        ("name", json!("Asha Rai")),
        ("phone", json!("+1-5551234567")),
        ("country_code", json!("+1")),
        ("email", json!("asha@example.com")),
        ("address", json!("Kathmandu, Nepal")),
        ("is_favorite", json!(false)),
    ];
    for (key, value) in expected {
        assert_eq!(profile[key], value, "{key}");
    }
    let persistent = profile["persistent_user_id"].as_str().unwrap();
    let hex = persistent.strip_prefix("user_").unwrap();
    assert!(hex.len() == 12 && hex.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()), "{persistent}");
}

/// Brings a new visitor to the step of the country.
async fn at_country(company: &Company) -> Visitor {
    let mut visitor = company.stranger();
    visitor.say("Hello").await;
    visitor.say("Asha Rai").await;
    visitor
}

async fn a_number_is_read_as_people_write_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (country, typed, code, stored) in [
        ("Germany", "0049 151 2345678", "+49", "+49-1512345678"),
        ("Germany", "0151 23456789 call after 18:00", "+49", "+49-15123456789"),
        ("Nepal", "+447700900123", "+44", "+44-7700900123"),
        ("UK", "it's 00977 9841234567 (mobile)", "+977", "+977-9841234567"),
    ] {
        let mut visitor = at_country(&tesla).await;
        visitor.say(country).await;
        let reply = visitor.say(typed).await;
        let data = &reply["temp_data"];
        assert_eq!((&data["country_code"], &data["phone"]), (&json!(code), &json!(stored)), "{typed}: {reply}");
    }
    let mut visitor = at_country(&tesla).await;
    visitor.say("Germany").await;
    for text in ["call me", "none of your business"] {
        let reply = visitor.say(text).await;
        assert_eq!(reply["collecting"], "phone");
        assert!(!reply["response"].as_str().unwrap().contains("digit"), "{reply}");
    }
    let reply = visitor.say("123").await;
    assert!(reply["response"].as_str().unwrap().contains("Germany has 6 to 15 digits, not 3"), "{reply}");

    let anybody = world.anybody();
    for (phone, code, valid) in
        [("+447700900123", "+977", true), ("0049 151 23456789", "+1", true), ("call me", "+49", false)]
    {
        let check = anybody.validate_phone(phone, code).await.ok();
        assert_eq!(check["valid"], valid, "{phone}: {check}");
        assert!(!check["message"].as_str().unwrap().contains("digit"), "{phone}: {check}");
    }
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let body = json!({"session_id": visitor.session, "name": "Asha", "phone": "+447700900123"});
    let profile = visitor.create_profile(&body).await.ok()["profile"].clone();
    assert_eq!((&profile["phone"], &profile["country_code"]), (&json!("+44-7700900123"), &json!("+44")));
}

async fn a_country_is_understood_or_asked_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (typed, code) in [
        ("United States", "+1"),
        ("UK", "+44"),
        ("Spain", "+34"),
        ("DE", "+49"),
        ("49", "+49"),
        ("0049", "+49"),
        ("\u{1F1E9}\u{1F1EA}", "+49"),
        ("Deutschland", "+49"),
        ("I live in Germny", "+49"),
    ] {
        let mut visitor = at_country(&tesla).await;
        let reply = visitor.say(typed).await;
        assert_eq!(
            (&reply["collecting"], &reply["temp_data"]["country_code"]),
            (&json!("phone"), &json!(code)),
            "{typed}"
        );
    }
    for (typed, said) in
        [("Atlantis", "Atlantis"), ("from China to Nepal", "China, Nepal"), ("Zembla", "Zembla"), ("<b>x</b>", "< b>")]
    {
        let mut visitor = at_country(&tesla).await;
        let reply = visitor.say(typed).await;
        assert_eq!((&reply["collecting"], &reply["temp_data"]), (&json!("country_code"), &json!({"name": "Asha Rai"})));
        assert!(reply["response"].as_str().unwrap().contains(said), "{typed}: {reply}");
        assert_eq!(reply["suggestions"].as_array().unwrap().len(), 9);
    }
    let reply = at_country(&tesla).await.say("+49 151 23456789").await;
    assert_eq!(reply["temp_data"]["phone"], "+49-15123456789");
    assert_eq!((&reply["collecting"], &reply["temp_data"]["country_code"]), (&json!("email"), &json!("+49")));
}

async fn an_email_is_taken_out_of_its_sentence(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = at_country(&tesla).await;
    visitor.say("Nepal").await;
    visitor.say("9841234567").await;
    for bad in ["anna@@gmail.com", "anna@gmail.com or bob@gmail.com"] {
        assert_eq!(visitor.say(bad).await["collecting"], "email", "{bad}");
    }
    let reply = visitor.say("my email is an\u{200b}na@gmail.com.").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["email"]), (&json!("address"), &json!("anna@gmail.com")));

    let body = |email: &str| json!({"session_id": visitor.session, "name": "Asha", "phone": "1", "email": email});
    for (typed, kept) in [
        ("mail: anna@gmail.com", "anna@gmail.com"),
        ("anna@gmail.com\u{feff}", "anna@gmail.com"),
        ("j\u{fc}rgen@b\u{fc}cher.example", "j\u{fc}rgen@b\u{fc}cher.example"),
    ] {
        assert_eq!(visitor.create_profile(&body(typed)).await.ok()["profile"]["email"], kept);
    }
    for bad in ["anna@@gmail.com", "anna@gmail.com, bob@gmail.com"] {
        visitor.create_profile(&body(bad)).await.field_error("email", "Enter a valid email address.");
    }
    let hired = json!({"name": "Noor", "phone": "1", "email": "Noor <no\u{200d}or@t.com>", "specialization": "x"});
    assert_eq!(tesla.admin.create_agent(&hired).await.created()["email"], "noor@t.com");
}

async fn invisible_characters_are_no_part_of_names_and_no_message(world: &World) {
    let tesla = world.company("Tesla\u{202e} Mo\u{200b}tors").await;
    assert_eq!(tesla.admin.client().get("/api/auth/profile/").await.ok()["name"], "Tesla Motors");
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    for blank in ["\u{200b}", " \u{202e}\u{2028}\u{feff} ", "\u{3164}"] {
        let reply = visitor.send(&json!({"message": blank})).await;
        reply.expect(400);
    }
    let reply = visitor.say("\u{202e}Asha\u{200b} Rai\u{2069}").await;
    assert_eq!(reply["temp_data"]["name"], "Asha Rai");
    let body = json!({"session_id": visitor.session, "name": "\u{2066}As\u{ad}ha\u{2028}", "phone": "1"});
    assert_eq!(visitor.create_profile(&body).await.ok()["profile"]["name"], "Asha");
    let blank = json!({"session_id": visitor.session, "name": "\u{200b}\u{2060}", "phone": "1"});
    visitor.create_profile(&blank).await.field_error("name", "This field may not be blank.");
    let file = visitor.share("invoice\u{202e}fdp.t\u{200b}xt", b"text").await;
    assert_eq!(file["original_name"], "invoicefdp.txt");
}

async fn create_profile_completes_the_intake(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    visitor.say("Half Way").await;
    let body = json!({"session_id": visitor.session, "name": "Asha <b>Rai", "phone": "984 1234567", "email": ""});
    world.clock.advance(Duration::from_mins(1));
    let made = visitor.create_profile(&body).await.ok();
    let profile = &made["profile"];
    assert_eq!(profile["last_used"], profile["created_at"]);
    assert_eq!((&profile["name"], &profile["phone"]), (&json!("Asha < b>Rai"), &json!("+977-9841234567")));
    assert_eq!(
        (&profile["persistent_user_id"], &profile["company_id"]),
        (&made["persistent_user_id"], &json!("TES001"))
    );
    assert_eq!(visitor.say("Hello").await["type"], "greeting_response");

    let body = json!({"session_id": visitor.session, "name": "Asha", "phone": "whatever", "country_code": "+1"});
    let again = visitor.create_profile(&body).await.ok();
    assert_eq!((&again["profile"]["id"], &again["profile"]["phone"]), (&profile["id"], &json!("whatever")));
    assert_eq!(visitor.session_status(&visitor.session).await.ok()["user_profile"]["name"], "Asha");
}

async fn create_profile_is_refused_for_each_bad_field(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    let body = |key: &str, value: Value| {
        let mut body = json!({"session_id": visitor.session, "name": "Asha", "phone": "1"});
        body[key] = value;
        body
    };
    let missing = visitor.create_profile(&json!({"name": "Asha", "phone": "1"})).await;
    missing.error(400, "bad_request", "session_id is required");
    let unknown = visitor.create_profile(&body("session_id", json!("TES001_none"))).await;
    unknown.error(404, "not_found", "Session not found");
    for (key, value, message) in [
        ("name", json!(""), "This field may not be blank."),
        ("phone", json!("123456789012345678901"), "Ensure this field has no more than 20 characters."),
        ("email", json!("nobody@home"), "Enter a valid email address."),
        ("address", json!("x".repeat(501)), "Ensure this field has no more than 500 characters."),
        ("country_code", json!("+1234567890"), "Ensure this field has no more than 10 characters."),
    ] {
        visitor.create_profile(&body(key, value)).await.field_error(key, message);
    }
    assert_eq!(visitor.session_status(&visitor.session).await.ok()["user_profile"], Value::Null);
}

async fn a_session_shows_only_the_name_without_a_token_that_may_see_it(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let visitor = tesla.visitor().await;
    let agent = tesla.agent("Bo Agent").await;
    let superadmin = world.superadmin().await;
    for (who, sees) in [
        (visitor.client(), false),
        (space.admin.client(), false),
        (agent.client(), false),
        (tesla.admin.client(), true),
        (superadmin.client(), true),
    ] {
        let status = who.session_status(&visitor.session).await.ok();
        assert_eq!((&status["session_id"], &status["status"]), (&json!(visitor.session), &json!("active")));
        assert_eq!(status["is_escalated"], false);
        let profile = status["user_profile"].as_object().unwrap();
        assert_eq!(profile["name"], "Asha Rai");
        let others =
            "id session_id company_id persistent_user_id phone email address country_code created_at last_used";
        for key in others.split(' ').chain(["is_favorite"]) {
            assert_eq!(profile.get(key).map(Value::is_null), Some(!sees), "{key}: {status}");
        }
    }
    visitor.session_status("TES001_none").await.error(404, "not_found", "Session not found");
    visitor.client().get("/api/chatbot/session-status/").await.error(400, "bad_request", "session_id is required");
}
