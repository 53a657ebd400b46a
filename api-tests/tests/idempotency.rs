//! Repeated messages with idempotency keys. See docs/compatibility.md, Chat.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_repeated_key_gets_the_first_answer_and_stores_nothing,
    the_header_and_the_field_are_one_key,
    another_body_under_the_same_key_is_refused,
    a_key_belongs_to_one_session,
    an_opening_message_is_matched_by_company_and_unguessable_key_for_ten_minutes,
    a_refusal_is_not_remembered,
    repeats_sent_at_once_store_one_message,
    links_in_a_replay_are_renewed,
    a_staff_message_is_sent_once,
);

fn replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == "true"
}

async fn a_repeated_key_gets_the_first_answer_and_stores_nothing(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let body = json!({"message": "Good evening", "client_message_id": "m-1"});
    let first = visitor.send(&body).await.expect(200);
    assert!(!replayed(&first));
    assert_eq!(first.body["user_message"]["client_message_id"], "m-1");
    let between = visitor.say("zzz").await["last_seq"].as_i64().unwrap();
    world.clock.advance(Duration::from_hours(24 * 30));
    let second = visitor.send(&body).await.expect(200);
    assert!(replayed(&second));
    assert_eq!(second.body, first.body);
    assert_eq!(visitor.say("zzz").await["last_seq"], between + 2);
}

async fn the_header_and_the_field_are_one_key(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let body = json!({"message": "Good evening", "company_id": tesla.id, "session_id": visitor.session});
    let mut keyed = body.clone();
    keyed["client_message_id"] = "m-1".into();
    let first = visitor.chat(&keyed).await.ok();
    for header in ["m-1", "\"m-1\""] {
        for body in [&body, &keyed] {
            let repeat = visitor.chat(body).header("idempotency-key", header).await.expect(200);
            assert!(replayed(&repeat) && repeat.body == first, "{repeat:?}");
        }
    }
    visitor.chat(&keyed).header("idempotency-key", "m-2").await.expect(400);
    visitor.chat(&body).header("idempotency-key", &"x".repeat(65)).await.expect(400);
}

async fn another_body_under_the_same_key_is_refused(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    let first = json!({"message": "Good evening", "client_message_id": "m-1"});
    let last = visitor.send(&first).await.ok()["last_seq"].as_i64().unwrap();
    for (key, value) in
        [("message", json!("Good morning")), ("context", json!("Other")), ("attachment_ids", json!([file]))]
    {
        let mut other = first.clone();
        other[key] = value;
        let reply = visitor.send(&other).await.expect(422);
        assert_eq!(reply.body["code"], "idempotency_key_reuse");
    }
    assert_eq!(visitor.say("zzz").await["last_seq"], last + 2);
}

async fn a_key_belongs_to_one_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut one, mut other) = (tesla.visitor().await, tesla.visitor().await);
    let body = json!({"message": "Good evening", "client_message_id": "5f0c9d52-8a2b-4f6e-9c37-1e8ab04d7c19"});
    let first = one.send(&body).await.ok();
    let second = other.send(&body).await.expect(200);
    assert!(!replayed(&second));
    assert_ne!(second.body["user_message"]["id"], first["user_message"]["id"]);
}

