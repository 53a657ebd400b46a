//! Who is connected to a conversation, as the desk's list shows it.

use std::time::{Duration, Instant};

use api_tests::prelude::*;

use crate::{greeted, last_seq};

on_each_database!(
    a_visitor_with_a_socket_or_a_stream_is_online,
    a_visitor_who_waits_for_news_is_online,
    staff_who_are_connected_to_a_conversation_are_named,
    connections_of_another_company_show_nowhere_else,
    an_agent_without_a_connection_is_offline_after_half_a_minute,
    an_agent_whose_server_was_killed_is_offline_and_gets_no_session,
);

/// How long the server may take to notice that a connection has ended.
const SOON: Duration = Duration::from_secs(15);

/// Asserts that the list soon shows this of a conversation.
async fn shows(staff: &impl Caller, visitor: &Visitor, online: bool, viewers: &[&str]) {
    let began = Instant::now();
    loop {
        let page = staff.conversations(&[]).await.ok();
        let rows = page["results"].as_array().unwrap();
        let row = rows.iter().find(|row| row["session_id"] == visitor.session.as_str()).unwrap();
        if (&row["online"], &row["viewers"]) == (&json!(online), &json!(viewers)) {
            return;
        }
        assert!(began.elapsed() < SOON, "not {online} and {viewers:?} but {row}");
    }
}

async fn version(company: &Company) -> Value {
    company.admin.conversations(&[]).await.ok()["version"].clone()
}

async fn a_visitor_with_a_socket_or_a_stream_is_online(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (visitor, other) = (greeted(&tesla).await, greeted(&tesla).await);
    shows(&tesla.admin, &visitor, false, &[]).await;
    let quiet = version(&tesla).await;
    let sockets = (visitor.socket("").await, visitor.socket("").await);
    shows(&tesla.admin, &visitor, true, &[]).await;
    shows(&tesla.admin, &other, false, &[]).await;
    assert_ne!(version(&tesla).await, quiet);
    drop(sockets.0);
    let path = format!("/api/chatbot/events/?session_id={}", other.session);
    let mut stream = other.client().get(&path).events().await;
    stream.next_of("connection_established").await;
    shows(&tesla.admin, &other, true, &[]).await;
    shows(&tesla.admin, &visitor, true, &[]).await;
    drop((sockets.1, stream));
    shows(&tesla.admin, &visitor, false, &[]).await;
    shows(&tesla.admin, &other, false, &[]).await;
    assert_eq!(version(&tesla).await, quiet);
}

async fn a_visitor_who_waits_for_news_is_online(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let after = last_seq(&visitor).await.to_string();
    let poll = visitor.conversation(&visitor.session, &[("after", &after), ("wait", "25")]);
    let poll = tokio::spawn(poll.into_future());
    shows(&tesla.admin, &visitor, true, &[]).await;
    tesla.admin.escalate(&visitor.session, "news").await.ok();
    assert_eq!(poll.await.unwrap().ok()["session"]["status"], "escalated");
    shows(&tesla.admin, &visitor, false, &[]).await;
    // Who only reads does not wait.
    last_seq(&visitor).await;
    shows(&tesla.admin, &visitor, false, &[]).await;
}

async fn staff_who_are_connected_to_a_conversation_are_named(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, superadmin) = (tesla.agent("Bo Agent").await, world.superadmin().await);
    let visitor = greeted(&tesla).await;
    tesla.admin.escalate(&visitor.session, "help").await.ok();
    // Who listens to the whole company looks at no conversation, and a superadmin is not named.
    let _desk = bo.company_socket().await;
    let _installation = superadmin.socket(&tesla.id, &visitor.session).await;
    shows(&tesla.admin, &visitor, false, &[]).await;
    let tabs = (bo.socket(&visitor.session).await, bo.socket(&visitor.session).await);
    let _admin = tesla.admin.socket(&visitor.session).await;
    for staff in [tesla.admin.client(), bo.client()] {
        shows(staff, &visitor, false, &["Bo Agent", "Tesla Motors"]).await;
    }
    let _visitor = visitor.socket("").await;
    shows(&bo, &visitor, true, &["Bo Agent", "Tesla Motors"]).await;
    drop(tabs.0);
    shows(&bo, &visitor, true, &["Bo Agent", "Tesla Motors"]).await;
    drop(tabs.1);
    shows(&bo, &visitor, true, &["Tesla Motors"]).await;
}

