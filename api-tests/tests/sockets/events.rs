//! The frames of both sockets as streams of events.

use api_tests::prelude::*;

use crate::greeted;

on_each_database!(
    a_stream_has_the_frames_of_the_socket,
    a_client_that_connects_again_goes_on_after_its_last_event,
    the_last_event_counts_and_not_the_query,
    a_client_that_loses_its_stream_before_the_first_message_misses_nothing,
    staff_get_the_news_of_their_company,
    an_agent_with_a_stream_is_available,
    a_refused_caller_gets_an_error_and_no_stream,
    a_stream_ends_with_the_session_or_the_sign_in,
);

/// Opens the stream of a visitor and receives its first event.
async fn stream(visitor: &Visitor, query: &str) -> Events {
    let path = format!("/api/chatbot/events/?{query}");
    let mut events = visitor.client().get(&path).header("X-Session-Id", &visitor.session).events().await;
    let first = events.next().await.unwrap();
    assert_eq!(first.frame["type"], "connection_established");
    assert!(first.id.is_some_and(|id| Some(id) <= first.frame["head_seq"].as_i64()), "{:?}", first.id);
    assert_eq!(first.frame["session_id"], visitor.session.as_str());
    events
}

/// Receives this many messages, and returns their ids and texts.
async fn messages(events: &mut Events, count: usize) -> Vec<(i64, String)> {
    let mut messages = Vec::new();
    while messages.len() < count {
        let Event { id, frame } = events.next_of("chat_message").await;
        assert_eq!(id, frame["seq"].as_i64());
        messages.push((id.unwrap(), frame["message"].as_str().unwrap().to_owned()));
    }
    messages
}

fn ids(messages: &[(i64, String)]) -> Vec<i64> {
    messages.iter().map(|(id, _)| *id).collect()
}

async fn a_stream_has_the_frames_of_the_socket(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    let (mut events, mut socket) = (stream(&visitor, "").await, visitor.socket("").await);
    visitor.say("Asha Rai").await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Good morning").await.ok();
    loop {
        let (event, frame) = (events.next().await.unwrap().frame, socket.next().await);
        let is_last = frame["message"] == "Good morning";
        // The two connections send it at two moments.
        let without_time = |mut frame: Value| {
            if frame["type"] != "chat_message" {
                frame.as_object_mut().unwrap().remove("timestamp");
            }
            frame
        };
        assert_eq!(without_time(event), without_time(frame));
        if is_last {
            break;
        }
    }
}

async fn a_client_that_connects_again_goes_on_after_its_last_event(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let mut events = stream(&visitor, "after=1").await;
    assert_eq!(ids(&messages(&mut events, 1).await), [2]);
    visitor.say("Asha Rai").await;
    let live = messages(&mut events, 2).await;
    assert_eq!((ids(&live), live[0].1.as_str()), (vec![3, 4], "Asha Rai"));
    drop(events);
    visitor.say("+1 United States").await;
    let mut events = stream(&visitor, "after=4").await;
    assert_eq!(ids(&messages(&mut events, 2).await), [5, 6]);
}

async fn the_last_event_counts_and_not_the_query(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let path = format!("/api/chatbot/events/?session_id={}&after=0", visitor.session);
    let mut events = visitor.client().get(&path).header("Last-Event-ID", "1").events().await;
    events.next_of("connection_established").await;
    let next = events.next().await.unwrap();
    assert_eq!((next.id, &next.frame["replayed"]), (Some(2), &json!(true)));
    let mut events = visitor.client().get(&path).header("Last-Event-ID", "9").events().await;
    assert_eq!(events.next_of("resync").await.frame["reason"], "after_ahead");
    assert_eq!(ids(&messages(&mut events, 2).await), [1, 2]);
}

