//! The chat call: sessions, replies, refusals, concurrency.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    a_message_and_a_company_start_a_session,
    an_unknown_or_foreign_session_is_replaced_by_a_new_one,
    a_chat_is_refused_for_each_bad_field,
    a_chat_needs_a_text_or_a_file,
    an_unknown_file_is_refused_and_nothing_is_stored,
    a_refused_first_message_makes_no_session,
    an_unknown_company_has_no_chat,
    a_staff_token_supplies_the_company,
    every_default_suggestion_leads_somewhere,
    a_chip_with_a_leading_symbol_is_understood,
    a_file_alone_is_acknowledged,
    one_file_goes_with_any_number_of_messages,
    messages_sent_at_once_are_numbered_without_a_gap,
    a_visitors_text_is_stored_as_typed,
);

async fn a_message_and_a_company_start_a_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let reply = tesla.stranger().say("Hello").await;
    let session = reply["session_id"].as_str().unwrap();
    let (code, id) = session.split_once('_').unwrap();
    assert_eq!((code, uuid::Uuid::try_parse(id).unwrap().get_version_num(), id.len()), ("TES001", 4, 36));
    let message = &reply["user_message"];
    assert_eq!(
        (&message["message_type"], &message["content"], &message["seq"]),
        (&json!("user"), &json!("Hello"), &json!(1))
    );
    assert_eq!((&message["attachments"], message.get("client_message_id")), (&json!([]), Some(&Value::Null)));
    assert_eq!(message["metadata"]["context"], "Initial conversation");
    assert_eq!(message["timestamp"], "2026-11-23T02:52:03.458070Z");
    assert!(message["id"].is_i64() && message["session"].is_i64());
    assert!(reply.get("attachments").is_none() && reply.get("escalated").is_none(), "{reply}");
}

async fn an_unknown_or_foreign_session_is_replaced_by_a_new_one(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let foreign = space.visitor().await;
    for id in [foreign.session.as_str(), "made-up", "TES001_00000000-0000-4000-8000-000000000000"] {
        let body = json!({"message": "Talk to a person", "company_id": tesla.id, "session_id": id});
        let reply = world.anybody().chat(&body).await.ok();
        assert_eq!((&reply["collecting"], &reply["user_message"]["seq"]), (&json!("name"), &json!(1)));
        assert!(reply["session_id"].as_str().unwrap().starts_with("TES001_") && reply["session_id"] != id);
    }
    assert_eq!(space.admin.session_status(&foreign.session).await.ok()["status"], "active");
}

async fn a_chat_is_refused_for_each_bad_field(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (key, value, message) in [
        ("message", json!("x".repeat(2001)), "Ensure this field has no more than 2000 characters."),
        ("message", json!(null), "This field may not be null."),
        ("message", json!(true), "Not a valid string."),
        ("message", json!({"text": "x"}), "Not a valid string."),
        ("message", json!("a\u{0}b"), "Null characters are not allowed."),
        ("session_id", json!(""), "This field may not be blank."),
        ("session_id", json!("x".repeat(101)), "Ensure this field has no more than 100 characters."),
        ("company_id", json!(""), "This field may not be blank."),
        ("company_id", json!("x".repeat(21)), "Ensure this field has no more than 20 characters."),
        ("context", json!(" "), "This field may not be blank."),
        ("context", json!("x".repeat(501)), "Ensure this field has no more than 500 characters."),
        ("client_message_id", json!(""), "This field may not be blank."),
        ("client_message_id", json!("x".repeat(65)), "Ensure this field has no more than 64 characters."),
        ("attachment_ids", json!("5"), "Expected a list of items but got type \"str\"."),
    ] {
        let mut body = json!({"message": "Hello", "company_id": tesla.id});
        body[key] = value;
        world.anybody().chat(&body).await.field_error(key, message);
    }
    let body = json!({"message": "Hello", "company_id": tesla.id, "attachment_ids": ["x"]});
    let reply = world.anybody().chat(&body).await.expect(400);
    assert_eq!(reply.body["attachment_ids"], json!({"0": ["A valid integer is required."]}));
    // A length counts characters, not bytes.
    tesla.stranger().say(&"\u{1F600}".repeat(2000)).await;
}

