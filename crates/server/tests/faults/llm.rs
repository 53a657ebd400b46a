//! `answer_mode` `llm`: a model composes the answer, and the visitor gets an answer even if the model fails.

use serde_json::{Value, json};

use crate::{
    binary::{Home, Server},
    fake_model::{FakeModel, ModelReply},
    site::{QUESTION, REPAIR, Site, text},
    wire::Answer,
};

/// The answer that the model composes.
const COMPOSED: &str = "Two working days, as a rule.";

/// A server with a company in `answer_mode` `llm`, and a visitor with a profile.
struct Stage {
    model: FakeModel,
    site: Site,
    session: String,
    home: Home,
    _server: Server,
}

impl Stage {
    async fn on(home: Home) -> Self {
        let model = FakeModel::start();
        let home = home.with_model(&model.url);
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        site.let_a_model_answer(&home);
        let session = site.introduced().await;
        Self { model, site, session, home, _server: server }
    }

    fn question(&self, text: &str, id: Option<&str>) -> Value {
        self.site.message(Some(&self.session), text, id)
    }

    /// Returns the `client_message_id` of all stored messages, `-` for those of the bot.
    fn stored(&self) -> Vec<String> {
        self.home.database.lines(
            "SELECT COALESCE(m.client_message_id, '-') AS line FROM messages m ORDER BY m.company_id, m.session_key, m.seq",
        )
    }
}

async fn chat(site: &Site, body: &Value) -> Answer {
    site.anybody.post("/api/chatbot/chat/", body).await
}

fn assert_extractive(reply: &Value) {
    assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("extractive")), "{reply}");
    assert_eq!((&reply["response"], &reply["answer"]), (&json!(REPAIR), &json!(REPAIR)), "{reply}");
    assert_eq!(reply["citations"][0]["chunk_id"], "repair", "{reply}");
}

#[tokio::test]
async fn the_model_words_the_answer_from_the_retrieved_passages_alone() {
    for home in Home::each() {
        let mut stage = Stage::on(home).await;
        rival(&stage.site).await;
        let question = "how long does the repair of a bike take";
        let body = stage.question(question, None);
        let (answer, asked) = tokio::join!(chat(&stage.site, &body), async {
            let asked = stage.model.next_request().await;
            let body = asked.body.clone();
            asked.answer(ModelReply::text(COMPOSED));
            body
        });
        let reply = answer.ok();
        assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("llm")), "{reply}");
        assert_eq!((&reply["response"], &reply["answer"]), (&json!(COMPOSED), &json!(COMPOSED)), "{reply}");
        assert_eq!(reply["citations"][0]["chunk_id"], "repair", "{reply}");
        assert_eq!((&reply["source"], &reply["company_specific"]), (&json!("company_faq"), &json!(true)), "{reply}");
        assert_eq!(reply["last_seq"].as_i64().unwrap(), reply["user_message"]["seq"].as_i64().unwrap() + 1);

        assert_eq!(asked["model"], "double");
        let prompt = asked["messages"].to_string();
        assert!(prompt.contains(question) && prompt.contains(REPAIR), "{prompt}");
        for absent in ["Dogs", "rival", "Ann Ray", "9841234567", &stage.session] {
            assert!(!prompt.contains(absent), "{absent} is in {prompt}");
        }
        let read = stage.site.messages(&stage.session).await;
        assert_eq!(read.last().unwrap()["content"], COMPOSED);
    }
}

/// Opens a second company with an answer to the same question.
async fn rival(site: &Site) {
    let plan = json!({"plan_name": "basic", "max_agents": 1, "price": "10.00"});
    let plan = site.root.post("/api/auth/create-plan/", &plan).await.created();
    let owner = json!({"name": "Rival", "email": "owner@rival.example", "plan_id": plan["id"]});
    let owner = site.root.post("/api/auth/create-admin/", &owner).await.created();
    let admin = site.anybody.signed_in("owner@rival.example", text(&owner["password"])).await;
    let faq = json!({"bikes": {"repairs": [{"question": QUESTION, "answer": "At the rival it takes long."}]}});
    admin.post("/api/chatbot/load-rag-documents/", &faq).await.ok();
}

