//! Throttling of failed sign-ins: what is locked, for how long, and the refusals. See docs/compatibility.md, Rate
//! limits.
#![cfg(test)]

use std::time::Duration;

use api_tests::{Setup, prelude::*};
use server::config::{Limits, TrustedProxies};

api_tests::on_each_database! { with throttled:
    ten_failures_lock_an_account_even_for_the_right_password,
    a_stranger_does_not_lock_the_owner_out_at_a_known_address,
    an_address_is_known_for_thirty_days_after_its_last_sign_in,
    all_four_ways_to_sign_in_share_one_counter,
    guesses_at_the_current_password_are_throttled_as_sign_ins,
    a_name_as_the_new_password_is_no_failed_sign_in,
    unknown_accounts_are_throttled_as_known_ones,
    fifty_failures_lock_an_address,
    right_passwords_are_not_counted,
    guesses_sent_together_are_no_more_than_guesses_one_by_one,
    failures_leave_the_window_one_by_one,
    the_audit_log_grows_no_faster_than_the_limits_let_it,
}

/// The default limits, and a trusted proxy, so that a call can come from any address.
fn throttled() -> Setup {
    let trusted_proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
    Setup { limits: Some(Limits::default()), trusted_proxies, ..Setup::default() }
}

const HOME: &str = "198.51.100.7";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn from(call: Call, address: &str) -> Call {
    call.header("x-forwarded-for", address)
}

fn login(world: &World, address: &str, name: &str, password: &str) -> Call {
    from(world.anybody().login(name, password), address)
}

#[track_caller]
fn locked(reply: &Reply) {
    reply.error(429, "login_throttled", "Too many failed sign-ins, please try again later.");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{reply:?}");
    assert_eq!(reply.header("ratelimit-remaining"), "0", "{reply:?}");
    assert_eq!(reply.header("ratelimit-reset"), wait.to_string(), "{reply:?}");
}

/// Fails this many sign-ins, each from a different address.
async fn guess(world: &World, name: &str, times: u32) {
    for guess in 0..times {
        let reply = login(world, &format!("203.0.{guess}.1"), name, "wrong").await;
        reply.wrong_credentials("Invalid credentials or inactive account.");
    }
}

async fn ten_failures_lock_an_account_even_for_the_right_password(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for left in (0..10).rev() {
        let reply = login(world, &format!("203.0.113.{left}"), &tesla.admin.email, "wrong").await;
        reply.wrong_credentials("Invalid credentials or inactive account.");
        assert_eq!(reply.header("ratelimit-limit"), "10");
        assert_eq!(reply.header("ratelimit-remaining"), left.to_string());
    }
    // A right password and another wrong one get the same refusal, except for the request id.
    let mut right = login(world, "203.0.113.77", &tesla.admin.email, &tesla.admin.password).await;
    let mut wrong = login(world, "203.0.113.78", &tesla.admin.email, "wrong").await;
    locked(&right);
    locked(&wrong);
    for reply in [&mut right, &mut wrong] {
        reply.body["request_id"] = Value::Null;
    }
    assert_eq!(right.body, wrong.body);
    // Other accounts are not locked.
    login(world, "203.0.113.77", "root", "letmein").await.ok();
    world.clock.advance(15 * MINUTE);
    login(world, "203.0.113.77", &tesla.admin.email, &tesla.admin.password).await.ok();
}

async fn a_stranger_does_not_lock_the_owner_out_at_a_known_address(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (name, password) = (tesla.admin.email.as_str(), tesla.admin.password.as_str());
    login(world, HOME, name, password).await.ok();
    guess(world, name, 10).await;
    locked(&login(world, "203.0.113.1", name, password).await);
    login(world, HOME, name, password).await.ok();
    // A known address has a separate limit of ten failures, which does not affect another known address.
    for _ in 0..10 {
        login(world, HOME, name, "wrong").await.expect(400);
    }
    locked(&login(world, HOME, name, password).await);
    world.anybody().login(name, password).await.ok();
}

async fn an_address_is_known_for_thirty_days_after_its_last_sign_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (name, password) = (tesla.admin.email.as_str(), tesla.admin.password.as_str());
    login(world, HOME, name, password).await.ok();
    world.clock.advance(20 * DAY);
    login(world, HOME, name, password).await.ok();
    world.clock.advance(20 * DAY);
    guess(world, name, 10).await;
    login(world, HOME, name, password).await.ok();
    world.clock.advance(30 * DAY + MINUTE);
    guess(world, name, 10).await;
    locked(&login(world, HOME, name, password).await);
}

async fn all_four_ways_to_sign_in_share_one_counter(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let new = json!({"name": "Bo", "phone": "555-1", "email": "bo@t.example", "specialization": "Cars"});
    let given = tesla.admin.client().post("/api/admin-dashboard/create-agent/", &new).await.created();
    let first = |path: &str, email: &str, current: &str| {
        let body = json!({"email": email, "current_password": current,
                          "new_password": "NewPassword123", "confirm_password": "NewPassword123"});
        from(world.anybody().post(path, &body), "203.0.113.9")
    };
    let agent_login = |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        from(world.anybody().post("/api/admin-dashboard/agent-login/", &body), "203.0.113.8")
    };
    let (agents, admins) = ("/api/admin-dashboard/agent-first-login/", "/api/auth/admin-first-login/");
    for (name, password) in [("bo@t.example", given["password"].as_str().unwrap()), ("nobody@t.example", "wrong")] {
        for _ in 0..3 {
            login(world, "203.0.113.7", name, "wrong").await.expect(400);
            agent_login(name, "wrong").await.expect(400);
            first(agents, name, "wrong").await.expect(400);
        }
        // The first login of another role counts too.
        first(admins, name, password).await.wrong_credentials("Current password is incorrect.");
        for reply in [
            login(world, "203.0.113.7", name, password).await,
            agent_login(name, password).await,
            first(agents, name, password).await,
            first(admins, name, password).await,
        ] {
            locked(&reply);
        }
    }
    world.clock.advance(15 * MINUTE);
    first(agents, "bo@t.example", given["password"].as_str().unwrap()).await.ok();
    agent_login("bo@t.example", "NewPassword123").await.ok();
}

