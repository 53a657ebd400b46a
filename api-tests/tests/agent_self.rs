//! The agents' own sign-in endpoint, status and sign-out.
#![cfg(test)]

use std::time::Duration;

use api_tests::{SECRET, prelude::*};
use identity::tokens::corpus::{Sample, without_family};

on_each_database!(
    an_agent_signs_in_by_e_mail,
    only_agents_come_in_by_this_door,
    the_handed_out_password_must_be_replaced_here_too,
    an_incomplete_sign_in_is_told_so,
    a_status_is_available_or_busy,
    signing_out_is_told_and_timed,
    signing_out_ends_the_family_that_is_named,
    signing_out_ends_the_access_token_and_no_other_sign_in,
    an_access_token_of_an_earlier_version_lasts_until_it_expires,
    presence_is_for_agents,
);

const NOT_VALID: &str = "Given token not valid for any token type";

async fn an_agent_signs_in_by_e_mail(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    bo.agent_logout(&json!({})).await.ok();
    let reply = world.anybody().agent_login(&bo.email.to_uppercase(), &bo.password).await.ok();
    let agent =
        json!({"id": bo.id, "name": "Bo Agent", "email": bo.email, "status": "AVAILABLE", "is_first_login": false});
    assert_eq!(reply["agent"], agent);
    assert_eq!(reply.get("user"), None);
    let signed_in = world.anybody().with_token(reply["access"].as_str().unwrap());
    assert_eq!(signed_in.profile().await.ok()["role"], "AGENT");
    world.anybody().refresh(reply["refresh"].as_str().unwrap()).await.ok();
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["status"], "AVAILABLE");
    let log = signed_in.activities(&[("activity_type", "login")]).await.ok();
    assert_eq!((log.as_array().unwrap().len(), &log[0]["ip_address"]), (2, &json!("127.0.0.1")));
    assert_eq!(tesla.admin.agent_sessions(&[]).await.ok().as_array().unwrap().len(), 2);
    // A stale token on the request is ignored, and forms are read like JSON.
    let stale = world.anybody().with_token("stale").call(reqwest::Method::POST, "/api/admin-dashboard/agent-login");
    stale.form(&[("email", &bo.email), ("password", &bo.password)]).await.ok();
}

async fn only_agents_come_in_by_this_door(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let anybody = world.anybody();
    let wrong = anybody.agent_login(&bo.email, "wrong").await;
    wrong.wrong_credentials("Invalid credentials or inactive account.");
    for (email, password) in [
        ("nobody@t.example", "wrong"),
        (tesla.admin.email.as_str(), tesla.admin.password.as_str()),
        ("root", "letmein"),
        ("root@switchboard.example", "letmein"),
    ] {
        anybody.agent_login(email, password).await.same_as(&wrong);
    }
    world.set_status("TES001", tenancy::CompanyStatus::Suspended);
    anybody.agent_login(&bo.email, &bo.password).await.same_as(&wrong);
}

async fn the_handed_out_password_must_be_replaced_here_too(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let created = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let (email, password) = (created["email"].as_str().unwrap(), created["password"].as_str().unwrap());
    let here = world.anybody().agent_login(email, password).await;
    here.same_as(&world.anybody().login(email, password).await);
    let first = here.ok();
    assert_eq!((&first["code"], &first["is_first_login"]), (&json!("first_login_required"), &json!(true)));
    assert!(first.get("access").is_none() && first.get("user").is_none());
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["status"], "PENDING");
}

async fn an_incomplete_sign_in_is_told_so(world: &World) {
    let anybody = world.anybody();
    for body in [
        json!({}),
        json!({"email": "bo@t.example"}),
        json!({"password": "secret"}),
        json!({"email": "", "password": "secret"}),
        json!({"email": "bo@t.example", "password": null}),
    ] {
        let reply = anybody.post("/api/admin-dashboard/agent-login/", &body).await;
        reply.error(400, "bad_request", "Email and password are required");
    }
    let odd = json!({"email": ["bo@t.example"], "password": "secret"});
    anybody.post("/api/admin-dashboard/agent-login/", &odd).await.field_error("email", "Not a valid string.");
}

async fn a_status_is_available_or_busy(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let status = async || tesla.admin.list_agents().await.ok()[0]["status"].clone();
    let reply = bo.update_agent_status("BUSY").await.ok();
    assert!(reply["message"].is_string());
    assert_eq!((&reply["status"], status().await), (&json!("BUSY"), json!("BUSY")));
    bo.update_agent_status("BUSY").await.ok();
    bo.update_agent_status("AVAILABLE").await.ok();
    let log = bo.activities(&[("activity_type", "status_change")]).await.ok();
    let changes: Vec<_> = log.as_array().unwrap().iter().map(|row| row["metadata"].clone()).collect();
    let expected = [json!({"from": "BUSY", "to": "AVAILABLE"}), json!({"from": "AVAILABLE", "to": "BUSY"})];
    assert_eq!(changes, expected);
    bo.update_agent_status("OFFLINE").await.error(400, "bad_request", "Use logout endpoint to go offline");
    for odd in ["PENDING", "busy", "gone"] {
        let message = format!("\"{odd}\" is not a valid choice.");
        bo.update_agent_status(odd).await.field_error("status", &message);
    }
    let missing = bo.client().post("/api/admin-dashboard/update-agent-status/", &json!({})).await;
    missing.field_error("status", "This field is required.");
    assert_eq!(status().await, "AVAILABLE");
}

