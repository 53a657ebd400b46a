//! Rate limits, and the headers that report them. See docs/compatibility.md, Rate limits.
#![cfg(test)]

use std::time::Duration;

use api_tests::{Setup, prelude::*};
use reqwest::multipart::{Form, Part};
use server::config::{Limits, TrustedProxies};

api_tests::on_each_database! { with few:
    public_calls_are_counted_by_address,
    an_address_behind_a_proxy_is_the_callers_own,
    an_agent_arrives_from_the_address_that_the_proxy_names,
    staff_calls_are_counted_by_user_wherever_they_come_from,
    a_session_is_counted_apart_from_its_address,
    a_replayed_message_counts_like_any,
    new_sessions_have_a_limit_of_their_own,
    an_opening_key_belongs_to_one_address,
    a_visitors_own_conversation_is_counted_by_session,
    an_address_that_tries_session_ids_is_refused,
    uploads_are_counted_by_session_and_address,
    a_file_of_an_agent_is_an_upload_and_a_staff_call,
    refresh_tokens_are_counted_by_address,
    signed_links_are_public_and_unsigned_ones_are_staff_calls,
    refusals_are_counted_and_say_so,
    probes_and_preflights_are_not_counted,
    a_window_slides,
}

/// Small limits, all different, so that a header shows which bucket it belongs to. The limit for staff must
/// leave room for opening a company. Every test uses separate addresses for its visitors.
fn few() -> Setup {
    let limits = Limits {
        public: 4,
        staff: 30,
        refresh: 3,
        chat: 11,
        chat_session: 5,
        new_sessions: 6,
        upload: 7,
        upload_session: 2,
        conversation: 9,
        conversation_session: 3,
        ..Limits::default()
    };
    let trusted_proxies = TrustedProxies::parse(["127.0.0.0/8"]).unwrap();
    Setup { limits: Some(limits), trusted_proxies, ..Setup::default() }
}

const STATUS: &str = "/api/chatbot/session-status/";

fn from(call: Call, address: &str) -> Call {
    call.header("x-forwarded-for", address)
}

fn countries(world: &World, address: &str) -> Call {
    from(world.anybody().get("/api/chatbot/country-codes/"), address)
}

/// Returns the headers limit, remaining and reset.
#[track_caller]
fn shown(reply: &Reply) -> [i64; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| {
        let text = reply.header(name);
        text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}: {reply:?}"))
    })
}

#[track_caller]
fn refused(reply: &Reply, limit: i64) {
    reply.error(429, "rate_limited", "Too many requests.");
    let [shown_limit, remaining, reset] = shown(reply);
    assert_eq!((shown_limit, remaining), (limit, 0), "{reply:?}");
    assert_eq!(reply.header("retry-after"), reset.to_string(), "{reply:?}");
    assert!((1..=60).contains(&reset), "{reply:?}");
}

async fn public_calls_are_counted_by_address(world: &World) {
    for left in [3, 2, 1, 0] {
        let reply = countries(world, "192.0.2.1").await.expect(200);
        assert_eq!(shown(&reply), [4, left, 60]);
    }
    refused(&countries(world, "192.0.2.1").await, 4);
    // All public endpoints without a separate limit share the bucket, with or without a token.
    let root = world.superadmin().await;
    refused(&from(root.client().get(STATUS), "192.0.2.1").await, 4);
    countries(world, "192.0.2.2").await.expect(200);
    world.clock.advance(Duration::from_secs(60));
    countries(world, "192.0.2.1").await.expect(200);
}

async fn an_address_behind_a_proxy_is_the_callers_own(world: &World) {
    for claim in ["6.6.6.1, 192.0.2.1", "6.6.6.2,192.0.2.1, 127.0.0.9", "nonsense, 192.0.2.1", "192.0.2.1:4711"] {
        countries(world, claim).await.expect(200);
    }
    refused(&countries(world, "6.6.6.3, 192.0.2.1").await, 4);
    // The addresses of an IPv6 network share a bucket.
    for host in 1..=4 {
        countries(world, &format!("2606:4700:0:1::{host}")).await.expect(200);
    }
    refused(&countries(world, "2606:4700:0:1:ffff::9").await, 4);
    countries(world, "2606:4700:0:2::1").await.expect(200);
}

