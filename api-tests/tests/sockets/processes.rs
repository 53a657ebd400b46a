//! Two servers on one PostgreSQL database: what one of them stores reaches the callers of the other.

mod desk;
mod presence;
mod session;

use std::time::{Duration, Instant};

use api_tests::{AnotherServer, on_postgres, prelude::*};

use crate::{greeted, messages, seqs};

/// Maximum time until what one process stores is known in the other.
const SOON: Duration = Duration::from_secs(2);

/// Opens the socket of a company's staff at the other server.
async fn desk_at(other: &AnotherServer, staff: &impl Caller) -> Socket {
    let client = other.anybody().with_token(staff.client().token());
    let mut socket = client.signed_in_socket("/ws/agents/").await;
    assert_eq!(socket.next().await["type"], "agent_connected");
    socket
}

/// Opens a socket of staff to a session at the other server.
async fn staff_at(other: &AnotherServer, staff: &impl Caller, visitor: &Visitor) -> Socket {
    let path = format!("/ws/chat/{}/{}/", visitor.company, visitor.session);
    let client = other.anybody().with_token(staff.client().token());
    let mut socket = client.signed_in_socket(&path).await;
    assert_eq!(socket.next().await["type"], "connection_established");
    socket
}

/// Opens a visitor's socket at the other server.
async fn socket_at(other: &AnotherServer, visitor: &Visitor, query: &str) -> Socket {
    let path = format!("/ws/chat/{}/{}/{query}", visitor.company, visitor.session);
    let mut socket = other.anybody().socket(&path).await;
    assert_eq!(socket.next().await["type"], "connection_established");
    socket
}

#[test]
fn a_message_sent_to_one_reaches_a_socket_of_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let mut visitor = greeted(&tesla).await;
        let (mut here, mut there) = (visitor.socket("").await, socket_at(&other, &visitor, "").await);
        for round in 0..5 {
            visitor.say("Hello again").await;
            let since = Instant::now();
            let told = messages(&mut there, 2).await;
            assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
            assert_eq!(seqs(&told), [3 + 2 * round, 4 + 2 * round]);
            assert_eq!(seqs(&messages(&mut here, 2).await), seqs(&told));
        }
        // In the other direction, over sockets only.
        there.send(&json!({"message": "From there"})).await;
        assert_eq!(seqs(&messages(&mut here, 2).await), [13, 14]);
        assert_eq!(seqs(&messages(&mut there, 2).await), [13, 14]);
    });
}

#[test]
fn what_a_lost_connection_has_missed_is_found() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let mut visitor = greeted(&tesla).await;
        let mut there = socket_at(&other, &visitor, "").await;
        for round in 0..3 {
            let ended = world.end_channels();
            assert!(ended == 2 || round > 0, "{ended} connections");
            visitor.say("Hello again").await;
            let since = Instant::now();
            assert_eq!(seqs(&messages(&mut there, 2).await), [3 + 2 * round, 4 + 2 * round]);
            assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
        }
    });
}

#[test]
fn what_is_sent_again_comes_after_what_was_stored_before_it() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        for _ in 0..5 {
            let mut visitor = greeted(&tesla).await;
            let mut there = socket_at(&other, &visitor, "").await;
            let keyed = |key: &str| json!({"message": "Hello", "client_message_id": key});
            // The other server does not know of these two yet when the second one is sent again to it.
            world.end_channels();
            for key in ["one", "two"] {
                visitor.send(&keyed(key)).await.ok();
            }
            there.send(&keyed("two")).await;
            assert_eq!(seqs(&messages(&mut there, 4).await), [3, 4, 5, 6]);
        }
    });
}

#[test]
fn a_long_poll_at_one_is_woken_by_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let mut visitor = greeted(&tesla).await;
        let path = format!("/api/chatbot/messages/?session_id={}&after=2&wait=25", visitor.session);
        let waiting = tokio::spawn(std::future::IntoFuture::into_future(other.anybody().get(&path)));
        // The first message may come before the other server waits.
        visitor.say("Hello again").await;
        let since = Instant::now();
        let page = waiting.await.unwrap().ok();
        assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
        assert_eq!(page["messages"][0]["seq"], 3);
    });
}

#[test]
fn signing_out_at_one_closes_the_sockets_of_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let mut socket = desk_at(&other, &bo).await;
        tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok();
        assert_eq!(socket.closed().await.1, 4001);
    });
}

#[test]
fn an_agent_loses_a_session_that_is_given_away_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
        let mut visitor = greeted(&tesla).await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        let mut socket = staff_at(&other, &cy, &visitor).await;
        tesla.admin.assign(handoff, bo.id).await.ok();
        assert_eq!(socket.closed().await.1, 4003);
    });
}

#[test]
fn a_visitor_at_one_sees_who_answers_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let mut visitor = greeted(&tesla).await;
        let mut there = socket_at(&other, &visitor, "").await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        assert_eq!(there.next_of("session_escalated").await["session_id"], visitor.session.as_str());
        tesla.admin.assign(handoff, bo.id).await.ok();
        assert_eq!(there.next_of("session_assigned").await["agent"]["name"], "Bo Agent");
        bo.resolve(handoff, "").await.ok();
        assert!(there.next_of("session_resolved").await["timestamp"].is_string());
    });
}

#[test]
fn messages_sent_to_both_are_shown_once_and_in_order() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let visitor = greeted(&tesla).await;
        let (mut here, mut there) = (visitor.socket("").await, socket_at(&other, &visitor, "").await);
        for number in 0..30 {
            let socket = if number % 2 == 0 { &mut here } else { &mut there };
            socket
                .send(&json!({"message": format!("Number {number}"), "client_message_id": format!("m{number}")}))
                .await;
        }
        let expected: Vec<_> = (3..63).collect();
        assert_eq!(seqs(&messages(&mut here, 60).await), expected);
        assert_eq!(seqs(&messages(&mut there, 60).await), expected);
        let mut again = socket_at(&other, &visitor, "?after=2").await;
        assert_eq!(seqs(&messages(&mut again, 60).await), expected);
    });
}
