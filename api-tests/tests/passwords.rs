//! Changing one's own password, and the life of passwords that are handed out.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    everybody_changes_their_own_password,
    a_changed_password_ends_every_other_sign_in_and_the_caller_stays_signed_in,
    a_refused_change_changes_nothing,
    a_changed_password_is_recorded_for_the_account,
    the_names_of_a_person_and_a_company_are_no_passwords,
    a_handed_out_password_works_for_seven_days,
    an_expired_password_is_answered_as_a_wrong_one,
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
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let admin = tesla.admin.clone();
    for (here, refresh, password) in
        [(bo.client(), &bo.refresh, &bo.password), (admin.client(), &admin.refresh, &admin.password)]
    {
        let email = here.profile().await.ok()["email"].as_str().unwrap().to_owned();
        let there = world.anybody().login(&email, password).await.ok();
        let changed = here.change_password(password, NEW).await.ok();
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

async fn the_names_of_a_person_and_a_company_are_no_passwords(world: &World) {
    const SIMILAR: &str = "This password is too similar to the name.";
    let tesla = world.company("Tesla Motors").await;
    let created = tesla.admin.create_agent(&tesla.agent_body("Zo\u{eb} Quimby")).await.created();
    let (email, handed_out) = (created["email"].as_str().unwrap(), created["password"].as_str().unwrap());
    let choose = |current: &str, new: &str| {
        let body = json!({"email": email, "current_password": current, "new_password": new, "confirm_password": new});
        world.anybody().agent_first_login(&body)
    };
    for name in ["Tesla2026!", "tesla-motors-1", "TES00199", "QUIMBY#2026", "Zoe 12345", "zo\u{eb}.quimby"] {
        choose(handed_out, name).await.field_error("new_password", SIMILAR);
        // Only the owner of the account learns that it is a name.
        choose("wrong", name).await.wrong_credentials("Current password is incorrect.");
    }
    choose(handed_out, "mynewpassword123").await.ok();
    let signed_in = world.anybody().login(email, "mynewpassword123").await.ok();
    let zoe = world.anybody().with_token(signed_in["access"].as_str().unwrap());
    zoe.change_password("mynewpassword123", "Quimby2026!").await.field_error("new_password", SIMILAR);
    zoe.change_password("mynewpassword123", "newpassword123").await.ok();
    let root = world.superadmin().await;
    root.change_password("letmein", "!root1234!").await.field_error("new_password", SIMILAR);
}

const WEEK: Duration = Duration::from_hours(7 * 24);

/// Hands out two passwords: to a new agent and, by a reset, to the company's admin. Returns the e-mail address,
/// the password and the path of the first login of each.
async fn handed_out(world: &World, tesla: &Company) -> [(String, String, &'static str); 2] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let agent = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let reset = world.superadmin().await.reset_admin_password(tesla.admin.id).await.ok();
    [
        (text(&agent["email"]), text(&agent["password"]), "/api/admin-dashboard/agent-first-login/"),
        (text(&reset["email"]), text(&reset["new_password"]), "/api/auth/admin-first-login/"),
    ]
}

fn first_login(world: &World, path: &str, email: &str, current: &str) -> Call {
    let body = json!({"email": email, "current_password": current, "new_password": NEW, "confirm_password": NEW});
    world.anybody().post(path, &body)
}

async fn a_handed_out_password_works_for_seven_days(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let handed_out = handed_out(world, &tesla).await;
    world.clock.advance(WEEK - Duration::from_secs(1));
    for (email, password, path) in &handed_out {
        assert_eq!(world.anybody().login(email, password).await.ok()["is_first_login"], true);
        first_login(world, path, email, password).await.ok();
    }
    // What a person chose does not expire.
    world.clock.advance(10 * WEEK);
    for (email, ..) in &handed_out {
        world.anybody().login(email, NEW).await.ok();
    }
}

async fn an_expired_password_is_answered_as_a_wrong_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let handed_out = handed_out(world, &tesla).await;
    world.clock.advance(WEEK);
    for (email, password, path) in &handed_out {
        let wrong = world.anybody().login(email, "wrong").await;
        wrong.wrong_credentials("Invalid credentials or inactive account.");
        wrong.same_as(&world.anybody().login(email, password).await);
        wrong.same_as(&world.anybody().agent_login(email, password).await);
        let wrong = first_login(world, path, email, "wrong").await;
        wrong.wrong_credentials("Current password is incorrect.");
        wrong.same_as(&first_login(world, path, email, password).await);
    }
    // Another reset hands out another one.
    let admin = world.superadmin().await.reset_admin_password(tesla.admin.id).await.ok();
    let (email, password, path) = &handed_out[1];
    first_login(world, path, email, password).await.expect(400);
    first_login(world, path, email, admin["new_password"].as_str().unwrap()).await.ok();
}
