//! A company with its people.

use serde_json::{Value, json};

use crate::{
    Admin, Agent, Client, Visitor,
    calls::{AccountCalls as _, VisitorCalls as _},
};

/// A company that was opened through the API.
pub struct Company {
    client: Client,
    /// Company code.
    pub id: String,
    /// Name.
    pub name: String,
    /// Id of its plan.
    pub plan: i64,
    /// Its owner, signed in.
    pub admin: Admin,
}

impl Company {
    pub(crate) fn new(client: &Client, name: &str, plan: i64, admin: Admin) -> Self {
        Self { client: client.anonymous(), id: admin.company.clone(), name: name.to_owned(), plan, admin }
    }

    /// The e-mail address that a person of this name has here.
    pub fn address(&self, name: &str) -> String {
        format!("{}@{}.example", name.to_lowercase().replace(' ', "."), self.id.to_lowercase())
    }

    /// The body that creates an agent of this name.
    pub fn agent_body(&self, name: &str) -> Value {
        json!({"name": name, "phone": "555-TEST", "email": self.address(name), "specialization": "Bookings"})
    }

    /// Makes an agent, who has chosen a password and signed in.
    pub async fn agent(&self, name: &str) -> Agent {
        let created = self.admin.create_agent(&self.agent_body(name)).await.created();
        Agent::start(&self.client, &created).await
    }

    /// A visitor who has not said anything.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(&self.client, &self.id)
    }

    /// A visitor whose profile is complete.
    pub async fn visitor(&self) -> Visitor {
        let mut visitor = self.stranger();
        visitor.introduce().await;
        visitor
    }

    /// Replaces what the company knows.
    pub async fn knowledge(&self, faq: &Value) -> Value {
        self.admin.load_documents(faq).await.ok()
    }
}