async fn guesses_at_the_current_password_are_throttled_as_sign_ins(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (name, password) = (tesla.admin.email.as_str(), tesla.admin.password.as_str());
    let change = |address: &str, current: &str| from(tesla.admin.change_password(current, "NewPassword123"), address);
    login(world, HOME, name, password).await.ok();
    for guess in 0..9 {
        let reply = change(&format!("203.0.{guess}.1"), "wrong").await;
        reply.wrong_credentials("Current password is incorrect.");
    }
    login(world, "203.0.113.1", name, "wrong").await.expect(400);
    locked(&change("203.0.113.2", password).await);
    locked(&login(world, "203.0.113.2", name, password).await);
    // A refused new password compares nothing, so it counts as nothing.
    for _ in 0..12 {
        from(tesla.admin.change_password(password, "short"), HOME).await.expect(400);
    }
    change(HOME, password).await.ok();
}

async fn a_name_as_the_new_password_is_no_failed_sign_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let choose = |new: &str| {
        let body = json!({"email": bo["email"], "current_password": bo["password"],
                          "new_password": new, "confirm_password": new});
        from(world.anybody().agent_first_login(&body), HOME)
    };
    for _ in 0..12 {
        choose("Tesla2026!").await.field_error("new_password", "This password is too similar to the name.");
    }
    choose("NewPassword123").await.ok();
}

async fn unknown_accounts_are_throttled_as_known_ones(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let shown = async |name: &str| {
        let mut answers = Vec::new();
        for guess in 0..12 {
            let reply = login(world, &format!("203.0.{guess}.9"), name, "wrong").await;
            let headers = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
            let headers = headers.map(|name| reply.header(name).to_owned());
            answers.push((reply.status, reply.body["code"].clone(), headers));
        }
        answers
    };
    let known = shown(&tesla.admin.email).await;
    assert_eq!(shown("nobody@t.example").await, known);
    locked(&login(world, "203.0.113.1", "NOBODY@T.example", "wrong").await);
}

async fn fifty_failures_lock_an_address(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for guess in 0..50 {
        login(world, "203.0.113.1", &format!("nobody{guess}"), "wrong").await.expect(400);
    }
    let reply = login(world, "203.0.113.1", &tesla.admin.email, &tesla.admin.password).await;
    locked(&reply);
    assert_eq!(reply.header("ratelimit-limit"), "50");
    // The address is refused before the body is read. Other addresses are not locked.
    let nonsense = world.anybody().call(reqwest::Method::POST, "/api/auth/login/").raw("application/json", "{");
    locked(&from(nonsense, "203.0.113.1").await);
    login(world, "203.0.113.2", &tesla.admin.email, &tesla.admin.password).await.ok();
}

async fn right_passwords_are_not_counted(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for _ in 0..60 {
        let reply = login(world, "203.0.113.1", &tesla.admin.email, &tesla.admin.password).await.expect(200);
        assert_eq!(reply.header("ratelimit-remaining"), reply.header("ratelimit-limit"));
    }
}

async fn guesses_sent_together_are_no_more_than_guesses_one_by_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let guesses: Vec<_> = (0..40)
        .map(|guess| {
            let call = login(world, &format!("203.0.113.{guess}"), &tesla.admin.email, "wrong");
            tokio::spawn(std::future::IntoFuture::into_future(call))
        })
        .collect();
    let mut compared = 0;
    for guess in guesses {
        let reply = guess.await.unwrap();
        if reply.status == 400 {
            compared += 1;
        } else {
            locked(&reply);
        }
    }
    assert_eq!(compared, 10);
}

async fn failures_leave_the_window_one_by_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for _ in 0..10 {
        login(world, "203.0.113.1", &tesla.admin.email, "wrong").await.expect(400);
        world.clock.advance(MINUTE);
    }
    let reply = login(world, "203.0.113.1", &tesla.admin.email, "wrong").await;
    locked(&reply);
    assert_eq!(reply.header("retry-after"), "300");
    world.clock.advance(5 * MINUTE);
    login(world, "203.0.113.1", &tesla.admin.email, "wrong").await.expect(400);
    locked(&login(world, "203.0.113.1", &tesla.admin.email, &tesla.admin.password).await);
}

async fn the_audit_log_grows_no_faster_than_the_limits_let_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let boss = world.superadmin().await;
    let installation = async || boss.client().get("/api/audit/").await.ok()["results"][0]["seq"].as_i64().unwrap();
    let company = async || tesla.admin.client().get("/api/audit/").await.ok()["results"][0]["seq"].as_i64().unwrap();
    let before = (company().await, installation().await);
    for guess in 0..15 {
        for name in [tesla.admin.email.as_str(), "nobody@nowhere.example"] {
            login(world, &format!("203.0.113.{guess}"), name, "wrong").await;
        }
    }
    // The installation's log also has the note of the company log's eighth row.
    assert_eq!((company().await, installation().await), (before.0 + 10, before.1 + 10 + 1));
}
