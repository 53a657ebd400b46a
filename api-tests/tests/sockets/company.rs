//! The socket that sends staff the news of all sessions of their company.

use api_tests::prelude::*;

on_each_database!(
    the_first_frame_says_who_connects_and_what_waits,
    moves_of_handoffs_reach_all_staff_of_the_company,
    sessions_of_an_agent_who_leaves_are_told_as_waiting,
    a_visitor_who_leaves_is_told_as_resolved,
    a_handoff_that_is_opened_again_is_told,
    messages_reach_the_agent_of_the_handoff_and_every_admin,
    a_changed_priority_reloads_the_lists_of_staff,
    the_first_connection_makes_an_agent_available,
    a_status_is_set_and_told,
    only_staff_of_a_company_connect,
    signing_out_closes_the_connection,
    frames_that_cannot_be_done_are_errors,
);

/// Receives the frame of this type that is about this session.
async fn about(socket: &mut Socket, kind: &str, session: &str) -> Value {
    loop {
        let frame = socket.next_of(kind).await;
        if frame["session_id"] == session {
            return frame;
        }
    }
}

fn counts(waiting: i64, assigned: i64, mine: i64) -> Value {
    json!({"waiting": waiting, "assigned": assigned, "mine": mine})
}

async fn next_counts(socket: &mut Socket) -> Value {
    let mut frame = socket.next_of("queue_counts").await;
    frame.as_object_mut().unwrap().remove("type");
    frame
}

async fn the_first_frame_says_who_connects_and_what_waits(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    let (_socket, first) = bo.company_socket().await;
    assert_eq!((&first["status"], &first["queue"]), (&json!("AVAILABLE"), &counts(1, 0, 0)));
    assert!(first["message"].is_string());
    let info = &first["agent_info"];
    assert_eq!((&info["id"], &info["name"], &info["email"]), (&json!(bo.id), &json!("Bo Agent"), &json!(bo.email)));
    assert_eq!((&info["company_id"], &info["role"]), (&json!(tesla.id), &json!("AGENT")));
    assert!(info["user_id"].is_i64());
    let (_socket, first) = tesla.admin.company_socket().await;
    assert_eq!((&first["agent_info"]["id"], &first["status"]), (&Value::Null, &Value::Null));
    assert_eq!((&first["agent_info"]["role"], &first["queue"]), (&json!("ADMIN"), &counts(1, 0, 0)));
}

async fn moves_of_handoffs_reach_all_staff_of_the_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (mut foreign, _) = space.admin.company_socket().await;
    let (mut mine, _) = bo.company_socket().await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    for socket in [&mut mine, &mut admin] {
        let escalated = about(socket, "session_escalated", &visitor.session).await;
        assert_eq!((&escalated["handoff_id"], &escalated["company_id"]), (&json!(handoff), &json!(tesla.id)));
        assert_eq!((&escalated["user_name"], &escalated["reason"]), (&json!("Asha Rai"), &json!("Talk to a person")));
        assert!(escalated["priority"].is_string() && escalated["timestamp"].is_string());
        assert_eq!(next_counts(socket).await, counts(1, 0, 0));
    }
    tesla.admin.assign(handoff, bo.id).await.ok();
    let assigned = about(&mut admin, "session_assigned", &visitor.session).await;
    assert_eq!(assigned["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
    assert_eq!(next_counts(&mut admin).await, counts(0, 1, 0));
    about(&mut mine, "session_assigned", &visitor.session).await;
    assert_eq!(next_counts(&mut mine).await, counts(0, 1, 1));
    tesla.admin.assign(handoff, cy.id).await.ok();
    let moved = about(&mut mine, "session_transferred", &visitor.session).await;
    assert_eq!((&moved["from_agent"]["id"], &moved["to_agent"]["id"]), (&json!(bo.id), &json!(cy.id)));
    assert_eq!(moved["agent"], moved["to_agent"]);
    assert_eq!(next_counts(&mut mine).await, counts(0, 1, 0));
    cy.resolve(handoff, "").await.ok();
    let resolved = about(&mut mine, "session_resolved", &visitor.session).await;
    assert_eq!((&resolved["agent"]["id"], &resolved["handoff_id"]), (&json!(cy.id), &json!(handoff)));
    assert_eq!(next_counts(&mut mine).await, counts(0, 0, 0));
    assert_eq!(foreign.settled().await, Vec::<Value>::new());
}

/// A company with two agents, of whom the first has the session of a visitor.
async fn assigned(world: &World) -> (Company, [Agent; 2], Visitor, i64) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    (tesla, [bo, cy], visitor, handoff)
}

