//! Guarantees about sign-in. See docs/compatibility.md: Passwords, Tokens.

use api_tests::prelude::*;
use reqwest::Method;

use crate::first_login;

on_each_database!(
    wrong_credentials_are_400_with_non_field_errors_never_401,
    first_login_required_is_200_without_tokens_and_with_is_first_login,
    login_takes_username_or_email_as_form_or_json_and_ignores_a_stale_header,
    an_admin_fresh_from_create_admin_signs_in_at_once_with_the_returned_password,
    plain_passwords_pass_at_first_login_and_the_command_line_sets_fixed_ones,
    profile_answers_every_role_alike,
);

const STALE: &str = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c3RhbGU";

async fn wrong_credentials_are_400_with_non_field_errors_never_401(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let (admin, agent) = (json!(tesla.admin.email), json!(agent.email));
    let login = |name: &Value| json!({"username": name, "password": "wrong"});
    let agent_login = |name: &Value| json!({"email": name, "password": "wrong"});
    let nobody = json!("nobody@nowhere.example");
    for (path, body) in [
        ("/api/auth/login/", login(&admin)),
        ("/api/auth/login/", login(&agent)),
        ("/api/auth/login/", login(&json!("root"))),
        ("/api/auth/login/", login(&nobody)),
        ("/api/admin-dashboard/agent-login/", agent_login(&agent)),
        ("/api/admin-dashboard/agent-login/", agent_login(&admin)),
        ("/api/admin-dashboard/agent-login/", agent_login(&nobody)),
        ("/api/auth/admin-first-login/", first_login(&admin, &json!("wrong"), "NewPassword123")),
        ("/api/auth/admin-first-login/", first_login(&nobody, &json!("wrong"), "NewPassword123")),
        ("/api/admin-dashboard/agent-first-login/", first_login(&agent, &json!("wrong"), "NewPassword123")),
        ("/api/admin-dashboard/agent-first-login/", first_login(&nobody, &json!("wrong"), "NewPassword123")),
    ] {
        for call in
            [world.anybody().post(path, &body), world.anybody().post(path, &body).header("authorization", STALE)]
        {
            let reply = call.await.expect(400);
            assert!(reply.body["non_field_errors"][0].is_string(), "{reply:?}");
        }
    }
}

async fn first_login_required_is_200_without_tokens_and_with_is_first_login(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let superadmin = world.superadmin().await;
    let reset = json!({"admin_id": tesla.admin.id});
    let admin = superadmin.client().post("/api/auth/reset-admin-password/", &reset).await.ok();
    let by_email = json!({"email": agent["email"], "password": agent["password"]});
    for (call, email) in [
        (login(world, &agent["email"], &agent["password"]), &agent["email"]),
        (login(world, &admin["email"], &admin["new_password"]), &admin["email"]),
        (world.anybody().post("/api/admin-dashboard/agent-login/", &by_email), &agent["email"]),
    ] {
        let body = call.await.ok();
        assert_eq!((&body["error"], &body["is_first_login"]), (&json!("First login required"), &json!(true)));
        assert_eq!(&body["email"], email);
        assert!(body.get("access").is_none() && body.get("refresh").is_none(), "{body}");
    }
}

fn login(world: &World, name: &Value, password: &Value) -> Call {
    world.anybody().post("/api/auth/login/", &json!({"username": name, "password": password}))
}

async fn login_takes_username_or_email_as_form_or_json_and_ignores_a_stale_header(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let username = tesla.admin.email.split('@').next().unwrap();
    for (name, password) in [
        (username, &tesla.admin.password),
        (&tesla.admin.email, &tesla.admin.password),
        (&agent.email, &agent.password),
    ] {
        let post = || world.anybody().call(Method::POST, "/api/auth/login/").header("authorization", STALE);
        let form = post().form(&[("username", name), ("password", password)]).await.ok();
        let json = post().json(&json!({"username": name, "password": password})).await.ok();
        assert_eq!(form["user"], json["user"]);
        assert!(form["access"].is_string() && json["refresh"].is_string());
    }
}

async fn an_admin_fresh_from_create_admin_signs_in_at_once_with_the_returned_password(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = json!({"plan_name": "basic", "max_agents": 5, "price": 10});
    let plan = superadmin.create_plan(&plan).await.created();
    let opening = json!({"name": "Tesla Motors", "email": "ann@tesla.example", "plan_id": plan["id"]});
    let opened = superadmin.create_admin(&opening).await.created();
    let signed_in = login(world, &opened["email"], &opened["password"]).await.ok();
    assert_eq!(signed_in["user"]["role"], "ADMIN");
    world.anybody().with_token(signed_in["access"].as_str().unwrap()).list_agents().await.ok();
    world.anybody().refresh(signed_in["refresh"].as_str().unwrap()).await.ok();
}

async fn plain_passwords_pass_at_first_login_and_the_command_line_sets_fixed_ones(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (name, password) in
        [("Bo Agent", "NewPassword123"), ("Cy Agent", "newpassword123"), ("Di Agent", "mynewpassword123")]
    {
        let agent = tesla.admin.create_agent(&tesla.agent_body(name)).await.created();
        let choice = first_login(&agent["email"], &agent["password"], password);
        world.anybody().agent_first_login(&choice).await.ok();
        assert!(login(world, &agent["email"], &json!(password)).await.ok()["access"].is_string());
    }
    let superadmin = world.superadmin().await;
    let reset = json!({"admin_id": tesla.admin.id});
    let admin = superadmin.client().post("/api/auth/reset-admin-password/", &reset).await.ok();
    let choice = first_login(&admin["email"], &admin["new_password"], "newpassword123");
    world.anybody().admin_first_login(&choice).await.ok();
    assert!(login(world, &admin["email"], &json!("newpassword123")).await.ok()["access"].is_string());

    world.set_password(&tesla.admin.email, "admin");
    assert!(login(world, &admin["email"], &json!("admin")).await.ok()["access"].is_string());
}

async fn profile_answers_every_role_alike(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (agent, superadmin) = (tesla.agent("Bo Agent").await, world.superadmin().await);
    let keys = |user: &Value| user.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let admin = tesla.admin.profile().await.ok();
    for (who, role) in [(agent.client(), "AGENT"), (superadmin.client(), "SUPERADMIN")] {
        let user = who.profile().await.ok();
        assert_eq!((keys(&user), &user["role"]), (keys(&admin), &json!(role)));
    }
}
