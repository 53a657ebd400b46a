//! The states of a session and every transition between them. See docs/compatibility.md, Sessions and handoffs.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    lists_of_handoffs_have_their_packets,
    visitor_messages_in_every_state,
    escalation_phrases_in_every_state,
    escalating_in_every_state,
    assigning_in_every_state,
    agent_messages_in_every_state,
    admin_messages_in_every_state,
    resolving_in_every_state,
    of_two_agents_who_answer_at_once_one_wins,
    a_session_escalated_early_keeps_collecting_until_a_person_acts,
    a_reopened_handoff_starts_afresh,
    the_longest_message_may_ask_for_a_person,
);

/// One company with two agents and a visitor whose session is in a given state.
struct Scene {
    tesla: Company,
    bo: Agent,
    cy: Agent,
    visitor: Visitor,
    handoff: i64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Escalated,
    Assigned,
    Resolved,
}
use State::{Assigned, Escalated, Resolved};

impl Scene {
    /// Makes a scene in this state. Assigned and resolved sessions have Bo as their agent.
    async fn in_state(world: &World, state: State) -> Self {
        let tesla = world.company("Tesla Motors").await;
        let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        if state != Escalated {
            tesla.admin.assign(handoff, bo.id).await.ok();
        }
        if state == Resolved {
            bo.resolve(handoff, "done").await.ok();
        }
        Self { tesla, bo, cy, visitor, handoff }
    }

    async fn active(world: &World) -> (Company, Agent, Visitor) {
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let visitor = tesla.visitor().await;
        (tesla, bo, visitor)
    }

    /// Asserts the session's state and that the handoff agrees with it.
    async fn is(&self, status: &str) {
        let session = self.tesla.admin.session_status(&self.visitor.session).await.ok();
        assert_eq!(session["status"], status);
        assert_eq!(session["is_escalated"], status == "escalated" || status == "assigned");
        let rows = self.tesla.admin.handoffs(&[]).await.ok();
        assert_eq!(rows.as_array().unwrap().len(), 1, "one handoff, ever: {rows}");
        let (open, agent) = (rows[0]["resolved_at"].is_null(), !rows[0]["agent"].is_null());
        match status {
            "escalated" => assert!(open && !agent, "{rows}"),
            "assigned" => assert!(open && agent, "{rows}"),
            _ => assert!(!open, "{rows}"),
        }
    }
}

async fn visitor_messages_in_every_state(world: &World) {
    let (tesla, _, mut visitor) = Scene::active(world).await;
    assert_eq!(visitor.say("Good evening").await["type"], "greeting_response");
    assert_eq!(tesla.admin.session_status(&visitor.session).await.ok()["status"], "active");
    for (state, status) in [(Escalated, "escalated"), (Assigned, "assigned")] {
        let mut scene = Scene::in_state(world, state).await;
        let reply = scene.visitor.say("Good evening").await;
        assert_eq!(
            (&reply["type"], &reply["response"], &reply["escalated"]),
            (&json!("human_handling"), &json!(""), &json!(true))
        );
        assert_eq!((&reply["suggestions"], &reply["last_seq"]), (&json!([]), &reply["user_message"]["seq"]));
        scene.is(status).await;
    }
    let mut scene = Scene::in_state(world, Resolved).await;
    let reply = scene.visitor.say("Good evening").await;
    assert_eq!((&reply["type"], reply.get("escalated")), (&json!("greeting_response"), None));
    scene.is("active").await;
}

async fn escalation_phrases_in_every_state(world: &World) {
    let (tesla, _, mut visitor) = Scene::active(world).await;
    visitor.say("can I speak to HUMAN please").await;
    let row = &tesla.admin.handoffs(&[]).await.ok()[0];
    assert_eq!(
        (&row["escalation_reason"], &row["priority"]),
        (&json!("can I speak to HUMAN please"), &json!("medium"))
    );
    assert_eq!(row["user_profile"], json!({"name": "Asha Rai", "phone": "+1-5551234567", "email": "asha@example.com"}));
    assert_eq!(tesla.admin.activities(&[("activity_type", "session_assign")]).await.ok(), json!([]));
    for state in [Escalated, Assigned] {
        let mut scene = Scene::in_state(world, state).await;
        assert_eq!(scene.visitor.say("Talk to a person").await["type"], "human_handling");
    }
    let mut scene = Scene::in_state(world, Resolved).await;
    assert_eq!(scene.visitor.say("Talk to a person").await["type"], "escalated");
    scene.is("escalated").await;
}

