//! Claiming, releasing, transferring and reopening a session, and returning it to the bot.
#![cfg(test)]

use std::{future::IntoFuture as _, time::Duration};

use api_tests::prelude::*;

on_each_database!(
    a_waiting_session_is_claimed_once_and_the_loser_is_told_by_whom,
    the_next_session_is_the_one_that_has_waited_longest,
    agents_who_take_the_next_session_at_once_get_one_each,
    a_released_session_has_its_place_in_the_queue_again,
    a_session_is_passed_on_by_its_agent_or_an_admin,
    an_agent_who_is_away_is_assigned_with_a_warning,
    a_closed_session_is_reopened_for_its_agent_or_in_the_queue,
    the_bot_answers_at_once_when_a_session_is_returned,
    moves_reach_the_sockets,
    a_superadmin_moves_sessions_of_any_company,
);

/// A company with two agents, and a visitor whose session waits.
async fn scene(world: &World) -> (Company, Agent, Agent, Visitor) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let visitor = waiting(&tesla).await;
    (tesla, bo, cy, visitor)
}

async fn waiting(tesla: &Company) -> Visitor {
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&tesla.admin).await;
    visitor
}

async fn status(visitor: &Visitor) -> Value {
    visitor.session_status(&visitor.session).await.ok()["status"].clone()
}

fn illegal(reply: &Reply, from: &str, event: &str) {
    let said = ["code", "from", "event"].map(|key| reply.body[key].clone());
    assert_eq!((reply.status, said), (409, ["illegal_transition", from, event].map(Value::from)), "{reply:?}");
}