async fn a_chat_needs_a_text_or_a_file(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for body in [json!({}), json!({"message": "  "}), json!({"message": "", "attachment_ids": []})] {
        let reply = tesla.stranger().send(&body).await;
        reply.field_error("non_field_errors", "Either message content or attachments must be provided");
    }
}

async fn an_unknown_file_is_refused_and_nothing_is_stored(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut visitor, other) = (tesla.visitor().await, tesla.visitor().await);
    let foreign = other.share("cv.pdf", b"%PDF-").await["id"].clone();
    let before = visitor.say("Hello").await["last_seq"].as_i64().unwrap();
    for id in [json!(99_999), foreign.clone()] {
        let reply = visitor.send(&json!({"message": "look", "attachment_ids": [id]})).await;
        reply.field_error("attachment_ids", &format!("Unknown attachment: {id}"));
        let reply = tesla.stranger().send(&json!({"message": "look", "attachment_ids": [id]})).await;
        reply.field_error("attachment_ids", &format!("Unknown attachment: {id}"));
    }
    assert_eq!(visitor.say("Hello").await["last_seq"], before + 2);
}

async fn a_refused_first_message_makes_no_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for body in [
        json!({"message": " "}),
        json!({"message": "look", "attachment_ids": [99_999]}),
        json!({"message": "x".repeat(2001)}),
        json!({"message": "Hello", "client_message_id": "x".repeat(65)}),
    ] {
        tesla.stranger().send(&body).await.expect(400);
    }
    let keyed = json!({"message": "Hello", "company_id": tesla.id, "client_message_id": "one"});
    world.anybody().chat(&keyed).header("idempotency-key", "two").await.expect(400);
    let listed = async || tesla.admin.conversations(&[]).await.ok()["results"].as_array().unwrap().len();
    assert_eq!(listed().await, 0);
    tesla.stranger().say("Hello").await;
    assert_eq!(listed().await, 1);
}

async fn an_unknown_company_has_no_chat(world: &World) {
    world.company("Tesla Motors").await;
    for code in ["XXX001", "tes001", "TES002", "-", "../etc"] {
        let reply = world.anybody().chat(&json!({"message": "Hello", "company_id": code})).await;
        reply.error(404, "not_found", "Company not found");
    }
    let reply = world.anybody().chat(&json!({"message": "Hello"})).await.expect(400);
    assert_eq!(reply.body["code"], "bad_request");
    assert!(reply.body["error"].as_str().unwrap().starts_with("company_id is required."), "{reply:?}");
}

async fn a_staff_token_supplies_the_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let agent = tesla.agent("Bo Agent").await;
    for who in [tesla.admin.client(), agent.client()] {
        let own = who.chat(&json!({"message": "Hello"})).await.ok();
        assert!(own["session_id"].as_str().unwrap().starts_with("TES001_"));
        assert_eq!(own["user_message"]["message_type"], "user");
        let named = who.chat(&json!({"message": "Hello", "company_id": space.id})).await.ok();
        assert!(named["session_id"].as_str().unwrap().starts_with("SPA001_"));
    }
    let reply = world.superadmin().await.chat(&json!({"message": "Hello"})).await;
    assert_eq!((reply.status, &reply.body["code"]), (400, &json!("bad_request")));
}

