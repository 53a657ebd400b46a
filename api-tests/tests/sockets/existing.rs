//! The sockets that existing clients open without a token.

use std::time::Instant;

use api_tests::prelude::*;

use crate::greeted;

on_each_database!(
    an_agents_socket_takes_everybody_and_says_only_that_something_has_happened,
    events_of_other_companies_send_no_frame,
    an_agents_socket_is_told_at_most_once_a_second,
    with_a_token_it_is_a_connection_of_the_agent,
    a_companys_socket_says_whether_it_is_served,
    what_a_client_sends_about_its_look_is_not_passed_on,
);

const POKE: &str = r#"{"type":"session_update","data":{}}"#;

/// Opens the socket of an agent, without a token.
async fn agent_socket(world: &World, id: i64) -> Socket {
    let mut socket = world.anybody().socket(&format!("/ws/agent/{id}/")).await;
    let first = socket.next().await;
    assert_eq!(first, json!({"type": "connection_established", "message": "Connected", "agent_id": id}));
    socket
}

async fn an_agents_socket_takes_everybody_and_says_only_that_something_has_happened(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut admin, _) = tesla.admin.company_socket().await;
    let elsewhere = bo.signed_in_again().await;
    assert_eq!(admin.next_of("agent_status_update").await["status"], "AVAILABLE");
    elsewhere.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    assert_eq!(admin.next_of("agent_status_update").await["status"], "OFFLINE");
    let mut socket = agent_socket(world, bo.id).await;
    greeted(&tesla).await;
    assert_eq!(socket.next().await.to_string(), POKE);
    socket.send(&json!({"type": "status_update", "status": "AVAILABLE"})).await;
    socket.send(&json!({"type": "chat_message", "message": "Hello"})).await;
    // The agent stays offline, and nobody was written to.
    let frames = admin.settled().await;
    assert!(frames.iter().all(|frame| frame["type"] == "chat_message"), "{frames:?}");
    assert_eq!(frames.len(), 2, "{frames:?}");
    socket.send_text("{").await;
    assert_eq!(socket.next_of("error").await["code"], "parse_error");
    let (error, code) = world.anybody().socket("/ws/agent/nonsense/").await.closed().await;
    assert_eq!((&error.unwrap()["code"], code), (&json!("not_found"), 4004));
}

async fn events_of_other_companies_send_no_frame(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
    let foreign = space.agent("Eve Agent").await;
    let (mut other, mut unknown) = (agent_socket(world, foreign.id).await, agent_socket(world, 987_654).await);
    greeted(&tesla).await;
    assert_eq!((other.settled().await, unknown.settled().await), (vec![], vec![]));
}

async fn an_agents_socket_is_told_at_most_once_a_second(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut socket = agent_socket(world, bo.id).await;
    let since = Instant::now();
    for _ in 0..20 {
        greeted(&tesla).await;
    }
    // What happened while the client was not told is told a second later.
    assert_eq!(socket.next().await.to_string(), POKE);
    assert_eq!(socket.next().await.to_string(), POKE);
    let more = u64::try_from(socket.settled().await.len()).unwrap();
    assert!(since.elapsed().as_millis() >= 1_000 && more <= since.elapsed().as_secs(), "{more} more");
}

async fn with_a_token_it_is_a_connection_of_the_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (mut admin, _) = tesla.admin.company_socket().await;
    let elsewhere = bo.signed_in_again().await;
    assert_eq!(admin.next_of("agent_status_update").await["status"], "AVAILABLE");
    elsewhere.client().post("/api/admin-dashboard/agent-logout/", &json!({})).await.ok();
    assert_eq!(admin.next_of("agent_status_update").await["status"], "OFFLINE");
    let path = format!("/ws/agent/{}/", bo.id);
    let ticket = bo.client().post("/api/auth/ws-ticket/", &json!({})).await.ok()["ticket"].clone();
    let mut own = world.anybody().socket(&format!("{path}?token={}", ticket.as_str().unwrap())).await;
    assert_eq!(own.next().await["agent_id"], bo.id);
    let told = admin.next_of("agent_status_update").await;
    assert_eq!((&told["agent_id"], &told["status"]), (&json!(bo.id), &json!("AVAILABLE")));
    // It ends with the sign-in, as all connections of staff.
    tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok();
    assert_eq!(own.closed().await.1, 4001);
    for other in [cy.client(), tesla.admin.client()] {
        assert_eq!(other.signed_in_socket(&path).await.closed().await.1, 4003);
    }
    assert_eq!(world.anybody().socket(&format!("{path}?token=nonsense")).await.closed().await.1, 4001);
}

async fn a_companys_socket_says_whether_it_is_served(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let path = format!("/ws/subscription/{}/", tesla.id);
    let mut socket = world.anybody().socket(&path).await;
    let state = |is_active: bool, message: &str| {
        json!({"type": "subscription_status", "company_id": tesla.id, "is_active": is_active, "plan_name": null,
            "message": message})
    };
    assert_eq!(socket.next().await, state(true, "Active"));
    let check = json!({"type": "check_status"});
    socket.send(&check).await;
    assert_eq!(socket.next().await, state(true, "Active"));
    world.set_status(&tesla.id, tenancy::CompanyStatus::Suspended);
    socket.send(&check).await;
    assert_eq!(socket.next().await, json!({"type": "subscription_cancelled", "company_id": tesla.id}));
    assert_eq!(socket.next().await, state(false, "Not active"));
    assert_eq!(world.anybody().socket(&path).await.next().await, state(false, "Not active"));
    world.set_status(&tesla.id, tenancy::CompanyStatus::Active);
    socket.send(&check).await;
    assert_eq!(socket.next().await["type"], "subscription_reactivated");
    for unknown in ["NOBODY9", "nonsense", "SHARED"] {
        let mut socket = world.anybody().socket(&format!("/ws/subscription/{unknown}/")).await;
        assert_eq!(socket.closed().await.1, 4004, "{unknown}");
    }
}

async fn what_a_client_sends_about_its_look_is_not_passed_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let path = format!("/ws/config/{}/", tesla.id);
    let (mut one, mut other) = (world.anybody().socket(&path).await, world.anybody().socket(&path).await);
    one.send(&json!({"type": "config_update", "config": {"primary_color": "red"}})).await;
    assert_eq!((one.settled().await, other.settled().await), (vec![], vec![]));
    assert_eq!(world.anybody().socket("/ws/config/NOBODY9/").await.closed().await.1, 4004);
}