async fn an_agent_arrives_from_the_address_that_the_proxy_names(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    from(world.anybody().login(&bo.email, &bo.password), "6.6.6.6, 192.0.2.1").await.ok();
    let stays = tesla.admin.client().get("/api/admin-dashboard/agent-sessions/").await.ok();
    let addresses: Vec<_> = stays.as_array().unwrap().iter().map(|row| &row["ip_address"]).collect();
    assert_eq!(addresses, ["192.0.2.1", "127.0.0.1"]);
}

async fn staff_calls_are_counted_by_user_wherever_they_come_from(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let profile = |address: String| from(tesla.admin.profile(), &address);
    for call in 0..30 {
        let reply = profile(format!("192.0.2.{call}")).await.expect(200);
        assert_eq!(shown(&reply), [30, 29 - call, 60]);
    }
    refused(&profile("192.0.2.99".into()).await, 30);
    // The limit applies to the user's other calls too, even to calls that the role may not make.
    refused(&tesla.admin.list_agents().await, 30);
    refused(&tesla.admin.client().get("/api/auth/list-plans/").await, 30);
    // On a public endpoint the token is not counted.
    from(tesla.admin.client().get("/api/chatbot/country-codes/"), "192.0.2.1").await.expect(200);
    world.clock.advance(Duration::from_secs(60));
    tesla.admin.profile().await.expect(200);
    // A refused call without a token is not counted.
    let anonymous = world.anybody().profile().await;
    anonymous.asks_for_a_token();
    assert_eq!(anonymous.header("ratelimit-limit"), "");
}

fn say(world: &World, address: &str, company: &str, session: Option<&str>) -> Call {
    let mut body = json!({"company_id": company, "message": "Hello"});
    if let Some(session) = session {
        body["session_id"] = session.into();
    }
    from(world.anybody().post("/api/chatbot/chat/", &body), address)
}

async fn session(world: &World, address: &str, company: &str) -> String {
    let reply = say(world, address, company, None).await.ok();
    reply["session_id"].as_str().unwrap().to_owned()
}

async fn a_session_is_counted_apart_from_its_address(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let session = session(world, "192.0.2.1", &tesla.id).await;
    for left in [4, 3, 2, 1, 0] {
        let reply = say(world, "192.0.2.1", &tesla.id, Some(&session)).await.expect(200);
        assert_eq!(shown(&reply)[..2], [5, left]);
    }
    refused(&say(world, "192.0.2.1", &tesla.id, Some(&session)).await, 5);
    refused(&say(world, "192.0.2.2", &tesla.id, Some(&session)).await, 5);
    // Refused messages were not stored.
    let history = [("session_id", session.as_str()), ("company_id", tesla.id.as_str())];
    let history = tesla.admin.client().get("/api/chatbot/chat-history/").query(&history).await.ok();
    assert_eq!(history["messages"].as_array().unwrap().len(), 12);
    // One call opened the session, five sent messages, and one was refused, so four calls are left.
    for _ in 0..4 {
        say(world, "192.0.2.1", &tesla.id, None).await.expect(200);
    }
    refused(&say(world, "192.0.2.1", &tesla.id, None).await, 11);
}

async fn a_replayed_message_counts_like_any(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let session = session(world, "192.0.2.1", &tesla.id).await;
    let again = || say(world, "192.0.2.1", &tesla.id, Some(&session)).header("idempotency-key", "the same");
    for left in [4, 3, 2, 1, 0] {
        let reply = again().await.expect(200);
        assert_eq!(shown(&reply)[..2], [5, left]);
    }
    refused(&again().await, 5);
    world.clock.advance(Duration::from_secs(60));
    let replayed = again().await.expect(200);
    assert_eq!(replayed.header("idempotency-replayed"), "true");
}

async fn new_sessions_have_a_limit_of_their_own(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let sessions = async || {
        let filter = [("company_id", tesla.id.as_str())];
        tesla.admin.client().get("/api/admin-dashboard/user-profiles/stats/").query(&filter).await.ok()
    };
    let before = sessions().await;
    for left in [5, 4, 3, 2, 1, 0] {
        // An unknown session id opens a new session, like a missing one.
        let reply = say(world, "192.0.2.1", &tesla.id, Some("TES001_unknown")).await.expect(200);
        assert_eq!(shown(&reply)[..2], [6, left]);
    }
    refused(&say(world, "192.0.2.1", &tesla.id, None).await, 6);
    assert_eq!(sessions().await["total_profiles"], before["total_profiles"]);
    say(world, "192.0.2.2", &tesla.id, None).await.expect(200);
}