async fn every_default_suggestion_leads_somewhere(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    let topics = visitor.say("Browse topics").await;
    assert_eq!(topics["type"], "topic_selection");
    assert_eq!(topics["suggestions"], json!(["Renting", "Repairs", "Talk to a person"]));
    let questions = visitor.say("Repairs").await;
    assert_eq!(questions["type"], "topic_selection");
    let asked = questions["suggestions"][0].as_str().unwrap();
    let answer = visitor.say(asked).await;
    assert_eq!((&answer["type"], &answer["confidence"]), (&json!("rag_response"), &json!(1.0)));
    assert_eq!(answer["suggestions"], json!(["Browse topics", "Talk to a person"]));
    assert_eq!(visitor.say("Good evening").await["type"], "greeting_response");
    let unsure = visitor.say("zzz qqq").await;
    assert_eq!((&unsure["type"], unsure.get("answer")), (&json!("clarification_needed"), None));
    assert_eq!(unsure["suggestions"], json!(["Browse topics", "Talk to a person"]));
    // Nobody is there, so the bot goes on.
    let escalated = visitor.say("Talk to a person").await;
    assert_eq!((&escalated["type"], &escalated["outcome"]), (&json!("escalated"), &json!("offline")));
    assert_eq!(escalated["suggestions"], json!(["Browse topics"]));
    assert_eq!(visitor.say("Browse topics").await["type"], "topic_selection");
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let escalated = visitor.say("Talk to a person").await;
    assert_eq!((&escalated["type"], &escalated["outcome"]), (&json!("escalated"), &json!("queued")));
    assert_eq!(escalated["suggestions"], json!([]));
}

async fn a_chip_with_a_leading_symbol_is_understood(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("\u{1F4DA}  BROWSE   topics ").await["type"], "topic_selection");
    assert_eq!(visitor.say("-> I want a LIVE   agent now").await["type"], "escalated");
}

async fn a_file_alone_is_acknowledged(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    let reply = visitor.send(&json!({"attachment_ids": [file]})).await.ok();
    assert_eq!((&reply["type"], &reply["user_message"]["content"]), (&json!("clarification_needed"), &Value::Null));
    assert_eq!((&reply["attachments"][0]["id"], &reply["user_message"]["attachments"]), (&file, &reply["attachments"]));
    assert_eq!(reply["user_message"]["metadata"]["has_attachments"], true);
    assert!(!reply["response"].as_str().unwrap().is_empty());
}

async fn one_file_goes_with_any_number_of_messages(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let first = visitor.share("a.png", sample::PNG).await["id"].clone();
    let second = visitor.share("b.txt", b"text").await["id"].clone();
    for ids in [json!([first]), json!([first, second]), json!([second.to_string(), first])] {
        let reply = visitor.send(&json!({"message": "see this", "attachment_ids": ids})).await.ok();
        let shown: Vec<_> = reply["attachments"].as_array().unwrap().iter().map(|row| row["id"].to_string()).collect();
        let sent: Vec<_> = ids.as_array().unwrap().iter().map(|id| id.to_string().replace('"', "")).collect();
        assert_eq!(shown, sent);
    }
}

async fn messages_sent_at_once_are_numbered_without_a_gap(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    let before = visitor.say("Hello").await["last_seq"].as_i64().unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..16 {
        let text = if at % 2 == 0 { "Do you repair hydraulic brakes?".to_owned() } else { format!("zzz {at}") };
        let body = json!({"message": text, "company_id": tesla.id, "session_id": visitor.session});
        calls.spawn(visitor.chat(&body).into_future());
    }
    let replies: Vec<_> = calls.join_all().await.into_iter().map(Reply::ok).collect();
    let mut seqs: Vec<_> = replies
        .iter()
        .flat_map(|reply| [reply["user_message"]["seq"].as_i64().unwrap(), reply["last_seq"].as_i64().unwrap()])
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (before + 1..=before + 32).collect::<Vec<_>>());
}

async fn a_visitors_text_is_stored_as_typed(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let typed = "<script>alert(1)</script> & \"quotes\" \u{202e}\u{1F600}";
    let reply = visitor.send(&json!({"message": format!("  {typed}\n"), "context": "Pricing page"})).await.ok();
    assert_eq!(reply["user_message"]["content"], typed);
    assert_eq!(reply["user_message"]["metadata"]["context"], "Pricing page");
    assert!(!reply["response"].as_str().unwrap().contains("<script>"));
}
