//! What the staff of a company are shown at one server of what happens at another.

use std::time::{Duration, Instant};

use api_tests::{on_postgres, prelude::*};

use super::{SOON, desk_at, socket_at};
use crate::greeted;

/// Receives frames until one has this type, and asserts that the client was not asked to load its lists.
async fn next_of(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let frame = socket.next().await;
        assert_ne!(frame["type"], "resync", "{kind} did not come");
        if frame["type"] == kind {
            return frame;
        }
    }
}

/// Waits until the counts are these.
async fn counts(socket: &mut Socket, waiting: i64, assigned: i64) {
    while next_of(socket, "queue_counts").await
        != json!({
            "type": "queue_counts", "waiting": waiting, "assigned": assigned, "mine": 0
        })
    {}
}

#[test]
fn the_desk_of_one_is_told_what_happens_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
        let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
        let mut visitor = tesla.visitor().await;
        let mut desk = desk_at(&other, &tesla.admin).await;
        let mut foreign = desk_at(&other, &space.admin).await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        let since = Instant::now();
        let escalated = next_of(&mut desk, "session_escalated").await;
        assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
        assert_eq!((&escalated["handoff_id"], &escalated["session_id"]), (&json!(handoff), &json!(visitor.session)));
        assert_eq!((&escalated["user_name"], &escalated["reason"]), (&json!("Asha Rai"), &json!("Talk to a person")));
        assert_eq!((&escalated["company_id"], &escalated["priority"]), (&json!(tesla.id), &json!("medium")));
        counts(&mut desk, 1, 0).await;
        tesla.admin.assign(handoff, bo.id).await.ok();
        let assigned = next_of(&mut desk, "session_assigned").await;
        assert_eq!(assigned["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
        counts(&mut desk, 0, 1).await;
        tesla.admin.assign(handoff, cy.id).await.ok();
        let moved = next_of(&mut desk, "session_transferred").await;
        assert_eq!((&moved["from_agent"]["id"], &moved["to_agent"]["id"]), (&json!(bo.id), &json!(cy.id)));
        cy.resolve(handoff, "").await.ok();
        let resolved = next_of(&mut desk, "session_resolved").await;
        assert_eq!((&resolved["agent"]["name"], &resolved["handoff_id"]), (&json!("Cy Agent"), &json!(handoff)));
        counts(&mut desk, 0, 0).await;
        assert_eq!(foreign.settled().await, Vec::<Value>::new());
        // No frame says what a changed priority has changed, so the lists are loaded again.
        tesla.admin.escalate(&visitor.session, "again").await.ok();
        next_of(&mut desk, "session_escalated").await;
        tesla.admin.change_session(&visitor.session, &json!({"priority": "urgent"})).await.ok();
        desk.next_of("resync").await;
    });
}

#[test]
fn messages_reach_the_agent_of_the_handoff_and_admins_at_another_server() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        tesla.admin.assign(handoff, bo.id).await.ok();
        let [mut mine, mut others] = [desk_at(&other, &bo).await, desk_at(&other, &cy).await];
        let mut admin = desk_at(&other, &tesla.admin).await;
        let mut read = Vec::new();
        for text in ["Are you there?", "Hello?"] {
            visitor.say(text).await;
        }
        for socket in [&mut mine, &mut admin] {
            for text in ["Are you there?", "Hello?"] {
                let message = next_of(socket, "chat_message").await;
                assert_eq!((&message["message"], &message["handoff_id"]), (&json!(text), &json!(handoff)));
                assert_eq!((&message["company_id"], &message["sender_type"]), (&json!(tesla.id), &json!("user")));
                read.push(message);
            }
        }
        assert_eq!(read[..2], read[2..]);
        bo.write(&visitor.session, "Yes").await.ok();
        assert_eq!(next_of(&mut admin, "chat_message").await["sender_name"], "Bo Agent");
        assert!(others.settled().await.iter().all(|frame| frame["type"] != "chat_message"));
    });
}

#[test]
fn a_status_that_is_set_at_one_is_told_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
        let bo = tesla.agent("Bo Agent").await;
        let mut desk = desk_at(&other, &tesla.admin).await;
        let mut foreign = desk_at(&other, &space.admin).await;
        for status in ["BUSY", "AVAILABLE"] {
            bo.update_agent_status(status).await.ok();
            let mut told = next_of(&mut desk, "agent_status_update").await;
            // The sign-in may be told later than this desk was opened.
            if told["status"] == "AVAILABLE" && status == "BUSY" {
                told = next_of(&mut desk, "agent_status_update").await;
            }
            assert_eq!((&told["agent_id"], &told["agent_name"]), (&json!(bo.id), &json!("Bo Agent")));
            assert_eq!((&told["status"], told["timestamp"].is_string()), (&json!(status), true));
        }
        bo.agent_logout(&json!({})).await.ok();
        assert_eq!(next_of(&mut desk, "agent_status_update").await["status"], "OFFLINE");
        assert_eq!(foreign.settled().await, Vec::<Value>::new());
    });
}

#[test]
fn an_agent_who_comes_to_one_gets_what_waits_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
        for agent in [&bo, &cy] {
            agent.update_agent_status("BUSY").await.ok();
        }
        let settings = json!({"assignment": "least_loaded", "assignment_limit": 1});
        tesla.admin.set_bot(&settings).await.ok();
        let (mut first, mut second) = (tesla.visitor().await, tesla.visitor().await);
        let (mut waits, mut behind) = (socket_at(&other, &first, "").await, socket_at(&other, &second, "").await);
        for (visitor, socket, place) in [(&mut first, &mut waits, 1), (&mut second, &mut behind, 2)] {
            assert_eq!(visitor.say("Talk to a person").await["type"], "escalated");
            assert_eq!(socket.next_of("queue_position").await["position"], place);
        }
        // With a socket at the other server.
        bo.agent_logout(&json!({})).await.ok();
        let bo = bo.signed_in_again().await;
        assert_eq!(waits.next_of("session_assigned").await["agent"]["name"], "Bo Agent");
        let moved = behind.next_of("queue_position").await;
        assert_eq!((&moved["position"], &moved["waiting"]), (&json!(1), &json!(1)));
        let mut mine = desk_at(&other, &bo).await;
        mine.send(&json!({"type": "status_update", "status": "BUSY"})).await;
        let mut theirs = desk_at(&other, &cy).await;
        theirs.send(&json!({"type": "status_update", "status": "AVAILABLE"})).await;
        assert_eq!(behind.next_of("session_assigned").await["agent"]["name"], "Cy Agent");
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
        let status = after_untold(&mut desk, "agent_status_update", |round| {
            let status = if round % 2 == 0 { "BUSY" } else { "OFFLINE" };
            world.execute(&format!("UPDATE agents SET status = '{status}'"));
        })
        .await;
        assert_eq!((&status["agent_id"], &status["agent_name"]), (&json!(bo.id), &json!("Bo Agent")));
        assert_ne!(status["status"], "AVAILABLE");
        assert!(told["note"]["content"].as_str().unwrap().starts_with("Untold "), "{told}");
    });
}
