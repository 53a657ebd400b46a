//! The conversation: questions at any time, a person at any time, and a bot that is honest about who is there.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    a_question_first_is_answered_and_one_in_the_middle_too,
    a_question_without_an_answer_goes_with_the_handoff,
    everything_in_one_sentence_is_understood,
    a_required_step_gives_its_reason_and_then_gives_way,
    a_visitor_without_a_phone_gets_a_profile_without_one,
    a_correction_after_the_intake_changes_the_profile,
    a_person_is_called_at_every_step_in_everyday_words,
    talking_about_people_calls_nobody,
    nobody_there_is_said_and_the_bot_goes_on,
    an_agent_who_comes_is_found_by_the_next_wish,
    outside_the_hours_nobody_is_there,
    the_button_for_a_person_needs_no_words,
    a_repeated_wish_tells_the_state,
    the_button_is_idempotent,
    misses_in_a_row_call_a_person,
    anger_twice_in_a_row_calls_a_person,
    a_complaint_after_a_resolved_handoff_reopens_it,
    small_talk_has_texts_of_its_own,
    other_languages_are_understood_and_answered_in_english,
    the_language_in_a_text_is_the_one_of_the_bot,
    more_than_four_questions_at_once_are_not_dropped_in_silence,
    data_may_be_asked_at_the_handoff_or_never,
);

const REQUEST: &str = "/api/chatbot/request-person/";

async fn a_question_first_is_answered_and_one_in_the_middle_too(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    let first = visitor.say("Do you repair hydraulic brakes?").await;
    assert_eq!((&first["type"], &first["collecting"]), (&json!("rag_response"), &json!("name")));
    let answer = first["answer"].as_str().unwrap();
    assert_eq!(first["response"], format!("{answer}<br><br>What's your full name?"));
    assert!(!first["citations"].as_array().unwrap().is_empty());
    visitor.say("Ann Ray").await;
    let middle = visitor.say("do you repair hydraulic brakes").await;
    assert_eq!((&middle["type"], &middle["collecting"]), (&json!("rag_response"), &json!("country_code")));
    assert_eq!(middle["temp_data"], json!({"name": "Ann Ray"}));
    assert_eq!(visitor.say("Nepal").await["collecting"], "phone");
}

async fn a_question_without_an_answer_goes_with_the_handoff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    let first = visitor.say("Do zebras cross the moon?").await;
    assert_eq!((&first["type"], &first["collecting"]), (&json!("profile_collection"), &json!("name")));
    visitor.say("Ann Ray").await;
    visitor.say("please let me talk to a human").await;
    let row = &tesla.admin.handoffs(&[]).await.ok()[0];
    assert_eq!(row["escalation_reason"], "please let me talk to a human\n\nAsked before: Do zebras cross the moon?");
    assert_eq!(row["user_profile"]["name"], "Ann Ray");
}

async fn everything_in_one_sentence_is_understood(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("hi").await;
    let reply = visitor.say("I'm Tom Miller, tom@example.org, +49 151 23456789").await;
    assert_eq!(reply["collecting"], "address");
    assert_eq!(
        reply["temp_data"],
        json!({"name": "Tom Miller", "country_code": "+49", "phone": "+49-15123456789", "email": "tom@example.org"})
    );
    let reply = visitor.say("sorry, my email is tom@miller.org").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["email"]), (&json!("address"), &json!("tom@miller.org")));
    assert_eq!(visitor.say("Hamburg").await["type"], "profile_complete");
}

async fn a_required_step_gives_its_reason_and_then_gives_way(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"profile_reason_text": "So that {company_name} can call."})).await.ok();
    let mut visitor = tesla.stranger();
    for text in ["hi", "Ann Ray", "Nepal"] {
        visitor.say(text).await;
    }
    let why = visitor.say("why do you need this?").await;
    assert!(why["response"].as_str().unwrap().contains("So that Tesla Motors can call."), "{why}");
    let first = visitor.say("I'd rather not say").await;
    assert_eq!((&first["collecting"], &first["suggestions"]), (&json!("phone"), &json!(["Skip", "Talk to a person"])));
    assert!(first["response"].as_str().unwrap().contains("So that Tesla Motors can call."), "{first}");
    let second = visitor.say("Skip").await;
    assert_eq!((&second["collecting"], &second["temp_data"]["phone"]), (&json!("email"), &Value::Null));
}

