//! Agents as accounts: hiring, first login, reset passwords, seats.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    a_new_agent_is_pending_and_stands_alone_with_number_zero,
    agents_are_a_bare_list_of_the_own_company_newest_first,
    an_agent_is_refused_for_each_bad_field,
    seats_run_out,
    two_calls_at_once_do_not_exceed_the_seats,
    the_generated_password_must_be_replaced,
    white_space_around_a_password_belongs_to_it,
    a_first_login_is_refused_with_the_reason,
    each_first_login_serves_its_own_role,
    a_reset_password_ends_every_token,
    another_companys_agent_cannot_be_reset,
    only_admins_manage_agents,
);

async fn a_new_agent_is_pending_and_stands_alone_with_number_zero(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let agent = &created["agent"];
    assert_eq!(created["email"], tesla.address("Bo Agent").as_str());
    assert_eq!(created["password"].as_str().unwrap().len(), 16);
    assert_eq!(
        (&agent["sn"], &agent["status"], &agent["is_first_login"]),
        (&json!(0), &json!("PENDING"), &json!(true))
    );
    assert_eq!((&agent["company_id"], &agent["phone"]), (&json!("TES001"), &json!("555-TEST")));
    assert_eq!((&agent["name"], &agent["specialization"]), (&json!("Bo Agent"), &json!("Bookings")));
    assert_eq!(agent["formatted_last_active"], "Never");
    assert_eq!(agent["formatted_created_at"], "23/11/2026 02:52");
    assert_eq!(agent["created_at"], "2026-11-23T02:52:03.458070Z");
    assert!(agent.get("generated_password").is_some());
}

async fn agents_are_a_bare_list_of_the_own_company_newest_first(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.agent("Bo Agent").await;
    let cy = tesla.agent("Cy Agent").await;
    space.agent("Di Agent").await;
    let agents = tesla.admin.list_agents().await.ok();
    let rows: Vec<_> = agents
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["sn"].as_i64().unwrap(), row["name"].as_str().unwrap()))
        .collect();
    assert_eq!(rows, [(1, "Cy Agent"), (2, "Bo Agent")]);
    assert_eq!((&agents[0]["id"], &agents[0]["status"]), (&json!(cy.id), &json!("AVAILABLE")));
    let all = world.superadmin().await.list_agents().await.ok();
    assert_eq!(all.as_array().unwrap().len(), 3);
}

async fn an_agent_is_refused_for_each_bad_field(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.agent("Bo Agent").await;
    space.agent("Di Agent").await;
    let (long_name, long_special) = ("x".repeat(101), "x".repeat(201));
    for (key, value, message) in [
        ("email", json!(tesla.address("Bo Agent").to_uppercase()), "agent with this email already exists."),
        ("email", json!(space.address("Di Agent")), "This email is already in use."),
        ("email", json!(tesla.admin.email), "This email is already in use."),
        ("email", json!("bo at home"), "Enter a valid email address."),
        ("name", json!(""), "This field may not be blank."),
        ("name", json!(long_name), "Ensure this field has no more than 100 characters."),
        ("phone", json!("123456789012345678901"), "Ensure this field has no more than 20 characters."),
        ("specialization", json!(long_special), "Ensure this field has no more than 200 characters."),
    ] {
        let mut body = tesla.agent_body("Other");
        body[key] = value;
        tesla.admin.create_agent(&body).await.field_error(key, message);
    }
    let all = tesla.admin.create_agent(&json!({})).await.expect(400);
    for key in ["name", "phone", "email", "specialization"] {
        assert_eq!(all.body[key], json!(["This field is required."]), "{all:?}");
    }
    assert_eq!(tesla.admin.list_agents().await.ok().as_array().unwrap().len(), 1);
    let reply = world.superadmin().await.create_agent(&tesla.agent_body("Other")).await;
    let message = "Admin user must have a company_id to create agents. Please contact SuperAdmin.";
    reply.error(400, "bad_request", message);
    // As for every refused role, the body is not validated.
    world.superadmin().await.create_agent(&json!({})).await.error(400, "bad_request", message);
}

async fn seats_run_out(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 2).await;
    tesla.agent("Bo Agent").await;
    tesla.agent("Cy Agent").await;
    let reply = tesla.admin.create_agent(&tesla.agent_body("Di Agent")).await.expect(403);
    assert_eq!(reply.body["code"], "agent_limit_reached");
    assert_eq!((&reply.body["current_count"], &reply.body["max_allowed"]), (&json!(2), &json!(2)));
    assert_eq!((&reply.body["current_plan"], &reply.body["upgrade_needed"]), (&json!("Basic"), &json!(true)));
    assert!(reply.body["suggestion"].is_string());
    // The address of the refused agent is still free for another company.
    let space = world.company("SpaceX").await;
    let mut body = space.agent_body("Di Agent");
    body["email"] = tesla.address("Di Agent").into();
    space.admin.create_agent(&body).await.created();
}

async fn two_calls_at_once_do_not_exceed_the_seats(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 3).await;
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..8 {
        calls.spawn(tesla.admin.create_agent(&tesla.agent_body(&format!("Agent {at}"))).into_future());
    }
    let mut statuses: Vec<_> = calls.join_all().await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 403, 403, 403, 403, 403]);
    assert_eq!(tesla.admin.list_agents().await.ok().as_array().unwrap().len(), 3);
}

fn choice(email: &str, current: &Value, new: &str) -> Value {
    json!({"email": email, "current_password": current, "new_password": new, "confirm_password": new})
}