async fn escalating_in_every_state(world: &World) {
    let (_, bo, visitor) = Scene::active(world).await;
    let escalated = bo.escalate(&visitor.session, "sounds angry").await.ok();
    let row = &escalated["handoff_session"];
    assert_eq!(
        (&row["escalation_reason"], &row["priority"], &row["agent"]),
        (&json!("sounds angry"), &json!("medium"), &Value::Null)
    );
    for (state, status) in [(Escalated, "escalated"), (Assigned, "assigned")] {
        let scene = Scene::in_state(world, state).await;
        let reply = scene.tesla.admin.escalate(&scene.visitor.session, "again").await;
        reply.error(400, "already_escalated", "Session is already escalated");
        assert_eq!(
            (&reply.body["handoff_session"]["id"], &reply.body["handoff_session"]["escalation_reason"]),
            (&json!(scene.handoff), &json!("Talk to a person"))
        );
        scene.is(status).await;
    }
    let scene = Scene::in_state(world, Resolved).await;
    scene.tesla.admin.escalate(&scene.visitor.session, "again").await.ok();
    scene.is("escalated").await;
}

async fn assigning_in_every_state(world: &World) {
    let mut scene = Scene::in_state(world, Escalated).await;
    let row = scene.tesla.admin.assign(scene.handoff, scene.bo.id).await.ok()["handoff_session"].clone();
    assert_eq!((&row["agent"], &row["agent_name"]), (&json!(scene.bo.id), &json!("Bo Agent")));
    scene.is("assigned").await;
    // Assigning the same agent again changes nothing; assigning another agent transfers the session.
    scene.tesla.admin.assign(scene.handoff, scene.bo.id).await.ok();
    let of_bo = [("activity_type", "session_assign"), ("agent_id", &scene.bo.id.to_string())];
    assert_eq!(scene.tesla.admin.activities(&of_bo).await.ok().as_array().unwrap().len(), 1);
    let row = scene.tesla.admin.assign(scene.handoff, scene.cy.id).await.ok()["handoff_session"].clone();
    assert_eq!(row["agent_name"], "Cy Agent");
    scene.bo.write(&scene.visitor.session, "still here").await.error(
        403,
        "not_assigned",
        "Session is assigned to another agent",
    );
    scene.cy.write(&scene.visitor.session, "my turn").await.ok();
    // Neither a resolved session nor one that is active again can be assigned.
    scene.cy.resolve(scene.handoff, "").await.ok();
    for from in ["resolved", "active"] {
        let reply = scene.tesla.admin.assign(scene.handoff, scene.bo.id).await.expect(409);
        let said = ["code", "from", "event"].map(|key| reply.body[key].as_str().unwrap().to_owned());
        assert_eq!(said, ["illegal_transition", from, "assign"]);
        scene.visitor.say("Good evening").await;
    }
    scene.is("active").await;
}

const NOT_ESCALATED: &str = "Session not escalated to human handoff";

async fn agent_messages_in_every_state(world: &World) {
    let (_, bo, visitor) = Scene::active(world).await;
    bo.write(&visitor.session, "Hello").await.error(403, "not_escalated", NOT_ESCALATED);
    let scene = Scene::in_state(world, Escalated).await;
    let sent = scene.cy.write(&scene.visitor.session, "Hello").await.ok();
    assert_eq!((&sent["chat_message"]["content"], &sent["chat_message"]["attachments"]), (&json!("Hello"), &json!([])));
    scene.is("assigned").await;
    assert_eq!(scene.tesla.admin.handoffs(&[]).await.ok()[0]["agent"], scene.cy.id);
    let scene = Scene::in_state(world, Assigned).await;
    scene.bo.write(&scene.visitor.session, "Hello").await.ok();
    scene.cy.write(&scene.visitor.session, "Hello").await.error(
        403,
        "not_assigned",
        "Session is assigned to another agent",
    );
    scene.is("assigned").await;
    let scene = Scene::in_state(world, Resolved).await;
    scene.bo.write(&scene.visitor.session, "Hello").await.error(403, "not_escalated", NOT_ESCALATED);
    scene.is("resolved").await;
}

