//! The audit log over HTTP: read access, and which operations leave entries.
#![cfg(test)]

use std::collections::BTreeSet;

use api_tests::prelude::*;
use reqwest::Method;

on_each_database! {
    an_admin_reads_its_own_log_and_nobody_elses,
    pages_go_back_by_position,
    every_write_of_a_superadmin_leaves_its_entries,
    every_write_of_an_admin_leaves_an_entry,
    chats_leave_none,
    sign_ins_are_recorded_and_unknown_logins_only_by_their_failing,
}

/// Returns the newest entries of a log, newest first.
async fn log(caller: &impl Caller, query: &[(&str, &str)]) -> Vec<Value> {
    let page = caller.client().get("/api/audit/").query(query).query(&[("limit", "200")]).await.ok();
    page["results"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

/// Returns the position of the newest entry, 0 for an empty log.
fn end(entries: &[Value]) -> i64 {
    entries.first().map_or(0, |entry| entry["seq"].as_i64().unwrap())
}

async fn an_admin_reads_its_own_log_and_nobody_elses(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("Spacex").await);
    let bo = tesla.agent("Bo Agent").await;
    let boss = world.superadmin().await;
    let own = log(&tesla.admin, &[]).await;
    // An admin always sees its own company's log, even if the query names another company.
    assert_eq!(log(&tesla.admin, &[("company_id", &spacex.id)]).await, own);
    assert_eq!(log(&boss, &[("company_id", &tesla.id)]).await, own);
    let created = own.iter().find(|entry| entry["action"] == "agent_created").unwrap();
    assert_eq!(created["actor"], json!({"kind": "admin", "user_id": tesla.admin.id}));
    assert_eq!(created["object"], json!({"kind": "agent", "id": bo.id.to_string()}));
    assert_eq!(created["reason"], Value::Null);
    assert!(!log(&boss, &[]).await.is_empty());
    let unknown = boss.client().get("/api/audit/").query(&[("company_id", "ABC001")]).await;
    unknown.error(404, "not_found", "Company not found");
    bo.client().get("/api/audit/").await.refuses_the_role();
    world.anybody().get("/api/audit/").await.asks_for_a_token();
    let text = json!(own).to_string();
    for personal in ["Bo", "Tesla", "@", "127.0.0.1"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

async fn pages_go_back_by_position(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let all = log(&tesla.admin, &[]).await;
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let mut query = vec![("limit", "2".to_owned())];
        query.extend(before.map(|seq: i64| ("before", seq.to_string())));
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = tesla.admin.client().get("/api/audit/").query(&query).await.ok();
        read.extend(page["results"].as_array().unwrap().clone());
        before = page["next_before"].as_i64();
        if before.is_none() {
            break;
        }
    }
    assert_eq!(read, all);
    let seqs: Vec<_> = all.iter().rev().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=end(&all)).collect::<Vec<_>>());
    tesla.admin.client().get("/api/audit/").query(&[("before", "x")]).await.error(
        400,
        "bad_request",
        "Invalid before parameter",
    );
    for (limit, rows) in [("0", 1), ("-5", 1), ("100000", all.len())] {
        let page = tesla.admin.client().get("/api/audit/").query(&[("limit", limit)]).await.ok();
        assert_eq!(page["results"].as_array().unwrap().len(), rows, "{limit}");
    }
}

/// A company with an object for every write.
struct Stage {
    company: Company,
    agent: Agent,
    /// A session that has not been escalated.
    quiet: String,
    handoff: i64,
    /// The session of the handoff.
    waiting: String,
    profile: i64,
    assignment: i64,
    plan: i64,
    /// A question that was not answered.
    miss: i64,
    /// A golden question.
    golden: i64,
}

impl Stage {
    async fn new(world: &World, boss: &Superadmin) -> Self {
        let company = world.company("Tesla Motors").await;
        let agent = company.agent("Bo Agent").await;
        company.knowledge(&sample::bicycle_faq()).await;
        let mut visitor = company.visitor().await;
        let handoff = visitor.ask_for_a_person(&company.admin).await;
        let rows = boss.list_assignments(&[("user_id", &company.admin.id.to_string())]).await.ok();
        let profiles = company.admin.profiles(&[]).await.ok();
        let plan = boss.create_plan(&json!({"plan_name": "pro", "max_agents": 7, "price": "10"})).await.created();
        company.stranger().say("Do you sell snow chains?").await;
        let missed = company.admin.client().get("/api/knowledge/unanswered/").await.ok();
        let golden = json!({"question": "Zebra?", "expect": "clarify"});
        let golden = company.admin.client().post("/api/knowledge/golden/", &golden).await.created();
        Self {
            golden: golden["id"].as_i64().unwrap(),
            agent,
            quiet: company.visitor().await.session,
            handoff,
            waiting: visitor.session,
            profile: profiles["results"][0]["id"].as_i64().unwrap_or_else(|| panic!("{profiles}")),
            assignment: rows[0]["id"].as_i64().unwrap_or_else(|| panic!("{rows}")),
            plan: plan["id"].as_i64().unwrap(),
            miss: missed["results"][0]["id"].as_i64().unwrap_or_else(|| panic!("{missed}")),
            company,
        }
    }