async fn white_space_around_a_password_belongs_to_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let anybody = world.anybody();
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let email = created["email"].as_str().unwrap();
    let spaced = "  my new password\u{a0} ";
    anybody.agent_first_login(&choice(email, &created["password"], spaced)).await.ok();
    for login in [anybody.login(email, spaced).await, anybody.agent_login(email, spaced).await] {
        assert!(login.ok()["access"].is_string());
    }
    for login in [anybody.login(email, spaced.trim()).await, anybody.agent_login(email, spaced.trim()).await] {
        login.wrong_credentials("Invalid credentials or inactive account.");
    }
    let form = [("username", email), ("password", spaced)];
    anybody.call(reqwest::Method::POST, "/api/auth/login/").form(&form).await.ok();
    anybody.login(email, "   ").await.field_error("password", "This field may not be blank.");
}

async fn the_generated_password_must_be_replaced(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let anybody = world.anybody();
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let (email, password) = (created["email"].as_str().unwrap(), created["password"].as_str().unwrap());
    let first = anybody.login(email, password).await.ok();
    assert_eq!((&first["error"], &first["code"]), (&json!("First login required"), &json!("first_login_required")));
    assert_eq!((&first["is_first_login"], &first["email"]), (&json!(true), &json!(email)));
    assert!(first["message"].is_string() && first.get("access").is_none() && first.get("user").is_none());

    let done = anybody.agent_first_login(&choice(email, &created["password"], "mynewpassword123")).await.ok();
    assert_eq!(done["email"], email);
    let row = &tesla.admin.list_agents().await.ok()[0];
    assert_eq!((&row["status"], &row["is_first_login"]), (&json!("OFFLINE"), &json!(false)));
    anybody.login(email, password).await.expect(400);
    let signed_in = anybody.login(email, "mynewpassword123").await.ok();
    let agent = json!({"id": created["agent"]["id"], "name": "Bo Agent", "email": email, "status": "AVAILABLE",
        "is_first_login": false, "company_id": "TES001"});
    assert_eq!(signed_in["agent"], agent);
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["status"], "AVAILABLE");
}

async fn a_first_login_is_refused_with_the_reason(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let anybody = world.anybody();
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let (email, password) = (created["email"].as_str().unwrap(), &created["password"]);
    let (long, same) = ("x".repeat(129), email.to_uppercase());
    for (new, message) in [
        ("short12", "Ensure this field has at least 8 characters."),
        (&long, "Ensure this field has no more than 128 characters."),
        ("PASSWORD123", "This password is too common."),
        (&same, "This password must not be the same as the e-mail."),
    ] {
        let reply = anybody.agent_first_login(&choice(email, password, new)).await;
        reply.field_error("new_password", message);
    }
    let itself = choice(email, password, password.as_str().unwrap());
    let refused = anybody.agent_first_login(&itself).await;
    refused.field_error("new_password", "This password must not be the same as the current one.");
    let mut body = choice(email, password, "NewPassword123");
    body["confirm_password"] = "different12".into();
    anybody.agent_first_login(&body).await.field_error("non_field_errors", "New passwords don't match.");
    for (email, password) in [(email, &json!("wrong")), ("nobody@t.example", password)] {
        let body = choice(email, password, "NewPassword123");
        anybody.agent_first_login(&body).await.wrong_credentials("Current password is incorrect.");
    }
    anybody.agent_first_login(&choice(email, password, "newpassword123")).await.ok();
    let again = choice(email, &json!("newpassword123"), "NewPassword123");
    anybody.agent_first_login(&again).await.field_error("non_field_errors", "Password has already been set.");
    let guess = choice(email, &json!("wrong"), "NewPassword123");
    anybody.agent_first_login(&guess).await.wrong_credentials("Current password is incorrect.");
}

async fn each_first_login_serves_its_own_role(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let anybody = world.anybody();
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let agent = choice(created["email"].as_str().unwrap(), &created["password"], "NewPassword123");
    anybody.admin_first_login(&agent).await.wrong_credentials("Current password is incorrect.");
    let admin = choice(&tesla.admin.email, &json!(tesla.admin.password), "NewPassword123");
    anybody.agent_first_login(&admin).await.wrong_credentials("Current password is incorrect.");
    // The password from create-admin need not be replaced.
    anybody.admin_first_login(&admin).await.field_error("non_field_errors", "Password has already been set.");
}

async fn a_reset_password_ends_every_token(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let reset = tesla.admin.reset_agent_password(agent.id).await.ok();
    assert_eq!(reset["email"], agent.email.as_str());
    let new = reset["new_password"].as_str().unwrap();
    assert_eq!(new.len(), 16);
    agent.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
    let refreshed = world.anybody().refresh(&agent.refresh).await;
    refreshed.detail(401, "token_not_valid", "Token is invalid or expired");
    world.anybody().login(&agent.email, &agent.password).await.expect(400);
    assert_eq!(world.anybody().login(&agent.email, new).await.ok()["code"], "first_login_required");
    let row = &tesla.admin.list_agents().await.ok()[0];
    assert_eq!((&row["status"], &row["is_first_login"]), (&json!("PENDING"), &json!(true)));
}

async fn another_companys_agent_cannot_be_reset(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let agent = tesla.agent("Bo Agent").await;
    let foreign = space.admin.reset_agent_password(agent.id).await;
    foreign.field_error("agent_id", "Agent not found or inactive.");
    foreign.same_as(&space.admin.reset_agent_password(999_999).await);
    agent.profile().await.ok();
    world.superadmin().await.reset_agent_password(agent.id).await.ok();
}

async fn only_admins_manage_agents(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    for call in [
        |who: &Client| who.create_agent(&json!({})),
        |who: &Client| who.list_agents(),
        |who: &Client| who.reset_agent_password(1),
    ] {
        call(&world.anybody()).await.asks_for_a_token();
        call(agent.client()).await.refuses_the_role();
    }
}
