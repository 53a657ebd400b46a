//! The socket of one session, for visitors and staff.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_connection_begins_with_one_frame_and_replays_nothing,
    a_message_from_a_call_reaches_every_socket_of_its_session_once,
    a_message_over_a_socket_is_the_call,
    a_reconnect_gets_what_it_has_missed,
    a_position_beyond_the_last_begins_anew,
    a_large_gap_is_cut_to_the_newest_messages,
    one_client_message_id_is_one_message_on_any_transport,
    a_text_that_comes_both_ways_is_one_message,
    a_text_that_comes_twice_the_same_way_is_two_messages,
    a_visitor_cannot_speak_as_staff,
    blank_and_unknown_frames_are_ignored,
    a_frame_that_is_not_json_is_an_error_and_the_connection_stays,
    a_refused_message_names_its_id,
    staff_write_over_the_socket_as_over_http,
    staff_who_write_too_early_are_told_so,
    a_superadmin_only_listens,
    moves_of_the_handoff_reach_the_session,
    an_agent_loses_a_session_that_goes_to_another,
    an_agent_cannot_open_a_session_of_another,
    typing_reaches_the_others_only,
    reading_raises_the_position_of_the_own_side,
    files_are_told_and_listed,
    what_does_not_exist_is_closed_with_4004,
    tokens_work_in_the_query_and_as_a_sub_protocol,
    a_ticket_opens_one_socket,
    signing_out_closes_the_sockets,
    an_erased_session_closes_its_sockets,
    bytes_are_closed_with_1003_and_long_frames_with_1009,
    a_frame_in_parts_is_one_frame,
    a_flood_is_refused_and_then_closed,
);

fn texts(frames: &[Value]) -> Vec<(i64, String, String)> {
    let messages = frames.iter().filter(|frame| frame["type"] == "chat_message");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages.map(|one| (one["seq"].as_i64().unwrap(), text(&one["sender_type"]), text(&one["message"]))).collect()
}

fn seqs(frames: &[Value]) -> Vec<i64> {
    texts(frames).into_iter().map(|(seq, ..)| seq).collect()
}

/// Receives this many messages.
async fn messages(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.push(socket.next_of("chat_message").await);
    }
    messages
}

async fn greeted(company: &Company) -> Visitor {
    let mut visitor = company.stranger();
    visitor.say("Hello").await;
    visitor
}

async fn last_seq(visitor: &Visitor) -> i64 {
    visitor.conversation(&visitor.session, &[]).await.ok()["session"]["last_seq"].as_i64().unwrap()
}

async fn a_connection_begins_with_one_frame_and_replays_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = world.anybody().socket(&format!("/ws/chat/{}/{}/", tesla.id, visitor.session)).await;
    let first = socket.next().await;
    assert!(first["message"].is_string());
    assert_eq!(
        (&first["type"], &first["session_id"], &first["company_id"], &first["head_seq"]),
        (&json!("connection_established"), &json!(visitor.session), &json!(tesla.id), &json!(2))
    );
    assert_eq!(socket.settled().await, Vec::<Value>::new());
}

async fn a_message_from_a_call_reaches_every_socket_of_its_session_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let other = greeted(&tesla).await;
    let (mut one, mut two, mut foreign) = (visitor.socket("").await, visitor.socket("").await, other.socket("").await);
    let reply = visitor.say("Asha Rai").await;
    for socket in [&mut one, &mut two] {
        let frames = messages(socket, 2).await;
        assert_eq!(seqs(&frames), [3, 4]);
        let (user, bot) = (&frames[0], &frames[1]);
        assert_eq!(
            (&user["message"], &user["sender_type"], &user["sender_name"]),
            (&json!("Asha Rai"), &json!("user"), &Value::Null)
        );
        assert_eq!(user["message_id"], reply["user_message"]["id"]);
        assert_eq!(user["timestamp"], reply["user_message"]["timestamp"]);
        assert_eq!((&user["session_id"], &user["attachments"]), (&json!(visitor.session), &json!([])));
        assert!(user.get("reply").is_none() && user.get("replayed").is_none());
        assert_eq!((&bot["message"], &bot["sender_type"]), (&reply["response"], &json!("bot")));
        assert_eq!((&bot["reply"]["type"], &bot["reply"]["suggestions"]), (&reply["type"], &reply["suggestions"]));
        assert!(bot["sender_name"].is_string() && bot["timestamp"].is_string());
        assert_eq!(socket.settled().await, Vec::<Value>::new());
    }
    assert_eq!(foreign.settled().await, Vec::<Value>::new());
}

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

