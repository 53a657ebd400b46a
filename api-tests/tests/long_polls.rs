//! Visitors who wait for news of their conversation.
//!
//! Each test waits for longer than it may take, so an answer without news would come too late.
#![cfg(test)]

use std::time::{Duration, Instant};

use api_tests::prelude::*;

on_each_database!(
    a_message_of_staff_answers_a_waiting_visitor,
    a_message_that_is_there_already_is_answered_at_once,
    every_change_of_the_session_answers_a_waiting_visitor,
    the_bots_answer_reaches_the_other_window_of_the_visitor,
    a_stored_profile_answers_a_waiting_visitor,
    a_place_in_the_queue_that_moves_answers_a_waiting_visitor,
    what_the_visitor_itself_has_read_answers_nobody,
    a_change_between_two_polls_is_answered_by_the_version,
    without_news_the_answer_comes_after_the_wait,
    a_wait_for_older_messages_does_not_wait,
    a_session_that_is_deleted_ends_the_wait,
    what_another_process_changes_answers_a_waiting_visitor,
    many_visitors_wait_at_the_same_time,
);

/// The longest wait.
const WAIT: (&str, &str) = ("wait", "25");
/// The time in which news must arrive.
const SOON: Duration = Duration::from_secs(15);

/// Waits for news behind `after`, while `happens` happens.
async fn news(visitor: &Visitor, after: i64, happens: impl Future<Output = ()>) -> Value {
    let known = visitor.conversation(&visitor.session, &[]).await.ok();
    let (after, version) = (after.to_string(), known["session"]["version"].as_str().unwrap());
    let began = Instant::now();
    let poll = async { visitor.conversation(&visitor.session, &[("after", &after), ("version", version), WAIT]).await };
    let (reply, ()) = tokio::join!(poll, happens);
    assert!(began.elapsed() < SOON, "the answer took {:?}", began.elapsed());
    reply.ok()
}

/// Makes some calls that change nothing, so that a poll which has begun at the same time is waiting.
async fn meanwhile(world: &World) {
    for _ in 0..20 {
        world.anybody().country_codes().await.ok();
    }
}

async fn last_seq(visitor: &Visitor) -> i64 {
    visitor.conversation(&visitor.session, &[]).await.ok()["session"]["last_seq"].as_i64().unwrap()
}

async fn a_message_of_staff_answers_a_waiting_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Good morning").await.ok();
    for number in 0..5 {
        let (after, text) = (last_seq(&visitor).await, format!("Message {number}"));
        let happens = async {
            meanwhile(world).await;
            bo.write(&visitor.session, &text).await.ok();
        };
        let body = news(&visitor, after, happens).await;
        let [message] = body["messages"].as_array().unwrap().as_slice() else { panic!("{body}") };
        assert_eq!((&message["content"], &message["seq"]), (&json!(text), &json!(after + 1)));
        assert_eq!(message["sender_name"], "Bo Agent");
    }
}

async fn a_message_that_is_there_already_is_answered_at_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let body = news(&visitor, 1, async {}).await;
    assert_eq!(body["messages"][0]["seq"], 2);
    let began = Instant::now();
    visitor.conversation(&visitor.session, &[WAIT]).await.ok();
    assert!(began.elapsed() < SOON);
}

async fn every_change_of_the_session_answers_a_waiting_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, di) = (tesla.agent("Bo Agent").await, tesla.agent("Di Agent").await);
    let visitor = tesla.visitor().await;
    let after = last_seq(&visitor).await;
    let session = async |happens: &dyn Fn() -> Call| {
        let happens = async {
            meanwhile(world).await;
            happens().await.expect(200);
        };
        let body = news(&visitor, after, happens).await;
        assert_eq!(body["messages"], json!([]));
        (body["session"]["status"].clone(), body["session"]["agent"]["name"].clone())
    };
    assert_eq!(session(&|| tesla.admin.escalate(&visitor.session, "help")).await, (json!("escalated"), Value::Null));
    let handoff = tesla.admin.handoffs(&[]).await.ok()[0]["id"].as_i64().unwrap();
    assert_eq!(session(&|| tesla.admin.assign(handoff, bo.id)).await, (json!("assigned"), json!("Bo Agent")));
    assert_eq!(session(&|| tesla.admin.assign(handoff, di.id)).await, (json!("assigned"), json!("Di Agent")));
    assert_eq!(session(&|| tesla.admin.delete_agent(di.id)).await, (json!("escalated"), Value::Null));
    assert_eq!(session(&|| tesla.admin.resolve(handoff, "")).await, (json!("resolved"), Value::Null));
    assert_eq!(session(&|| tesla.admin.escalate(&visitor.session, "again")).await, (json!("escalated"), Value::Null));
    assert_eq!(session(&|| visitor.leave(&visitor.session)).await, (json!("resolved"), Value::Null));
}

async fn the_bots_answer_reaches_the_other_window_of_the_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let (window, after) = (visitor.clone(), last_seq(&visitor).await);
    let happens = async {
        meanwhile(world).await;
        visitor.say("Hello").await;
    };
    let body = news(&window, after, happens).await;
    let kinds: Vec<_> = body["messages"].as_array().unwrap().iter().map(|row| row["message_type"].clone()).collect();
    assert_eq!(kinds, ["user", "bot"]);
}

async fn a_stored_profile_answers_a_waiting_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let profile = json!({"session_id": visitor.session, "name": "Ann Ray", "phone": "9841234567"});
    let happens = async {
        meanwhile(world).await;
        visitor.create_profile(&profile).await.ok();
    };
    let session = news(&visitor, 2, happens).await["session"].clone();
    assert_eq!((&session["profile_completed"], &session["collecting"]), (&json!(true), &Value::Null));
}

