//! Side channels: what a company could learn or take from another without reading its rows.
#![cfg(test)]

mod ranks;

use std::time::Instant;

use api_tests::prelude::*;
use reqwest::Method;

on_each_database!(
    ten_thousand_hostile_entries_next_door_change_no_byte_of_an_answer,
    foreign_and_absent_objects_take_the_same_time,
    keys_cannot_be_taken_by_another_company,
    files_cannot_be_taken_by_another_company,
    codes_and_chunks_cannot_be_taken_by_another_company,
);

async fn ten_thousand_hostile_entries_next_door_change_no_byte_of_an_answer(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    // A bot that counts misses answers the same question differently the second time.
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    let before = answers(&mut visitor).await;
    for half in 0..2 {
        let load = json!({"documents": hostile(half * 5000, 5000), "mode": "merge"});
        assert_eq!(spacex.admin.load_documents(&load).await.ok()["documents_count"], 5000);
    }
    // Make sure that the other company's index is built and used before ours is used again.
    let mut enemy = spacex.visitor().await;
    assert_eq!(enemy.say("Do I need to leave a deposit?").await["confidence"], 1.0);
    assert_eq!(answers(&mut visitor).await, before, "an answer changed");
    let mut newcomer = tesla.visitor().await;
    assert_eq!(answers(&mut newcomer).await, before, "an answer to a new visitor changed");
}

/// Returns the answers to exact questions, to paraphrases and to unknown questions.
async fn answers(visitor: &mut Visitor) -> Vec<String> {
    let mut answers = Vec::new();
    for question in [
        "Do I need to leave a deposit?",
        "what is the cost of renting a bicycle per day",
        "is leaving a deposit needed?",
        "could my children be riding in the trailer",
        "how long do you take for repairing a puncture?",
        "hydraulic brakes",
        "trailer deposit puncture",
        "Is the moon made of cheese",
        "hostile",
    ] {
        let mut reply = visitor.say(question).await;
        let keys = reply.as_object_mut().unwrap();
        for of_this_exchange in ["session_id", "user_message", "last_seq"] {
            assert!(keys.remove(of_this_exchange).is_some());
        }
        answers.push(reply.to_string());
    }
    answers
}

/// Returns entries with our questions, rare words and chunk ids, but with different answers.
fn hostile(from: usize, count: usize) -> Value {
    let sample = sample::bicycle_faq();
    let ours: Vec<_> = sample["shop"].as_object().unwrap().values().filter_map(Value::as_array).flatten().collect();
    let entry = |n: usize| {
        let our = ours[n % ours.len()];
        let question = our["question"].as_str().unwrap();
        let (question, chunk) = if n < ours.len() {
            (question.to_owned(), our["chunk_id"].as_str().unwrap().to_owned())
        } else {
            (format!("{question} {n} deposit deposit puncture hydraulic trailer"), format!("hostile_{n}"))
        };
        json!({"question": question, "answer": format!("hostile {n} {question}"), "document": "Price list", "chunk_id": chunk})
    };
    json!({"shop": {"Renting": (from..from + count).map(entry).collect::<Vec<_>>()}})
}

/// Number of calls of each kind in one run.
const SAMPLES: usize = 200;
/// Number of runs that must all find a difference before the test fails.
const RUNS: usize = 3;

/// Makes a call about another company's object (true) or about an absent one (false).
type Ask<'a> = Box<dyn Fn(bool) -> Call + 'a>;

