//! Budgets: limits for a whole company, which protect other companies.
#![cfg(test)]

use std::{num::NonZeroU32, time::Duration};

use api_tests::{Setup, prelude::*};
use reqwest::multipart::{Form, Part};
use server::config::{Limits, TrustedProxies};

api_tests::on_each_database! { with small:
    chat_of_one_company_leaves_the_others_theirs,
    a_claim_uses_up_nobodys_budget,
    uploads_have_a_budget_of_their_own,
    how_a_company_stands_is_told_to_nobody_who_is_not_refused,
    password_resets_of_one_company_leave_the_others_their_sign_ins,
}

/// Limits each company to four turns and two files in ten seconds. Every visitor has its own address.
fn small() -> Setup {
    let limits = Limits { chat_company: NonZeroU32::new(4), upload_company: NonZeroU32::new(2), ..Limits::default() };
    let trusted_proxies = TrustedProxies::parse(["127.0.0.0/8"]).unwrap();
    Setup { limits: Some(limits), trusted_proxies, ..Setup::default() }
}

fn say(world: &World, visitor: u8, company: &str) -> Call {
    let body = json!({"company_id": company, "message": "Hello"});
    from(world.anybody().post("/api/chatbot/chat/", &body), visitor)
}

fn from(call: Call, visitor: u8) -> Call {
    call.header("x-forwarded-for", &format!("192.0.2.{visitor}"))
}

#[track_caller]
fn refused(reply: &Reply, limit: &str) {
    reply.error(429, "rate_limited", "Too many requests.");
    let shown = ["ratelimit-limit", "ratelimit-remaining", "retry-after"].map(|name| reply.header(name));
    assert_eq!(shown, [limit, "0", "10"], "{reply:?}");
}

async fn chat_of_one_company_leaves_the_others_theirs(world: &World) {
    let (busy, calm) = (world.company("Busy").await, world.company("Calm").await);
    for visitor in 1..=4 {
        say(world, visitor, &busy.id).await.expect(200);
    }
    refused(&say(world, 5, &busy.id).await, "4");
    say(world, 5, &calm.id).await.expect(200);
    world.clock.advance(Duration::from_secs(10));
    say(world, 5, &busy.id).await.expect(200);
}

async fn a_claim_uses_up_nobodys_budget(world: &World) {
    let calm = world.company("Calm").await;
    let empty = json!({"company_id": calm.id});
    for visitor in 1..=9 {
        from(world.anybody().post("/api/chatbot/chat/", &empty), visitor).await.expect(400);
        say(world, visitor, "NONE01").await.expect(404);
    }
    say(world, 9, &calm.id).await.expect(200);
}

async fn uploads_have_a_budget_of_their_own(world: &World) {
    let (busy, calm) = (world.company("Busy").await, world.company("Calm").await);
    let session = async |company: &str| {
        let reply = say(world, 1, company).await.ok();
        reply["session_id"].as_str().unwrap().to_owned()
    };
    let sessions = [session(&busy.id).await, session(&busy.id).await, session(&calm.id).await];
    let upload = |visitor, session: &str| {
        let company = session.split('_').next().unwrap().to_owned();
        let file = Part::bytes(b"a small text".to_vec()).file_name("note.txt");
        let form = Form::new().text("session_id", session.to_owned()).text("company_id", company).part("file", file);
        from(world.anybody().call(reqwest::Method::POST, "/api/chatbot/upload/").parts(form), visitor)
    };
    upload(1, &sessions[0]).await.expect(201);
    upload(2, &sessions[1]).await.expect(201);
    refused(&upload(3, &sessions[0]).await, "2");
    upload(3, &sessions[2]).await.expect(201);
    say(world, 3, &busy.id).await.expect(200);
    world.clock.advance(Duration::from_secs(10));
    upload(3, &sessions[0]).await.expect(201);
}

/// The headers show the tightest of the caller's own limits, whatever the company's load is.
async fn how_a_company_stands_is_told_to_nobody_who_is_not_refused(world: &World) {
    let (busy, calm) = (world.company("Busy").await, world.company("Calm").await);
    let limit_headers = |reply: &Reply| {
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| reply.header(name).to_owned())
    };
    let alone = limit_headers(&say(world, 1, &calm.id).await.expect(200));
    for visitor in 2..=5 {
        assert_eq!(limit_headers(&say(world, visitor, &busy.id).await.expect(200)), alone);
    }
    refused(&say(world, 6, &busy.id).await, "4");
}

async fn password_resets_of_one_company_leave_the_others_their_sign_ins(world: &World) {
    let (busy, calm) = (world.company("Busy").await, world.company("Calm").await);
    let new = json!({"name": "Ann", "phone": "555-1", "email": "ann@t.example", "specialization": "Cars"});
    let agent = busy.admin.create_agent(&new).await.created()["agent"]["id"].as_i64().unwrap();
    // As many resets as may wait in one company's queue. At the same time, as many sign-ins as an account may
    // attempt, from a known address and from an unknown one.
    let resets = (0..32).map(|_| spawn(busy.admin.reset_agent_password(agent)));
    let sign_in = || world.anybody().login(&calm.admin.email, &calm.admin.password);
    let sign_ins = (0..16).map(|number| spawn(if number % 2 == 0 { sign_in() } else { from(sign_in(), 9) }));
    let under_way: Vec<_> = resets.chain(sign_ins).collect();
    for call in under_way {
        call.await.unwrap().expect(200);
    }
}

/// Sends a call in the background.
fn spawn(call: Call) -> tokio::task::JoinHandle<Reply> {
    tokio::spawn(std::future::IntoFuture::into_future(call))
}