async fn admin_messages_in_every_state(world: &World) {
    let (tesla, _, visitor) = Scene::active(world).await;
    tesla.admin.write(&visitor.session, "Hello").await.error(403, "not_escalated", NOT_ESCALATED);
    for (state, status) in [(Escalated, "escalated"), (Assigned, "assigned")] {
        let scene = Scene::in_state(world, state).await;
        scene.tesla.admin.write(&scene.visitor.session, "Hello").await.ok();
        scene.is(status).await;
    }
    let scene = Scene::in_state(world, Resolved).await;
    scene.tesla.admin.write(&scene.visitor.session, "Hello").await.error(403, "not_escalated", NOT_ESCALATED);
    let message = "Only agents and admins can send messages";
    world.superadmin().await.write(&scene.visitor.session, "Hello").await.error(403, "permission_denied", message);
    let unread = world.superadmin().await.client().post("/api/human-handoff/send-message/", &json!([])).await;
    unread.error(403, "permission_denied", message);
}

async fn resolving_in_every_state(world: &World) {
    let scene = Scene::in_state(world, Escalated).await;
    scene.bo.resolve(scene.handoff, "").await.error(403, "not_assigned", "Session not assigned to this agent");
    let row = scene.tesla.admin.resolve(scene.handoff, "spam").await.ok()["handoff_session"].clone();
    assert_eq!((&row["notes"], &row["resolved_at"]), (&json!("spam"), &json!("2026-11-23T02:52:03.458070Z")));
    scene.is("resolved").await;
    let scene = Scene::in_state(world, Assigned).await;
    scene.cy.resolve(scene.handoff, "").await.error(403, "not_assigned", "Session not assigned to this agent");
    scene.is("assigned").await;
    scene.bo.resolve(scene.handoff, "first").await.ok();
    scene.is("resolved").await;
    world.clock.advance(Duration::from_secs(5));
    let again = scene.bo.resolve(scene.handoff, "second").await.ok()["handoff_session"].clone();
    assert_eq!((&again["notes"], &again["resolved_at"]), (&json!("first"), &json!("2026-11-23T02:52:03.458070Z")));
    let mut scene = scene;
    scene.visitor.say("Good evening").await;
    scene.bo.resolve(scene.handoff, "third").await.ok();
    scene.is("active").await;
}

async fn of_two_agents_who_answer_at_once_one_wins(world: &World) {
    let scene = Scene::in_state(world, Escalated).await;
    let mut calls = tokio::task::JoinSet::new();
    for agent in [&scene.bo, &scene.cy] {
        calls.spawn(agent.write(&scene.visitor.session, &format!("I am {}", agent.name)).into_future());
    }
    let mut replies = calls.join_all().await;
    replies.sort_by_key(|reply| reply.status);
    replies[1].error(403, "not_assigned", "Session is assigned to another agent");
    let said = replies.remove(0).ok()["chat_message"]["content"].clone();
    let row = &scene.tesla.admin.handoffs(&[]).await.ok()[0];
    assert_eq!(said, format!("I am {}", row["agent_name"].as_str().unwrap()));
    let winner = if row["agent"] == scene.bo.id { &scene.bo } else { &scene.cy };
    let messages = winner.messages(&scene.visitor.session).await.ok();
    let spoken = messages["messages"].as_array().unwrap().iter().filter(|row| row["message_type"] == "agent").count();
    assert_eq!(spoken, 1);
}

async fn a_session_escalated_early_keeps_collecting_until_a_person_acts(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    bo.escalate(&visitor.session, "lost").await.ok();
    assert_eq!(visitor.say("Asha Rai").await["collecting"], "country_code");
    let row = &bo.handoffs(&[("status", "pending")]).await.ok()[0];
    assert_eq!(row["chat_session_id"], visitor.session.as_str());
    assert_eq!(row["user_profile"], json!({"name": "Asha Rai", "phone": "", "email": null}));
    tesla.admin.write(&visitor.session, "I can help").await.ok();
    assert_eq!(visitor.say("+977").await["type"], "human_handling");
}