async fn sessions_of_an_agent_who_leaves_are_told_as_waiting(world: &World) {
    for is_deleted in [false, true] {
        let (tesla, [bo, cy], visitor, handoff) = assigned(world).await;
        let ((mut desk, _), mut chat) = (cy.company_socket().await, visitor.socket("").await);
        match is_deleted {
            true => tesla.admin.delete_agent(bo.id).await.ok(),
            false => tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok(),
        };
        let told = about(&mut desk, "session_escalated", &visitor.session).await;
        assert_eq!((&told["handoff_id"], &told["reason"]), (&json!(handoff), &json!("Talk to a person")));
        assert_eq!((&told["priority"], &told["user_name"]), (&json!("medium"), &json!("Asha Rai")));
        assert_eq!(next_counts(&mut desk).await, counts(1, 0, 0));
        assert_eq!(chat.next_of("session_escalated").await["session_id"], visitor.session.as_str());
    }
}

async fn a_visitor_who_leaves_is_told_as_resolved(world: &World) {
    let (_, [bo, _], visitor, handoff) = assigned(world).await;
    let ((mut desk, _), mut chat) = (bo.company_socket().await, visitor.socket("").await);
    visitor.leave(&visitor.session).await.ok();
    let told = about(&mut desk, "session_resolved", &visitor.session).await;
    assert_eq!((&told["handoff_id"], &told["agent"]), (&json!(handoff), &json!({"id": bo.id, "name": "Bo Agent"})));
    assert_eq!(next_counts(&mut desk).await, counts(0, 0, 0));
    assert_eq!(chat.next_of("session_resolved").await["session_id"], visitor.session.as_str());
}

async fn a_handoff_that_is_opened_again_is_told(world: &World) {
    let (tesla, [bo, _], visitor, handoff) = assigned(world).await;
    bo.resolve(handoff, "").await.ok();
    let ((mut desk, _), mut chat) = (bo.company_socket().await, visitor.socket("").await);
    tesla.admin.escalate(&visitor.session, "not done yet").await.ok();
    let told = about(&mut desk, "session_escalated", &visitor.session).await;
    assert_eq!((&told["handoff_id"], &told["reason"]), (&json!(handoff), &json!("not done yet")));
    assert_eq!(next_counts(&mut desk).await, counts(1, 0, 0));
    assert_eq!(chat.next_of("session_escalated").await["session_id"], visitor.session.as_str());
}

async fn messages_reach_the_agent_of_the_handoff_and_every_admin(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    // An admin gets the messages of sessions that nobody has.
    visitor.say("What are your hours?").await;
    let message = admin.next_of("chat_message").await;
    assert_eq!((&message["message"], &message["handoff_id"]), (&json!("What are your hours?"), &Value::Null));
    assert_eq!((&message["company_id"], &message["session_id"]), (&json!(tesla.id), &json!(visitor.session)));
    assert_eq!(admin.next_of("chat_message").await["sender_type"], "bot");
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    let ((mut mine, _), (mut other, _)) = (bo.company_socket().await, cy.company_socket().await);
    visitor.say("Are you there?").await;
    let message = mine.next_of("chat_message").await;
    assert_eq!((&message["message"], &message["handoff_id"]), (&json!("Are you there?"), &json!(handoff)));
    assert!(other.settled().await.iter().all(|frame| frame["type"] != "chat_message"));
    tesla.admin.assign(handoff, cy.id).await.ok();
    mine.next_of("session_transferred").await;
    visitor.say("Still there?").await;
    assert_eq!(other.next_of("chat_message").await["message"], "Still there?");
    assert!(mine.settled().await.iter().all(|frame| frame["type"] != "chat_message"));
}

