//! Guarantees about chat. See docs/compatibility.md, Chat.

use api_tests::prelude::*;

on_each_database!(
    a_message_and_a_company_start_a_session_and_a_bad_session_id_gives_a_new_one,
    the_first_message_is_answered_with_the_welcome_and_is_never_the_name,
    the_well_known_six_lines_end_in_profile_complete,
    every_reply_has_the_five_keys_and_attachments_when_files_were_sent,
    files_alone_are_200_in_every_state_and_may_go_along_twice,
    human_handling_is_silent_and_after_resolution_the_bot_answers_again,
    suggestions_are_hints_with_example_and_messages_without,
);

async fn a_message_and_a_company_start_a_session_and_a_bad_session_id_gives_a_new_one(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let foreign = space.visitor().await;
    let first = world.anybody().chat(&json!({"message": "Hello", "company_id": tesla.id})).await.ok();
    let mut known = vec![first["session_id"].clone(), json!(foreign.session)];
    for id in ["no-such-session", foreign.session.as_str()] {
        let body = json!({"message": "Hello", "company_id": tesla.id, "session_id": id});
        let reply = world.anybody().chat(&body).await.ok();
        assert!(!known.contains(&reply["session_id"]) && reply["session_id"] != id, "{reply}");
        // Later messages can use the returned id.
        let body = json!({"message": "Ann Ray", "company_id": tesla.id, "session_id": reply["session_id"]});
        let next = world.anybody().chat(&body).await.ok();
        assert_eq!((&next["session_id"], &next["collecting"]), (&reply["session_id"], &json!("country_code")));
        known.push(reply["session_id"].clone());
    }
}

async fn the_first_message_is_answered_with_the_welcome_and_is_never_the_name(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for opening in ["Hello", "Asha Rai", "How much is a bicycle?"] {
        let mut visitor = tesla.stranger();
        let welcome = visitor.say(opening).await;
        assert_eq!((&welcome["type"], &welcome["collecting"]), (&json!("profile_collection"), &json!("name")));
        assert_eq!(welcome["suggestions"], json!(["Example: John Doe"]));
        assert!(welcome.get("temp_data").is_none(), "{welcome}");
        assert_eq!(visitor.say("Bina Rai").await["temp_data"], json!({"name": "Bina Rai"}));
    }
}

async fn the_well_known_six_lines_end_in_profile_complete(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    let mut types = Vec::new();
    for line in ["Hello", "John Doe", "+1 United States", "5551234567", "john@example.com", "Springfield, USA"] {
        types.push(visitor.say(line).await["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(types[5], "profile_complete");
    assert!(types[..5].iter().all(|kind| kind == "profile_collection"), "{types:?}");
}

async fn every_reply_has_the_five_keys_and_attachments_when_files_were_sent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    let mut replies = Vec::new();
    for line in ["Hello", "!", "John Doe", "+1", "5551234567", "skip", "Springfield"] {
        replies.push(visitor.say(line).await);
    }
    for line in ["Hello", "Browse topics", "zzz", "Do I need to leave a deposit?", "Talk to a person", "Hello?"] {
        replies.push(visitor.say(line).await);
    }
    for reply in &replies {
        assert!(reply["response"].is_string() && reply["type"].is_string(), "{reply}");
        assert!(reply["suggestions"].as_array().unwrap().iter().all(Value::is_string), "{reply}");
        assert_eq!(reply["session_id"], visitor.session.as_str());
        assert_eq!(reply["user_message"]["message_type"], "user");
        assert!(reply.get("attachments").is_none(), "{reply}");
    }
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    let reply = visitor.send(&json!({"message": "see this", "attachment_ids": [file]})).await.ok();
    assert_eq!(reply["attachments"][0]["id"], file);
}

async fn files_alone_are_200_in_every_state_and_may_go_along_twice(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    let alone = json!({"attachment_ids": [file]});
    for (line, state) in [
        ("John Doe", "name"),
        ("+1", "country_code"),
        ("5551234567", "phone"),
        ("skip", "email"),
        ("Springfield", "address"),
    ] {
        let reply = visitor.send(&alone).await.ok();
        assert_eq!((&reply["collecting"], &reply["attachments"][0]["id"]), (&json!(state), &file));
        visitor.say(line).await;
    }
    assert_eq!(visitor.send(&alone).await.ok()["type"], "clarification_needed");
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    assert_eq!(visitor.send(&alone).await.ok()["type"], "human_handling");
    tesla.admin.resolve(handoff, "").await.ok();
    assert_eq!(visitor.send(&alone).await.ok()["type"], "clarification_needed");

    let unknown = visitor.send(&json!({"message": "see this", "attachment_ids": [99_999]})).await;
    unknown.field_error("attachment_ids", "Unknown attachment: 99999");
    let nothing = visitor.send(&json!({})).await;
    nothing.field_error("non_field_errors", "Either message content or attachments must be provided");
}

async fn human_handling_is_silent_and_after_resolution_the_bot_answers_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    let reply = visitor.say("Good evening").await;
    let shown = (&reply["type"], &reply["response"], &reply["escalated"]);
    assert_eq!(shown, (&json!("human_handling"), &json!(""), &json!(true)));
    tesla.admin.resolve(handoff, "done").await.ok();
    let reply = visitor.say("Good evening").await;
    assert_eq!((&reply["type"], reply.get("escalated")), (&json!("greeting_response"), None));
    assert_ne!(reply["response"], "");
}

async fn suggestions_are_hints_with_example_and_messages_without(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    // During the intake, every suggestion that is not a hint is a valid answer to the current step.
    let mut reply = visitor.say("Hello").await;
    for line in ["John Doe", "", "9841234567", "", "Springfield, USA"] {
        let chips = reply["suggestions"].as_array().unwrap();
        let mut buttons: Vec<_> = chips.iter().filter_map(Value::as_str).filter(|chip| !is_hint(chip)).collect();
        let before = reply["collecting"].clone();
        if !line.is_empty() {
            buttons.retain(|chip| *chip != "Skip");
        }
        let next = if line.is_empty() { buttons[0].to_owned() } else { line.to_owned() };
        assert!(line.is_empty() || buttons.is_empty(), "{before}: {buttons:?}");
        reply = visitor.say(&next).await;
        assert_ne!(reply["collecting"], before, "{next}");
    }
    assert_eq!(reply["type"], "profile_complete");
    // After the intake, every suggestion is understood.
    let mut buttons = vec![reply["suggestions"].clone()];
    for line in ["Good evening", "zzz", "Do I need to leave a deposit?"] {
        buttons.push(visitor.say(line).await["suggestions"].clone());
    }
    for chip in buttons.iter().flat_map(|list| list.as_array().unwrap()) {
        let mut visitor = tesla.visitor().await;
        let answer = visitor.say(chip.as_str().unwrap()).await;
        assert!(!is_hint(chip.as_str().unwrap()) && answer["type"] != "clarification_needed", "{chip}: {answer}");
    }
}

fn is_hint(chip: &str) -> bool {
    chip.to_lowercase().starts_with("example:")
}
