//! The effects of operator commands on clients.
#![cfg(test)]

use api_tests::prelude::*;
use tenancy::CompanyStatus::{Active, Closed, Suspended};

on_each_database!(
    a_suspended_company_serves_nobody_until_it_is_active_again,
    a_closed_company_is_as_if_it_had_never_been,
    a_password_set_by_the_operator_ends_earlier_tokens,
    a_password_set_by_the_operator_needs_no_first_login,
);

async fn a_suspended_company_serves_nobody_until_it_is_active_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    world.set_status("TES001", Suspended);
    visitor.send(&json!({"message": "Hello"})).await.error(403, "company_inactive", "Company is not active");
    tesla.stranger().send(&json!({"message": "Hello"})).await.error(403, "company_inactive", "Company is not active");
    let upload = visitor.upload(&tesla.id, &visitor.session, "a.txt", b"text").await;
    upload.error(403, "company_inactive", "Company is not active");
    let status = world.anybody().get(&format!("/api/chatbot/session-status/?session_id={}", visitor.session)).await;
    status.error(403, "company_inactive", "Company is not active");
    let profile = json!({"session_id": visitor.session, "name": "Ann", "phone": "1"});
    let profile = world.anybody().post("/api/chatbot/create-profile/", &profile).await;
    profile.error(403, "company_inactive", "Company is not active");
    for (who, login, password, refresh) in [
        (tesla.admin.client(), &tesla.admin.email, &tesla.admin.password, &tesla.admin.refresh),
        (agent.client(), &agent.email, &agent.password, &agent.refresh),
    ] {
        who.profile().await.detail(401, "user_inactive", "User is inactive");
        world.anybody().refresh(refresh).await.expect(401);
        let reply = world.anybody().login(login, password).await.expect(400);
        assert_eq!(reply.body["non_field_errors"], json!(["Invalid credentials or inactive account."]));
    }
    world.set_status("TES001", Active);
    assert_eq!(visitor.say("Good evening").await["type"], "greeting_response");
    tesla.admin.profile().await.ok();
    agent.signed_in_again().await.profile().await.ok();
}

async fn a_closed_company_is_as_if_it_had_never_been(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    world.set_status("TES001", Closed);
    let reply = visitor.chat(&json!({"message": "Hello", "company_id": "TES001"})).await;
    reply.error(404, "not_found", "Company not found");
    reply.same_as(&visitor.chat(&json!({"message": "Hello", "company_id": "TES999"})).await);
    tesla.admin.profile().await.detail(401, "user_inactive", "User is inactive");
    world.anybody().login(&tesla.admin.email, &tesla.admin.password).await.expect(400);
    let joining = json!({"name": "Third", "email": "third@t.example", "company_id": "TES001"});
    let reply = world.superadmin().await.create_admin(&joining).await;
    reply.field_error("company_id", "Company not found or not active.");
    // The code of a closed company is not reused.
    assert_eq!(world.company("Tesla Motors").await.id, "TES002");
}

async fn a_password_set_by_the_operator_ends_earlier_tokens(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.set_password(&tesla.admin.email, "demo");
    tesla.admin.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
    let refused = world.anybody().refresh(&tesla.admin.refresh).await;
    refused.detail(401, "token_not_valid", "Token is invalid or expired");
    world.anybody().login(&tesla.admin.email, &tesla.admin.password).await.expect(400);
    let signed_in = world.anybody().login(&tesla.admin.email, "demo").await.ok();
    assert_eq!(signed_in["user"]["id"], tesla.admin.id);
}

async fn a_password_set_by_the_operator_needs_no_first_login(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let email = created["email"].as_str().unwrap();
    world.set_password(email, "demo");
    let row = &tesla.admin.list_agents().await.ok()[0];
    assert_eq!((&row["status"], &row["is_first_login"]), (&json!("OFFLINE"), &json!(false)));
    let signed_in = world.anybody().login(email, "demo").await.ok();
    assert_eq!(signed_in["agent"]["status"], "AVAILABLE");
}