async fn foreign_and_absent_objects_take_the_same_time(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, di) = (tesla.agent("Bo Agent").await, spacex.agent("Di Agent").await);
    let mut visitor = spacex.visitor().await;
    let handoff = visitor.ask_for_a_person(&spacex.admin).await;
    spacex.admin.assign(handoff, di.id).await.ok();
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let file = file["file_url"].as_str().unwrap().split('?').next().unwrap().to_owned();
    let profile = spacex.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    let unknown_session = format!("SPA001_{}", uuid::Uuid::new_v4());
    let no_file = file.replace("cv.pdf", "no.pdf");
    let (there, absent) = (visitor.session.as_str(), unknown_session.as_str());
    // Create own objects too, so that neither id lies after all rows of the index.
    let mut own = tesla.visitor().await;
    own.ask_for_a_person(&bo).await;

    let json = |method: Method, client: &Client, path: &str, body: Value| {
        let call = client.call(method, path);
        if body.is_null() { call } else { call.json(&body) }
    };
    let number = |it: i64, is_foreign: bool| if is_foreign { it } else { it + 500 };
    let (admin, agent) = (tesla.admin.client(), bo.client());
    let get = |client: &Client, path: String| json(Method::GET, client, &path, Value::Null);
    let post = |client: &Client, path: &str, body: Value| json(Method::POST, client, path, body);
    let session = |is_foreign: bool| if is_foreign { there } else { absent };
    let calls: Vec<(&str, Ask<'_>)> = vec![
        ("profile", Box::new(|it| get(admin, format!("/api/admin-dashboard/user-profiles/{}/", number(profile, it))))),
        (
            "history",
            Box::new(|it| {
                get(admin, format!("/api/chatbot/chat-history/?session_id={}&company_id=SPA001", session(it)))
            }),
        ),
        ("messages", Box::new(|it| get(agent, format!("/api/human-handoff/agent/sessions/{}/messages/", session(it))))),
        (
            "resolve",
            Box::new(|it| {
                post(admin, "/api/human-handoff/resolve/", json!({"handoff_session_id": number(handoff, it)}))
            }),
        ),
        (
            "send",
            Box::new(|it| {
                post(
                    agent,
                    "/api/human-handoff/agent/send-message/",
                    json!({"session_id": session(it), "message": "x"}),
                )
            }),
        ),
        (
            "agent",
            Box::new(|it| {
                let path = format!("/api/admin-dashboard/update-agent/{}/", number(di.id, it));
                json(Method::PATCH, admin, &path, json!({"phone": "1"}))
            }),
        ),
        ("file", Box::new(|it| get(agent, if it { file.clone() } else { no_file.clone() }))),
    ];
    for (what, call) in &calls {
        let (foreign, absent) = (call(true).await, call(false).await);
        foreign.same_as(&absent);
        let names =
            |reply: &Reply| reply.headers.keys().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names(&foreign), names(&absent), "{what}");
        let mut told_apart = Vec::new();
        for _ in 0..RUNS {
            let (one, other) = interleaved(call.as_ref()).await;
            let (p, difference) = (ranks::p_of_same(&one, &other), ranks::median(&one) - ranks::median(&other));
            println!(
                "{what}: foreign and absent differ by {difference:+.1} us of {:.1} us in the median, p = {p:.3}",
                ranks::median(&other)
            );
            if p > 0.01 {
                break;
            }
            told_apart.push((difference, p));
        }
        assert!(told_apart.len() < RUNS, "{what}: the times differ in each of {RUNS} runs: {told_apart:?}");
    }
}

