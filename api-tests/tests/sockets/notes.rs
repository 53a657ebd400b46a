//! Private notes on the connections of staff.

use std::future::IntoFuture as _;

use api_tests::{on_postgres, prelude::*};

use crate::greeted;

on_each_database!(
    a_note_reaches_the_staff_who_may_see_its_session,
    a_note_that_comes_with_a_transfer_is_told,
    a_repeated_note_is_told_once,
    nobody_but_staff_learns_of_a_note,
);

/// The rows of the notes among these frames.
fn notes(frames: &[Value]) -> Vec<&Value> {
    frames.iter().filter(|frame| frame["type"] == "note_added").map(|frame| &frame["note"]).collect()
}

async fn a_note_reaches_the_staff_who_may_see_its_session(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = greeted(&tesla).await;
    let ((mut mine, _), (mut other, _)) = (bo.company_socket().await, cy.company_socket().await);
    let ((mut admin, _), (mut foreign, _)) = (tesla.admin.company_socket().await, space.admin.company_socket().await);
    // Without a handoff only admins see the session.
    let bot = tesla.admin.note(&visitor.session, "With the bot").await.created();
    let told = admin.next_of("note_added").await;
    assert_eq!((&told["note"], &told["handoff_id"]), (&bot, &Value::Null));
    let handoff = visitor.ask_for_a_person(&bo).await;
    let waiting = tesla.admin.note(&visitor.session, "Waits").await.created();
    for socket in [&mut admin, &mut mine, &mut other] {
        let told = socket.next_of("note_added").await;
        let expected = json!({
            "type": "note_added", "session_id": visitor.session, "company_id": tesla.id, "handoff_id": handoff,
            "note": waiting,
        });
        assert_eq!(told, expected);
    }
    tesla.admin.assign(handoff, bo.id).await.ok();
    let own = bo.note(&visitor.session, "Mine").await.created();
    assert_eq!(mine.next_of("note_added").await["note"], own);
    assert_eq!(admin.next_of("note_added").await["note"], own);
    bo.resolve(handoff, "").await.ok();
    let late = tesla.admin.note(&visitor.session, "Resolved").await.created();
    assert_eq!(mine.next_of("note_added").await["note"], late);
    assert_eq!(notes(&other.settled().await), Vec::<&Value>::new());
    assert_eq!(foreign.settled().await, Vec::<Value>::new());
}

async fn a_note_that_comes_with_a_transfer_is_told(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    bo.claim(&visitor.session).await.ok();
    let stream = tesla.admin.client().get("/api/desk/events/");
    let mut stream = stream.events().await;
    bo.transfer(&visitor.session, &json!({"queue": true, "note": "End of my shift"})).await.ok();
    let told = stream.next_of("note_added").await;
    // A note has no position, so a client that connects again does not go on after it.
    assert_eq!((told.id, &told.frame["note"]["content"]), (None, &json!("End of my shift")));
}

async fn a_repeated_note_is_told_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    let path = format!("/api/desk/sessions/{}/notes/", visitor.session);
    let note = json!({"text": "Seen", "client_message_id": "note-1"});
    for _ in 0..2 {
        tesla.admin.client().post(&path, &note).await.created();
    }
    let told = admin.settled().await;
    assert_eq!(notes(&told).iter().map(|note| &note["client_message_id"]).collect::<Vec<_>>(), ["note-1"]);
}

async fn nobody_but_staff_learns_of_a_note(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let mut follower = world.anybody().socket(&format!("/ws/agent/{}/", bo.id)).await;
    assert_eq!(follower.next().await["type"], "connection_established");
    let mut chat = visitor.socket("").await;
    chat.next_of("queue_position").await;
    let stream = visitor.client().get("/api/chatbot/events/").header("X-Session-Id", &visitor.session);
    let mut stream = stream.events().await;
    stream.next_of("queue_position").await;
    let seen = visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
    let last = seen["last_seq"].to_string();
    let poll = visitor.conversation(
        &visitor.session,
        &[("after", last.as_str()), ("version", seen["version"].as_str().unwrap()), ("wait", "1")],
    );
    let poll = tokio::spawn(poll.into_future());
    bo.note(&visitor.session, "Private").await.created();
    assert_eq!((chat.settled().await, follower.settled().await), (vec![], vec![]));
    let page = poll.await.unwrap().ok();
    assert_eq!((&page["messages"], &page["session"]["version"]), (&json!([]), &seen["version"]));
    // The next event of the stream is that of the next message.
    visitor.say("Are you there?").await;
    assert_eq!(stream.next().await.unwrap().frame["message"], "Are you there?");
}

#[test]
fn a_note_written_at_one_process_is_told_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let visitor = greeted(&tesla).await;
        let desk = other.anybody().with_token(tesla.admin.client().token());
        let mut desk = desk.signed_in_socket("/ws/agents/").await;
        assert_eq!(desk.next().await["type"], "agent_connected");
        for text in ["One", "Two"] {
            let written = tesla.admin.note(&visitor.session, text).await.created();
            let told = desk.next_of("note_added").await;
            assert_eq!((&told["note"], &told["session_id"]), (&written, &json!(visitor.session)));
        }
    });
}
