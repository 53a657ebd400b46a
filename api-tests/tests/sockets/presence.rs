//! Who is connected to a conversation, as the desk's list shows it.

use std::time::{Duration, Instant};

use api_tests::prelude::*;

use crate::{greeted, last_seq};

on_each_database!(
    a_visitor_with_a_socket_or_a_stream_is_online,
    a_visitor_who_waits_for_news_is_online,
    staff_who_are_connected_to_a_conversation_are_named,
    connections_of_another_company_show_nowhere_else,
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
