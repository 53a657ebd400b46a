//! Two servers on one PostgreSQL database: what one of them stores reaches the callers of the other.

use std::time::{Duration, Instant};

use api_tests::{AnotherServer, on_postgres, prelude::*};

use crate::{greeted, messages, seqs};

/// Maximum time until what one process stores is known in the other.
const SOON: Duration = Duration::from_secs(2);

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
fn the_desk_of_one_is_told_what_happens_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let mut visitor = greeted(&tesla).await;
        let desk = other.anybody().with_token(tesla.admin.client().token());
        let mut desk = desk.signed_in_socket("/ws/agents/").await;
        assert_eq!(desk.next().await["queue"]["waiting"], 0);
        visitor.ask_for_a_person(&bo).await;
        loop {
            desk.next_of("resync").await;
            if desk.next_of("queue_counts").await["waiting"] == 1 {
                break;
            }
        }
    });
}

/// Waits until the socket receives a frame of this type, and stores something without telling anybody, as a process does
/// that is killed after a commit, until it comes.
async fn after_untold(socket: &mut Socket, kind: &str, mut store: impl FnMut(usize)) -> Value {
    let since = Instant::now();
    for round in 0.. {
        store(round);
        match tokio::time::timeout(Duration::from_secs(1), socket.next_of(kind)).await {
            Ok(frame) => return frame,
            // What is stored before the first check counts as seen by the client when it connected.
            Err(_) => assert!(since.elapsed() < 5 * SOON, "no {kind} came"),
        }
    }
    unreachable!("rounds do not end")
}

#[test]
fn the_desk_finds_what_a_killed_process_did_not_tell() {
    on_postgres(async |world| {
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let mut visitor = greeted(&tesla).await;
        visitor.ask_for_a_person(&bo).await;
        let (mut desk, _) = tesla.admin.company_socket().await;
        after_untold(&mut desk, "resync", |round| {
            // A message more each time, so that no two checks find the same.
            world.execute(&format!("UPDATE sessions SET last_seq = last_seq + 1, revision = {}", 1_000 + round));
        })
        .await;
        let told = after_untold(&mut desk, "note_added", |round| {
            world.execute(&format!(
                "INSERT INTO notes (company_id, session_key, after_seq, author, text, created_at) \
                 SELECT company_id, key, last_seq, 'admin', 'Untold {round}', now() FROM sessions"
            ));
        })
        .await;
        assert_eq!(told["session_id"], visitor.session.as_str());
        assert!(told["note"]["content"].as_str().unwrap().starts_with("Untold "), "{told}");
    });
}

#[test]
fn signing_out_at_one_closes_the_sockets_of_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let mut socket = other.anybody().with_token(bo.client().token()).signed_in_socket("/ws/agents/").await;
        assert_eq!(socket.next().await["type"], "agent_connected");
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
        let path = format!("/ws/chat/{}/{}/", tesla.id, visitor.session);
        let mut socket = other.anybody().with_token(cy.client().token()).signed_in_socket(&path).await;
        assert_eq!(socket.next().await["type"], "connection_established");
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