async fn a_client_that_loses_its_stream_before_the_first_message_misses_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let path = format!("/api/chatbot/events/?session_id={}", visitor.session);
    let last = visitor.client().get(&path).events().await.next().await.unwrap().id.unwrap();
    visitor.say("Asha Rai").await;
    let mut events = visitor.client().get(&path).header("Last-Event-ID", &last.to_string()).events().await;
    assert_eq!(ids(&messages(&mut events, 2).await), [3, 4]);
}

async fn staff_get_the_news_of_their_company(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let mut events = tesla.admin.client().get("/api/desk/events/").events().await;
    let first = events.next().await.unwrap();
    assert_eq!((first.id, &first.frame["type"]), (Some(0), &json!("agent_connected")));
    assert_eq!(first.frame["agent_info"]["company_id"], tesla.id.as_str());
    visitor.ask_for_a_person(&bo).await;
    assert_eq!(events.next_of("session_escalated").await.frame["session_id"], visitor.session.as_str());
    assert_eq!(events.next_of("queue_counts").await.frame["waiting"], 1);
    visitor.say("Anybody?").await;
    let message = events.next_of("chat_message").await;
    assert_eq!((message.id, &message.frame["message"]), (message.frame["seq"].as_i64(), &json!("Anybody?")));
    // A client that had a stream before has to load its lists again.
    let ticket = tesla.admin.client().post("/api/auth/ws-ticket/", &json!({})).await.ok();
    let path = format!("/api/desk/events/?token={}", ticket["ticket"].as_str().unwrap());
    let mut events = world.anybody().get(&path).header("Last-Event-ID", "7").events().await;
    assert_eq!(events.next().await.unwrap().frame["type"], "agent_connected");
    assert_eq!(events.next().await.unwrap().frame["type"], "resync");
}

async fn an_agent_with_a_stream_is_available(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let elsewhere = bo.signed_in_again().await;
    elsewhere.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    let mut events = bo.client().get("/api/desk/events/").events().await;
    assert_eq!(events.next().await.unwrap().frame["status"], "AVAILABLE");
}

async fn a_refused_caller_gets_an_error_and_no_stream(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let anybody = world.anybody();
    anybody.get("/api/chatbot/events/").await.error(400, "bad_request", "session_id is required");
    let unknown = "/api/chatbot/events/?session_id=TES001_00000000-0000-4000-8000-000000000000";
    anybody.get(unknown).await.error(404, "not_found", "Session not found");
    let own = format!("/api/chatbot/events/?session_id={}", visitor.session);
    let reply = anybody.get(&own).header("Last-Event-ID", "x").await;
    reply.error(400, "bad_request", "Invalid Last-Event-ID header");
    anybody.get(&format!("{own}&after=x")).await.error(400, "bad_request", "Invalid after parameter");
    anybody.get("/api/desk/events/").await.asks_for_a_token();
    let reply = anybody.with_token("nonsense").get("/api/desk/events/").await;
    assert_eq!((reply.status, &reply.body["code"]), (401, &json!("token_not_valid")));
    let reply = world.superadmin().await.client().get("/api/desk/events/").await;
    assert_eq!((reply.status, &reply.body["code"]), (403, &json!("permission_denied")));
    world.set_status(&tesla.id, tenancy::CompanyStatus::Suspended);
    assert_eq!(anybody.get(&own).await.status, 403);
}

async fn a_stream_ends_with_the_session_or_the_sign_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.introduce().await;
    let mut events = stream(&visitor, "").await;
    let profiles = tesla.admin.client().get("/api/admin-dashboard/user-profiles/").await.ok();
    tesla.admin.delete_profile(profiles["results"][0]["id"].as_i64().unwrap()).await.ok();
    assert_eq!(events.next_of("error").await.frame["code"], "not_found");
    assert_eq!(events.next().await, None);
    let mut desk = tesla.admin.client().get("/api/desk/events/").events().await;
    desk.next_of("agent_connected").await;
    tesla.admin.client().post("/api/auth/logout-all/", &json!({})).await.ok();
    assert_eq!(desk.next_of("error").await.frame["code"], "token_not_valid");
    assert_eq!(desk.next().await, None);
}
