//! Concurrent calls: one takes effect first, and the other one is answered for the resulting state.
#![cfg(test)]

use std::future::IntoFuture as _;

use api_tests::prelude::*;
use tokio::task::JoinSet;

on_each_database!(
    of_two_escalations_at_once_one_is_too_late,
    a_claim_and_an_assignment_leave_one_agent,
    a_resolution_and_a_message_leave_one_state,
    first_messages_at_once_open_a_session_each,
    the_last_step_of_the_intake_sent_twice_makes_one_profile,
    refreshing_at_once_gives_the_same_pair,
    a_profile_deleted_while_its_visitor_writes_leaves_nothing_half,
);

async fn together(calls: impl IntoIterator<Item = Call>) -> Vec<Reply> {
    let mut set = JoinSet::new();
    for call in calls {
        set.spawn(call.into_future());
    }
    set.join_all().await
}

async fn of_two_escalations_at_once_one_is_too_late(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let replies = together((0..6).map(|at| tesla.admin.escalate(&visitor.session, &format!("reason {at}")))).await;
    let won: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(won.len(), 1);
    for late in replies.iter().filter(|reply| reply.status != 200) {
        late.error(400, "already_escalated", "Session is already escalated");
        let reason = &late.body["handoff_session"]["escalation_reason"];
        assert_eq!(*reason, won[0].body["handoff_session"]["escalation_reason"]);
    }
    assert_eq!(tesla.admin.handoffs(&[]).await.ok().as_array().unwrap().len(), 1);
}

async fn a_claim_and_an_assignment_leave_one_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    for _ in 0..4 {
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        let replies = together([bo.write(&visitor.session, "Hello"), tesla.admin.assign(handoff, cy.id)]).await;
        // The admin's assignment holds in either order: it comes first, or it transfers the session.
        assert!(replies.iter().all(|reply| reply.status == 200 || reply.body["code"] == "not_assigned"), "{replies:?}");
        let rows = tesla.admin.handoffs(&[("status", "assigned")]).await.ok();
        assert_eq!((&rows[0]["id"], &rows[0]["agent"]), (&json!(handoff), &json!(cy.id)));
        cy.write(&visitor.session, "It is me").await.ok();
    }
}

async fn a_resolution_and_a_message_leave_one_state(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    for _ in 0..4 {
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        bo.write(&visitor.session, "Hello").await.ok();
        let body = json!({"message": "Good evening", "company_id": tesla.id, "session_id": visitor.session});
        let replies = together([visitor.chat(&body), bo.resolve(handoff, "")]).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        let kind = replies.iter().find_map(|reply| reply.body["type"].as_str()).unwrap();
        let status = visitor.session_status(&visitor.session).await.ok()["status"].clone();
        let expected = if kind == "human_handling" { "resolved" } else { "active" };
        assert_eq!(status, expected, "{kind}");
    }
}

async fn first_messages_at_once_open_a_session_each(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let hello = json!({"message": "Hello", "company_id": tesla.id});
    let replies = together((0..12).map(|_| world.anybody().chat(&hello))).await;
    let mut sessions: Vec<_> = replies.into_iter().map(|reply| reply.ok()["session_id"].to_string()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), 12);
    // With the same key, they are repeats of one message.
    let keyed = json!({"message": "Hello", "company_id": tesla.id, "client_message_id": "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10"});
    let replies = together((0..8).map(|_| world.anybody().chat(&keyed))).await;
    let mut sessions: Vec<_> =
        replies.iter().filter(|reply| reply.status == 200).map(|reply| reply.body["session_id"].to_string()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.body["code"] == "request_in_progress"));
}

async fn the_last_step_of_the_intake_sent_twice_makes_one_profile(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for line in ["Hello", "Asha Rai", "+977", "9841234567", "skip"] {
        visitor.say(line).await;
    }
    let body = json!({"message": "Kathmandu", "company_id": tesla.id, "session_id": visitor.session});
    let replies = together((0..4).map(|_| visitor.chat(&body))).await;
    let done = replies.into_iter().map(Reply::ok).filter(|reply| reply["type"] == "profile_complete").count();
    assert_eq!(done, 1);
    assert_eq!(tesla.admin.profiles(&[]).await.ok()["count"], 1);
}

async fn refreshing_at_once_gives_the_same_pair(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let replies = together((0..6).map(|_| world.anybody().refresh(&tesla.admin.refresh))).await;
    let pairs: Vec<_> = replies.into_iter().map(Reply::ok).collect();
    assert!(pairs.iter().all(|pair| *pair == pairs[0]), "{pairs:?}");
    world.anybody().with_token(pairs[0]["access"].as_str().unwrap()).profile().await.ok();
}

async fn a_profile_deleted_while_its_visitor_writes_leaves_nothing_half(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for _ in 0..4 {
        let visitor = tesla.visitor().await;
        let id = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
        let body = json!({"message": "zzz", "company_id": tesla.id, "session_id": visitor.session});
        let calls = (0..4).map(|_| visitor.chat(&body)).chain([tesla.admin.delete_profile(id)]);
        let replies = together(calls).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        visitor.session_status(&visitor.session).await.error(404, "not_found", "Session not found");
        assert_eq!(tesla.admin.profiles(&[]).await.ok()["count"], 0);
    }
}