async fn a_visitor_without_a_phone_gets_a_profile_without_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    let mut reply = visitor.say("hi").await;
    for _ in 0..10 {
        if reply["type"] == "profile_complete" {
            break;
        }
        reply = visitor.say("skip").await;
    }
    assert_eq!(reply["type"], "profile_complete");
    let profile = &tesla.admin.profiles(&[]).await.ok()["profiles"][0];
    assert_eq!((&profile["name"], &profile["phone"]), (&json!("Visitor"), &json!("")));
    assert_eq!((&profile["email"], &profile["country_code"]), (&Value::Null, &json!("+977")));
}

async fn a_correction_after_the_intake_changes_the_profile(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let before = tesla.admin.profiles(&[]).await.ok()["profiles"][0].clone();
    let reply = visitor.say("my email is new@example.org").await;
    assert_eq!(reply["type"], "small_talk");
    let after = tesla.admin.profiles(&[]).await.ok()["profiles"][0].clone();
    assert_eq!(after["email"], "new@example.org");
    for key in ["id", "name", "phone", "address", "country_code"] {
        assert_eq!(after[key], before[key], "{key}");
    }
}

async fn a_person_is_called_at_every_step_in_everyday_words(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let wishes = [
        "I want to talk to a human",
        "can somebody real help me pls",
        "HUMAN PLEASE!!",
        "is there anyone i can speak to",
        "get me a person",
        "customer service",
    ];
    let answers = ["Hello", "Ann Ray", "Nepal", "9841234567", "ann@example.com"];
    for (steps, wish) in wishes.into_iter().enumerate() {
        let mut visitor = tesla.stranger();
        for answer in &answers[..steps] {
            visitor.say(answer).await;
        }
        let reply = visitor.say(wish).await;
        assert_eq!((&reply["type"], &reply["escalated"]), (&json!("escalated"), &json!(true)), "{wish}");
        assert_eq!((&reply["outcome"], &reply["suggestions"]), (&json!("queued"), &json!([])), "{wish}");
        let waiting = bo.handoffs(&[("status", "unassigned")]).await.ok();
        let row = waiting.as_array().unwrap().iter().find(|row| row["chat_session_id"] == visitor.session.as_str());
        let row = row.unwrap();
        assert_eq!((&row["escalation_reason"], &row["priority"]), (&json!(wish), &json!("medium")));
        if steps > 3 {
            assert_eq!(row["user_profile"]["phone"], "+977-9841234567");
        }
        assert_eq!(visitor.say("my order is late").await["type"], "human_handling");
    }
}

async fn talking_about_people_calls_nobody(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    for text in [
        "What are the hours of customer service?",
        "I don't want to talk to a person",
        "do your representatives visit schools?",
        "is there a human resources department?",
    ] {
        assert_ne!(visitor.say(text).await["type"], "escalated", "{text}");
    }
}

async fn nobody_there_is_said_and_the_bot_goes_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    let reply = visitor.say("I want to talk to a human").await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("escalated"), &json!("offline")));
    assert_eq!(reply["response"], tesla.admin.bot_settings().await.ok()["offline_text"]);
    assert_eq!((&reply["collecting"], &reply["suggestions"][0]), (&json!("name"), &json!("Leave my e-mail address")));
    assert_eq!(visitor.say("Ann Ray").await["collecting"], "country_code");
    assert_eq!(visitor.say("Do you repair hydraulic brakes?").await["type"], "rag_response");
    let row = &tesla.admin.handoffs(&[("status", "pending")]).await.ok()[0];
    assert_eq!(row["user_profile"]["name"], "Ann Ray");
    tesla.admin.write(&visitor.session, "Here I am").await.ok();
    assert_eq!(visitor.say("great").await["type"], "human_handling");
}

async fn an_agent_who_comes_is_found_by_the_next_wish(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("Talk to a person").await["outcome"], "offline");
    let bo = tesla.agent("Bo Agent").await;
    let again = visitor.say("Talk to a person").await;
    assert_eq!((&again["type"], &again["outcome"]), (&json!("escalated"), &json!("queued")));
    assert_eq!(bo.handoffs(&[]).await.ok().as_array().unwrap().len(), 1);
    assert_eq!(visitor.say("hello?").await["type"], "human_handling");
}

