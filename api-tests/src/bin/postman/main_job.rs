//! The main job: a company opens, and a visitor is answered by the bot, then by a person, then by the bot.

use serde_json::{Value, json};

use crate::{document::Document, item::Item};

/// The password that the agent chooses.
const AGENT_PASSWORD: &str = "A-long-enough-phrase";

/// Returns the folder.
pub(crate) fn folder(document: &Document) -> Value {
    let parts = [staff(document), visitor(document), handoff(document)];
    let items: Vec<_> = parts.into_iter().flatten().map(Item::build).collect();
    json!({ "name": "The main job", "item": items })
}

fn post(document: &Document, name: &str, path: &str, body: &Value) -> Item {
    Item::new(name, &document.operation("post", path), path, &[]).json(body)
}

fn get(document: &Document, name: &str, path: &str, query: &[Value]) -> Item {
    Item::new(name, &document.operation("get", path), path, query)
}

fn sign_in(document: &Document, name: &str, login: &str, password: &str) -> Item {
    post(document, name, "/api/auth/login/", &json!({ "username": login, "password": password })).expect(200)
}

/// Returns requests that open the company and hire its staff.
fn staff(document: &Document) -> Vec<Item> {
    let plan = json!({ "plan_name": "premium", "max_agents": 20, "price": "99.99" });
    let company = json!({ "name": "Tesla Motors", "email": "{{$guid}}@example.com", "plan_id": "{{plan_id}}" });
    let agent =
        json!({ "name": "Bo Agent", "phone": "555-TEST", "email": "{{$guid}}@example.com", "specialization": "All" });
    let choice = json!({
        "email": "{{agent_email}}",
        "current_password": "{{agent_first_password}}",
        "new_password": AGENT_PASSWORD,
        "confirm_password": AGENT_PASSWORD,
    });
    let documents = json!({ "documents": { "Shop": { "Renting": [
        {
            "question": "How much does it cost to rent a bicycle for a day?",
            "answer": "A city bicycle is 25 euros a day; an electric one is 40 euros.",
            "chunk_id": "rent_001",
        },
        {
            "question": "Do I need to leave a deposit?",
            "answer": "Yes, 100 euros by card, returned when the bicycle comes back.",
            "chunk_id": "rent_002",
        },
    ] } } });
    vec![
        sign_in(document, "The superadmin signs in", "{{superadmin_username}}", "{{superadmin_password}}")
            .holds(".user.role", json!("SUPERADMIN"))
            .holds(".user.company_id", Value::Null)
            .keep("superadmin_token", ".access"),
        post(document, "Make a plan", "/api/auth/create-plan/", &plan)
            .with_token("superadmin_token")
            .expect(201)
            .holds(".plan_name_display", json!("Premium"))
            .holds(".price", json!("99.99"))
            .keep("plan_id", ".id"),
        post(document, "Open a company", "/api/auth/create-admin/", &company)
            .with_token("superadmin_token")
            .expect(201)
            .holds(".plan.name", json!("Premium"))
            .keep("company_id", ".company_id")
            .keep("admin_email", ".email")
            .keep("admin_password", ".password"),
        sign_in(document, "Its admin signs in", "{{admin_email}}", "{{admin_password}}")
            .holds(".user.role", json!("ADMIN"))
            .holds(".user.company_id", json!("{{company_id}}"))
            .keep("admin_token", ".access")
            .keep("admin_refresh", ".refresh"),
        post(document, "Hire an agent", "/api/admin-dashboard/create-agent/", &agent)
            .with_token("admin_token")
            .expect(201)
            .holds(".agent.status", json!("PENDING"))
            .holds(".agent.company_id", json!("{{company_id}}"))
            .keep("agent_id", ".agent.id")
            .keep("agent_email", ".email")
            .keep("agent_first_password", ".password"),
        sign_in(document, "The agent is told to choose a password", "{{agent_email}}", "{{agent_first_password}}")
            .holds(".code", json!("first_login_required"))
            .lacks("access"),
        post(document, "The agent chooses a password", "/api/admin-dashboard/agent-first-login/", &choice)
            .expect(200)
            .holds(".email", json!("{{agent_email}}"))
            .set("agent_password", AGENT_PASSWORD),
        sign_in(document, "The agent signs in", "{{agent_email}}", "{{agent_password}}")
            .holds(".agent.status", json!("AVAILABLE"))
            .holds(".agent.id", json!("{{agent_id}}"))
            .keep("agent_token", ".access")
            .keep("agent_refresh", ".refresh"),
        post(document, "Load the FAQ", "/api/chatbot/load-rag-documents/", &documents)
            .with_token("admin_token")
            .expect(200)
            .holds(".documents_count", json!(2))
            .holds(".company_id", json!("{{company_id}}")),
    ]
}

