//! Who may open a socket to a session, and until when.

use std::time::Duration;

use api_tests::prelude::*;

use crate::greeted;

on_each_database!(
    an_agent_loses_a_session_that_goes_to_another,
    an_agent_cannot_open_a_session_of_another,
    what_does_not_exist_is_closed_with_4004,
    tokens_work_in_the_query_and_as_a_sub_protocol,
    a_ticket_opens_one_socket,
    signing_out_closes_the_sockets,
    an_erased_session_closes_its_sockets,
    a_session_of_a_deactivated_agent_is_announced_once,
);

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

async fn a_session_of_a_deactivated_agent_is_announced_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    let mut socket = tesla.admin.socket(&visitor.session).await;
    // All sockets of staff check their access, and the session goes back into the queue.
    tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok();
    let frames = socket.settled().await;
    let moved: Vec<_> = frames.iter().filter(|frame| frame["type"] == "session_escalated").collect();
    assert_eq!(moved.len(), 1, "{frames:?}");
}
