//! A company with its staff and visitors.

use serde_json::{Value, json};

use crate::{
    Admin, Agent, Client, Superadmin, Visitor,
    calls::{AccountCalls as _, VisitorCalls as _},
};

/// A company that was opened through the API.
pub struct Company {
    client: Client,
    /// The company code.
    pub id: String,
    /// The company's name.
    pub name: String,
    /// The id of its plan.
    pub plan: i64,
    /// Its owner, signed in.
    pub admin: Admin,
}

impl Company {
    /// Opens a company whose plan has this many seats for agents. Its owner is signed in.
    pub(crate) async fn open(superadmin: &Superadmin, name: &str, seats: i64) -> Self {
        let plan = superadmin.create_plan(&json!({"plan_name": "basic", "max_agents": seats, "price": "99.99"})).await;
        let plan = plan.created()["id"].as_i64().expect("a plan id");
        // The plan's id makes the owner's address unique, even for two companies with the same name.
        let email = format!("owner.{plan}@switchboard.example");
        let created = superadmin.create_admin(&json!({"name": name, "email": email, "plan_id": plan})).await.created();
        let client = superadmin.client.anonymous();
        let admin = Admin::sign_in(&client, &created).await;
        Self { client, id: admin.company.clone(), name: name.to_owned(), plan, admin }
    }

    /// Returns the e-mail address of a person with this name at the company.
    pub fn address(&self, name: &str) -> String {
        format!("{}@{}.example", name.to_lowercase().replace(' ', "."), self.id.to_lowercase())
    }

    /// Returns the body that creates an agent with this name.
    pub fn agent_body(&self, name: &str) -> Value {
        json!({"name": name, "phone": "555-TEST", "email": self.address(name), "specialization": "Bookings"})
    }

    /// Creates an agent, who chooses a password and signs in.
    pub async fn agent(&self, name: &str) -> Agent {
        let created = self.admin.create_agent(&self.agent_body(name)).await.created();
        Agent::start(&self.client, &created).await
    }

    /// Returns a visitor who has not sent a message yet.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(&self.client, &self.id)
    }

    /// Returns a visitor with a complete profile.
    pub async fn visitor(&self) -> Visitor {
        let mut visitor = self.stranger();
        visitor.introduce().await;
        visitor
    }

    /// Replaces the company's knowledge.
    pub async fn knowledge(&self, faq: &Value) -> Value {
        self.admin.load_documents(faq).await.ok()
    }
}