async fn a_place_in_the_queue_that_moves_answers_a_waiting_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut first, mut second) = (tesla.visitor().await, tesla.visitor().await);
    let handoff = first.ask_for_a_person(&bo).await;
    second.ask_for_a_person(&bo).await;
    let after = last_seq(&second).await;
    let place = async |happens: Call| {
        let happens = async {
            meanwhile(world).await;
            happens.await.expect(200);
        };
        news(&second, after, happens).await["session"]["queue"].clone()
    };
    assert_eq!(place(bo.write(&first.session, "Good morning")).await, json!({"position": 1, "waiting": 1}));
    let third = tesla.visitor().await;
    let escalate = tesla.admin.escalate(&third.session, "help");
    assert_eq!(place(escalate).await, json!({"position": 1, "waiting": 2}));
    tesla.admin.resolve(handoff, "").await.ok();
    // Of two at the same moment, the handoff that was made first is first.
    world.clock.advance(Duration::from_secs(1));
    let again = tesla.admin.escalate(&first.session, "again");
    assert_eq!(place(again).await, json!({"position": 1, "waiting": 3}));
}

async fn what_the_visitor_itself_has_read_answers_nobody(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let began = Instant::now();
    let poll = async { visitor.conversation(&visitor.session, &[("after", "2"), ("wait", "2")]).await.ok() };
    let read = async {
        meanwhile(world).await;
        visitor.mark_read(&visitor.session, 2).await.ok();
    };
    tokio::join!(poll, read);
    assert!(began.elapsed() >= Duration::from_secs(2));
}

async fn a_change_between_two_polls_is_answered_by_the_version(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let read = async |query: &[(&str, &str)]| {
        let body = visitor.conversation(&visitor.session, query).await.ok();
        (body["session"]["version"].as_str().unwrap().to_owned(), body["session"]["last_seq"].to_string())
    };
    let (version, after) = read(&[]).await;
    visitor.mark_read(&visitor.session, 2).await.ok();
    assert_eq!(read(&[]).await.0, version);
    tesla.admin.escalate(&visitor.session, "help").await.ok();
    let began = Instant::now();
    let (next, _) = read(&[("after", &after), ("version", &version), WAIT]).await;
    assert!(began.elapsed() < SOON && next != version);
    let began = Instant::now();
    read(&[("after", &after), ("version", &next), ("wait", "1")]).await;
    assert!(began.elapsed() >= Duration::from_secs(1));
}

async fn without_news_the_answer_comes_after_the_wait(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let began = Instant::now();
    let body = visitor.conversation(&visitor.session, &[("after", "2"), ("wait", "1")]).await.ok();
    assert!((Duration::from_secs(1)..SOON).contains(&began.elapsed()));
    assert_eq!((&body["messages"], &body["has_more"]), (&json!([]), &json!(false)));
    assert_eq!(body["session"]["last_seq"], 2);
}

async fn a_wait_for_older_messages_does_not_wait(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let began = Instant::now();
    let body = visitor.conversation(&visitor.session, &[("before", "1"), WAIT]).await.ok();
    assert_eq!(body["messages"], json!([]));
    assert!(began.elapsed() < SOON);
}

async fn a_session_that_is_deleted_ends_the_wait(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let profile = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    let began = Instant::now();
    let poll = async { visitor.conversation(&visitor.session, &[("after", "99"), WAIT]).await };
    let deletion = async {
        meanwhile(world).await;
        tesla.admin.delete_profile(profile).await.ok();
    };
    let (reply, ()) = tokio::join!(poll, deletion);
    reply.error(404, "not_found", "Session not found");
    assert!(began.elapsed() < SOON);
}

/// Only PostgreSQL has other processes that write.
async fn what_another_process_changes_answers_a_waiting_visitor(world: &World) {
    if world.is_sqlite() {
        return;
    }
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let after = last_seq(&visitor).await;
    let change =
        format!("UPDATE sessions SET status = 'resolved', revision = revision + 1 WHERE id = '{}'", visitor.session);
    let happens = async {
        meanwhile(world).await;
        world.execute(&change);
    };
    assert_eq!(news(&visitor, after, happens).await["session"]["status"], "resolved");
    let read = format!("UPDATE sessions SET staff_read_seq = 3 WHERE id = '{}'", visitor.session);
    let happens = async {
        meanwhile(world).await;
        world.execute(&read);
    };
    assert_eq!(news(&visitor, after, happens).await["session"]["staff_read_seq"], 3);
}

async fn many_visitors_wait_at_the_same_time(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitors = Vec::new();
    for _ in 0..30 {
        let mut visitor = tesla.stranger();
        visitor.say("Hello").await;
        tesla.admin.escalate(&visitor.session, "help").await.ok();
        visitors.push(visitor);
    }
    let began = Instant::now();
    let mut waiting = tokio::task::JoinSet::new();
    for visitor in visitors.clone() {
        waiting.spawn(async move {
            let mut after = 2;
            let mut texts = Vec::new();
            while texts.len() < 3 {
                let query = [("after", after.to_string()), ("wait", "25".to_owned())];
                let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
                let body = visitor.conversation(&visitor.session, &query).await.ok();
                for message in body["messages"].as_array().unwrap() {
                    after = message["seq"].as_i64().unwrap();
                    texts.push(message["content"].as_str().unwrap().to_owned());
                }
            }
            (visitor.session, texts)
        });
    }
    for number in 0..3 {
        for visitor in &visitors {
            tesla.admin.write(&visitor.session, &format!("{number} to {}", visitor.session)).await.ok();
        }
    }
    for (session, texts) in waiting.join_all().await {
        assert_eq!(texts, [0, 1, 2].map(|number| format!("{number} to {session}")));
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}
