//! Every endpoint that takes a body reads JSON, form and multipart. See docs/compatibility.md, Request bodies.

use std::collections::BTreeSet;

use api_tests::prelude::*;
use reqwest::Method;

on_each_database!(
    json_urlencoded_and_multipart_everywhere_empty_bodies_parse_and_what_is_surplus_is_ignored,
    duplicate_query_keys_take_the_last_value,
);

/// Operations tested elsewhere: files require multipart, and an FAQ is not a list of fields.
const ELSEWHERE: [&str; 4] =
    ["POST chat/upload", "POST chatbot/upload", "POST human-handoff/agent/upload", "POST chatbot/load-rag-documents"];

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Json,
    Form,
    Multipart,
}

/// Sends fields in one encoding, and records the calls.
struct Sender {
    encoding: Encoding,
    made: BTreeSet<(String, u16)>,
}

impl Sender {
    /// Calls with these fields and some unknown ones, asserts success and returns the body.
    async fn send(&mut self, who: &Client, call: &str, fields: &[(&str, &str)]) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = || who.call(method.clone(), &format!("/api/{path}/"));
        if !fields.is_empty() {
            let empty = request().await;
            let named = matches!(empty.status, 200 | 400 | 404) && empty.body["code"] != "parse_error";
            assert!(named, "an empty body is not read as an empty object: {empty:?}");
        }
        let mut sent = fields.to_vec();
        sent.push(("no_such_key", "x"));
        if !["chatbot/chat", "auth/create-admin"].contains(&path) {
            sent.push(("company_id", "XXX999"));
        }
        let reply = match self.encoding {
            Encoding::Json => {
                let body: Value = sent.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
                request().json(&body).await
            }
            Encoding::Form => request().form(&sent).await,
            Encoding::Multipart => request().multipart(&sent).await,
        };
        assert!(reply.status < 300, "{:?}: {reply:?}", self.encoding);
        // Only session ids have an underscore.
        let is_id = |word: &str| word.parse::<i64>().is_ok() || word.contains('_');
        let nameless = path.split('/').map(|word| if is_id(word) { "{}" } else { word });
        self.made.insert((format!("{method} {}", nameless.collect::<Vec<_>>().join("/")), reply.status));
        reply.body
    }
}

async fn json_urlencoded_and_multipart_everywhere_empty_bodies_parse_and_what_is_surplus_is_ignored(world: &World) {
    let mut made = Vec::new();
    for encoding in [Encoding::Json, Encoding::Form, Encoding::Multipart] {
        let mut sender = Sender { encoding, made: BTreeSet::new() };
        let admin = accounts(world, &mut sender).await;
        sessions(world, &mut sender, &admin).await;
        made.push(sender.made);
    }
    assert_eq!((&made[0], &made[0]), (&made[1], &made[2]));

    let called: BTreeSet<_> = made[0].iter().map(|(call, _)| call.as_str()).chain(ELSEWHERE).collect();
    let document = server::openapi();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys().filter(|method| *method != "get" && *method != "delete") {
            let path = path.trim_start_matches("/api/").trim_end_matches('/');
            let words = path.split('/').map(|word| if word.starts_with('{') { "{}" } else { word });
            let served = format!("{} {}", method.to_uppercase(), words.collect::<Vec<_>>().join("/"));
            assert!(called.contains(served.as_str()), "{served} is not called");
        }
    }
}

