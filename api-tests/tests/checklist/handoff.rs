//! Guarantees about handoffs. See docs/compatibility.md, Sessions and handoffs.

use api_tests::prelude::*;

on_each_database!(
    the_queue_is_listed_and_assigned_by_handoff_and_agent_id_whatever_the_status,
    own_sessions_are_counted_and_messages_have_an_id_and_a_type,
    session_is_already_escalated_is_400_and_carries_the_handoff,
    send_message_works_for_the_assigned_agent_and_an_admin_and_takes_over_for_an_agent,
);

async fn the_queue_is_listed_and_assigned_by_handoff_and_agent_id_whatever_the_status(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    // A pending agent, an available one, and one who has signed out.
    let new = tesla.admin.create_agent(&tesla.agent_body("New Agent")).await.created();
    let signed_out = tesla.agent("Cy Agent").await;
    let user = signed_out.profile().await.ok()["id"].as_i64().unwrap();
    signed_out.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    let agents = [new["agent"]["id"].as_i64().unwrap(), bo.id, signed_out.id];
    assert!(!agents.contains(&user), "the user id is also an agent id: {user}");
    for agent in agents {
        let mut visitor = tesla.visitor().await;
        visitor.ask_for_a_person(&bo).await;
        let queue = tesla.admin.client().get("/api/human-handoff/sessions/?status=unassigned").await.ok();
        assert_eq!(queue.as_array().unwrap().len(), 1);
        assert_eq!(queue[0]["chat_session_id"], visitor.session.as_str());
        let handoff = queue[0]["id"].as_i64().unwrap();
        let assigned = tesla.admin.assign(handoff, agent).await.ok();
        assert_eq!(assigned["handoff_session"]["agent"], agent);
        // The call takes agent ids, not user ids.
        tesla.admin.assign(handoff, user).await.error(404, "not_found", "Agent not found");
    }
}

async fn own_sessions_are_counted_and_messages_have_an_id_and_a_type(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Hello, this is Bo.").await.ok();
    assert_eq!(bo.client().get("/api/human-handoff/agent/sessions/").await.ok()["count"], 1);
    let history = bo.messages(&visitor.session).await.ok();
    let rows = history["messages"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["id"].is_i64()), "{history}");
    for side in ["user", "bot", "agent"] {
        assert!(rows.iter().any(|row| row["message_type"] == side), "{side}: {history}");
    }
}

async fn session_is_already_escalated_is_400_and_carries_the_handoff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    let reply = tesla.admin.escalate(&visitor.session, "again").await;
    reply.error(400, "already_escalated", "Session is already escalated");
    assert_eq!(reply.body["handoff_session"]["id"], handoff);
    assert_eq!(reply.body["handoff_session"]["chat_session_id"], visitor.session.as_str());
}

async fn send_message_works_for_the_assigned_agent_and_an_admin_and_takes_over_for_an_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    let agent = async || tesla.admin.handoffs(&[]).await.ok()[0]["agent"].clone();
    tesla.admin.write(&visitor.session, "An admin, who takes nothing over.").await.ok();
    assert_eq!(agent().await, Value::Null);
    bo.write(&visitor.session, "An agent, who does.").await.ok();
    assert_eq!(agent().await, bo.id);
    bo.write(&visitor.session, "Still Bo.").await.ok();
    tesla.admin.write(&visitor.session, "And the admin beside.").await.ok();
    assert_eq!(agent().await, bo.id);
}
