//! The staff's view of pending and past sessions, and the refusals of their calls.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    handoffs_are_a_bare_list_filtered_by_state,
    an_agent_sees_own_handoffs_and_the_queue,
    the_superadmin_sees_every_company_and_filters,
    a_dashboard_is_for_agents,
    activities_tell_what_agents_did,
    a_resolution_by_an_admin_is_noted_for_the_agent,
    own_sessions_are_paged,
    handoff_calls_are_refused_for_each_bad_field,
    another_companys_session_is_like_one_that_does_not_exist,
    agents_do_not_assign,
    the_desk_needs_a_token,
);

async fn waiting(company: &Company, staff: &impl Caller) -> (Visitor, i64) {
    let mut visitor = company.visitor().await;
    let handoff = visitor.ask_for_a_person(staff).await;
    (visitor, handoff)
}

async fn ids(who: &impl Caller, query: &[(&str, &str)]) -> Vec<i64> {
    let rows = who.handoffs(query).await.ok();
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn handoffs_are_a_bare_list_filtered_by_state(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (admin, bo) = (&tesla.admin, tesla.agent("Bo Agent").await);
    let (_, one) = waiting(&tesla, admin).await;
    let (_, two) = waiting(&tesla, admin).await;
    let (_, three) = waiting(&tesla, admin).await;
    admin.assign(two, bo.id).await.ok();
    admin.resolve(three, "").await.ok();
    assert_eq!(ids(admin, &[]).await, [three, two, one]);
    for word in ["escalated", "unassigned", "pending"] {
        assert_eq!(ids(admin, &[("status", word)]).await, [one], "{word}");
    }
    assert_eq!(ids(admin, &[("status", "assigned")]).await, [two]);
    assert_eq!(ids(admin, &[("status", "resolved")]).await, [three]);
    assert_eq!(ids(admin, &[("status", "whatever")]).await, [three, two, one]);
    assert_eq!(ids(admin, &[("agent_id", &bo.id.to_string())]).await, [two]);
    assert_eq!(ids(admin, &[("priority", "medium"), ("status", "assigned")]).await, [two]);
    assert_eq!(ids(admin, &[("priority", "urgent")]).await, [0; 0]);
    assert_eq!(ids(admin, &[("company_id", "SPA001")]).await, [three, two, one]);
    let reply = admin.handoffs(&[("agent_id", "x")]).await.expect(400);
    assert_eq!(reply.body["code"], "bad_request");
    let row = &admin.handoffs(&[("status", "pending")]).await.ok()[0];
    for key in ["chat_session_id", "escalated_at", "escalation_reason", "priority"] {
        assert!(row[key].is_string(), "{key}: {row}");
    }
    for key in ["agent", "agent_name", "resolved_at", "notes"] {
        assert_eq!(row.get(key), Some(&Value::Null), "{key}: {row}");
    }
}

async fn an_agent_sees_own_handoffs_and_the_queue(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (_, queued) = waiting(&tesla, &bo).await;
    let (_, of_bo) = waiting(&tesla, &bo).await;
    let (_, of_cy) = waiting(&tesla, &bo).await;
    tesla.admin.assign(of_bo, bo.id).await.ok();
    tesla.admin.assign(of_cy, cy.id).await.ok();
    assert_eq!(ids(&bo, &[]).await, [of_bo, queued]);
    assert_eq!(ids(&cy, &[]).await, [of_cy, queued]);
    cy.resolve(of_cy, "").await.ok();
    assert_eq!(ids(&cy, &[("status", "resolved")]).await, [of_cy]);
    assert_eq!(ids(&bo, &[("status", "resolved")]).await, [0; 0]);
}

async fn the_superadmin_sees_every_company_and_filters(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let superadmin = world.superadmin().await;
    let (_, at_tesla) = waiting(&tesla, &tesla.admin).await;
    let (visitor, at_space) = waiting(&space, &space.admin).await;
    assert_eq!(ids(&superadmin, &[]).await, [at_space, at_tesla]);
    assert_eq!(ids(&superadmin, &[("company_id", "TES001")]).await, [at_tesla]);
    assert_eq!(ids(&tesla.admin, &[]).await, [at_tesla]);
    let agent = space.agent("Di Agent").await;
    superadmin.assign(at_space, agent.id).await.ok();
    superadmin.resolve(at_space, "by root").await.ok();
    superadmin.escalate(&visitor.session, "again").await.ok();
    // Agent and handoff must belong to the same company, even for the superadmin.
    superadmin.assign(at_tesla, agent.id).await.error(404, "not_found", "Agent not found");
}

async fn a_dashboard_is_for_agents(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (_, queued) = waiting(&tesla, &bo).await;
    let (visitor, own) = waiting(&tesla, &bo).await;
    let (_, done) = waiting(&tesla, &bo).await;
    bo.write(&visitor.session, "Hello").await.ok();
    tesla.admin.assign(done, bo.id).await.ok();
    bo.resolve(done, "").await.ok();
    let mut early = tesla.stranger();
    early.say("Hello").await;
    bo.escalate(&early.session, "no profile yet").await.ok();

    let board = bo.dashboard().await.ok();
    assert_eq!(
        board["agent_info"],
        json!({"id": bo.id, "name": "Bo Agent", "status": "AVAILABLE", "company_id": "TES001"})
    );
    assert_eq!(
        (&board["assigned_sessions"][0]["id"], &board["unassigned_sessions"][0]["id"]),
        (&json!(own), &json!(queued))
    );
    assert_eq!(board["unassigned_sessions"].as_array().unwrap().len(), 1);
    let stats =
        ["assigned_count", "unassigned_count", "resolved_today"].map(|key| board["stats"][key].as_i64().unwrap());
    assert_eq!(stats, [1, 1, 1]);
    assert_eq!(board["recent_activities"][0]["agent_name"], "Bo Agent");
    world.clock.advance(Duration::from_hours(24));
    let bo = bo.signed_in_again().await;
    assert_eq!(bo.dashboard().await.ok()["stats"]["resolved_today"], 0);

    let admin = tesla.admin.signed_in_again().await;
    admin.dashboard().await.error(403, "permission_denied", "User is not an agent");
    world.superadmin().await.dashboard().await.error(403, "permission_denied", "User is not an agent");
}

async fn activities_tell_what_agents_did(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (visitor, handoff) = waiting(&tesla, &bo).await;
    let long = "x".repeat(60);
    bo.write(&visitor.session, &long).await.ok();
    bo.resolve(handoff, "all well").await.ok();
    cy.escalate(&visitor.session, "come back").await.ok();
    tesla.admin.assign(handoff, bo.id).await.ok();
    let rows = tesla.admin.activities(&[("agent_id", &bo.id.to_string())]).await.ok();
    let logged: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["activity_type"].as_str().unwrap(), row["metadata"].clone()))
        .collect();
    let session = json!(visitor.session);
    let expected = [
        ("session_assign", json!({"session_id": session})),
        ("session_resolve", json!({"session_id": session, "notes": "all well"})),
        ("message_sent", json!({"session_id": session, "message_preview": long[..50]})),
    ];
    assert_eq!(logged[..3], expected);
    let kinds: Vec<_> = logged.iter().map(|(kind, _)| *kind).collect();
    assert!(kinds.contains(&"login"), "{kinds:?}");
    assert_eq!((&rows[0]["agent"], &rows[0]["agent_name"]), (&json!(bo.id), &json!("Bo Agent")));
    assert!(rows[0]["description"].is_string() && rows[0].get("ip_address").is_some());

    let of_cy = cy.activities(&[]).await.ok();
    assert!(of_cy.as_array().unwrap().iter().all(|row| row["agent"] == cy.id), "{of_cy}");
    assert_eq!(of_cy[0]["metadata"], json!({"session_id": session, "reason": "come back"}));
    assert_eq!(tesla.admin.activities(&[("limit", "1")]).await.ok().as_array().unwrap().len(), 1);
    let logins = tesla.admin.activities(&[("activity_type", "login")]).await.ok();
    assert_eq!(logins.as_array().unwrap().len(), 2);
    assert_eq!(world.company("SpaceX").await.admin.activities(&[]).await.ok(), json!([]));
}