/// Measures calls about a foreign and an absent object in alternation; returns the times in microseconds.
async fn interleaved(call: &(dyn Fn(bool) -> Call + '_)) -> (Vec<f64>, Vec<f64>) {
    let (mut foreign, mut absent) = (Vec::new(), Vec::new());
    for pair in 0..SAMPLES {
        // The order within a pair varies, in a sequence without a short period.
        let foreign_first = (pair * pair / 3 + pair / 7) % 2 == 0;
        for is_foreign in [foreign_first, !foreign_first] {
            let begun = Instant::now();
            call(is_foreign).await;
            let taken = begun.elapsed().as_secs_f64() * 1e6;
            if is_foreign { foreign.push(taken) } else { absent.push(taken) }
        }
    }
    (foreign, absent)
}

const KEY: &str = "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10";

async fn keys_cannot_be_taken_by_another_company(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    // An opening key that the other company's visitor used first, from the same address.
    let opening = |company: &Company| json!({"message": "Hello", "company_id": company.id, "client_message_id": KEY});
    let elsewhere = world.anybody().chat(&opening(&spacex)).await.expect(200);
    let first = world.anybody().chat(&opening(&tesla)).await.expect(200);
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_ne!(first.body["session_id"], elsewhere.body["session_id"]);
    let repeat = world.anybody().chat(&opening(&tesla)).await.expect(200);
    assert_eq!((repeat.header("idempotency-replayed"), &repeat.body), ("true", &first.body));

    // A visitor's key, used first by a caller who sends the session id with another company.
    let visitor = tesla.visitor().await;
    let body = |company: &Company| {
        json!({"message": "Good evening", "company_id": company.id, "session_id": visitor.session,
            "client_message_id": "m-1"})
    };
    let stranger = world.anybody().chat(&body(&spacex)).await.expect(200);
    assert_ne!(stranger.body["session_id"], visitor.session.as_str());
    let said = world.anybody().chat(&body(&tesla)).await.expect(200);
    assert_eq!((said.header("idempotency-replayed"), &said.body["session_id"]), ("", &json!(visitor.session)));

    // A staff key that staff of another company try first on this session.
    let (bo, di) = (tesla.agent("Bo Agent").await, spacex.agent("Di Agent").await);
    let mut waiting = tesla.visitor().await;
    waiting.ask_for_a_person(&bo).await;
    let write = |message: &str| json!({"session_id": waiting.session, "message": message, "client_message_id": "s-1"});
    di.send_message(&write("Not yours")).await.expect(404);
    spacex.admin.send_message(&write("Not yours")).await.expect(404);
    let sent = bo.send_message(&write("Good evening")).await.expect(200);
    assert_eq!(sent.header("idempotency-replayed"), "");
    assert_eq!(sent.body["chat_message"]["content"], "Good evening");
}

async fn files_cannot_be_taken_by_another_company(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (mut visitor, mut enemy) = (tesla.visitor().await, spacex.visitor().await);
    // Uploads for sessions that belong to another company than the one in the request.
    for company in [&spacex.id, &tesla.id] {
        let session = if *company == tesla.id { &enemy.session } else { &visitor.session };
        world.anybody().upload(company, session, "cv.pdf", b"%PDF-").await.expect(404);
    }
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let attach = json!({"message": "See this", "attachment_ids": [file["id"]]});
    let refused = enemy.send(&attach).await.expect(400);
    assert!(refused.body["attachment_ids"].is_array(), "{refused:?}");
    let attached = visitor.send(&attach).await.ok();
    assert_eq!(attached["attachments"][0]["id"], file["id"]);
    // Another file with the same name and content is a separate file.
    let same = enemy.share("cv.pdf", b"%PDF-").await;
    assert_ne!(same["id"], file["id"]);
    assert!(same["file_url"].as_str().unwrap().starts_with("/media/uploads/SPA001/"), "{same}");
    let link = file["file_url"].as_str().unwrap();
    assert_eq!(world.anybody().get(link).await.expect(200).bytes, b"%PDF-");
    // A signature is valid for its own path only.
    let (path, _) = link.split_once('?').unwrap();
    let (_, foreign_signature) = same["file_url"].as_str().unwrap().split_once('?').unwrap();
    world.anybody().get(&format!("{path}?{foreign_signature}")).await.expect(403);
}

async fn codes_and_chunks_cannot_be_taken_by_another_company(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    // A bot that counts misses answers the same question differently the second time.
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    let before = answers(&mut visitor).await;
    // Chunk ids are unique within a company only, in each mode, and the company in the body is ignored.
    for mode in ["merge", "replace", "merge"] {
        let load = json!({"documents": hostile(0, 5), "mode": mode, "company_id": tesla.id});
        assert_eq!(spacex.admin.load_documents(&load).await.ok()["company_id"], spacex.id.as_str());
    }
    assert_eq!(answers(&mut visitor).await, before, "another company's load changed an answer");

    // A code that is not in use yet cannot be used for chat, joined or reserved.
    let hello = json!({"message": "Hello", "company_id": "TES002", "client_message_id": KEY});
    world.anybody().chat(&hello).await.expect(404);
    let superadmin = world.superadmin().await;
    let join = json!({"name": "Tesla Boats", "email": "boats@switchboard.example", "plan_id": tesla.plan, "company_id": "TES002"});
    superadmin.create_admin(&join).await.field_error("company_id", "Company not found or not active.");
    assert_eq!(world.company("Tesla Boats").await.id, "TES002");
    let first = world.anybody().chat(&hello).await.expect(200);
    assert_eq!(first.header("idempotency-replayed"), "");
}