async fn a_waiting_session_is_claimed_once_and_the_loser_is_told_by_whom(world: &World) {
    let (tesla, bo, cy, visitor) = scene(world).await;
    let row = bo.claim(&visitor.session).await.ok();
    assert_eq!((&row["chat_session_id"], &row["agent"]), (&json!(visitor.session), &json!(bo.id)));
    assert_eq!(row["warning"], Value::Null);
    assert_eq!(status(&visitor).await, "assigned");
    assert_eq!(bo.claim(&visitor.session).await.ok(), row);
    let late = cy.claim(&visitor.session).await;
    late.error(409, "already_assigned", "Session is assigned to Bo Agent");
    assert_eq!(late.body["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
    tesla.admin.claim(&visitor.session).await.refuses_the_role();
    let quiet = tesla.visitor().await;
    illegal(&cy.claim(&quiet.session).await, "active", "claim");
    bo.resolve(row["id"].as_i64().unwrap(), "").await.ok();
    illegal(&cy.claim(&visitor.session).await, "resolved", "claim");
    for absent in ["nonsense", "TES001_00000000-0000-4000-8000-000000000000"] {
        cy.claim(absent).await.error(404, "not_found", "Session not found");
    }
    assert_eq!(bo.activities(&[("activity_type", "session_assign")]).await.ok().as_array().unwrap().len(), 1);
}

async fn the_next_session_is_the_one_that_has_waited_longest(world: &World) {
    let (tesla, bo, _, first) = scene(world).await;
    world.clock.advance(Duration::from_secs(5));
    let quiet = tesla.visitor().await;
    let urgent = json!({"session_id": quiet.session, "reason": "now", "priority": "urgent"});
    bo.client().post("/api/human-handoff/escalate/", &urgent).await.ok();
    assert_eq!(bo.claim("next").await.ok()["chat_session_id"], first.session.as_str());
    assert_eq!(bo.claim("next").await.ok()["chat_session_id"], quiet.session.as_str());
    bo.claim("next").await.error(404, "not_found", "No session is waiting");
}

async fn agents_who_take_the_next_session_at_once_get_one_each(world: &World) {
    let (tesla, bo, cy, first) = scene(world).await;
    let sessions = [first.session, waiting(&tesla).await.session, waiting(&tesla).await.session];
    let mut calls = tokio::task::JoinSet::new();
    for agent in [&bo, &cy, &bo, &cy] {
        calls.spawn(agent.claim("next").into_future());
    }
    let mut replies = calls.join_all().await;
    replies.sort_by_key(|reply| reply.status);
    replies.pop().unwrap().error(404, "not_found", "No session is waiting");
    let mut taken: Vec<_> = replies.into_iter().map(|reply| reply.ok()["chat_session_id"].clone()).collect();
    taken.sort_by_key(Value::to_string);
    let mut all = sessions.map(Value::from);
    all.sort_by_key(Value::to_string);
    assert_eq!(taken, all);
}

async fn a_released_session_has_its_place_in_the_queue_again(world: &World) {
    let (tesla, bo, cy, first) = scene(world).await;
    world.clock.advance(Duration::from_secs(5));
    waiting(&tesla).await;
    let claimed = bo.claim(&first.session).await.ok();
    cy.move_session(&first.session, "release").await.error(403, "not_assigned", "Session not assigned to this agent");
    let row = bo.move_session(&first.session, "release").await.ok();
    assert_eq!((&row["agent"], &row["escalated_at"]), (&Value::Null, &claimed["escalated_at"]));
    assert_eq!(status(&first).await, "escalated");
    assert_eq!(cy.claim("next").await.ok()["chat_session_id"], first.session.as_str());
    // An admin may release any session, also twice.
    tesla.admin.move_session(&first.session, "release").await.ok();
    tesla.admin.move_session(&first.session, "release").await.ok();
    let released = bo.activities(&[("activity_type", "session_release")]).await.ok();
    assert_eq!(
        (released.as_array().unwrap().len(), &released[0]["metadata"]),
        (1, &json!({"session_id": first.session}))
    );
    tesla.admin.resolve(row["id"].as_i64().unwrap(), "").await.ok();
    illegal(&tesla.admin.move_session(&first.session, "release").await, "resolved", "release");
}

async fn a_session_is_passed_on_by_its_agent_or_an_admin(world: &World) {
    let (tesla, bo, cy, visitor) = scene(world).await;
    let to = |agent: &Agent| json!({"agent_id": agent.id});
    bo.transfer(&visitor.session, &to(&cy)).await.error(403, "not_assigned", "Session not assigned to this agent");
    let row = tesla.admin.transfer(&visitor.session, &to(&bo)).await.ok();
    assert_eq!((&row["agent"], &row["warning"]), (&json!(bo.id), &Value::Null));
    cy.transfer(&visitor.session, &to(&cy)).await.error(403, "not_assigned", "Session not assigned to this agent");
    assert_eq!(bo.transfer(&visitor.session, &to(&cy)).await.ok()["agent_name"], "Cy Agent");
    bo.write(&visitor.session, "Still me").await.error(403, "not_assigned", "Session is assigned to another agent");
    let row = cy.transfer(&visitor.session, &json!({"queue": true})).await.ok();
    assert_eq!((&row["agent"], status(&visitor).await), (&Value::Null, json!("escalated")));
    let neither = "Either agent_id or queue is required.";
    let both = "Only one of agent_id and queue can be sent.";
    let bodies =
        [(json!({}), neither), (json!({"queue": false}), neither), (json!({"queue": true, "agent_id": bo.id}), both)];
    for (body, refusal) in bodies {
        tesla.admin.transfer(&visitor.session, &body).await.field_error("non_field_errors", refusal);
    }
    let unknown = tesla.admin.transfer(&visitor.session, &json!({"agent_id": 999_999})).await;
    unknown.error(404, "not_found", "Agent not found");
    let foreign = world.company("Space X").await.agent("Di Agent").await;
    tesla.admin.transfer(&visitor.session, &to(&foreign)).await.same_as(&unknown);
    let new = tesla.admin.create_agent(&tesla.agent_body("Ed Agent")).await.created();
    let new = json!({"agent_id": new["agent"]["id"]});
    let never = tesla.admin.transfer(&visitor.session, &new).await;
    never.field_error("agent_id", "This agent has never signed in.");
    tesla.admin.update_agent(cy.id, &json!({"is_active": false})).await.ok();
    tesla.admin.transfer(&visitor.session, &to(&cy)).await.same_as(&unknown);
    assert_eq!(status(&visitor).await, "escalated");
}

async fn an_agent_who_is_away_is_assigned_with_a_warning(world: &World) {
    let (tesla, bo, cy, visitor) = scene(world).await;
    cy.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    let handoff = bo.claim(&visitor.session).await.ok()["id"].as_i64().unwrap();
    let row = bo.transfer(&visitor.session, &json!({"agent_id": cy.id})).await.ok();
    assert_eq!((&row["agent"], &row["warning"]), (&json!(cy.id), &json!("The agent is offline.")));
    let reply = tesla.admin.assign(handoff, bo.id).await.ok();
    assert_eq!(reply.get("warning"), None);
    let reply = tesla.admin.assign(handoff, cy.id).await.ok();
    assert_eq!(reply["warning"], "The agent is offline.");
    let new = tesla.admin.create_agent(&tesla.agent_body("Ed Agent")).await.created();
    let reply = tesla.admin.assign(handoff, new["agent"]["id"].as_i64().unwrap()).await.ok();
    assert_eq!(
        (&reply["warning"], status(&visitor).await),
        (&json!("The agent has never signed in."), json!("assigned"))
    );
}

async fn a_closed_session_is_reopened_for_its_agent_or_in_the_queue(world: &World) {
    let (tesla, bo, cy, visitor) = scene(world).await;
    let handoff = bo.claim(&visitor.session).await.ok()["id"].as_i64().unwrap();
    bo.resolve(handoff, "done").await.ok();
    world.clock.advance(Duration::from_secs(60));
    cy.move_session(&visitor.session, "reopen").await.error(403, "not_assigned", "Session not assigned to this agent");
    let row = bo.move_session(&visitor.session, "reopen").await.ok();
    assert_eq!((&row["id"], &row["agent"], &row["resolved_at"]), (&json!(handoff), &json!(bo.id), &Value::Null));
    assert_eq!((&row["notes"], &row["escalation_reason"]), (&Value::Null, &json!("Talk to a person")));
    assert_eq!(status(&visitor).await, "assigned");
    assert_eq!(bo.move_session(&visitor.session, "reopen").await.ok(), row);
    bo.resolve(handoff, "done").await.ok();
    let row = tesla.admin.move_session(&visitor.session, "reopen").await.ok();
    assert_eq!((&row["agent"], status(&visitor).await), (&Value::Null, json!("escalated")));
    let quiet = tesla.visitor().await;
    illegal(&tesla.admin.move_session(&quiet.session, "reopen").await, "active", "reopen");
}

async fn the_bot_answers_at_once_when_a_session_is_returned(world: &World) {
    let (tesla, bo, cy, mut visitor) = scene(world).await;
    bo.write(&visitor.session, "Hello").await.ok();
    assert_eq!(visitor.say("Good evening").await["type"], "human_handling");
    let refused = cy.move_session(&visitor.session, "return-to-bot").await;
    refused.error(403, "not_assigned", "Session not assigned to this agent");
    let row = bo.move_session(&visitor.session, "return-to-bot").await.ok();
    assert_eq!((&row["agent"], &row["notes"]), (&json!(bo.id), &json!("returned to the bot")));
    assert!(row["resolved_at"].is_string(), "{row}");
    assert_eq!(status(&visitor).await, "active");
    assert_eq!(visitor.say("Good evening").await["type"], "greeting_response");
    assert_eq!(tesla.admin.move_session(&visitor.session, "return-to-bot").await.ok(), row);
    let quiet = tesla.visitor().await;
    illegal(&tesla.admin.move_session(&quiet.session, "return-to-bot").await, "active", "return_to_bot");
}

async fn moves_reach_the_sockets(world: &World) {
    let (_, bo, cy, visitor) = scene(world).await;
    let mut own = visitor.socket("").await;
    let (mut staff, _) = cy.company_socket().await;
    bo.claim(&visitor.session).await.ok();
    let assigned = own.next_of("session_assigned").await;
    assert_eq!(assigned["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
    assert_eq!(staff.next_of("session_assigned").await["agent"]["id"], bo.id);
    assert_eq!(staff.next_of("queue_counts").await["assigned"], 1);
    bo.transfer(&visitor.session, &json!({"agent_id": cy.id})).await.ok();
    assert_eq!(own.next_of("session_assigned").await["agent"]["id"], cy.id);
    let passed = staff.next_of("session_transferred").await;
    assert_eq!((&passed["from_agent"]["id"], &passed["to_agent"]["id"]), (&json!(bo.id), &json!(cy.id)));
    assert_eq!(staff.next_of("queue_counts").await["mine"], 1);
    cy.move_session(&visitor.session, "release").await.ok();
    own.next_of("session_escalated").await;
    staff.next_of("session_escalated").await;
    assert_eq!(staff.next_of("queue_counts").await["waiting"], 1);
    cy.claim(&visitor.session).await.ok();
    cy.move_session(&visitor.session, "return-to-bot").await.ok();
    own.next_of("session_resolved").await;
    assert_eq!(staff.next_of("session_resolved").await["agent"]["id"], cy.id);
}

async fn a_superadmin_moves_sessions_of_any_company(world: &World) {
    let (_, bo, _, visitor) = scene(world).await;
    let root = world.superadmin().await;
    assert_eq!(root.transfer(&visitor.session, &json!({"agent_id": bo.id})).await.ok()["agent"], bo.id);
    root.move_session(&visitor.session, "release").await.ok();
    root.move_session(&visitor.session, "return-to-bot").await.ok();
    root.move_session(&visitor.session, "reopen").await.ok();
    assert_eq!(status(&visitor).await, "escalated");
    root.claim(&visitor.session).await.refuses_the_role();
}
