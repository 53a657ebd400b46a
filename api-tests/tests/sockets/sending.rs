//! Messages over a socket, and those that arrive twice.

use std::time::Duration;

use api_tests::prelude::*;

use crate::{greeted, last_seq, messages, seqs, texts};

on_each_database!(
    a_message_over_a_socket_is_the_call,
    one_client_message_id_is_one_message_on_any_transport,
    a_text_that_comes_both_ways_is_one_message,
    a_call_with_files_and_a_frame_without_are_one_message,
    a_text_that_comes_twice_the_same_way_is_two_messages,
    a_visitor_cannot_speak_as_staff,
    a_frame_repeats_a_call_with_a_context,
    a_refused_message_names_its_id,
    staff_write_over_the_socket_as_over_http,
    staff_who_write_too_early_are_told_so,
    a_superadmin_only_listens,
    reading_raises_the_position_of_the_own_side,
);

async fn a_message_over_a_socket_is_the_call(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    // Some clients leave the type out, and send more than is read.
    socket.send(&json!({"message": "Asha Rai", "sender_name": "me", "session_id": "TES001_x", "file_url": ""})).await;
    let frames = messages(&mut socket, 2).await;
    assert_eq!(texts(&frames)[0], (3, "user".into(), "Asha Rai".into()));
    assert_eq!(frames[1]["reply"]["collecting"], "country_code");
    let shown = visitor.conversation(&visitor.session, &[]).await.ok();
    assert_eq!(shown["messages"].as_array().unwrap().len(), 4);
}

async fn one_client_message_id_is_one_message_on_any_transport(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let mut other = visitor.socket("").await;
    let body = json!({"message": "Asha Rai", "client_message_id": "m-1"});
    socket.send(&body).await;
    assert_eq!(messages(&mut socket, 2).await[0]["client_message_id"], "m-1");
    let repeated = visitor.send(&body).await;
    assert_eq!((repeated.status, repeated.header("idempotency-replayed")), (200, "true"));
    socket.send(&body).await;
    let again = socket.next().await;
    assert_eq!(
        (&again["seq"], &again["replayed"], &again["client_message_id"]),
        (&json!(3), &json!(true), &json!("m-1"))
    );
    socket.send(&json!({"message": "Another", "client_message_id": "m-1"})).await;
    let error = socket.next().await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("idempotency_key_reuse")));
    assert_eq!(error["client_message_id"], "m-1");
    assert_eq!(seqs(&other.settled().await), [3, 4]);
    assert_eq!(last_seq(&visitor).await, 4);
}

async fn a_text_that_comes_both_ways_is_one_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    // The call first.
    visitor.say("Asha Rai").await;
    socket.send(&json!({"type": "chat_message", "message": "Asha Rai", "sender_type": "user"})).await;
    assert_eq!(seqs(&messages(&mut socket, 2).await), [3, 4]);
    // The frame first, and the call while it runs.
    let frame = json!({"type": "chat_message", "message": "+1 United States"});
    socket.send(&frame).await;
    let reply = visitor.send(&json!({"message": "+1 United States", "context": "Another"})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["user_message"]["seq"], 5);
    assert_eq!(seqs(&messages(&mut socket, 2).await), [5, 6]);
    // The frame first, and the call after it.
    socket.send(&json!({"message": "5551234567"})).await;
    assert_eq!(seqs(&messages(&mut socket, 2).await), [7, 8]);
    let reply = visitor.send(&json!({"message": "5551234567"})).await;
    assert_eq!((reply.header("idempotency-replayed"), &reply.body["user_message"]["seq"]), ("true", &json!(7)));
    // Staff do the same.
    visitor.ask_for_a_person(&bo).await;
    let mut desk = bo.socket(&visitor.session).await;
    bo.write(&visitor.session, "Good morning").await.ok();
    desk.send(&json!({"type": "chat_message", "message": "Good morning", "sender_type": "agent"})).await;
    let head = last_seq(&visitor).await;
    desk.settled().await;
    desk.send(&json!({"message": "How can I help?"})).await;
    desk.next_of("chat_message").await;
    let reply = bo.write(&visitor.session, "How can I help?").await;
    assert_eq!((reply.status, reply.header("idempotency-replayed")), (200, "true"));
    assert_eq!(last_seq(&visitor).await, head + 1);
}

async fn a_call_with_files_and_a_frame_without_are_one_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let file = visitor.share("notes.txt", b"Some notes").await["id"].clone();
    visitor.send(&json!({"message": "My notes", "attachment_ids": [file]})).await.ok();
    socket.send(&json!({"type": "chat_message", "message": "My notes", "sender_type": "user"})).await;
    socket.settled().await;
    assert_eq!(last_seq(&visitor).await, 4);
    // If the frame comes first, the files of the call are not lost.
    let file = visitor.share("more.txt", b"More notes").await["id"].clone();
    socket.send(&json!({"message": "More notes"})).await;
    assert_eq!(seqs(&messages(&mut socket, 2).await), [5, 6]);
    visitor.send(&json!({"message": "More notes", "attachment_ids": [file]})).await.ok();
    assert_eq!(messages(&mut socket, 1).await[0]["attachments"][0]["id"], file);
    // Staff do the same.
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    let mut desk = bo.socket(&visitor.session).await;
    let file = bo.agent_upload(&visitor.session, "price.txt", b"Ten").await.created()["id"].clone();
    let body = json!({"session_id": visitor.session, "message": "Our prices", "attachment_ids": [file]});
    bo.client().post("/api/human-handoff/agent/send-message/", &body).await.ok();
    let head = last_seq(&visitor).await;
    desk.send(&json!({"type": "chat_message", "message": "Our prices", "sender_type": "agent"})).await;
    desk.settled().await;
    assert_eq!(last_seq(&visitor).await, head);
}

