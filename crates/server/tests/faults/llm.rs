//! `answer_mode` `llm`: a model words the answer, and whatever goes wrong there the visitor gets one.

use serde_json::{Value, json};

use crate::{
    binary::{Home, Server},
    double::{Double, Said},
    site::{QUESTION, REPAIR, Site, text},
    wire::Answer,
};

/// What the model makes of the passages.
const WORDED: &str = "Two working days, as a rule.";

/// A server whose company lets the double answer, and a visitor with a profile.
struct Stage {
    double: Double,
    site: Site,
    session: String,
    home: Home,
    _server: Server,
}

impl Stage {
    async fn on(home: Home) -> Self {
        let double = Double::start();
        let home = home.answered_by(&double.url);
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        site.let_a_model_answer(&home);
        let session = site.introduced().await;
        Self { double, site, session, home, _server: server }
    }

    fn question(&self, words: &str, id: Option<&str>) -> Value {
        self.site.message(Some(&self.session), words, id)
    }

    /// The keys of all messages that are stored; the bot's have none.
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
        let words = "how long does the repair of a bike take";
        let body = stage.question(words, None);
        let (answer, asked) = tokio::join!(chat(&stage.site, &body), async {
            let asked = stage.double.asked().await;
            let body = asked.body.clone();
            asked.answer(Said::text(WORDED));
            body
        });
        let reply = answer.ok();
        assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("llm")), "{reply}");
        assert_eq!((&reply["response"], &reply["answer"]), (&json!(WORDED), &json!(WORDED)), "{reply}");
        assert_eq!(reply["citations"][0]["chunk_id"], "repair", "{reply}");
        assert_eq!((&reply["source"], &reply["company_specific"]), (&json!("company_faq"), &json!(true)), "{reply}");
        assert_eq!(reply["last_seq"].as_i64().unwrap(), reply["user_message"]["seq"].as_i64().unwrap() + 1);

        assert_eq!(asked["model"], "double");
        let prompt = asked["messages"].to_string();
        assert!(prompt.contains(words) && prompt.contains(REPAIR), "{prompt}");
        for absent in ["Dogs", "rival", "Ann Ray", "9841234567", &stage.session] {
            assert!(!prompt.contains(absent), "{absent} is in {prompt}");
        }
        let read = stage.site.messages(&stage.session).await;
        assert_eq!(read.last().unwrap()["content"], WORDED);
    }
}

/// A second company that knows something about the same question.
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
    let empty = Said::raw(200, r#"{"choices":[]}"#);
    let invented = Said::text("It takes 17 days and costs 99.50, see https://example.com.");
    let huge = Said::raw(200, &format!(r#"{{"choices":[{{"message":{{"content":"{}"}}}}]}}"#, "x".repeat(2 << 20)));
    for said in [
        Said::raw(500, ""),
        Said::raw(401, r#"{"error":{"message":"bad key"}}"#),
        Said::raw(200, "<html>not a completion"),
        Said::raw(200, r#"{"error":{"message":"overloaded","code":503}}"#),
        empty,
        invented,
        huge,
        Said::text("NO_ANSWER"),
        Said::text("  "),
    ] {
        let body = stage.question(QUESTION, None);
        let (answer, count) = stage.double.always(said.clone(), chat(&stage.site, &body)).await;
        assert!(count > 0, "the model was not asked");
        assert_extractive(&answer.ok());
    }
    let body = stage.question(QUESTION, None);
    let (answer, _) = stage.double.always(Said::text(WORDED), chat(&stage.site, &body)).await;
    assert_eq!(answer.ok()["mode"], "llm", "the model is not asked again after it failed");
}

#[tokio::test]
async fn a_model_that_hangs_leaves_the_extractive_answer_at_the_deadline() {
    for home in Home::each() {
        let mut stage = Stage::on(home.with("SWITCHBOARD_LLM_DEADLINE_SECONDS", "1")).await;
        let body = stage.question(QUESTION, Some("asked-while-it-hangs"));
        let (answer, _held) = tokio::join!(chat(&stage.site, &body), stage.double.asked());
        let reply = answer.ok();
        assert_extractive(&reply);
        let again = chat(&stage.site, &body).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.ok(), reply);
    }
}

#[tokio::test]
async fn a_model_that_nobody_serves_leaves_the_extractive_answer() {
    let home = Home::sqlite().answered_by("http://127.0.0.1:9/v1");
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
            let asked = stage.double.asked().await;
            let escalate = json!({"session_id": stage.session, "reason": "the model is slow"});
            stage.site.agent.post("/api/human-handoff/escalate/", &escalate).await.ok();
            let write =
                json!({"session_id": stage.session, "message": "I am here.", "client_message_id": "from-agent"});
            stage.site.agent.post("/api/human-handoff/send-message/", &write).await.ok();
            asked.answer(Said::text(WORDED));
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
            let asked = stage.double.asked().await;
            let repeat = chat(&stage.site, &body).await;
            repeat.refused(409, "request_in_progress");
            let seconds: u64 = repeat.header("retry-after").parse().unwrap();
            assert!((1..=30).contains(&seconds), "{repeat:?}");
            chat(&stage.site, &other).await.refused(422, "idempotency_key_reuse");
            asked.answer(Said::text(WORDED));
        });
        let reply = answer.ok();
        assert_eq!(reply["mode"], "llm", "{reply}");
        let again = chat(&stage.site, &body).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.ok(), reply);
        assert_eq!(stage.stored()[before..], ["asked-twice-at-once", "-"]);
    }
}
