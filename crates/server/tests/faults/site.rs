//! A company on a server, with staff, knowledge and visitors.

use std::net::SocketAddr;

use identity::Password;
use serde_json::{Value, json};

use crate::{binary::Home, wire::Caller};

/// The superadmin's user name.
pub(crate) const ROOT: &str = "root";
/// The password of all accounts.
pub(crate) const PASSWORD: &str = "a password of these tests";
/// The agent's e-mail address.
pub(crate) const AGENT: &str = "agent@harbour.example";
/// The owner's e-mail address.
pub(crate) const OWNER: &str = "owner@harbour.example";
/// A question from the company's knowledge.
pub(crate) const QUESTION: &str = "How long does a repair take?";
/// Its answer.
pub(crate) const REPAIR: &str = "Most repairs are ready after two working days.";

/// A company with some knowledge, and its owner and agent, who are signed in.
pub(crate) struct Site {
    pub(crate) anybody: Caller,
    pub(crate) root: Caller,
    pub(crate) admin: Caller,
    pub(crate) agent: Caller,
    pub(crate) agent_id: i64,
    pub(crate) company: String,
}

impl Site {
    /// Opens the company over HTTP, on a server with an empty database.
    pub(crate) async fn open(home: &Home, address: SocketAddr) -> Self {
        let options = &home.database.options;
        server::accounts::create_superadmin(options, 4, ROOT, "root@switchboard.example", &Password::new(PASSWORD))
            .unwrap();
        let anybody = Caller::at(address);
        let root = anybody.signed_in(ROOT, PASSWORD).await;
        let plan = json!({"plan_name": "basic", "max_agents": 3, "price": "10.00"});
        let plan = root.post("/api/auth/create-plan/", &plan).await.created();
        let owner = json!({"name": "Harbour Bikes", "email": OWNER, "plan_id": plan["id"]});
        let owner = root.post("/api/auth/create-admin/", &owner).await.created();
        let admin = anybody.signed_in(OWNER, text(&owner["password"])).await;
        let faq = json!({"bikes": {"repairs": [
            {"question": QUESTION, "answer": REPAIR, "chunk_id": "repair"},
            {"question": "What does a rental bike cost?", "answer": "A city bike costs 15 a day.", "chunk_id": "rental"},
            {"question": "Can I bring my dog?", "answer": "Dogs are welcome in the shop.", "chunk_id": "dog"},
        ]}});
        admin.post("/api/chatbot/load-rag-documents/", &faq).await.ok();
        let (agent_id, agent) = hire(&anybody, &admin, AGENT).await;
        Self { anybody, root, admin, agent, agent_id, company: text(&owner["company_id"]).to_owned() }
    }

    /// Returns the same callers, connected to a restarted server on the same data.
    pub(crate) fn moved_to(self, address: SocketAddr) -> Self {
        Self {
            anybody: self.anybody.moved_to(address),
            root: self.root.moved_to(address),
            admin: self.admin.moved_to(address),
            agent: self.agent.moved_to(address),
            ..self
        }
    }

    /// Sets `answer_mode` to `llm`, directly in the database.
    pub(crate) fn let_a_model_answer(&self, home: &Home) {
        self.set_bot(home, r#"{"answer_mode":"llm"}"#);
    }

    /// Replaces the company's bot settings, directly in the database.
    pub(crate) fn set_bot(&self, home: &Home, settings: &str) {
        let set = format!(
            "UPDATE companies SET settings = '{settings}', settings_version = settings_version + 1 WHERE code = '{}'",
            self.company
        );
        home.database.execute(&set).unwrap();
    }

    /// Opens a session with a profile, so that the bot answers questions.
    pub(crate) async fn introduced(&self) -> String {
        let reply = self.say(None, "Hello", None).await;
        let session = text(&reply["session_id"]).to_owned();
        let profile = json!({"session_id": session, "name": "Ann Ray", "phone": "9841234567"});
        self.anybody.post("/api/chatbot/create-profile/", &profile).await.ok();
        session
    }

    /// Sends a visitor's message; returns the reply.
    pub(crate) async fn say(&self, session: Option<&str>, message: &str, id: Option<&str>) -> Value {
        self.anybody.post("/api/chatbot/chat/", &self.message(session, message, id)).await.ok()
    }

    /// Returns the body of a visitor's message.
    pub(crate) fn message(&self, session: Option<&str>, message: &str, id: Option<&str>) -> Value {
        let mut body = json!({"company_id": self.company, "message": message});
        if let Some(session) = session {
            body["session_id"] = session.into();
        }
        if let Some(id) = id {
            body["client_message_id"] = id.into();
        }
        body
    }

    /// Reads all messages of a session over REST. Only its agent may read them, so the session is assigned first.
    pub(crate) async fn messages(&self, session: &str) -> Vec<Value> {
        let escalate = json!({"session_id": session, "reason": "to be read"});
        let escalated = self.admin.post("/api/human-handoff/escalate/", &escalate).await;
        let assign = json!({"handoff_session_id": escalated.body["handoff_session"]["id"], "agent_id": self.agent_id});
        self.admin.post("/api/human-handoff/assign/", &assign).await.ok();
        let path = format!("/api/human-handoff/agent/sessions/{session}/messages/");
        self.agent.get(&path).await.ok()["messages"].as_array().unwrap().clone()
    }
}

/// Creates an agent, who chooses a password and signs in.
async fn hire(anybody: &Caller, admin: &Caller, email: &str) -> (i64, Caller) {
    let new = json!({"name": "Noor Haddad", "phone": "555-1", "email": email, "specialization": "Bikes"});
    let created = admin.post("/api/admin-dashboard/create-agent/", &new).await.created();
    let first = json!({
        "email": email,
        "current_password": created["password"],
        "new_password": PASSWORD,
        "confirm_password": PASSWORD,
    });
    anybody.post("/api/admin-dashboard/agent-first-login/", &first).await.ok();
    (created["agent"]["id"].as_i64().unwrap(), anybody.signed_in(email, PASSWORD).await)
}

/// Returns a value that must be a string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