async fn a_reconnect_gets_what_it_has_missed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    visitor.say("Asha Rai").await;
    let mut socket = visitor.socket("?after=1").await;
    let missed = messages(&mut socket, 3).await;
    assert_eq!(seqs(&missed), [2, 3, 4]);
    assert!(missed.iter().all(|frame| frame["replayed"] == true));
    visitor.say("+1 United States").await;
    assert_eq!(seqs(&messages(&mut socket, 2).await), [5, 6]);
    let mut current = visitor.socket("?after=6").await;
    assert_eq!(current.settled().await, Vec::<Value>::new());
}

async fn a_position_beyond_the_last_begins_anew(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("?after=3").await;
    let resync = socket.next().await;
    assert_eq!(resync, json!({"type": "resync", "reason": "after_ahead", "head_seq": 2, "from_seq": 1}));
    assert_eq!(seqs(&socket.settled().await), [1, 2]);
}

async fn a_large_gap_is_cut_to_the_newest_messages(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let first = last_seq(&visitor).await;
    for number in 0..510 {
        bo.write(&visitor.session, &number.to_string()).await.ok();
    }
    let head = first + 510;
    let mut socket = visitor.socket("?after=1").await;
    let resync = socket.next().await;
    assert_eq!(resync, json!({"type": "resync", "reason": "gap_too_large", "head_seq": head, "from_seq": head - 499}));
    assert_eq!(seqs(&socket.settled().await), (head - 499..=head).collect::<Vec<_>>());
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
    // The frame first, with the call behind it while it runs.
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
    for sender in ["agent", "bot", "system"] {
        socket.send(&json!({"type": "chat_message", "message": "I am staff", "sender_type": sender})).await;
    }
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    socket.send(&json!({"message": "I am a visitor", "sender_type": "user"})).await;
    assert_eq!(texts(&messages(&mut socket, 2).await)[0], (3, "user".into(), "I am a visitor".into()));
}

async fn blank_and_unknown_frames_are_ignored(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for frame in [json!({"message": "  "}), json!({}), json!({"type": "escalate_to_human"}), json!({"type": 7})] {
        socket.send(&frame).await;
    }
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    assert_eq!(last_seq(&visitor).await, 2);
}

async fn a_frame_that_is_not_json_is_an_error_and_the_connection_stays(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let expected = json!({"type": "error", "code": "parse_error", "message": "Invalid JSON format"});
    for text in ["{", "[1]", "hello", ""] {
        socket.send_text(text).await;
        assert_eq!(socket.next().await, expected, "{text}");
    }
    socket.send(&json!({"type": "ping", "timestamp": 17})).await;
    assert_eq!(socket.next().await, json!({"type": "pong", "timestamp": 17}));
    socket.send_raw(Opcode::Ping, true, b"x").await;
    assert_eq!(socket.incoming().await, Incoming::Pong);
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

async fn moves_of_the_handoff_reach_the_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let escalated = socket.next_of("session_escalated").await;
    assert_eq!(escalated["session_id"], visitor.session.as_str());
    assert!(escalated["timestamp"].is_string());
    for agent in [&bo, &cy] {
        tesla.admin.assign(handoff, agent.id).await.ok();
        let assigned = socket.next_of("session_assigned").await;
        assert_eq!(assigned["agent"], json!({"id": agent.id, "name": agent.name}));
    }
    cy.resolve(handoff, "").await.ok();
    assert!(socket.next_of("session_resolved").await["timestamp"].is_string());
}

async fn an_agent_loses_a_session_that_goes_to_another(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = greeted(&tesla).await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let (mut mine, mut other) = (bo.socket(&visitor.session).await, cy.socket(&visitor.session).await);
    tesla.admin.assign(handoff, bo.id).await.ok();
    assert_eq!(mine.next_of("session_assigned").await["agent"]["id"], bo.id);
    let (error, code) = other.closed().await;
    assert_eq!((&error.unwrap()["code"], code), (&json!("permission_denied"), 4003));
    visitor.say("Hello Bo").await;
    assert_eq!(mine.next_of("chat_message").await["message"], "Hello Bo");
    tesla.admin.assign(handoff, cy.id).await.ok();
    assert_eq!(mine.closed().await.1, 4003);
}