async fn a_resolution_by_an_admin_is_noted_for_the_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (visitor, of_bo) = waiting(&tesla, &bo).await;
    let (_, of_nobody) = waiting(&tesla, &bo).await;
    tesla.admin.assign(of_bo, bo.id).await.ok();
    for handoff in [of_bo, of_nobody] {
        let body = json!({"handoff_session_id": handoff});
        let resolved = tesla.admin.client().post("/api/human-handoff/resolve/", &body).await.ok();
        assert_eq!(resolved["handoff_session"]["notes"], "");
    }
    let log = tesla.admin.activities(&[("activity_type", "session_resolve")]).await.ok();
    assert_eq!(log.as_array().unwrap().len(), 1);
    assert_eq!((&log[0]["agent"], &log[0]["agent_name"]), (&json!(bo.id), &json!("Bo Agent")));
    assert_eq!(log[0]["metadata"], json!({"session_id": visitor.session, "notes": ""}));
}

async fn own_sessions_are_paged(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut handoffs = Vec::new();
    for _ in 0..3 {
        let (_, handoff) = waiting(&tesla, &bo).await;
        tesla.admin.assign(handoff, bo.id).await.ok();
        handoffs.push(handoff);
    }
    waiting(&tesla, &bo).await;
    bo.resolve(handoffs[0], "").await.ok();
    let list = async |query: &[(&str, &str)]| {
        let page = bo.own_sessions(query).await.ok();
        let ids: Vec<_> = page["sessions"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        (page["count"].as_i64().unwrap(), page["total_pages"].as_i64().unwrap(), ids)
    };
    assert_eq!(list(&[]).await, (3, 1, vec![handoffs[2], handoffs[1], handoffs[0]]));
    assert_eq!(list(&[("status", "assigned")]).await, (2, 1, vec![handoffs[2], handoffs[1]]));
    assert_eq!(list(&[("status", "resolved")]).await, (1, 1, vec![handoffs[0]]));
    assert_eq!(list(&[("status", "unassigned")]).await, (0, 1, vec![]));
    assert_eq!(list(&[("page", "2"), ("per_page", "2")]).await, (3, 2, vec![handoffs[0]]));
    assert_eq!(list(&[("page", "9"), ("per_page", "2")]).await, (3, 2, vec![]));
    let row = &bo.own_sessions(&[]).await.ok()["sessions"][0];
    assert_eq!(row["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
    assert_eq!(
        (&row["chat_session"]["company_id"], &row["chat_session"]["status"]),
        (&json!("TES001"), &json!("assigned"))
    );
    tesla.admin.own_sessions(&[]).await.error(404, "not_found", "Agent profile not found");
    world.superadmin().await.own_sessions(&[]).await.error(404, "not_found", "Agent profile not found");
}

async fn handoff_calls_are_refused_for_each_bad_field(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (admin, visitor) = (&tesla.admin, tesla.visitor().await);
    let escalate = |body: Value| admin.client().post("/api/human-handoff/escalate/", &body);
    escalate(json!({"reason": "r"})).await.field_error("session_id", "This field is required.");
    escalate(json!({"session_id": visitor.session})).await.field_error("reason", "This field is required.");
    let long = json!({"session_id": visitor.session, "reason": "x".repeat(501)});
    escalate(long).await.field_error("reason", "Ensure this field has no more than 500 characters.");
    let odd = json!({"session_id": visitor.session, "reason": "r", "priority": "asap"});
    escalate(odd).await.field_error("priority", "\"asap\" is not a valid choice.");
    let assign = |body: Value| admin.client().post("/api/human-handoff/assign/", &body);
    assign(json!({"agent_id": 1})).await.field_error("handoff_session_id", "This field is required.");
    assign(json!({"handoff_session_id": "x", "agent_id": 1}))
        .await
        .field_error("handoff_session_id", "A valid integer is required.");
    admin
        .resolve(1, &"x".repeat(1001))
        .await
        .field_error("notes", "Ensure this field has no more than 1000 characters.");
    admin.resolve(999_999, "").await.error(404, "not_found", "Handoff session not found");
    admin.assign(999_999, 1).await.error(404, "not_found", "Handoff session not found");
    let handoff = visitor.clone().ask_for_a_person(admin).await;
    admin.assign(handoff, 999_999).await.error(404, "not_found", "Agent not found");
    // Notes are optional.
    admin.client().post("/api/human-handoff/resolve/", &json!({"handoff_session_id": handoff})).await.ok();
}

async fn another_companys_session_is_like_one_that_does_not_exist(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let di = space.agent("Di Agent").await;
    let (visitor, handoff) = waiting(&tesla, &bo).await;
    let (session, none) = (visitor.session.as_str(), "SPA001_00000000-0000-4000-8000-000000000000");
    for stranger in [space.admin.client(), di.client()] {
        stranger.escalate(session, "r").await.error(404, "not_found", "Session not found");
        stranger.escalate(session, "r").await.same_as(&stranger.escalate(none, "r").await);
        stranger.write(session, "hi").await.error(404, "not_found", "Session not found or access denied");
        stranger.write(session, "hi").await.same_as(&stranger.write(none, "hi").await);
        stranger.resolve(handoff, "").await.error(404, "not_found", "Handoff session not found");
        stranger.resolve(handoff, "").await.same_as(&stranger.resolve(999_999, "").await);
    }
    di.messages(session).await.same_as(&di.messages(none).await);
    space.admin.assign(handoff, di.id).await.same_as(&space.admin.assign(999_999, di.id).await);
    tesla.admin.assign(handoff, di.id).await.same_as(&tesla.admin.assign(handoff, 999_999).await);
    assert_eq!(ids(&bo, &[("status", "pending")]).await, [handoff]);
}

async fn agents_do_not_assign(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (_, handoff) = waiting(&tesla, &bo).await;
    bo.assign(handoff, bo.id).await.refuses_the_role();
}

async fn the_desk_needs_a_token(world: &World) {
    let anybody = world.anybody();
    for call in [
        anybody.escalate("s", "r"),
        anybody.assign(1, 1),
        anybody.resolve(1, ""),
        anybody.handoffs(&[]),
        anybody.dashboard(),
        anybody.activities(&[]),
        anybody.own_sessions(&[]),
        anybody.messages("s"),
        anybody.write("s", "m"),
        anybody.post("/api/human-handoff/send-message/", &json!({})),
    ] {
        call.await.asks_for_a_token();
    }
}