async fn an_opening_key_belongs_to_one_address(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let open = async |address: &str| {
        let call = say(world, address, &tesla.id, None);
        let reply = call.header("idempotency-key", "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10").await.expect(200);
        (reply.body["session_id"].clone(), reply.header("idempotency-replayed") == "true")
    };
    let first = open("192.0.2.1").await;
    assert_eq!(open("192.0.2.1").await, (first.0.clone(), true));
    let elsewhere = open("192.0.2.2").await;
    assert!(!first.1 && !elsewhere.1 && elsewhere.0 != first.0);
    assert_eq!(open("192.0.2.2").await, (elsewhere.0, true));
}

fn read(world: &World, address: &str, session: &str) -> Call {
    from(world.anybody().conversation(session, &[]), address)
}

async fn a_visitors_own_conversation_is_counted_by_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let first = session(world, "192.0.2.1", &tesla.id).await;
    let second = session(world, "192.0.2.1", &tesla.id).await;
    for left in [2, 1, 0] {
        let reply = read(world, "192.0.2.1", &first).await.expect(200);
        assert_eq!(shown(&reply), [3, left, 60]);
    }
    refused(&read(world, "192.0.2.1", &first).await, 3);
    refused(&read(world, "192.0.2.2", &first).await, 3);
    refused(&from(world.anybody().leave(&first), "192.0.2.3").await, 3);
    // Another visitor behind the same address has calls of its own, until the address has none left.
    for _ in 0..3 {
        read(world, "192.0.2.1", &second).await.expect(200);
    }
    refused(&read(world, "192.0.2.1", &second).await, 3);
    read(world, "192.0.2.1", &second).await.expect(429);
    refused(&read(world, "192.0.2.1", &second).await, 9);
    // Other public calls have a limit of their own.
    countries(world, "192.0.2.1").await.expect(200);
}

async fn an_address_that_tries_session_ids_is_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let own = session(world, "192.0.2.1", &tesla.id).await;
    for left in [3, 2, 1, 0] {
        let reply = read(world, "192.0.2.1", "TES001_unknown").await.expect(404);
        assert_eq!(shown(&reply)[..2], [4, left]);
    }
    refused(&read(world, "192.0.2.1", "TES001_unknown").await, 4);
    let rate = json!({"session_id": "no session", "score": 5});
    refused(&from(world.anybody().rate(&rate), "192.0.2.1").await, 4);
    refused(&read(world, "192.0.2.1", &own).await, 4);
    read(world, "192.0.2.2", &own).await.expect(200);
    world.clock.advance(Duration::from_secs(60));
    read(world, "192.0.2.1", &own).await.expect(200);
}

fn upload(world: &World, address: &str, company: &str, session: &str) -> Call {
    let file = Part::bytes(b"a small text".to_vec()).file_name("note.txt");
    let form =
        Form::new().text("session_id", session.to_owned()).text("company_id", company.to_owned()).part("file", file);
    from(world.anybody().call(reqwest::Method::POST, "/api/chatbot/upload/").parts(form), address)
}

async fn uploads_are_counted_by_session_and_address(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let first = session(world, "192.0.2.1", &tesla.id).await;
    let second = session(world, "192.0.2.1", &tesla.id).await;
    for left in [1, 0] {
        let reply = upload(world, "192.0.2.1", &tesla.id, &first).await.expect(201);
        assert_eq!(shown(&reply)[..2], [2, left]);
    }
    refused(&upload(world, "192.0.2.1", &tesla.id, &first).await, 2);
    upload(world, "192.0.2.1", &tesla.id, &second).await.expect(201);
    for _ in 0..3 {
        upload(world, "192.0.2.1", &tesla.id, "TES001_unknown").await.expect(404);
    }
    refused(&upload(world, "192.0.2.1", &tesla.id, &second).await, 7);
    upload(world, "192.0.2.2", &tesla.id, &second).await.expect(201);
}

async fn a_file_of_an_agent_is_an_upload_and_a_staff_call(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let session = session(world, "192.0.2.1", &tesla.id).await;
    let escalated = json!({"session_id": session, "reason": "help"});
    let escalated = bo.client().post("/api/human-handoff/escalate/", &escalated).await.ok();
    let assign = json!({"handoff_session_id": escalated["handoff_session"]["id"], "agent_id": bo.id});
    tesla.admin.client().post("/api/human-handoff/assign/", &assign).await.ok();
    let send = || {
        let file = Part::bytes(b"a small text".to_vec()).file_name("note.txt");
        let form = Form::new().text("session_id", session.clone()).part("file", file);
        let call = bo.client().call(reqwest::Method::POST, "/api/human-handoff/agent/upload/").parts(form);
        from(call, "192.0.2.2")
    };
    for left in [1, 0] {
        let reply = send().await.expect(201);
        assert_eq!(shown(&reply)[..2], [2, left]);
    }
    refused(&send().await, 2);
    upload(world, "192.0.2.3", &tesla.id, &session).await.error(429, "rate_limited", "Too many requests.");
    // The agent has made five calls: the escalation, three uploads and this one. The address has made three
    // uploads.
    assert_eq!(shown(&bo.profile().await)[..2], [30, 25]);
    assert_eq!(shown(&upload(world, "192.0.2.2", &tesla.id, "TES001_unknown").await)[..2], [7, 3]);
}

