//! What a connection is sent of its session.

use api_tests::prelude::*;

use crate::{greeted, last_seq, messages, seqs};

on_each_database!(
    a_connection_begins_with_one_frame_and_replays_nothing,
    a_message_from_a_call_reaches_every_socket_of_its_session_once,
    a_reconnect_gets_what_it_has_missed,
    a_position_beyond_the_last_begins_anew,
    a_large_gap_is_cut_to_the_newest_messages,
    moves_of_the_handoff_reach_the_session,
    a_waiting_visitor_is_told_its_place_in_the_queue,
    typing_reaches_the_others_only,
    files_are_announced_and_listed,
);

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
        let mut whole = reply.clone();
        for key in ["response", "session_id", "user_message"] {
            whole.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(bot["reply"], whole);
        assert!(bot["sender_name"].is_string() && bot["timestamp"].is_string());
        assert_eq!(socket.settled().await, Vec::<Value>::new());
    }
    assert_eq!(foreign.settled().await, Vec::<Value>::new());
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

async fn a_waiting_visitor_is_told_its_place_in_the_queue(world: &World) {
    fn place(frame: &Value) -> [&Value; 2] {
        [&frame["position"], &frame["waiting"]]
    }
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut first, mut second, mut third) = (tesla.visitor().await, tesla.visitor().await, tesla.visitor().await);
    let handoff = first.ask_for_a_person(&bo).await;
    let mut waits = second.socket("").await;
    second.ask_for_a_person(&bo).await;
    let told = waits.next_of("queue_position").await;
    assert_eq!((place(&told), &told["session_id"]), ([&json!(2), &json!(2)], &json!(second.session)));
    assert!(told["timestamp"].is_string());
    // A client that connects while it waits is told at once. Staff are shown the queue itself.
    let mut again = second.socket("").await;
    assert_eq!(place(&again.next().await), [&json!(2), &json!(2)]);
    let mut staff = bo.socket(&second.session).await;
    third.ask_for_a_person(&bo).await;
    for socket in [&mut waits, &mut again] {
        assert_eq!(place(&socket.next_of("queue_position").await), [&json!(2), &json!(3)]);
    }
    tesla.admin.assign(handoff, bo.id).await.ok();
    for socket in [&mut waits, &mut again] {
        assert_eq!(place(&socket.next_of("queue_position").await), [&json!(1), &json!(2)]);
    }
    assert_eq!(staff.settled().await, Vec::<Value>::new());
}

async fn typing_reaches_the_others_only(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    let (mut desk, mut socket) = (bo.socket(&visitor.session).await, visitor.socket("").await);
    desk.send(&json!({"type": "typing", "is_typing": true})).await;
    let typing = socket.next_of("typing_indicator").await;
    assert_eq!(typing["is_typing"], true);
    assert_eq!((&typing["sender_type"], &typing["sender_name"]), (&json!("agent"), &json!("Bo Agent")));
    assert!(typing["timestamp"].is_string() && typing["session_id"] == visitor.session.as_str());
    // Somebody without a token who claims to be staff is not believed.
    socket.send(&json!({"type": "typing_indicator", "is_typing": true, "sender_type": "agent"})).await;
    socket.send(&json!({"type": "typing_indicator", "is_typing": false, "sender_type": "user"})).await;
    let typing = desk.next().await;
    assert_eq!((&typing["sender_type"], &typing["is_typing"]), (&json!("user"), &json!(false)));
    assert_eq!((desk.settled().await, socket.settled().await), (vec![], vec![]));
}

async fn files_are_announced_and_listed(world: &World) {
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