    /// Returns the call of an operation for this company's objects; `None` for operations in [`OTHERS`].
    fn call(&self, caller: &impl Caller, operation: &str) -> Option<Call> {
        let (admin, agent, id) = (self.company.admin.id, self.agent.id, &self.company.id);
        let mut faq = sample::bicycle_faq();
        faq["company_id"] = json!(id);
        let bot = json!({"company_id": id, "bot_name": "Kit"});
        let put = |path: &str, body: &Value| caller.client().call(Method::PUT, path).json(body);
        Some(match operation {
            "POST /api/auth/create-admin/" => caller.create_admin(
                &json!({"name": "Cy Cole", "email": "cy@switchboard.example", "company_id": id, "plan_id": self.plan}),
            ),
            "POST /api/auth/reset-admin-password/" => caller.reset_admin_password(admin),
            "PUT /api/auth/update-admin/{id}/" => {
                put(&format!("/api/auth/update-admin/{admin}/"), &json!({"address": "1 Road"}))
            }
            "PATCH /api/auth/update-admin/{id}/" => caller.update_admin(admin, &json!({"address": "2 Road"})),
            "DELETE /api/auth/delete-admin/{id}/" => caller.delete_admin(admin),
            "POST /api/auth/create-plan/" => {
                caller.create_plan(&json!({"plan_name": "gold", "max_agents": 3, "price": "10"}))
            }
            "POST /api/auth/change-admin-plan/{id}/" => {
                caller.change_admin_plan(admin, &json!({"new_plan_id": self.plan}))
            }
            "POST /api/auth/cancel-subscription/" => {
                caller.cancel_subscription(&json!({"assignment_id": self.assignment}))
            }
            "POST /api/auth/renew-subscription/" => {
                caller.renew_subscription(&json!({"assignment_id": self.assignment}))
            }
            "POST /api/auth/upgrade-plan/" => {
                caller.upgrade_plan(&json!({"assignment_id": self.assignment, "new_plan_id": self.plan}))
            }
            "POST /api/auth/logout-all/" => caller.logout_all(),
            "POST /api/admin-dashboard/create-agent/" => caller.create_agent(&self.company.agent_body("Di Agent")),
            "PUT /api/admin-dashboard/update-agent/{id}/" => {
                put(&format!("/api/admin-dashboard/update-agent/{agent}/"), &json!({"phone": "1"}))
            }
            "PATCH /api/admin-dashboard/update-agent/{id}/" => caller.update_agent(agent, &json!({"is_active": false})),
            "DELETE /api/admin-dashboard/delete-agent/{id}/" => caller.delete_agent(agent),
            "POST /api/admin-dashboard/reset-agent-password/" => caller.reset_agent_password(agent),
            "PUT /api/admin-dashboard/bot-settings/" => put("/api/admin-dashboard/bot-settings/", &bot),
            "PATCH /api/admin-dashboard/bot-settings/" => {
                caller.client().call(Method::PATCH, "/api/admin-dashboard/bot-settings/").json(&bot)
            }
            "DELETE /api/admin-dashboard/user-profiles/{id}/delete/" => caller.delete_profile(self.profile),
            "POST /api/chatbot/load-rag-documents/" => caller.load_documents(&faq),
            "POST /api/knowledge/entries/" => {
                let entry = json!({"question": "Why?", "answer": "So.", "document": "D", "company_id": id});
                caller.client().post("/api/knowledge/entries/", &entry)
            }
            "POST /api/knowledge/uploads/" => {
                let upload = json!({"text": "question,answer\nWhy?,So.", "company_id": id});
                caller.client().post("/api/knowledge/uploads/", &upload)
            }
            "POST /api/knowledge/unanswered/{id}/close/" => {
                let call =
                    caller.client().call(Method::POST, &format!("/api/knowledge/unanswered/{}/close/", self.miss));
                call.query(&[("company_id", id)])
            }
            "POST /api/knowledge/unanswered/{id}/answer/" => {
                let entry = json!({"answer": "So.", "document": "D", "company_id": id});
                caller.client().post(&format!("/api/knowledge/unanswered/{}/answer/", self.miss), &entry)
            }
            "POST /api/knowledge/golden/" => {
                let golden = json!({"question": "Why?", "expect": "clarify", "company_id": id});
                caller.client().post("/api/knowledge/golden/", &golden)
            }
            "PATCH /api/knowledge/golden/{id}/" => {
                let change = json!({"question": "Zebras?", "company_id": id});
                caller.client().call(Method::PATCH, &format!("/api/knowledge/golden/{}/", self.golden)).json(&change)
            }
            "DELETE /api/knowledge/golden/{id}/" => {
                let call = caller.client().call(Method::DELETE, &format!("/api/knowledge/golden/{}/", self.golden));
                call.query(&[("company_id", id)])
            }
            "PATCH /api/knowledge/entries/{chunk_id}/" => {
                let change = json!({"answer": "So.", "company_id": id});
                caller.client().call(Method::PATCH, "/api/knowledge/entries/rent_001/").json(&change)
            }
            "DELETE /api/knowledge/entries/{chunk_id}/" => {
                let call = caller.client().call(Method::DELETE, "/api/knowledge/entries/rent_001/");
                call.query(&[("company_id", id)])
            }
            // This GET writes: it loads the bundled sample into the shared library.
            "GET /api/chatbot/load-rag-documents/" => caller.load_sample_documents(),
            "POST /api/human-handoff/escalate/" => caller.escalate(&self.quiet, "again"),
            "POST /api/human-handoff/assign/" => caller.assign(self.handoff, agent),
            "POST /api/human-handoff/resolve/" => caller.resolve(self.handoff, "done"),
            "PATCH /api/desk/sessions/{session_id}/" => {
                caller.change_session(&self.waiting, &json!({"priority": "high"}))
            }
            "POST /api/desk/sessions/{session_id}/notes/" => caller.note(&self.waiting, "A note"),
            "POST /api/desk/sessions/{session_id}/release/" => caller.move_session(&self.waiting, "release"),
            "POST /api/desk/sessions/{session_id}/transfer/" => {
                caller.transfer(&self.waiting, &json!({"agent_id": agent}))
            }
            "POST /api/desk/sessions/{session_id}/reopen/" => caller.move_session(&self.waiting, "reopen"),
            "POST /api/desk/sessions/{session_id}/return-to-bot/" => {
                caller.move_session(&self.waiting, "return-to-bot")
            }
            _ => return None,
        })
    }
}

