//! Automatic assignment of waiting sessions to agents.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    agents_take_turns,
    the_least_loaded_agent_gets_the_next_session_up_to_the_limit,
    who_comes_online_or_frees_up_gets_what_waits,
    a_session_does_not_come_back_to_the_agent_who_released_it,
    without_the_setting_sessions_wait,
);

/// A waiting visitor and the socket of its session.
struct Waiting {
    visitor: Visitor,
    socket: Socket,
}

impl Waiting {
    /// Has a visitor ask for a person.
    async fn at(company: &Company) -> Self {
        let mut visitor = company.visitor().await;
        let socket = visitor.socket("").await;
        let reply = visitor.say("Talk to a person").await;
        assert_eq!(reply["type"], "escalated", "{reply}");
        Self { visitor, socket }
    }

    /// Waits until an agent has the session; returns its name.
    async fn agent(&mut self) -> String {
        self.socket.next_of("session_assigned").await["agent"]["name"].as_str().unwrap().to_owned()
    }
}

async fn assigns(company: &Company, assignment: &str, limit: u8) {
    let settings = json!({"assignment": assignment, "assignment_limit": limit});
    let shown = company.admin.set_bot(&settings).await.ok();
    assert_eq!((&shown["assignment"], &shown["assignment_limit"]), (&json!(assignment), &json!(limit)));
}

async fn agents_take_turns(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, _cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let space = world.company("Space X").await;
    space.agent("Di Agent").await;
    assigns(&tesla, "round_robin", 0).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(Waiting::at(&tesla).await.agent().await);
    }
    assert_eq!(names, ["Bo Agent", "Cy Agent", "Bo Agent"]);
    let log = bo.client().get("/api/human-handoff/activities/?activity_type=session_assign").await.ok();
    assert_eq!(log.as_array().unwrap().len(), 2);
    assert_eq!(tesla.admin.handoffs(&[("status", "unassigned")]).await.ok(), json!([]));
}

async fn the_least_loaded_agent_gets_the_next_session_up_to_the_limit(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut first = tesla.visitor().await;
    let taken = first.ask_for_a_person(&cy).await;
    tesla.admin.assign(taken, cy.id).await.ok();
    assigns(&tesla, "least_loaded", 2).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(Waiting::at(&tesla).await.agent().await);
    }
    names[1..].sort();
    assert_eq!(names, ["Bo Agent", "Bo Agent", "Cy Agent"]);
    // Both have two, so the next one waits until one of them has fewer.
    let mut next = Waiting::at(&tesla).await;
    next.socket.next_of("queue_position").await;
    assert_eq!(bo.handoffs(&[("status", "unassigned")]).await.ok().as_array().unwrap().len(), 1);
    cy.resolve(taken, "").await.ok();
    assert_eq!(next.agent().await, "Cy Agent");
}

async fn who_comes_online_or_frees_up_gets_what_waits(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let path = "/api/admin-dashboard/update-agent-status/";
    bo.client().post(path, &json!({"status": "BUSY"})).await.ok();
    assigns(&tesla, "round_robin", 1).await;
    let (mut first, mut second) = (Waiting::at(&tesla).await, Waiting::at(&tesla).await);
    bo.client().post(path, &json!({"status": "AVAILABLE"})).await.ok();
    assert_eq!(first.agent().await, "Bo Agent");
    first.visitor.leave(&first.visitor.session).await.ok();
    assert_eq!(second.agent().await, "Bo Agent");
    // A new sign-in makes an agent available too.
    let mut third = Waiting::at(&tesla).await;
    tesla.agent("Cy Agent").await;
    assert_eq!(third.agent().await, "Cy Agent");
}

async fn a_session_does_not_come_back_to_the_agent_who_released_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    assigns(&tesla, "least_loaded", 0).await;
    let mut waiting = Waiting::at(&tesla).await;
    assert_eq!(waiting.agent().await, "Bo Agent");
    bo.move_session(&waiting.visitor.session, "release").await.ok();
    waiting.socket.next_of("session_escalated").await;
    // Another session that waits behind it is given to the agent.
    assert_eq!(Waiting::at(&tesla).await.agent().await, "Bo Agent");
    tesla.agent("Cy Agent").await;
    assert_eq!(waiting.agent().await, "Cy Agent");
}

async fn without_the_setting_sessions_wait(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut first = Waiting::at(&tesla).await;
    first.socket.next_of("queue_position").await;
    assert_eq!(bo.handoffs(&[("status", "unassigned")]).await.ok().as_array().unwrap().len(), 1);
    assigns(&tesla, "least_loaded", 1).await;
    assert_eq!(first.agent().await, "Bo Agent");
}