async fn a_changed_priority_reloads_the_lists_of_staff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    let ((mut desk, _), mut chat) = (bo.company_socket().await, visitor.socket("").await);
    chat.next_of("queue_position").await;
    tesla.admin.change_session(&visitor.session, &json!({"priority": "urgent"})).await.ok();
    assert_eq!(desk.next().await["type"], "resync");
    assert_eq!(desk.next().await["waiting"], 1);
    assert_eq!(chat.settled().await, Vec::<Value>::new());
}

async fn the_first_connection_makes_an_agent_available(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    // Signing out at another place leaves the agent offline, while this sign-in goes on.
    let elsewhere = bo.signed_in_again().await;
    assert_eq!(admin.next_of("agent_status_update").await["status"], "AVAILABLE");
    elsewhere.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    assert_eq!(admin.next_of("agent_status_update").await["status"], "OFFLINE");
    let (_socket, first) = bo.company_socket().await;
    assert_eq!(first["status"], "AVAILABLE");
    let told = admin.next_of("agent_status_update").await;
    assert_eq!((&told["agent_id"], &told["agent_name"]), (&json!(bo.id), &json!("Bo Agent")));
    assert_eq!(told["status"], "AVAILABLE");
    bo.client().post("/api/admin-dashboard/update-agent-status/", &json!({"status": "BUSY"})).await.ok();
    let (mut second, first) = bo.company_socket().await;
    assert_eq!(first["status"], "BUSY");
    // Who goes offline in one tab stays offline when another one is opened.
    second.send(&json!({"type": "status_update", "status": "OFFLINE"})).await;
    assert_eq!(second.next_of("agent_status_update").await["status"], "OFFLINE");
    let (_third, first) = bo.company_socket().await;
    assert_eq!(first["status"], "OFFLINE");
}

async fn a_status_is_set_and_told(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut mine, _) = bo.company_socket().await;
    mine.settled().await;
    for status in ["BUSY", "AVAILABLE", "OFFLINE"] {
        mine.send(&json!({"type": "status_update", "status": status})).await;
        let told = mine.next_of("agent_status_update").await;
        assert_eq!((&told["agent_id"], &told["status"]), (&json!(bo.id), &json!(status)));
    }
    mine.send(&json!({"type": "status_update", "status": "ASLEEP"})).await;
    assert_eq!(mine.next().await["code"], "validation_error");
    let (mut admin, _) = tesla.admin.company_socket().await;
    admin.send(&json!({"type": "status_update", "status": "BUSY"})).await;
    assert_eq!(admin.next_of("error").await["code"], "permission_denied");
}

async fn only_staff_of_a_company_connect(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (error, code) = world.anybody().socket("/ws/agents/").await.closed().await;
    assert_eq!((code, &error.unwrap()["code"]), (4001, &json!("not_authenticated")));
    let (error, code) = world.anybody().socket("/ws/agents/?token=nonsense").await.closed().await;
    assert_eq!((code, &error.unwrap()["code"]), (4001, &json!("token_not_valid")));
    let superadmin = world.superadmin().await;
    assert_eq!(superadmin.client().signed_in_socket("/ws/agents/").await.closed().await.1, 4003);
    // As a sub-protocol the token works too.
    let protocol = format!("bearer,{}", tesla.admin.client().token());
    let headers = [("Sec-WebSocket-Protocol", protocol.as_str())];
    let mut socket = Socket::open(world.anybody().host(), "/ws/agents/", &headers).await;
    assert_eq!(socket.next().await["type"], "agent_connected");
}

async fn signing_out_closes_the_connection(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let ((mut mine, _), (mut admin, _)) = (bo.company_socket().await, tesla.admin.company_socket().await);
    bo.client().post("/api/auth/logout-all/", &json!({})).await.ok();
    let (error, code) = mine.closed().await;
    assert_eq!((code, &error.unwrap()["code"]), (4001, &json!("token_not_valid")));
    admin.settled().await;
}

async fn frames_that_cannot_be_done_are_errors(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    admin.send_text("{").await;
    assert_eq!(admin.next().await["code"], "parse_error");
    admin.send(&json!({"type": "chat_message", "message": "Hello"})).await;
    admin.send(&json!({"type": "ping", "timestamp": "now"})).await;
    assert_eq!(admin.next().await, json!({"type": "pong", "timestamp": "now"}));
    admin.send_raw(Opcode::Binary, true, b"x").await;
    assert_eq!(admin.closed().await.1, 1003);
}