/// Makes all calls about accounts; returns an admin of a new company.
async fn accounts(world: &World, sender: &mut Sender) -> Client {
    let (superadmin, anybody) = (world.superadmin().await, world.anybody());
    let root = superadmin.client();
    let email = format!("ann@{:?}.example", sender.encoding);
    let fields = [("plan_name", "basic"), ("max_agents", "3"), ("price", "5.5")];
    let small = text(&sender.send(root, "POST auth/create-plan", &fields).await["id"]);
    let fields = [("plan_name", "gold"), ("max_agents", "9"), ("price", "50")];
    let large = text(&sender.send(root, "POST auth/create-plan", &fields).await["id"]);
    let opening = [("name", "Firm"), ("email", email.as_str()), ("plan_id", &small)];
    sender.send(root, "POST auth/create-admin", &opening).await;
    let row = superadmin.list_admins(&[("search", &email)]).await.ok()["results"][0].clone();
    let id = text(&row["id"]);

    for method in ["PUT", "PATCH"] {
        let call = format!("{method} auth/update-admin/{id}");
        let changed = sender.send(root, &call, &[("address", "Main Street"), ("name", "Firm 2")]).await;
        assert_eq!(
            (&changed["admin"]["address"], &changed["admin"]["name"]),
            (&json!("Main Street"), &json!("Firm 2"))
        );
    }
    let reset = sender.send(root, "POST auth/reset-admin-password", &[("admin_id", &id)]).await;
    let choice = choice(&email, &text(&reset["new_password"]));
    sender
        .send(&anybody, "POST auth/admin-first-login", &choice.each_ref().map(|(key, value)| (*key, value.as_str())))
        .await;
    let signed_in = sender.send(&anybody, "POST auth/login", &[("username", &email), ("password", CHOSEN)]).await;
    let refresh = text(&signed_in["refresh"]);
    let pair = sender.send(&anybody, "POST auth/token/refresh", &[("refresh", &refresh)]).await;

    let call = format!("POST auth/change-admin-plan/{id}");
    let changed = sender.send(root, &call, &[("new_plan_id", &large), ("reason", "growth")]).await;
    let assignment = text(&changed["new_assignment"]["id"]);
    let renewed = sender.send(root, "POST auth/renew-subscription", &[("assignment_id", &assignment)]).await;
    let assignment = text(&renewed["new_assignment"]["id"]);
    let fields = [("assignment_id", assignment.as_str()), ("new_plan_id", &small)];
    let upgraded = sender.send(root, "POST auth/upgrade-plan", &fields).await;
    let assignment = text(&upgraded["new_assignment"]["id"]);
    sender.send(root, "POST auth/cancel-subscription", &[("assignment_id", &assignment)]).await;
    sender.send(root, "POST auth/renew-subscription", &[("assignment_id", &assignment)]).await;
    anybody.with_token(pair["access"].as_str().unwrap())
}

