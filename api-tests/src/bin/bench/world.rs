//! A company with the bundled sample FAQ as its knowledge, and visitors with profiles.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    http::{Connection, get, post, upload},
    process::SUPERADMIN,
};

const SAMPLE: &str = include_str!("../../../../crates/server/assets/sample_faq.json");
const VISITORS: usize = 64;

/// A company, and the data from which requests are made.
pub(crate) struct World {
    company: String,
    token: String,
    admin: (String, String),
    /// The token of the agent, once it has taken over.
    agent: Option<String>,
    sessions: Vec<String>,
    questions: Vec<String>,
}

impl World {
    /// Opens and fills a company over the server's API.
    pub(crate) fn build(address: SocketAddr) -> Self {
        Self::open(address, "Bench", VISITORS)
    }

    /// The same for a company with this name and number of visitors.
    pub(crate) fn open(address: SocketAddr, name: &str, visitors: usize) -> Self {
        let mut call = Connection::open(address);
        let boss = login(&mut call, SUPERADMIN.0, SUPERADMIN.1);
        let plan = json!({ "plan_name": "basic", "max_agents": 3, "price": "10.00" });
        let plan = call.json(&post("/api/auth/create-plan/", Some(&boss), &plan))["id"].clone();
        let admin = json!({ "name": name, "email": format!("ann@{}.example", name.to_lowercase()), "plan_id": plan });
        let admin = call.json(&post("/api/auth/create-admin/", Some(&boss), &admin));
        let admin = (text(&admin["email"]), text(&admin["password"]), text(&admin["company_id"]));
        let token = login(&mut call, &admin.0, &admin.1);
        let sample: Value = serde_json::from_str(SAMPLE).expect("the sample is JSON");
        call.json(&post("/api/chatbot/load-rag-documents/", Some(&token), &sample));

        let company = admin.2;
        let sessions = (0..visitors).map(|_| {
            let hello = json!({ "company_id": company, "message": "Hello" });
            let session = text(&call.json(&post("/api/chatbot/chat/", None, &hello))["session_id"]);
            let profile = json!({ "session_id": session, "name": "Bo", "phone": "9841234567" });
            call.json(&post("/api/chatbot/create-profile/", None, &profile));
            session
        });
        let sessions = sessions.collect();
        Self { company, token, admin: (admin.0, admin.1), agent: None, sessions, questions: questions(&sample) }
    }

    /// Has an agent take over all sessions. From then on the bot is silent.
    pub(crate) fn take_over(&mut self, address: SocketAddr) {
        let mut call = Connection::open(address);
        let noor = json!({ "name": "Noor Haddad", "email": "noor@bench.example", "phone": "9841234567", "specialization": "Parts" });
        let hired = call.json(&post("/api/admin-dashboard/create-agent/", Some(&self.token), &noor));
        let (email, chosen) = (text(&noor["email"]), "correct horse battery");
        let first = json!({
            "email": email, "current_password": hired["password"], "new_password": chosen, "confirm_password": chosen,
        });
        call.json(&post("/api/admin-dashboard/agent-first-login/", None, &first));
        self.agent = Some(login(&mut call, &email, chosen));
        for visitor in 0..self.sessions.len() {
            let wish = json!({ "session_id": self.sessions[visitor] });
            call.json(&post("/api/chatbot/request-person/", None, &wish));
            call.json(&self.said_by_staff(visitor, "Hello, how can I help?"));
        }
        let answer = call.json(&self.said(0, 0));
        assert_eq!(answer["type"], "human_handling", "{answer}");
    }

    /// Returns a message of the agent to a visitor.
    pub(crate) fn said_by_staff(&self, visitor: usize, message: &str) -> Vec<u8> {
        let body = json!({ "session_id": self.sessions[visitor], "message": message });
        post("/api/human-handoff/agent/send-message/", self.agent.as_deref(), &body)
    }

    /// Returns a message of a visitor to the agent.
    pub(crate) fn said(&self, visitor: usize, number: usize) -> Vec<u8> {
        let message = message(number);
        let body = json!({ "company_id": self.company, "session_id": self.sessions[visitor], "message": message });
        post("/api/chatbot/chat/", None, &body)
    }