async fn a_text_that_comes_twice_the_same_way_is_two_messages(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for _ in 0..2 {
        socket.send(&json!({"message": "Hello again"})).await;
    }
    assert_eq!(seqs(&messages(&mut socket, 4).await), [3, 4, 5, 6]);
    // Three seconds later it is another message.
    world.clock.advance(Duration::from_secs(4));
    visitor.say("Hello again").await;
    visitor.say("Hello again").await;
    assert_eq!(last_seq(&visitor).await, 10);
}

async fn a_visitor_cannot_speak_as_staff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for sender in ["agent", "bot"] {
        socket.send(&json!({"type": "chat_message", "message": "I am staff", "sender_type": sender})).await;
    }
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    socket.send(&json!({"message": "I am a visitor", "sender_type": "user"})).await;
    assert_eq!(texts(&messages(&mut socket, 2).await)[0], (3, "user".into(), "I am a visitor".into()));
    for sender in [json!(null), json!("customer")] {
        socket.send(&json!({"message": "So am I", "sender_type": sender})).await;
        let (_, side, text) = texts(&messages(&mut socket, 2).await).remove(0);
        assert_eq!((side.as_str(), text.as_str()), ("user", "So am I"));
    }
}

async fn a_frame_repeats_a_call_with_a_context(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let body = json!({"message": "Hello again", "context": "Pricing page", "client_message_id": "m-1"});
    visitor.send(&body).await.ok();
    messages(&mut socket, 2).await;
    socket.send(&body).await;
    let again = socket.next().await;
    assert_eq!((&again["type"], &again["seq"], &again["replayed"]), (&json!("chat_message"), &json!(3), &json!(true)));
}

async fn a_refused_message_names_its_id(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send(&json!({"message": "x".repeat(2001), "client_message_id": "long"})).await;
    let error = socket.next().await;
    assert_eq!((&error["code"], &error["client_message_id"]), (&json!("validation_error"), &json!("long")));
    socket.send(&json!({"message": "Look", "attachment_ids": [99999], "client_message_id": "file"})).await;
    let error = socket.next().await;
    assert_eq!((&error["code"], &error["client_message_id"]), (&json!("validation_error"), &json!("file")));
    assert_eq!(last_seq(&visitor).await, 2);
}

async fn staff_write_over_the_socket_as_over_http(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let (mut desk, mut socket) = (bo.socket(&visitor.session).await, visitor.socket("").await);
    desk.send(&json!({"type": "chat_message", "message": "Good <b>morning</b>", "client_message_id": "b-1"})).await;
    for side in [&mut desk, &mut socket] {
        assert_eq!(side.next_of("session_assigned").await["agent"]["id"], bo.id);
        let message = side.next_of("chat_message").await;
        assert_eq!((&message["sender_type"], &message["sender_name"]), (&json!("agent"), &json!("Bo Agent")));
        assert!(!message["message"].as_str().unwrap().contains("<b>"), "{message}");
    }
    // The visitor's messages reach the desk.
    visitor.say("Thank you").await;
    assert_eq!(desk.next_of("chat_message").await["message"], "Thank you");
    // An admin writes without taking the session over.
    let mut admin = tesla.admin.socket(&visitor.session).await;
    admin.send(&json!({"message": "I am here too"})).await;
    assert_eq!(socket.next_of("chat_message").await["message"], "Thank you");
    assert_eq!(socket.next_of("chat_message").await["message"], "I am here too");
}

async fn staff_who_write_too_early_are_told_so(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut admin = tesla.admin.socket(&visitor.session).await;
    admin.send(&json!({"message": "Hello"})).await;
    let error = admin.next().await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("not_escalated")));
    assert!(error["message"].as_str().unwrap().contains("Session not escalated"));
    assert_eq!(last_seq(&visitor).await, 2);
}

async fn a_superadmin_only_listens(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let mut listener = world.superadmin().await.socket(&visitor.company, &visitor.session).await;
    listener.send(&json!({"message": "Hello"})).await;
    assert_eq!(listener.next().await["code"], "permission_denied");
    listener.send(&json!({"type": "typing", "is_typing": true})).await;
    listener.send(&json!({"type": "read", "seq": 1})).await;
    visitor.say("Anybody?").await;
    assert_eq!(listener.next_of("chat_message").await["message"], "Anybody?");
    assert_eq!(visitor.conversation(&visitor.session, &[]).await.ok()["session"]["staff_read_seq"], 0);
}

async fn reading_raises_the_position_of_the_own_side(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let (mut admin, mut socket) = (tesla.admin.socket(&visitor.session).await, visitor.socket("").await);
    let positions = async || {
        let session = visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
        (session["visitor_read_seq"].as_i64().unwrap(), session["staff_read_seq"].as_i64().unwrap())
    };
    // A refused frame is answered after those before it.
    let refused = json!({"message": "x".repeat(20_000), "client_message_id": "end"});
    for (seq, expected) in [(2, (2, 0)), (1, (2, 0)), (99, (2, 0))] {
        socket.send(&json!({"type": "read", "seq": seq})).await;
        socket.send(&refused).await;
        assert_eq!(socket.next().await["client_message_id"], "end");
        assert_eq!(positions().await, expected);
    }
    admin.send(&json!({"type": "read", "seq": 1})).await;
    admin.send(&refused).await;
    assert_eq!(admin.next().await["client_message_id"], "end");
    assert_eq!(positions().await, (2, 1));
    socket.send(&json!({"type": "read", "seq": "x"})).await;
    assert_eq!(socket.next().await["code"], "validation_error");
}
