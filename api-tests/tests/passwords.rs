//! Changing one's own password.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    everybody_changes_their_own_password,
    a_changed_password_ends_every_other_sign_in_and_the_caller_stays_signed_in,
    a_refused_change_changes_nothing,
    a_changed_password_is_recorded_for_the_account,
);

const NEW: &str = "a much finer secret";
const NOT_VALID: &str = "Given token not valid for any token type";

async fn everybody_changes_their_own_password(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let root = world.superadmin().await;
    for (caller, login, password) in [
        (root.client(), "root", "letmein"),
        (tesla.admin.client(), tesla.admin.email.as_str(), tesla.admin.password.as_str()),
        (bo.client(), bo.email.as_str(), bo.password.as_str()),
    ] {
        let changed = caller.change_password(password, NEW).await.ok();
        assert_eq!(changed["message"], "Password changed successfully");
        let refused = world.anybody().login(login, password).await;
        refused.wrong_credentials("Invalid credentials or inactive account.");
        world.anybody().login(login, NEW).await.ok();
    }
    world.anybody().change_password("letmein", NEW).await.asks_for_a_token();
}

async fn a_changed_password_ends_every_other_sign_in_and_the_caller_stays_signed_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let cy = tesla.agent("Cy Agent").await;
    for login in ["admin", "agent"] {
        let (here, refresh, password) = if login == "admin" {
            (tesla.admin.client().clone(), tesla.admin.refresh.clone(), tesla.admin.password.clone())
        } else {
            let bo = tesla.agent("Bo Agent").await;
            (bo.client().clone(), bo.refresh, bo.password)
        };
        let email = here.profile().await.ok()["email"].as_str().unwrap().to_owned();
        let there = world.anybody().login(&email, &password).await.ok();
        let changed = here.change_password(&password, NEW).await.ok();
        for access in [here.token(), there["access"].as_str().unwrap()] {
            world.anybody().with_token(access).profile().await.detail(401, "token_not_valid", NOT_VALID);
        }
        for refresh in [refresh.as_str(), there["refresh"].as_str().unwrap()] {
            world.anybody().refresh(refresh).await.detail(401, "token_not_valid", "Token is invalid or expired");
        }
        let stays = world.anybody().with_token(changed["access"].as_str().unwrap());
        stays.profile().await.ok();
        let pair = world.anybody().refresh(changed["refresh"].as_str().unwrap()).await.ok();
        world.anybody().with_token(pair["access"].as_str().unwrap()).profile().await.ok();
    }
    cy.profile().await.ok();
    world.anybody().refresh(&cy.refresh).await.ok();
}

async fn a_refused_change_changes_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (admin, password) = (&tesla.admin, tesla.admin.password.as_str());
    admin.change_password("wrong", NEW).await.wrong_credentials("Current password is incorrect.");
    // White space belongs to a password.
    admin.change_password(&format!("{password} "), NEW).await.wrong_credentials("Current password is incorrect.");
    for (new, message) in [
        ("short77", "Ensure this field has at least 8 characters."),
        ("x".repeat(129).as_str(), "Ensure this field has no more than 128 characters."),
        ("Password123", "This password is too common."),
        (admin.email.to_uppercase().as_str(), "This password must not be the same as the e-mail."),
        (password, "This password must not be the same as the current one."),
    ] {
        admin.change_password(password, new).await.field_error("new_password", message);
    }
    let missing = admin.client().post("/api/auth/change-password/", &json!({})).await;
    for field in ["current_password", "new_password"] {
        missing.field_error(field, "This field is required.");
    }
    admin.profile().await.ok();
    world.anybody().refresh(&admin.refresh).await.ok();
    world.anybody().login(&admin.email, password).await.ok();
    // An ended token changes nothing either.
    admin.logout_all().await.ok();
    admin.change_password(password, NEW).await.detail(401, "token_not_valid", NOT_VALID);
    world.anybody().login(&admin.email, password).await.ok();
}

async fn a_changed_password_is_recorded_for_the_account(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.change_password("wrong", NEW).await.expect(400);
    let changed = tesla.admin.change_password(&tesla.admin.password, NEW).await.ok();
    let admin = world.anybody().with_token(changed["access"].as_str().unwrap());
    let log = admin.get("/api/audit/").await.ok();
    let entry = &log["results"][0];
    assert_eq!(entry["action"], "password_changed");
    assert_eq!(entry["actor"], json!({"kind": "admin", "user_id": tesla.admin.id}));
    assert_eq!(entry["object"], json!({"kind": "account", "id": tesla.admin.id.to_string()}));
    assert_eq!(log["results"][1]["action"], "sign_in_failed");
    let text = log.to_string();
    assert!(!text.contains(NEW) && !text.contains(&tesla.admin.password), "{text}");
    let root = world.superadmin().await;
    let changed = root.change_password("letmein", NEW).await.ok();
    let root = world.anybody().with_token(changed["access"].as_str().unwrap());
    assert_eq!(root.get("/api/audit/").await.ok()["results"][0]["action"], "password_changed");
    assert_eq!(world.broken_audit(), Vec::<String>::new());
}