    /// Returns the path of a visitor's socket that begins after a position.
    pub(crate) fn socket(&self, visitor: usize, after: Option<i64>) -> String {
        let after = after.map(|seq| format!("?after={seq}")).unwrap_or_default();
        format!("/ws/chat/{}/{}/{after}", self.company, self.sessions[visitor])
    }

    /// Returns a request whose token is checked against the store.
    pub(crate) fn profile(&self) -> Vec<u8> {
        get("/api/auth/profile/", Some(&self.token))
    }

    /// Returns a sign-in request.
    pub(crate) fn login(&self) -> Vec<u8> {
        let (username, password) = &self.admin;
        post("/api/auth/login/", None, &json!({ "username": username, "password": password }))
    }

    /// Returns a turn with a question from the sample, with different wording.
    pub(crate) fn turn(&self, visitor: usize, turn: usize) -> Vec<u8> {
        post("/api/chatbot/chat/", None, &self.message(visitor, turn))
    }

    /// Returns a turn that asks this.
    pub(crate) fn asks(&self, visitor: usize, question: &str) -> Vec<u8> {
        let session = &self.sessions[visitor % self.sessions.len()];
        post(
            "/api/chatbot/chat/",
            None,
            &json!({ "company_id": self.company, "session_id": session, "message": question }),
        )
    }

    /// Returns the questions that visitors ask: those of the sample FAQ in other words.
    pub(crate) fn questions(&self) -> &[String] {
        &self.questions
    }

    /// Returns a long poll of a visitor who has read everything.
    pub(crate) fn poll(&self, visitor: usize) -> Vec<u8> {
        let session = &self.sessions[visitor];
        format!(
            "GET /api/chatbot/messages/?after=99&wait=25 HTTP/1.1\r\nHost: bench\r\nX-Session-Id: {session}\r\n\r\n"
        )
        .into_bytes()
    }

    /// Returns an upload of a file by a visitor.
    pub(crate) fn upload(&self, visitor: usize, content: &str) -> Vec<u8> {
        upload("/api/chatbot/upload/", &self.company, &self.sessions[visitor % self.sessions.len()], content)
    }

    /// Returns a load that merges this many entries into the sample, with different texts for each `time`.
    pub(crate) fn load(&self, entries: usize, time: usize) -> Vec<u8> {
        let entry = |number: usize| {
            let question = format!("What does part {number} of series {time} cost?");
            let answer =
                format!("Part {number} of series {time} costs {} and is sent within {time} days. ", number * 3);
            json!({ "question": question, "answer": answer.repeat(3), "chunk_id": format!("part-{number}") })
        };
        let entries: Vec<Value> = (0..entries).map(entry).collect();
        post(
            "/api/chatbot/load-rag-documents/?mode=merge",
            Some(&self.token),
            &json!({ "parts": { "prices": entries } }),
        )
    }

    /// Returns a turn with an idempotency key.
    pub(crate) fn keyed_turn(&self, visitor: usize, turn: usize) -> Vec<u8> {
        let mut message = self.message(visitor, turn);
        message["client_message_id"] = json!(format!("bench-{visitor}-{turn}"));
        post("/api/chatbot/chat/", None, &message)
    }

    fn message(&self, visitor: usize, turn: usize) -> Value {
        let question = &self.questions[(visitor * 7 + turn) % self.questions.len()];
        json!({ "company_id": self.company, "session_id": self.sessions[visitor % self.sessions.len()], "message": question })
    }
}

/// Returns every question of the sample with some words around it, so that it is ranked and not matched exactly.
fn questions(sample: &Value) -> Vec<String> {
    let items = sample.as_object().into_iter().flat_map(|categories| categories.values());
    let items = items.filter_map(Value::as_object).flat_map(|parts| parts.values());
    let items = items.filter_map(Value::as_array).flatten();
    items.map(|item| format!("Please tell me: {} Thanks", text(&item["question"]))).collect()
}

/// Signs in; returns the access token.
pub(crate) fn login(call: &mut Connection, name: &str, password: &str) -> String {
    let body = json!({ "username": name, "password": password });
    text(&call.json(&post("/api/auth/login/", None, &body))["access"])
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Returns a visitor's message.
pub(crate) fn message(number: usize) -> String {
    format!("When is part {number} here?")
}