async fn an_agent_cannot_open_a_session_of_another(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = greeted(&tesla).await;
    let path = format!("/ws/chat/{}/{}/", tesla.id, visitor.session);
    assert_eq!(bo.client().signed_in_socket(&path).await.closed().await.1, 4003);
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    assert_eq!(cy.client().signed_in_socket(&path).await.closed().await.1, 4003);
    bo.socket(&visitor.session).await;
}

async fn typing_reaches_the_others_only(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let (mut desk, mut socket) = (bo.socket(&visitor.session).await, visitor.socket("").await);
    desk.send(&json!({"type": "typing", "is_typing": true})).await;
    let typing = socket.next().await;
    assert_eq!((&typing["type"], &typing["is_typing"]), (&json!("typing_indicator"), &json!(true)));
    assert_eq!((&typing["sender_type"], &typing["sender_name"]), (&json!("agent"), &json!("Bo Agent")));
    assert!(typing["timestamp"].is_string() && typing["session_id"] == visitor.session.as_str());
    socket.send(&json!({"type": "typing_indicator", "is_typing": false, "sender_type": "agent"})).await;
    let typing = desk.next().await;
    assert_eq!((&typing["sender_type"], &typing["is_typing"]), (&json!("user"), &json!(false)));
    assert_eq!((desk.settled().await, socket.settled().await), (vec![], vec![]));
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

async fn files_are_told_and_listed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send(&json!({"type": "request_file_list", "session_id": visitor.session})).await;
    assert_eq!(socket.next().await["files"], json!([]));
    let uploaded = visitor.share("notes.txt", b"Some notes").await;
    let shared = socket.next_of("file_shared").await;
    assert_eq!((&shared["id"], &shared["uploader"], &shared["size"]), (&uploaded["id"], &json!("user"), &json!(10)));
    assert_eq!((&shared["name"], &shared["original_name"]), (&json!("notes.txt"), &json!("notes.txt")));
    assert!(shared["url"].as_str().unwrap().starts_with("https://chat.example.com/"));
    assert!(shared["file_url"].as_str().unwrap().starts_with('/'));
    assert_eq!((&shared["company_id"], &shared["session_id"]), (&json!(tesla.id), &json!(visitor.session)));
    socket.send(&json!({"type": "request_file_list"})).await;
    let list = socket.next_of("file_list").await;
    assert_eq!((&list["files"][0]["id"], &list["company_id"]), (&uploaded["id"], &json!(tesla.id)));
    visitor.send(&json!({"message": "", "attachment_ids": [uploaded["id"]]})).await.ok();
    let message = socket.next_of("chat_message").await;
    assert_eq!((&message["message"], &message["attachments"][0]["id"]), (&json!(""), &uploaded["id"]));
    assert_eq!(message["file_name"], "notes.txt");
}

async fn what_does_not_exist_is_closed_with_4004(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let visitor = greeted(&tesla).await;
    let session = &visitor.session;
    let unknown = format!("{}_00000000-0000-4000-8000-000000000000", tesla.id);
    for path in [
        format!("/ws/chat/{}/{session}/", space.id),
        format!("/ws/chat/{}/{unknown}/", tesla.id),
        format!("/ws/chat/{}/nonsense/", tesla.id),
        format!("/ws/chat/nowhere/{session}/"),
    ] {
        let (error, code) = world.anybody().socket(&path).await.closed().await;
        assert_eq!((code, &error.unwrap()["type"]), (4004, &json!("error")), "{path}");
    }
    // Staff of another company find nothing, by either company's code.
    let foreign = space.agent("Eve Agent").await;
    for company in [&tesla, &space] {
        for staff in [foreign.client(), space.admin.client()] {
            let mut socket = staff.signed_in_socket(&format!("/ws/chat/{}/{session}/", company.id)).await;
            assert_eq!(socket.closed().await.1, 4004);
        }
    }
    world.set_status(&tesla.id, tenancy::CompanyStatus::Suspended);
    let path = format!("/ws/chat/{}/{session}/", tesla.id);
    assert_eq!(world.anybody().socket(&path).await.closed().await.1, 4004);
    let call = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let reply = world.exchange(call.as_bytes()).await;
    assert!(reply.status == 426 && reply.text.contains("\"code\":\"bad_request\""), "{}", reply.text);
}