async fn a_reopened_handoff_starts_afresh(world: &World) {
    let mut scene = Scene::in_state(world, Resolved).await;
    world.clock.advance(Duration::from_secs(60));
    let urgent = json!({"session_id": scene.visitor.session, "reason": "back again", "priority": "urgent"});
    let row =
        scene.tesla.admin.client().post("/api/human-handoff/escalate/", &urgent).await.ok()["handoff_session"].clone();
    assert_eq!(row["id"], scene.handoff);
    for key in ["agent", "agent_name", "resolved_at", "notes"] {
        assert_eq!(row[key], Value::Null, "{key}");
    }
    assert_eq!((&row["escalation_reason"], &row["priority"]), (&json!("back again"), &json!("urgent")));
    assert_eq!(row["escalated_at"], "2026-11-23T02:53:03.458070Z");
    assert_eq!(scene.visitor.say("Hello?").await["type"], "human_handling");
    // The session is in the queue now, not Bo's, so another agent can take it.
    assert_eq!(scene.bo.own_sessions(&[]).await.ok()["count"], 0);
    scene.cy.write(&scene.visitor.session, "Hello again").await.ok();
}

async fn the_longest_message_may_ask_for_a_person(world: &World) {
    let (tesla, _, mut visitor) = Scene::active(world).await;
    let text = format!("{} talk to human", "\u{1F600}".repeat(1986));
    assert_eq!(visitor.say(&text).await["type"], "escalated");
    assert_eq!(tesla.admin.handoffs(&[]).await.ok()[0]["escalation_reason"], text.as_str());
}

async fn lists_of_handoffs_have_their_packets(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitors = Vec::new();
    for text in ["zzz one", "zzz two", "zzz three"] {
        let mut visitor = tesla.visitor().await;
        visitor.say(text).await;
        visitor.ask_for_a_person(&bo).await;
        visitors.push(visitor);
    }
    tesla.admin.assign(handoff_of(&tesla.admin, &visitors[0]).await, bo.id).await.ok();
    // One that an older version of the server has opened has no packet.
    world.execute(&format!(
        "UPDATE handoffs SET packet = NULL WHERE session_key = (SELECT key FROM sessions WHERE id = '{}')",
        visitors[2].session
    ));
    let mut packets = Vec::new();
    for visitor in &visitors {
        packets.push(tesla.admin.packet(&visitor.session).await.ok()["handoffs"][0].clone());
    }
    assert_eq!(packets[1]["packet"]["question"]["text"], "zzz two");
    assert_eq!(packets[2]["packet"], Value::Null);
    let expect = |found: &Value, which: &[usize]| {
        let mut expected: Vec<_> = which.iter().map(|place| packets[*place].clone()).collect();
        let mut found = found.as_array().unwrap().clone();
        for rows in [&mut expected, &mut found] {
            rows.sort_by_key(|row| row["id"].as_i64());
        }
        assert_eq!(found, expected);
    };
    let superadmin = world.superadmin().await;
    expect(&tesla.admin.handoffs(&[]).await.ok(), &[0, 1, 2]);
    expect(&superadmin.client().get("/api/human-handoff/sessions/").await.ok(), &[0, 1, 2]);
    expect(&bo.handoffs(&[]).await.ok(), &[0, 1, 2]);
    // What a colleague has, an agent is not shown.
    expect(&cy.handoffs(&[]).await.ok(), &[1, 2]);
    expect(&space.admin.handoffs(&[]).await.ok(), &[]);
    let dashboard = bo.client().get("/api/human-handoff/dashboard/").await.ok();
    expect(&dashboard["assigned_sessions"], &[0]);
    expect(&dashboard["unassigned_sessions"], &[1, 2]);
}

/// The id of a visitor's handoff.
async fn handoff_of(staff: &impl Caller, visitor: &Visitor) -> i64 {
    staff.packet(&visitor.session).await.ok()["handoffs"][0]["id"].as_i64().unwrap()
}