async fn outside_the_hours_nobody_is_there(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    // The clock stands at a Monday, 02:52 UTC.
    let hours = json!({"timezone": "UTC", "monday": ["09:00-17:00"]});
    tesla.admin.set_bot(&json!({"hours": hours, "offline_text": "Closed."})).await.ok();
    let reply = visitor.say("Talk to a person").await;
    assert_eq!(reply["outcome"], "offline");
    assert_eq!(reply["response"], "Closed.<br><br>We are back today at 09:00 (UTC).");
    // Any time, so the agent who is signed in is there.
    tesla.admin.set_bot(&json!({"hours": null})).await.ok();
    assert_eq!(visitor.say("Talk to a person").await["outcome"], "queued");
}

async fn the_button_for_a_person_needs_no_words(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let client = world.anybody();
    let reply = client.post(REQUEST, &json!({"session_id": visitor.session, "reason": "My bike broke"})).await.ok();
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("escalated"), &json!("queued")));
    assert_eq!(reply["user_message"]["content"], "My bike broke");
    assert_eq!(bo.handoffs(&[]).await.ok()[0]["escalation_reason"], "My bike broke");
    client.post(REQUEST, &json!({})).await.error(400, "bad_request", "session_id is required");
    let foreign = json!({"session_id": "TES001_00000000-0000-4000-8000-000000000000"});
    client.post(REQUEST, &foreign).await.error(404, "not_found", "Session not found");
    let long = json!({"session_id": visitor.session, "reason": "x".repeat(501)});
    client.post(REQUEST, &long).await.field_error("reason", "Ensure this field has no more than 500 characters.");
}

async fn a_repeated_wish_tells_the_state(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.say("Talk to a person").await;
    let wish = json!({"session_id": visitor.session});
    let client = world.anybody();
    let waiting = client.post(REQUEST, &wish).await.ok();
    assert_eq!((&waiting["type"], &waiting["outcome"]), (&json!("human_handling"), &json!("queued")));
    bo.write(&visitor.session, "Hello").await.ok();
    assert_eq!(client.post(REQUEST, &wish).await.ok()["outcome"], "assigned");
    assert_eq!(bo.handoffs(&[]).await.ok().as_array().unwrap().len(), 1);
}

async fn the_button_is_idempotent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let wish = json!({"session_id": visitor.session, "client_message_id": "tap-1"});
    let client = world.anybody();
    let first = client.post(REQUEST, &wish).await.ok();
    let second = client.post(REQUEST, &wish).await;
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.ok(), first);
    let other = json!({"message": "Talk to a person", "company_id": tesla.id, "session_id": visitor.session,
        "client_message_id": "tap-1"});
    assert_eq!(client.chat(&other).await.status, 422);
}

async fn misses_in_a_row_call_a_person(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    let (first, second) = (visitor.say("zzz qqq").await, visitor.say("qqq zzz").await);
    assert_eq!((&first["type"], &second["type"]), (&json!("clarification_needed"), &json!("clarification_needed")));
    assert_ne!(first["response"], second["response"]);
    assert!(second["suggestions"].as_array().unwrap().contains(&json!("Talk to a person")));
    let third = visitor.say("zqzq").await;
    assert_eq!((&third["type"], &third["outcome"]), (&json!("escalated"), &json!("offline")));

    // An answer in between starts the count again, and 0 means never.
    let mut visitor = tesla.visitor().await;
    for text in ["zzz qqq", "qqq zzz", "Do you repair hydraulic brakes?", "zzz qqq", "qqq zzz"] {
        assert_ne!(visitor.say(text).await["type"], "escalated", "{text}");
    }
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    let mut last = Value::Null;
    for text in ["zzq", "zzz qqq", "qqq zzz", "zqzq", "qzqz"] {
        let reply = visitor.say(text).await;
        assert_eq!(reply["type"], "clarification_needed");
        assert_ne!(reply["response"], last);
        last = reply["response"].clone();
    }
}

async fn anger_twice_in_a_row_calls_a_person(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let first = visitor.say("this is not helping at all").await;
    assert_eq!((&first["type"], &first["suggestions"]), (&json!("small_talk"), &json!(["Talk to a person"])));
    assert_eq!(visitor.say("you are completely useless!!").await["type"], "escalated");
    tesla.admin.set_bot(&json!({"handoff_on_frustration": false})).await.ok();
    let mut visitor = tesla.visitor().await;
    for _ in 0..3 {
        assert_eq!(visitor.say("this is not helping at all").await["type"], "small_talk");
    }
}