async fn tokens_work_in_the_query_and_as_a_sub_protocol(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let path = format!("/ws/chat/{}/{}/", tesla.id, visitor.session);
    let protocol = format!("bearer, {}", tesla.admin.client().token());
    let headers = [("Sec-WebSocket-Protocol", protocol.as_str()), ("Origin", "https://elsewhere.example")];
    let mut socket = Socket::open(tesla.admin.client().host(), &path, &headers).await;
    assert!(socket.head.to_ascii_lowercase().contains("sec-websocket-protocol: bearer\r\n"), "{}", socket.head);
    assert_eq!(socket.next().await["type"], "connection_established");
    socket.send(&json!({"message": "As staff"})).await;
    assert_eq!(socket.next().await["code"], "not_escalated");
    for token in ["nonsense", &tesla.admin.refresh] {
        let (error, code) = world.anybody().socket(&format!("{path}?token={token}")).await.closed().await;
        assert_eq!((code, &error.unwrap()["code"]), (4001, &json!("token_not_valid")), "{token}");
    }
}

async fn a_ticket_opens_one_socket(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let ticket = tesla.admin.client().post("/api/auth/ws-ticket/", &json!({})).await.ok();
    let path = format!("/ws/chat/{}/{}/?token={}", tesla.id, visitor.session, ticket["ticket"].as_str().unwrap());
    let mut socket = world.anybody().socket(&path).await;
    assert_eq!(socket.next().await["type"], "connection_established");
    assert_eq!(world.anybody().socket(&path).await.closed().await.1, 4001);
    // The socket ends with the sign-in behind the ticket.
    tesla.admin.client().post("/api/auth/logout-all/", &json!({})).await.ok();
    assert_eq!(socket.closed().await.1, 4001);
}

async fn signing_out_closes_the_sockets(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let (mut desk, mut socket) = (bo.socket(&visitor.session).await, visitor.socket("").await);
    // The expiry of the access token does not end the connection.
    world.clock.advance(Duration::from_hours(1));
    desk.send(&json!({"message": "Still here"})).await;
    assert_eq!(socket.next_of("chat_message").await["message"], "Still here");
    tesla.admin.signed_in_again().await.delete_agent(bo.id).await.ok();
    assert_eq!(desk.closed().await.1, 4001);
    // The session returns to the queue, and its visitor stays connected.
    assert_eq!(socket.next_of("session_escalated").await["session_id"], visitor.session.as_str());
}

async fn an_erased_session_closes_its_sockets(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.introduce().await;
    let mut socket = visitor.socket("").await;
    let profiles = tesla.admin.client().get("/api/admin-dashboard/user-profiles/").await.ok();
    let id = profiles["results"][0]["id"].as_i64().unwrap();
    tesla.admin.delete_profile(id).await.ok();
    let (error, code) = socket.closed().await;
    assert_eq!((&error.unwrap()["code"], code), (&json!("not_found"), 4004));
}

async fn bytes_are_closed_with_1003_and_long_frames_with_1009(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Binary, true, b"{}").await;
    assert_eq!(socket.closed().await.1, 1003);
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Text, true, &vec![b' '; 64 * 1024 + 1]).await;
    assert_eq!(socket.closed().await.1, 1009);
    let mut socket = visitor.socket("").await;
    let mut longest = b"{\"type\":\"ping\"".to_vec();
    longest.resize(64 * 1024 - 1, b' ');
    longest.push(b'}');
    socket.send_raw(Opcode::Text, true, &longest).await;
    assert_eq!(socket.next().await["type"], "pong");
    socket.send_raw(Opcode::Close, true, &1000_u16.to_be_bytes()).await;
    assert_eq!(socket.closed().await.1, 1000);
}

async fn a_frame_in_parts_is_one_frame(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Text, false, b"{\"type\":").await;
    socket.send_raw(Opcode::Ping, true, b"").await;
    socket.send_raw(Opcode::Continuation, true, b"\"ping\",\"timestamp\":1}").await;
    assert_eq!(socket.incoming().await, Incoming::Pong);
    assert_eq!(socket.next().await, json!({"type": "pong", "timestamp": 1}));
    for _ in 0..3 {
        socket.send_raw(Opcode::Text, false, &vec![b' '; 40_000]).await;
        socket.send_raw(Opcode::Continuation, true, &vec![b' '; 40_000]).await;
    }
    assert_eq!(socket.closed().await.1, 1009);
}

async fn a_flood_is_refused_and_then_closed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for _ in 0..60 {
        socket.send(&json!({"type": "typing", "is_typing": true})).await;
    }
    let error = socket.next_of("error").await;
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1));
    for _ in 0..200 {
        socket.send(&json!({"type": "typing", "is_typing": true})).await;
    }
    assert_eq!(socket.closed().await.1, 1008);
}