async fn an_opening_message_is_matched_by_company_and_unguessable_key_for_ten_minutes(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let open = async |company: &Company, key: &str, text: &str| {
        company.stranger().send(&json!({"message": text, "client_message_id": key})).await
    };
    let long = "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10";
    let first = open(&tesla, long, "Hello").await.expect(200);
    let repeat = open(&tesla, long, "Hello").await.expect(200);
    assert!(replayed(&repeat) && repeat.body == first.body, "{repeat:?}");
    open(&tesla, long, "Something else").await.expect(422);
    let elsewhere = open(&space, long, "Hello").await.expect(200);
    assert!(!replayed(&elsewhere));
    // A client that did receive the session id gets the replay too.
    let mut session = tesla.stranger();
    session.session = first.body["session_id"].as_str().unwrap().to_owned();
    assert!(replayed(&session.send(&json!({"message": "Hello", "client_message_id": long})).await.expect(200)));

    for guessable in [&long[1..], "0123456789abcdef", "visit-1-message-7-of-the-widget", "1732838400000-000000000001"] {
        let short = open(&tesla, guessable, "Hello").await.expect(200);
        let again = open(&tesla, guessable, "Hello").await.expect(200);
        assert!(!replayed(&again));
        assert_ne!(short.body["session_id"], again.body["session_id"]);
        // Inside a session the same key still marks a repeat.
        let mut session = tesla.stranger();
        session.session = again.body["session_id"].as_str().unwrap().to_owned();
        let repeat = session.send(&json!({"message": "Hello", "client_message_id": guessable})).await.expect(200);
        assert!(replayed(&repeat) && repeat.body == again.body, "{repeat:?}");
    }

    world.clock.advance(Duration::from_secs(601));
    let late = open(&tesla, long, "Hello").await.expect(200);
    assert!(!replayed(&late));
    assert_ne!(late.body["session_id"], first.body["session_id"]);
}

async fn a_refusal_is_not_remembered(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let refused = json!({"message": "look", "client_message_id": "m-1", "attachment_ids": [99_999]});
    visitor.send(&refused).await.expect(400);
    let good = visitor.send(&json!({"message": "look", "client_message_id": "m-1"})).await.expect(200);
    assert!(!replayed(&good));
}

async fn repeats_sent_at_once_store_one_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let last = visitor.say("zzz").await["last_seq"].as_i64().unwrap();
    let mut body = json!({"message": "Good evening", "company_id": tesla.id, "client_message_id": "m-1"});
    body["session_id"] = visitor.session.clone().into();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        calls.spawn(visitor.chat(&body).into_future());
    }
    let replies = calls.join_all().await;
    let answered: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(answered.iter().filter(|reply| !replayed(reply)).count(), 1);
    assert!(answered.iter().all(|reply| reply.body == answered[0].body));
    for waiting in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!((waiting.status, &waiting.body["code"]), (409, &json!("request_in_progress")));
        assert!(!waiting.header("retry-after").is_empty());
    }
    assert_eq!(visitor.say("zzz").await["last_seq"], last + 4);
}

async fn links_in_a_replay_are_renewed(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let body = json!({"message": "my cv", "client_message_id": "m-1", "attachment_ids": [file["id"]]});
    let first = visitor.send(&body).await.ok();
    assert_eq!(first["attachments"][0]["file_url"], file["file_url"]);
    world.clock.advance(Duration::from_hours(24 * 20));
    let later = visitor.send(&body).await.expect(200);
    assert!(replayed(&later));
    let link = later.body["attachments"][0]["file_url"].as_str().unwrap();
    assert_ne!(link, file["file_url"]);
    assert_eq!(later.body["user_message"]["attachments"][0]["file_url"], link);
    assert_eq!(visitor.client().get(link).await.expect(200).bytes, b"%PDF-");
}

async fn a_staff_message_is_sent_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&agent).await;
    let body = json!({"session_id": visitor.session, "message": "Hello", "client_message_id": "m-1"});
    let first = agent.send_message(&body).await.expect(200);
    assert_eq!(first.body["chat_message"]["client_message_id"], "m-1");
    let repeat = agent.send_message(&body).await.expect(200);
    assert!(replayed(&repeat) && repeat.body == first.body, "{repeat:?}");
    let mut other = body.clone();
    other["message"] = "Goodbye".into();
    agent.send_message(&other).await.expect(422);
    // Keys of visitors and of staff are separate.
    let own = visitor.send(&json!({"message": "Hello", "client_message_id": "m-1"})).await.expect(200);
    assert!(!replayed(&own));
    assert_eq!(own.body["type"], "human_handling");
}