/// Returns the visitor's requests, from the intake to an answer.
fn visitor(document: &Document) -> Vec<Item> {
    let hello = json!({ "message": "Hello", "company_id": "{{company_id}}" });
    let mut items = vec![
        post(document, "A visitor says hello", "/api/chatbot/chat/", &hello)
            .expect(200)
            .holds(".type", json!("profile_collection"))
            .holds(".collecting", json!("name"))
            .holds(".user_message.seq", json!(1))
            .keep("session_id", ".session_id"),
    ];
    let steps = [
        ("The name", "Asha Rai", "country_code"),
        ("The country", "+977 Nepal", "phone"),
        ("The phone number", "9841234567", "email"),
        ("The e-mail address", "asha@example.com", "address"),
    ];
    for (name, message, next) in steps {
        let item = say(document, name, message).holds(".type", json!("profile_collection"));
        items.push(item.holds(".collecting", json!(next)).holds(".temp_data.name", json!("Asha Rai")));
    }
    items.push(say(document, "The address", "Kathmandu").holds(".type", json!("profile_complete")));
    items.push(
        say(document, "The bot answers", "How much does it cost to rent a bicycle for a day?")
            .holds(".type", json!("rag_response"))
            .holds(".answer", json!("A city bicycle is 25 euros a day; an electric one is 40 euros."))
            .holds(".citations[0].chunk_id", json!("rent_001")),
    );
    items
}

/// Returns requests in which a person takes over, answers and resolves.
fn handoff(document: &Document) -> Vec<Item> {
    let waiting = [json!({ "key": "status", "value": "unassigned" })];
    let message = json!({ "session_id": "{{session_id}}", "message": "Good morning, this is Bo.", "client_message_id": "{{$guid}}" });
    let resolved = json!({ "handoff_session_id": "{{handoff_id}}", "notes": "Answered" });
    let session = [json!({ "key": "session_id", "value": "{{session_id}}" })];
    let own = [json!({ "key": "status", "value": "resolved" })];
    let messages = document.operation("get", "/api/human-handoff/agent/sessions/{session_id}/messages/");
    vec![
        say(document, "The visitor asks for a person", "Talk to a person")
            .holds(".type", json!("escalated"))
            .holds(".escalated", json!(true)),
        say(document, "The bot is silent", "Is anybody there?")
            .holds(".type", json!("human_handling"))
            .holds(".response", json!("")),
        get(document, "The agent sees the queue", "/api/human-handoff/sessions/", &waiting)
            .with_token("agent_token")
            .expect(200)
            .holds("[0].chat_session_id", json!("{{session_id}}"))
            .holds("[0].user_profile.name", json!("Asha Rai"))
            .holds("[0].agent", Value::Null)
            .keep("handoff_id", "[0].id"),
        post(document, "The agent answers", "/api/human-handoff/agent/send-message/", &message)
            .with_token("agent_token")
            .expect(200)
            .holds(".chat_message.content", json!("Good morning, this is Bo.")),
        get(document, "The visitor is with the agent", "/api/chatbot/session-status/", &session)
            .expect(200)
            .holds(".status", json!("assigned"))
            .holds(".is_escalated", json!(true)),
        post(document, "The agent resolves", "/api/human-handoff/resolve/", &resolved)
            .with_token("agent_token")
            .expect(200)
            .holds(".handoff_session.notes", json!("Answered"))
            .holds(".handoff_session.agent", json!("{{agent_id}}")),
        get(document, "It is among the agent's resolved sessions", "/api/human-handoff/agent/sessions/", &own)
            .with_token("agent_token")
            .expect(200)
            .holds(".count", json!(1))
            .holds(".sessions[0].chat_session.session_id", json!("{{session_id}}")),
        say(document, "The bot answers again", "Do I need to leave a deposit?")
            .holds(".type", json!("rag_response"))
            .holds(".answer", json!("Yes, 100 euros by card, returned when the bicycle comes back."))
            .keep("last_seq", ".last_seq"),
        Item::new(
            "All that was said is there once",
            &messages,
            "/api/human-handoff/agent/sessions/{{session_id}}/messages/",
            &[],
        )
        .with_token("agent_token")
        .expect(200)
        .holds(".messages.length", json!("{{last_seq}}"))
        .keep("profile_id", ".session.user_profile.id"),
    ]
}

fn say(document: &Document, name: &str, message: &str) -> Item {
    let body = json!({
        "message": message,
        "company_id": "{{company_id}}",
        "session_id": "{{session_id}}",
        "client_message_id": "{{$guid}}",
    });
    post(document, name, "/api/chatbot/chat/", &body).expect(200).holds(".session_id", json!("{{session_id}}"))
}
