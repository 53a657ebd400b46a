//! Agents who are deactivated or deleted: their open sessions return to the queue.
#![cfg(test)]

use std::future::IntoFuture as _;

use api_tests::prelude::*;
use tokio::task::JoinSet;

on_each_database!(
    a_deactivated_agents_sessions_return_to_the_queue,
    a_deleted_agent_is_named_by_nothing_that_stays,
    a_returned_session_waits_for_a_person,
    the_intake_goes_on_until_a_person_wrote,
    of_two_deletions_one_finds_nothing,
    no_session_is_left_with_an_agent_who_was_deleted,
    a_message_and_a_deletion_leave_one_state,
);

async fn with_agent(company: &Company, agent: &Agent) -> (Visitor, i64) {
    let mut visitor = company.visitor().await;
    let handoff = visitor.ask_for_a_person(&company.admin).await;
    company.admin.assign(handoff, agent.id).await.ok();
    (visitor, handoff)
}

async fn row(company: &Company, handoff: i64) -> Value {
    let rows = company.admin.handoffs(&[]).await.ok();
    let found = rows.as_array().unwrap().iter().find(|row| row["id"] == handoff);
    found.unwrap_or_else(|| panic!("no {handoff} in {rows}")).clone()
}

async fn status(visitor: &Visitor) -> Value {
    visitor.session_status(&visitor.session).await.ok()["status"].clone()
}

async fn a_deactivated_agents_sessions_return_to_the_queue(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (visitor, open) = with_agent(&tesla, &bo).await;
    let (_, closed) = with_agent(&tesla, &bo).await;
    let (_, other) = with_agent(&tesla, &cy).await;
    bo.resolve(closed, "done").await.ok();
    let before = row(&tesla, open).await;
    tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok();

    let mut expected = before;
    (expected["agent"], expected["agent_name"]) = (Value::Null, Value::Null);
    assert_eq!(row(&tesla, open).await, expected);
    assert_eq!(status(&visitor).await, "escalated");
    assert_eq!(
        (&row(&tesla, closed).await["agent"], &row(&tesla, other).await["agent"]),
        (&json!(bo.id), &json!(cy.id))
    );
    tesla.admin.assign(open, bo.id).await.error(404, "not_found", "Agent not found");
    // Another agent takes the session and keeps it when the first agent is reactivated.
    cy.write(&visitor.session, "I take over").await.ok();
    tesla.admin.update_agent(bo.id, &json!({"is_active": true})).await.ok();
    let bo = bo.signed_in_again().await;
    let refused = bo.write(&visitor.session, "I am back").await;
    refused.error(403, "not_assigned", "Session is assigned to another agent");
    assert_eq!(bo.own_sessions(&[]).await.ok()["count"], 1);
}

async fn a_deleted_agent_is_named_by_nothing_that_stays(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (visitor, open) = with_agent(&tesla, &bo).await;
    bo.write(&visitor.session, "Hello, I am Bo").await.ok();
    let (_, closed) = with_agent(&tesla, &bo).await;
    tesla.admin.assign(closed, cy.id).await.ok();
    tesla.admin.assign(closed, bo.id).await.ok();
    bo.resolve(closed, "all well").await.ok();
    tesla.admin.delete_agent(bo.id).await.ok();

    let closed = row(&tesla, closed).await;
    assert_eq!((&closed["agent"], &closed["agent_name"]), (&Value::Null, &Value::Null));
    assert!(closed["resolved_at"].is_string() && closed["notes"] == "all well");
    assert_eq!((&row(&tesla, open).await["agent"], status(&visitor).await), (&Value::Null, json!("escalated")));
    cy.write(&visitor.session, "Hello, I am Cy").await.ok();
    let said = cy.messages(&visitor.session).await.ok()["messages"].clone();
    let staff = said.as_array().unwrap().iter().rev().take(2);
    let written: Vec<_> = staff.map(|row| (row["content"].as_str().unwrap(), row["metadata"].clone())).collect();
    let metadata = |id, name| json!({"has_attachments": false, "agent_id": id, "agent_name": name});
    let expected =
        [("Hello, I am Cy", metadata(json!(cy.id), "Cy Agent")), ("Hello, I am Bo", metadata(Value::Null, "Bo Agent"))];
    assert_eq!(written, expected);
    let log = tesla.admin.activities(&[]).await.ok();
    assert!(log.as_array().unwrap().iter().all(|row| row["agent"] == cy.id), "{log}");
}