async fn a_complaint_after_a_resolved_handoff_reopens_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Fixed.").await.ok();
    bo.resolve(handoff, "done").await.ok();
    assert_eq!(visitor.say("thank you").await["type"], "small_talk");
    let reply = visitor.say("hmm, it is still broken").await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("escalated"), &json!("queued")));
    let rows = bo.handoffs(&[("status", "pending")]).await.ok();
    assert_eq!((&rows[0]["id"], &rows[0]["escalation_reason"]), (&json!(handoff), &json!("hmm, it is still broken")));
}

async fn small_talk_has_texts_of_its_own(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let settings = tesla
        .admin
        .set_bot(&json!({"thanks_text": "My pleasure, {name}.", "about_text": "A machine of {company_name}."}))
        .await
        .ok();
    let mut visitor = tesla.visitor().await;
    for (text, said) in [
        ("thanks a lot!", json!("My pleasure, Asha Rai.")),
        ("are you a robot?", json!("A machine of Tesla Motors.")),
        ("ok bye", settings["goodbye_text"].clone()),
        ("ok", settings["agreement_text"].clone()),
        ("no", settings["refusal_text"].clone()),
    ] {
        let reply = visitor.say(text).await;
        assert_eq!((&reply["type"], &reply["response"]), (&json!("small_talk"), &said), "{text}");
    }
}

async fn other_languages_are_understood_and_answered_in_english(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (wish, thanks) in [
        ("Ich m\u{f6}chte mit einem Menschen sprechen", "Vielen Dank"),
        ("quiero hablar con una persona", "muchas gracias"),
        ("je voudrais parler \u{e0} quelqu'un", "merci beaucoup"),
        ("mujhe kisi insaan se baat karni hai", "dhanyavaad"),
        (
            "\u{92e}\u{93e}\u{928}\u{94d}\u{91b}\u{947}\u{938}\u{901}\u{917} \u{915}\u{941}\u{930}\u{93e} \u{917}\u{930}\u{94d}\u{928} \u{91a}\u{93e}\u{939}\u{928}\u{94d}\u{91b}\u{941}",
            "dherai dhanyabad",
        ),
    ] {
        let mut visitor = tesla.visitor().await;
        let reply = visitor.say(thanks).await;
        assert_eq!(reply["type"], "small_talk", "{thanks}");
        let said = reply["response"].as_str().unwrap();
        assert!(said.contains("<br><br>"), "{thanks}: {said}");
        // It is said once.
        assert!(!visitor.say(thanks).await["response"].as_str().unwrap().contains("<br><br>"), "{thanks}");
        assert_eq!(visitor.say(wish).await["type"], "escalated", "{wish}");
    }
}

async fn the_language_in_a_text_is_the_one_of_the_bot(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"language_text": "I answer in {language}.", "thanks_text": "Fine."})).await.ok();
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("Vielen Dank").await["response"], "I answer in English.<br><br>Fine.");
}

async fn more_than_four_questions_at_once_are_not_dropped_in_silence(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    let questions = [
        "Do you repair hydraulic brakes?",
        "How long does a puncture repair take?",
        "Can children ride in a trailer?",
        "Do I need to leave a deposit?",
        "How much does it cost to rent a bicycle for a day?",
    ];
    let four = visitor.say(&questions[..4].join(" ")).await;
    assert!(!four["response"].as_str().unwrap().contains("first four"), "{four}");
    let five = visitor.say(&questions.join(" ")).await;
    assert!(five["response"].as_str().unwrap().contains("first four"), "{five}");
    assert_eq!((&five["response"], five["citations"].as_array().unwrap().len()), (&five["answer"], 4));
}

async fn data_may_be_asked_at_the_handoff_or_never(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&json!({"profile_when": "handoff"})).await.ok();
    let mut visitor = tesla.stranger();
    let reply = visitor.say("Do you repair hydraulic brakes?").await;
    assert_eq!((&reply["type"], reply.get("collecting")), (&json!("rag_response"), None));
    let reply = visitor.say("Talk to a person").await;
    assert_eq!((&reply["type"], &reply["collecting"]), (&json!("escalated"), &json!("name")));
    assert_eq!(visitor.say("Ann Ray").await["collecting"], "country_code");

    tesla.admin.set_bot(&json!({"profile_when": "never"})).await.ok();
    let mut visitor = tesla.stranger();
    assert_eq!(visitor.say("Hello").await["type"], "greeting_response");
    assert_eq!(visitor.say("Talk to a person").await.get("collecting"), None);
}