async fn signing_out_is_told_and_timed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    world.clock.advance(Duration::from_secs(119));
    assert!(bo.agent_logout(&json!({})).await.ok()["message"].is_string());
    let row = &tesla.admin.list_agents().await.ok()[0];
    assert_eq!((&row["status"], &row["formatted_last_active"]), (&json!("OFFLINE"), &json!("23/11/2026 02:54")));
    assert_eq!(tesla.admin.agent_sessions(&[]).await.ok()[0]["duration_minutes"], 1);
    let log = tesla.admin.activities(&[("activity_type", "logout")]).await.ok();
    assert_eq!((&log[0]["agent"], &log[0]["metadata"]), (&json!(bo.id), &json!({})));
    assert_eq!(log[0]["ip_address"], "127.0.0.1");
    // Without an open agent session the call succeeds too.
    let again = bo.signed_in_again().await;
    world.execute("UPDATE agent_sessions SET logout_time = login_time WHERE logout_time IS NULL");
    again.agent_logout(&json!({"refresh": null})).await.ok();
}

async fn signing_out_ends_the_family_that_is_named(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (here, other_device) = (bo.signed_in_again().await, bo.signed_in_again().await);
    // Another agent's refresh token, an access token and malformed text are ignored.
    for refresh in [cy.refresh.as_str(), bo.client().token(), "nonsense"] {
        bo.signed_in_again().await.agent_logout(&json!({"refresh": refresh})).await.ok();
    }
    let cy_next = world.anybody().refresh(&cy.refresh).await.ok();
    assert!(cy_next["access"].is_string());
    // The refresh token may be that of another sign-in; both end.
    here.agent_logout(&json!({"refresh": bo.refresh})).await.ok();
    for ended in [&here, &bo] {
        ended.profile().await.detail(401, "token_not_valid", NOT_VALID);
        world.anybody().refresh(&ended.refresh).await.detail(401, "token_not_valid", "Token is invalid or expired");
    }
    other_device.profile().await.ok();
    world.anybody().refresh(&other_device.refresh).await.ok();
}

async fn signing_out_ends_the_access_token_and_no_other_sign_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (here, other_device) = (bo.signed_in_again().await, bo.signed_in_again().await);
    // The tokens of a sign-in end together, those from before a refresh included.
    let pair = world.anybody().refresh(&here.refresh).await.ok();
    let later = world.anybody().with_token(pair["access"].as_str().unwrap());
    here.profile().await.ok();
    later.agent_logout(&json!({})).await.ok();
    for token in [here.client(), &later] {
        token.profile().await.detail(401, "token_not_valid", NOT_VALID);
        token.agent_logout(&json!({})).await.detail(401, "token_not_valid", NOT_VALID);
        token.ws_ticket().await.detail(401, "token_not_valid", NOT_VALID);
        // A public call treats the caller as anonymous.
        token.country_codes().await.ok();
    }
    for refresh in [here.refresh.as_str(), pair["refresh"].as_str().unwrap()] {
        world.anybody().refresh(refresh).await.detail(401, "token_not_valid", "Token is invalid or expired");
    }
    other_device.profile().await.ok();
    world.anybody().refresh(&other_device.refresh).await.ok();
    tesla.admin.profile().await.ok();
    bo.signed_in_again().await.profile().await.ok();
}

async fn an_access_token_of_an_earlier_version_lasts_until_it_expires(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (good, other) = (bo.client().token(), bo.refresh.as_str());
    let sample = Sample { secret: SECRET, good, other, stranger: 0, now: world.seconds() };
    let earlier = world.anybody().with_token(&without_family(&sample));
    earlier.profile().await.ok();
    // It names no sign-in, so signing out with it ends that of the refresh token only.
    earlier.agent_logout(&json!({"refresh": bo.refresh})).await.ok();
    bo.profile().await.detail(401, "token_not_valid", NOT_VALID);
    earlier.profile().await.ok();
    world.clock.advance(Duration::from_mins(15));
    earlier.profile().await.detail(401, "token_not_valid", NOT_VALID);
}

async fn presence_is_for_agents(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let root = world.superadmin().await;
    for call in [|who: &Client| who.agent_logout(&json!({})), |who: &Client| who.update_agent_status("BUSY")] {
        call(&world.anybody()).await.asks_for_a_token();
        call(tesla.admin.client()).await.refuses_the_role();
        call(root.client()).await.refuses_the_role();
    }
}