async fn a_returned_session_waits_for_a_person(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut visitor, handoff) = with_agent(&tesla, &bo).await;
    tesla.admin.delete_agent(bo.id).await.ok();
    let reply = visitor.say("Is anybody there?").await;
    assert_eq!((&reply["type"], &reply["escalated"]), (&json!("human_handling"), &json!(true)));
    let waiting = tesla.admin.handoffs(&[("status", "unassigned")]).await.ok();
    assert_eq!(waiting[0]["id"], handoff);
    tesla.admin.resolve(handoff, "").await.ok();
    assert_ne!(visitor.say("Good evening").await["type"], "human_handling");
}

async fn together(calls: impl IntoIterator<Item = Call>) -> Vec<Reply> {
    let mut set = JoinSet::new();
    for call in calls {
        set.spawn(call.into_future());
    }
    set.join_all().await
}

async fn the_intake_goes_on_until_a_person_wrote(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    tesla.admin.escalate(&visitor.session, "looks lost").await.ok();
    let handoff = tesla.admin.handoffs(&[]).await.ok()[0]["id"].as_i64().unwrap();
    for (has_written, name) in [(false, "Bo Agent"), (true, "Cy Agent")] {
        let agent = tesla.agent(name).await;
        tesla.admin.assign(handoff, agent.id).await.ok();
        assert_eq!(visitor.say("X").await["type"], "human_handling");
        if has_written {
            agent.write(&visitor.session, "Good day").await.ok();
        }
        tesla.admin.delete_agent(agent.id).await.ok();
        assert_eq!(visitor.say("X").await["type"] == "human_handling", has_written, "{name}");
    }
}

async fn of_two_deletions_one_finds_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (visitor, _) = with_agent(&tesla, &bo).await;
    let off = json!({"is_active": false});
    let replies = together((0..4).map(|_| tesla.admin.update_agent(bo.id, &off))).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    let mut statuses: Vec<_> =
        together((0..4).map(|_| tesla.admin.delete_agent(bo.id))).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses, status(&visitor).await), (vec![200, 404, 404, 404], json!("escalated")));
}

async fn no_session_is_left_with_an_agent_who_was_deleted(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for at in 0..4 {
        let bo = tesla.agent(&format!("Bo {at}")).await;
        let (_, had) = with_agent(&tesla, &bo).await;
        let mut visitor = tesla.visitor().await;
        let new = visitor.ask_for_a_person(&tesla.admin).await;
        let calls = [tesla.admin.assign(new, bo.id), tesla.admin.delete_agent(bo.id), tesla.admin.resolve(had, "")];
        for reply in together(calls).await {
            assert!(reply.status == 200 || reply.body["error"] == "Agent not found", "{reply:?}");
        }
        assert_eq!((&row(&tesla, new).await["agent"], status(&visitor).await), (&Value::Null, json!("escalated")));
        assert_eq!(row(&tesla, had).await["agent"], Value::Null);
    }
}

async fn a_message_and_a_deletion_leave_one_state(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for at in 0..4 {
        let bo = tesla.agent(&format!("Bo {at}")).await;
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&tesla.admin).await;
        let calls = [bo.write(&visitor.session, "Hello"), tesla.admin.delete_agent(bo.id), bo.agent_logout(&json!({}))];
        for reply in together(calls).await {
            assert!([200, 401, 404].contains(&reply.status), "{reply:?}");
        }
        assert_eq!(row(&tesla, handoff).await["agent"], Value::Null);
        assert_eq!(status(&visitor).await, "escalated");
        assert_eq!(visitor.say("Hello?").await["type"], "human_handling");
    }
}