/// Writes that are not recorded as actions of admins or superadmins: public calls, calls of agents, and
/// tickets, which grant no more than the token that they are issued for. A changed password is recorded, which
/// `tests/passwords.rs` shows; the superadmin here keeps its own. So is a threshold that is applied, as
/// `tests/golden/runs.rs` shows.
const OTHERS: &[&str] = &[
    "POST /api/auth/change-password/",
    "POST /api/auth/login/",
    "POST /api/auth/token/refresh/",
    "POST /api/auth/admin-first-login/",
    "POST /api/auth/ws-ticket/",
    "POST /api/admin-dashboard/agent-first-login/",
    "POST /api/admin-dashboard/agent-login/",
    "POST /api/admin-dashboard/agent-logout/",
    "POST /api/admin-dashboard/update-agent-status/",
    "POST /api/admin-dashboard/bot-settings/preview/",
    "POST /api/chatbot/chat/",
    "POST /api/chat/upload/",
    "POST /api/chatbot/upload/",
    "POST /api/chatbot/create-profile/",
    "POST /api/chatbot/end/",
    "POST /api/chatbot/feedback/",
    "POST /api/chatbot/rate/",
    "POST /api/chatbot/request-person/",
    "POST /api/chatbot/read/",
    "POST /api/chatbot/validate-phone/",
    "POST /api/desk/replies/",
    "PATCH /api/desk/replies/{id}/",
    "DELETE /api/desk/replies/{id}/",
    "POST /api/desk/sessions/{session_id}/claim/",
    "POST /api/desk/sessions/{session_id}/read/",
    "POST /api/human-handoff/agent/send-message/",
    "POST /api/human-handoff/send-message/",
    "POST /api/human-handoff/agent/upload/",
    "POST /api/knowledge/ask/",
    "POST /api/knowledge/golden/run/",
    "POST /api/knowledge/golden/threshold/",
];