async fn connections_of_another_company_show_nowhere_else(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let (own, foreign) = (greeted(&tesla).await, greeted(&space).await);
    let before = tesla.admin.conversations(&[]).await.ok();
    let _connected = (foreign.socket("").await, space.admin.socket(&foreign.session).await);
    shows(&space.admin, &foreign, true, &["Space X"]).await;
    shows(&tesla.admin, &own, false, &[]).await;
    assert_eq!(tesla.admin.conversations(&[]).await.ok(), before);
}

async fn an_agent_without_a_connection_is_offline_after_half_a_minute(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let ((mut admin, _), (socket, _)) = (tesla.admin.company_socket().await, bo.company_socket().await);
    // As long as an agent is connected, time does not matter.
    world.clock.advance(Duration::from_mins(5));
    until_connected(world, 35).await;
    drop(socket);
    world.clock.advance(Duration::from_secs(29));
    let (socket, first) = bo.company_socket().await;
    assert_eq!(first["status"], "AVAILABLE");
    drop(socket);
    let told = after_half_a_minute(world, &mut admin).await;
    assert_eq!((&told["agent_id"], &told["status"]), (&json!(bo.id), &json!("OFFLINE")));
    let statuses = || async {
        let agents = tesla.admin.list_agents().await.ok();
        let row = |id: i64| agents.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap()["status"].clone();
        (row(bo.id), row(cy.id))
    };
    // Who never had a connection keeps the status.
    assert_eq!(statuses().await, (json!("OFFLINE"), json!("AVAILABLE")));
    let (_socket, first) = bo.company_socket().await;
    assert_eq!(first["status"], "AVAILABLE");
    assert_eq!(admin.next_of("agent_status_update").await["status"], "AVAILABLE");
}

/// Waits until a status is told that depends on the time.
pub(crate) async fn after_half_a_minute(world: &World, desk: &mut Socket) -> Value {
    let began = Instant::now();
    loop {
        world.clock.advance(Duration::from_secs(36));
        let told = tokio::time::timeout(Duration::from_secs(2), desk.next_of("agent_status_update")).await;
        match told {
            Ok(frame) => return frame,
            // The server may not have noticed yet that a connection has ended.
            Err(_) => assert!(began.elapsed() < SOON, "no status is told"),
        }
    }
}

/// Waits until the only agent with a connection counts as connected for this many seconds from now.
async fn until_connected(world: &World, seconds: i64) {
    let query = if world.is_sqlite() {
        "SELECT CAST(connected_until / 1000000 AS TEXT) AS line FROM agents WHERE connected_until IS NOT NULL"
    } else {
        "SELECT CAST(CAST(floor(extract(epoch FROM connected_until)) AS BIGINT) AS TEXT) AS line FROM agents \
         WHERE connected_until IS NOT NULL"
    };
    let began = Instant::now();
    while world.lines(query) != [(world.seconds() + seconds).to_string()] {
        assert!(began.elapsed() < SOON, "{:?} at {}", world.lines(query), world.seconds());
    }
}

async fn an_agent_whose_server_was_killed_is_offline_and_gets_no_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    tesla.admin.set_bot(&json!({"assignment": "least_loaded"})).await.ok();
    let (mut admin, _) = tesla.admin.company_socket().await;
    // A killed server leaves only this behind.
    let until = if world.is_sqlite() { "1" } else { "'2026-11-01'" };
    world.execute(&format!("UPDATE agents SET connected_until = {until}"));
    let told = admin.next_of("agent_status_update").await;
    assert_eq!((&told["agent_id"], &told["status"]), (&json!(bo.id), &json!("OFFLINE")));
    let mut visitor = tesla.visitor().await;
    let mut socket = visitor.socket("").await;
    assert_eq!(visitor.say("Talk to a person").await["outcome"], "offline");
    socket.next_of("queue_position").await;
    let log = bo.client().get("/api/human-handoff/activities/?activity_type=status_change").await.ok();
    assert_eq!(log[0]["metadata"], json!({"from": "AVAILABLE", "to": "OFFLINE"}));
    bo.company_socket().await;
    assert_eq!(socket.next_of("session_assigned").await["agent"]["name"], "Bo Agent");
}