#[tokio::test]
async fn a_model_that_fails_or_invents_leaves_the_extractive_answer() {
    let mut stage = Stage::on(Home::sqlite()).await;
    let empty = ModelReply::raw(200, r#"{"choices":[]}"#);
    let invented = ModelReply::text("It takes 17 days and costs 99.50, see https://example.com.");
    let huge =
        ModelReply::raw(200, &format!(r#"{{"choices":[{{"message":{{"content":"{}"}}}}]}}"#, "x".repeat(2 << 20)));
    for model_reply in [
        ModelReply::raw(500, ""),
        ModelReply::raw(401, r#"{"error":{"message":"bad key"}}"#),
        ModelReply::raw(200, "<html>not a completion"),
        ModelReply::raw(200, r#"{"error":{"message":"overloaded","code":503}}"#),
        empty,
        invented,
        huge,
        ModelReply::text("NO_ANSWER"),
        ModelReply::text("  "),
    ] {
        let body = stage.question(QUESTION, None);
        let (answer, count) = stage.model.answer_all(model_reply.clone(), chat(&stage.site, &body)).await;
        assert!(count > 0, "the model was not asked");
        assert_extractive(&answer.ok());
    }
    let body = stage.question(QUESTION, None);
    let (answer, _) = stage.model.answer_all(ModelReply::text(COMPOSED), chat(&stage.site, &body)).await;
    assert_eq!(answer.ok()["mode"], "llm", "the model is not asked again after it failed");
}

#[tokio::test]
async fn a_model_that_hangs_leaves_the_extractive_answer_at_the_deadline() {
    for home in Home::each() {
        let mut stage = Stage::on(home.with("SWITCHBOARD_LLM_DEADLINE_SECONDS", "1")).await;
        let body = stage.question(QUESTION, Some("asked-while-it-hangs"));
        let (answer, _held) = tokio::join!(chat(&stage.site, &body), stage.model.next_request());
        let reply = answer.ok();
        assert_extractive(&reply);
        let again = chat(&stage.site, &body).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.ok(), reply);
    }
}

#[tokio::test]
async fn a_model_that_nobody_serves_leaves_the_extractive_answer() {
    let home = Home::sqlite().with_model("http://127.0.0.1:9/v1");
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    site.let_a_model_answer(&home);
    let session = site.introduced().await;
    assert_extractive(&site.say(Some(&session), QUESTION, None).await);
}

#[tokio::test]
async fn the_bot_is_silent_once_a_person_has_written() {
    for home in Home::each() {
        let mut stage = Stage::on(home).await;
        let before = stage.stored().len();
        let body = stage.question(QUESTION, Some("asked-before-a-person"));
        let (answer, ()) = tokio::join!(chat(&stage.site, &body), async {
            let asked = stage.model.next_request().await;
            let escalate = json!({"session_id": stage.session, "reason": "the model is slow"});
            stage.site.agent.post("/api/human-handoff/escalate/", &escalate).await.ok();
            let write =
                json!({"session_id": stage.session, "message": "I am here.", "client_message_id": "from-agent"});
            stage.site.agent.post("/api/human-handoff/send-message/", &write).await.ok();
            asked.answer(ModelReply::text(COMPOSED));
        });
        let reply = answer.ok();
        assert_eq!((&reply["type"], &reply["response"]), (&json!("human_handling"), &json!("")), "{reply}");
        assert_eq!(reply["escalated"], true, "{reply}");
        assert_eq!(stage.stored()[before..], ["asked-before-a-person", "from-agent"], "a bot row after a person's");
        let again = chat(&stage.site, &body).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        for key in ["response", "type", "escalated", "user_message", "last_seq"] {
            assert_eq!(again.body[key], reply[key], "{again:?}");
        }
    }
}

#[tokio::test]
async fn a_repeat_while_the_model_writes_is_told_to_wait() {
    for home in Home::each() {
        let mut stage = Stage::on(home).await;
        let before = stage.stored().len();
        let body = stage.question(QUESTION, Some("asked-twice-at-once"));
        let other = stage.question("something else", Some("asked-twice-at-once"));
        let (answer, ()) = tokio::join!(chat(&stage.site, &body), async {
            let asked = stage.model.next_request().await;
            let repeat = chat(&stage.site, &body).await;
            repeat.refused(409, "request_in_progress");
            let seconds: u64 = repeat.header("retry-after").parse().unwrap();
            assert!((1..=30).contains(&seconds), "{repeat:?}");
            chat(&stage.site, &other).await.refused(422, "idempotency_key_reuse");
            asked.answer(ModelReply::text(COMPOSED));
        });
        let reply = answer.ok();
        assert_eq!(reply["mode"], "llm", "{reply}");
        let again = chat(&stage.site, &body).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.ok(), reply);
        assert_eq!(stage.stored()[before..], ["asked-twice-at-once", "-"]);
    }
}