/// Returns every operation that may write, from the OpenAPI document.
fn writes() -> BTreeSet<String> {
    let document = server::openapi();
    let mut found = BTreeSet::from(["GET /api/chatbot/load-rag-documents/".to_owned()]);
    for (path, operations) in document["paths"].as_object().unwrap() {
        let writes = operations
            .as_object()
            .unwrap()
            .keys()
            .filter(|method| ["post", "put", "patch", "delete"].contains(&method.as_str()));
        found.extend(writes.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

async fn every_write_of_a_superadmin_leaves_its_entries(world: &World) {
    let boss = world.superadmin().await;
    let user = boss.profile().await.ok()["id"].clone();
    let own = json!({"kind": "superadmin", "user_id": user});
    for operation in writes() {
        // Sign in for each operation, because one of them revokes the tokens.
        let boss = world.superadmin().await;
        let stage = Stage::new(world, &boss).await;
        let Some(call) = stage.call(&boss, &operation) else {
            assert!(OTHERS.contains(&operation.as_str()), "{operation} is neither tried nor listed");
            continue;
        };
        // These operations do not concern a company.
        let without_company = ["create-plan", "logout-all", "GET /api/chatbot/load-rag"];
        let has_company = !without_company.iter().any(|part| operation.contains(part));
        let of_company = [("company_id", stage.company.id.as_str())];
        let before = (end(&log(&boss, &[]).await), end(&log(&boss, &of_company).await));
        let reply = call.await;
        if operation.ends_with("/create-agent/") {
            assert!(reply.status >= 400, "{reply:?}");
            continue;
        }
        assert!((200..300).contains(&reply.status), "{operation}: {reply:?}");
        let boss = world.superadmin().await;
        let after = (log(&boss, &[]).await, log(&boss, &of_company).await);
        let new = |entries: &[Value], before: i64| -> Vec<Value> {
            let by_boss = |entry: &&Value| entry["actor"] == own && entry["action"] != "signed_in";
            let new = entries.iter().filter(|entry| entry["seq"].as_i64().unwrap() > before);
            new.filter(by_boss).cloned().collect()
        };
        let (installation, company) = (new(&after.0, before.0), new(&after.1, before.1));
        assert!(!installation.is_empty(), "{operation} left nothing in the installation's log");
        if has_company {
            assert!(installation.iter().any(|entry| entry["object"]["id"] == stage.company.id), "{installation:?}");
            assert!(!company.is_empty(), "{operation} left nothing in the company's log");
            assert!(company.iter().all(|entry| entry["reason"].is_string()), "{operation}: {company:?}");
        }
    }
    assert_eq!(world.broken_audit(), Vec::<String>::new());
}

async fn every_write_of_an_admin_leaves_an_entry(world: &World) {
    let boss = world.superadmin().await;
    // Handoff operations are recorded in the activity log instead.
    let desk = [
        "/escalate/",
        "/assign/",
        "/resolve/",
        "/{session_id}/",
        "/notes/",
        "/release/",
        "/transfer/",
        "/reopen/",
        "/return-to-bot/",
    ];
    let mut tried = 0;
    for operation in writes().into_iter().filter(|operation| !desk.iter().any(|part| operation.ends_with(part))) {
        let stage = Stage::new(world, &boss).await;
        let admin = &stage.company.admin;
        let Some(call) = stage.call(admin, &operation) else { continue };
        let of_company = [("company_id", stage.company.id.as_str())];
        let before = end(&log(&boss, &of_company).await);
        let reply = call.await;
        let after = log(&boss, &of_company).await;
        if reply.status < 400 {
            assert!(end(&after) > before, "{operation} left nothing");
            assert_eq!(after[0]["actor"], json!({"kind": "admin", "user_id": admin.id}), "{operation}");
            tried += 1;
        } else {
            assert_eq!(end(&after), before, "{operation} was refused");
        }
    }
    assert!(tried >= 9, "only {tried} operations");
}

async fn chats_leave_none(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let before = log(&tesla.admin, &[]).await;
    let mut visitor = tesla.visitor().await;
    for text in ["Hello", "What do you sell?", "Thank you"] {
        visitor.say(text).await;
    }
    assert_eq!(log(&tesla.admin, &[]).await, before);
}

async fn sign_ins_are_recorded_and_unknown_logins_only_by_their_failing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let boss = world.superadmin().await;
    let before = (end(&log(&boss, &[]).await), end(&log(&tesla.admin, &[]).await));
    let wrong = "Invalid credentials or inactive account.";
    world.anybody().login("whoever@nowhere.example", "wrong").await.wrong_credentials(wrong);
    world.anybody().login(&tesla.admin.email, "wrong").await.wrong_credentials(wrong);
    world.anybody().login(&tesla.admin.email, &tesla.admin.password).await.ok();
    let installation = log(&boss, &[]).await;
    assert_eq!(end(&installation), before.0 + 1);
    assert_eq!(installation[0]["actor"], json!({"kind": "nobody", "user_id": null}));
    assert_eq!(installation[0]["action"], "sign_in_failed");
    assert_eq!(installation[0]["object"], json!({"kind": "unknown_login", "id": null}));
    let company = log(&tesla.admin, &[]).await;
    assert_eq!(end(&company), before.1 + 2);
    assert_eq!(actions(&company[..2]), ["signed_in", "sign_in_failed"]);
    assert_eq!(company[1]["object"], json!({"kind": "account", "id": tesla.admin.id.to_string()}));
    assert_eq!(world.broken_audit(), Vec::<String>::new());
}