/// Makes all calls about agents, visitors and sessions.
async fn sessions(world: &World, sender: &mut Sender, admin: &Client) {
    let anybody = world.anybody();
    let email = format!("bo@{:?}.example", sender.encoding);
    let hire = [("name", "Bo Agent"), ("phone", "555-TEST"), ("email", email.as_str()), ("specialization", "All")];
    let hired = sender.send(admin, "POST admin-dashboard/create-agent", &hire).await;
    let (id, company) = (text(&hired["agent"]["id"]), text(&hired["agent"]["company_id"]));
    let choice = choice(&email, &text(&hired["password"]));
    let fields = choice.each_ref().map(|(key, value)| (*key, value.as_str()));
    sender.send(&anybody, "POST admin-dashboard/agent-first-login", &fields).await;
    let fields = [("email", email.as_str()), ("password", CHOSEN)];
    let signed_in = sender.send(&anybody, "POST admin-dashboard/agent-login", &fields).await;
    let bo = anybody.with_token(signed_in["access"].as_str().unwrap());
    sender.send(&bo, "POST admin-dashboard/update-agent-status", &[("status", "BUSY")]).await;
    sender.send(&bo, "POST auth/ws-ticket", &[]).await;
    for method in ["PUT", "PATCH"] {
        let call = format!("{method} admin-dashboard/update-agent/{id}");
        assert_eq!(sender.send(admin, &call, &[("phone", "555-NEW")]).await["agent"]["phone"], "555-NEW");
        let call = format!("{method} admin-dashboard/bot-settings");
        assert_eq!(sender.send(admin, &call, &[("bot_name", "Tess")]).await["bot_name"], "Tess");
    }
    let fields = [("text", "thank you"), ("state", "complete")];
    let preview = sender.send(admin, "POST admin-dashboard/bot-settings/preview", &fields).await;
    assert_eq!(preview["reading"]["intent"], "thanks");

    let fields = [
        ("question", "When do you open?"),
        ("answer", "At nine."),
        ("document", "Handbook"),
        ("page", "4"),
        ("chunk_id", "17"),
    ];
    let created = sender.send(admin, "POST knowledge/entries", &fields).await;
    assert_eq!(created["page"], 4);
    let changed = sender.send(admin, "PATCH knowledge/entries/17", &[("page", "5")]).await;
    assert_eq!(changed["page"], 5);

    let asked =
        sender.send(admin, "POST knowledge/ask", &[("question", "When do you open?"), ("threshold", "0.5")]).await;
    assert_eq!((&asked["would"], &asked["confidence"]), (&json!("answer"), &json!(1.0)));
    let fields = [("question", "At what time do you open?"), ("expect", "17")];
    let golden = sender.send(admin, "POST knowledge/golden", &fields).await;
    assert_eq!(golden["expect"], "17");
    let call = format!("PATCH knowledge/golden/{}", golden["id"]);
    let changed = sender.send(admin, &call, &[("question", "When can I come?")]).await;
    assert_eq!((&changed["question"], &changed["expect"]), (&json!("When can I come?"), &json!("17")));
    let run = sender.send(admin, "POST knowledge/golden/run", &[("threshold", "0.9")]).await;
    assert_eq!((&run["rows"][0]["id"], &run["threshold"]), (&golden["id"], &json!(0.9)));
    let fields = [("precision", "0.9"), ("apply", "false")];
    let found = sender.send(admin, "POST knowledge/golden/threshold", &fields).await;
    assert_eq!(found["reason"], "too_few_questions");
    let forced = [("page", "6"), ("force", "yes")];
    assert_eq!(sender.send(admin, "PATCH knowledge/entries/17", &forced).await["page"], 6);

    let fields = [("text", "question,answer\nWhy?,So."), ("document", "Handbook")];
    let report = sender.send(admin, "POST knowledge/uploads", &fields).await;
    assert_eq!((&report["added"], &report["removed"]), (&json!(1), &json!(1)));

    let reply = sender.send(&anybody, "POST chatbot/chat", &[("message", "Hello"), ("company_id", &company)]).await;
    let session = text(&reply["session_id"]);
    let own = ("session_id", session.as_str());
    sender.send(&anybody, "POST chatbot/read", &[own, ("seq", "2")]).await;
    sender.send(&anybody, "POST chatbot/feedback", &[own, ("seq", "2.0"), ("helpful", "no"), ("comment", "Hm")]).await;
    sender.send(&anybody, "POST chatbot/rate", &[own, ("score", "5"), ("comment", "Fine")]).await;
    let wish = sender.send(&anybody, "POST chatbot/request-person", &[own, ("reason", "My bike broke")]).await;
    assert_eq!(wish["type"], "escalated");
    sender.send(&anybody, "POST chatbot/end", &[own]).await;
    let fields = [("session_id", session.as_str()), ("name", "Asha Rai"), ("phone", "9841234567")];
    sender.send(&anybody, "POST chatbot/create-profile", &fields).await;
    for (question, call, fields) in [
        ("Do you sell snow chains?", "answer", &[("answer", "Yes."), ("document", "Handbook"), ("page", "2.0")][..]),
        ("Where can I swim?", "close", &[]),
    ] {
        sender.send(&anybody, "POST chatbot/chat", &[("message", question), ("company_id", &company)]).await;
        let unanswered = admin.get("/api/knowledge/unanswered/").await.ok();
        assert_eq!(unanswered["results"][0]["question"], question);
        let call = format!("POST knowledge/unanswered/{}/{call}", unanswered["results"][0]["id"]);
        assert_eq!(sender.send(admin, &call, fields).await["closed"], 1);
    }
    sender.send(&anybody, "POST chatbot/validate-phone", &[("phone", "9841234567")]).await;
    let fields = [("session_id", session.as_str()), ("reason", "help")];
    let escalated = sender.send(&bo, "POST human-handoff/escalate", &fields).await;
    let handoff = text(&escalated["handoff_session"]["id"]);
    let fields = [("shortcut", "hello"), ("title", "A hello"), ("text", "Hello {name}")];
    let saved = text(&sender.send(&bo, "POST desk/replies", &fields).await["id"]);
    sender.send(&bo, &format!("PATCH desk/replies/{saved}"), &[("title", "Another title")]).await;
    let at_desk = |how: &str| format!("POST desk/sessions/{session}/{how}");
    sender.send(&bo, &at_desk("claim"), &[]).await;
    let changed = sender.send(&bo, &format!("PATCH desk/sessions/{session}"), &[("priority", "high")]).await;
    assert_eq!(changed["handoffs"][0]["priority"], "high");
    sender.send(&bo, &at_desk("notes"), &[("text", "Was here in May")]).await;
    assert_eq!(sender.send(&bo, &at_desk("read"), &[("seq", "1")]).await["staff_read_seq"], 1);
    sender.send(&bo, &at_desk("release"), &[]).await;
    sender.send(admin, &at_desk("transfer"), &[("agent_id", &id)]).await;
    sender.send(&bo, &at_desk("transfer"), &[("queue", "true")]).await;
    sender.send(&bo, &at_desk("claim"), &[]).await;
    sender.send(&bo, &at_desk("return-to-bot"), &[]).await;
    assert_eq!(sender.send(&bo, &at_desk("reopen"), &[]).await["agent_name"], "Bo Agent");
    let fields = [("handoff_session_id", handoff.as_str()), ("agent_id", &id)];
    sender.send(admin, "POST human-handoff/assign", &fields).await;
    let fields = [("session_id", session.as_str()), ("message", "Good morning")];
    sender.send(&bo, "POST human-handoff/agent/send-message", &fields).await;
    sender.send(&bo, "POST human-handoff/send-message", &fields).await;
    sender.send(&bo, "POST human-handoff/resolve", &[("handoff_session_id", &handoff)]).await;
    let fields = [("current_password", CHOSEN), ("new_password", "AnotherPassword123")];
    let changed = sender.send(&bo, "POST auth/change-password", &fields).await;
    let bo = anybody.with_token(changed["access"].as_str().unwrap());
    sender.send(&bo, "POST admin-dashboard/agent-logout", &[]).await;
    sender.send(admin, "POST admin-dashboard/reset-agent-password", &[("agent_id", &id)]).await;
    sender.send(admin, "POST auth/logout-all", &[]).await;
}

async fn duplicate_query_keys_take_the_last_value(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.visitor().await;
    let found = async |query: &str| {
        let path = format!("/api/admin-dashboard/user-profiles/?{query}");
        tesla.admin.client().get(&path).await.ok()["count"].clone()
    };
    assert_eq!(found("search=nobody&search=Asha").await, 1);
    assert_eq!(found("search=Asha&search=nobody").await, 0);
    assert_eq!(found("company_id=XXX999&no_such_key=1").await, 1);
}

const CHOSEN: &str = "NewPassword123";

fn choice(email: &str, current: &str) -> [(&'static str, String); 4] {
    [
        ("email", email.to_owned()),
        ("current_password", current.to_owned()),
        ("new_password", CHOSEN.to_owned()),
        ("confirm_password", CHOSEN.to_owned()),
    ]
}

/// Returns a string, or a number as text.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
