//! What a whole company may ask for, so that its neighbours feel nothing of it.
#![cfg(test)]

use std::{num::NonZeroU32, time::Duration};

use api_tests::{Setup, prelude::*};
use reqwest::multipart::{Form, Part};
use server::config::{Limits, TrustedProxies};

api_tests::on_each_database! { with small:
    chat_of_one_company_leaves_the_others_theirs,
    a_claim_uses_up_nobodys_budget,
    uploads_have_a_budget_of_their_own,
}

/// Four turns and two files in ten seconds; every visitor has an address of its own.
fn small() -> Setup {
    let limits = Limits { chat_company: NonZeroU32::new(4), upload_company: NonZeroU32::new(2), ..Limits::default() };
    Setup { limits: Some(limits), trusted_proxies: TrustedProxies::parse(["127.0.0.0/8"]).unwrap() }
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
        let reply = say(world, visitor, &busy.id).await.expect(200);
        assert_eq!(reply.header("ratelimit-remaining"), (4 - visitor).to_string(), "{reply:?}");
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
