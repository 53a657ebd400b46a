//! Golden questions: what would come of them, and the changes of the knowledge that they prevent.
#![cfg(test)]

mod by_meaning;
mod guarded;
mod questions;
mod runs;

use api_tests::prelude::*;
use reqwest::Method;

const GOLDEN: &str = "/api/knowledge/golden/";
const RUN: &str = "/api/knowledge/golden/run/";
const THRESHOLD: &str = "/api/knowledge/golden/threshold/";
const ENTRIES: &str = "/api/knowledge/entries/";
const LOAD: &str = "/api/chatbot/load-rag-documents/";
const UPLOADS: &str = "/api/knowledge/uploads/";

/// Equals the question of the entry `rent_002`.
const EXACT: &str = "do I need to leave a DEPOSIT";
/// Is answered with the entry `rent_002` because of its words.
const SIMILAR: &str = "is leaving a deposit needed?";

fn golden(who: &impl Caller, question: &str, expect: &str) -> Call {
    who.client().post(GOLDEN, &json!({"question": question, "expect": expect}))
}

async fn listed(who: &impl Caller) -> Value {
    who.client().get(GOLDEN).await.ok()["results"].clone()
}

async fn run(company: &Company, body: &Value) -> Value {
    company.admin.client().post(RUN, body).await.ok()
}

/// Returns the outcomes of a run, by question.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["rows"].as_array().unwrap_or_else(|| panic!("{report}"));
    rows.iter().map(|row| (row["question"].as_str().unwrap(), row["outcome"].as_str().unwrap())).collect()
}

fn patch(who: &impl Caller, id: &str, body: &Value) -> Call {
    who.client().call(Method::PATCH, &format!("{ENTRIES}{id}/")).json(body)
}

fn delete(who: &impl Caller, id: &str) -> Call {
    who.client().call(Method::DELETE, &format!("{ENTRIES}{id}/"))
}

/// Asserts that a change was refused because of these golden questions.
fn assert_lost(reply: &Reply, lost: &[(&str, &str)]) {
    assert_eq!((reply.status, &reply.body["code"]), (409, &json!("golden_lost")), "{reply:?}");
    assert!(reply.body["error"].is_string() && reply.body["request_id"].is_string(), "{reply:?}");
    let rows = reply.body["golden_lost"].as_array().unwrap();
    let named = rows.iter().map(|row| (row["question"].as_str().unwrap(), row["outcome"].as_str().unwrap()));
    assert_eq!(named.collect::<Vec<_>>(), lost, "{reply:?}");
}

/// A company that knows the FAQ about bicycles.
async fn taught(world: &World) -> Company {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla
}