async fn refresh_tokens_are_counted_by_address(world: &World) {
    let refresh = |address: &str| from(world.anybody().refresh("no token"), address);
    for left in [2, 1, 0] {
        let reply = refresh("192.0.2.1").await.expect(401);
        assert_eq!(shown(&reply), [3, left, 60]);
    }
    refused(&refresh("192.0.2.1").await, 3);
    refresh("192.0.2.2").await.expect(401);
    countries(world, "192.0.2.1").await.expect(200);
}

async fn signed_links_are_public_and_unsigned_ones_are_staff_calls(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let session = session(world, "192.0.2.9", &tesla.id).await;
    let file = upload(world, "192.0.2.9", &tesla.id, &session).await.created();
    let link = file["file_url"].as_str().unwrap();
    let path = link.split('?').next().unwrap();
    let reply = from(world.anybody().get(link), "192.0.2.1").await.expect(200);
    assert_eq!(shown(&reply)[..2], [4, 3]);
    let reply = from(world.anybody().get(path), "192.0.2.1").await.expect(401);
    assert_eq!(shown(&reply)[..2], [4, 2]);
    let reply = from(tesla.admin.client().get(path), "192.0.2.1").await.expect(200);
    assert_eq!(shown(&reply)[0], 30);
    let reply = from(tesla.admin.client().get(link), "192.0.2.1").await.expect(200);
    assert_eq!(shown(&reply)[..2], [4, 1]);
}

async fn refusals_are_counted_and_say_so(world: &World) {
    let phone = |body: &str| {
        from(world.anybody().call(reqwest::Method::POST, "/api/chatbot/validate-phone/"), "192.0.2.1")
            .raw("application/json", body.to_owned())
    };
    let reply = phone("{}").await.expect(400);
    assert_eq!(shown(&reply)[..2], [4, 3]);
    let reply = phone("{nonsense").await.expect(400);
    assert_eq!(shown(&reply)[..2], [4, 2]);
    let wrong_method = from(world.anybody().call(reqwest::Method::DELETE, STATUS), "192.0.2.1").await.expect(405);
    assert_eq!(shown(&wrong_method)[..2], [4, 1]);
    from(world.anybody().get(STATUS), "192.0.2.1").await.expect(400);
    // The address is refused before its body is read: 429, not 413.
    let large = phone(&" ".repeat(2 << 20)).await;
    refused(&large, 4);
}

async fn probes_and_preflights_are_not_counted(world: &World) {
    for _ in 0..6 {
        for path in ["/healthz/", "/readyz/"] {
            let reply = from(world.anybody().get(path), "192.0.2.1").await.expect(200);
            assert_eq!(reply.header("ratelimit-limit"), "");
        }
        let preflight = world.anybody().call(reqwest::Method::OPTIONS, "/api/chatbot/country-codes/");
        let preflight = preflight.header("origin", "https://x.example").header("access-control-request-method", "GET");
        from(preflight, "192.0.2.1").await.expect(200);
    }
    let reply = countries(world, "192.0.2.1").await.expect(200);
    assert_eq!(shown(&reply), [4, 3, 60]);
    assert!(reply.header("access-control-expose-headers").contains("RateLimit-Remaining"));
}

async fn a_window_slides(world: &World) {
    for _ in 0..4 {
        countries(world, "192.0.2.1").await.expect(200);
        world.clock.advance(Duration::from_secs(10));
    }
    let reply = countries(world, "192.0.2.1").await;
    refused(&reply, 4);
    assert_eq!(reply.header("retry-after"), "20");
    world.clock.advance(Duration::from_secs(20));
    let reply = countries(world, "192.0.2.1").await.expect(200);
    assert_eq!(shown(&reply), [4, 0, 10]);
    refused(&countries(world, "192.0.2.1").await, 4);
}
