//! Visitors, who chat without signing in.

use serde_json::{Value, json};

use crate::{
    Client, Reply, Socket,
    calls::{Caller, DeskCalls as _, VisitorCalls as _},
    staff::text,
};

/// A visitor of a company's site, with the session id that the server assigned.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    /// Company code.
    pub company: String,
    /// Session id, empty before the first message.
    pub session: String,
}

impl Caller for Visitor {
    fn client(&self) -> &Client {
        &self.client
    }
}

/// The messages that complete a profile after the first message.
const INTAKE: [&str; 5] = ["Asha Rai", "+1 United States", "5551234567", "asha@example.com", "Kathmandu, Nepal"];

impl Visitor {
    pub(crate) fn new(client: &Client, company: &str) -> Self {
        Self { client: client.anonymous(), company: company.to_owned(), session: String::new() }
    }

    /// Sends a message, asserts status 200 and keeps the session id of the reply.
    pub async fn say(&mut self, message: &str) -> Value {
        self.send(&json!({"message": message})).await.ok()
    }

    /// Sends a chat body, with company and session added.
    pub async fn send(&mut self, body: &Value) -> Reply {
        let mut body = body.clone();
        body["company_id"] = self.company.clone().into();
        if !self.session.is_empty() {
            body["session_id"] = self.session.clone().into();
        }
        let reply = self.client.chat(&body).await;
        if reply.status == 200 {
            self.session = text(&reply.body["session_id"]);
        }
        reply
    }

    /// Completes the intake; returns the last reply.
    pub async fn introduce(&mut self) -> Value {
        let mut last = self.say("Hello").await;
        for answer in INTAKE {
            last = self.say(answer).await;
        }
        assert_eq!(last["type"], "profile_complete", "{last}");
        last
    }

    /// Asks for a person; returns the id of the pending handoff, which `staff` must see.
    pub async fn ask_for_a_person(&mut self, staff: &impl Caller) -> i64 {
        let reply = self.say("Talk to a person").await;
        assert_eq!(reply["type"], "escalated", "{reply}");
        let waiting = staff.handoffs(&[("status", "unassigned")]).await.ok();
        let own = waiting.as_array().into_iter().flatten().find(|row| row["chat_session_id"] == self.session.as_str());
        own.and_then(|row| row["id"].as_i64()).unwrap_or_else(|| panic!("{} is not in {waiting}", self.session))
    }

    /// Opens a socket to the session and asserts that it begins as it should. `query` is added to the path.
    pub async fn socket(&self, query: &str) -> Socket {
        let path = format!("/ws/chat/{}/{}/{query}", self.company, self.session);
        let mut socket = self.client.socket(&path).await;
        let first = socket.next().await;
        assert_eq!(first["type"], "connection_established", "{first}");
        socket
    }

    /// Uploads a file, asserts status 201 and returns the reply.
    pub async fn share(&self, name: &str, content: &[u8]) -> Value {
        self.client.upload(&self.company, &self.session, name, content).await.created()
    }
}
