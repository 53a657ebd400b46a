//! Objects for the operations to use up, so that those of the main job remain.

use serde_json::{Value, json};

use crate::{document::Document, item::Item};

/// Returns the folder.
pub(crate) fn folder(document: &Document) -> Value {
    let call = |name: &str, method: &str, path: &str| Item::new(name, &document.operation(method, path), path, &[]);
    let post = |name: &str, path: &str| call(name, "post", path);
    let list_admins = document.operation("get", "/api/auth/list-admins/");
    let assignment_of = [json!({ "key": "admin_id", "value": "{{other_admin_id}}" })];
    let items = [
        post("Make a plan to change to", "/api/auth/create-plan/")
            .with_token("superadmin_token")
            .json(&json!({ "plan_name": "gold", "max_agents": 50, "price": "499.00" }))
            .expect(201)
            .keep("other_plan_id", ".id"),
        post("Open another company", "/api/auth/create-admin/")
            .with_token("superadmin_token")
            .json(&json!({ "name": "Polar Ferries", "email": "{{$guid}}@example.com", "plan_id": "{{plan_id}}" }))
            .expect(201)
            .keep("other_admin_email", ".email")
            .keep("other_admin_password", ".password"),
        post("Its admin signs in", "/api/auth/login/")
            .json(&json!({ "username": "{{other_admin_email}}", "password": "{{other_admin_password}}" }))
            .expect(200)
            .keep("other_admin_id", ".user.id"),
        Item::new("Its subscription", &list_admins, "/api/auth/list-admins/", &assignment_of)
            .with_token("superadmin_token")
            .expect(200)
            .holds(".current_plan.status", json!("active"))
            .keep("assignment_id", ".current_plan.assignment_id"),
        post("Its admin is given another password", "/api/auth/reset-admin-password/")
            .with_token("superadmin_token")
            .json(&json!({ "admin_id": "{{other_admin_id}}" }))
            .expect(200)
            .holds(".email", json!("{{other_admin_email}}"))
            .keep("other_admin_password", ".new_password"),
        post("Add an admin who will leave", "/api/auth/create-admin/")
            .with_token("superadmin_token")
            .json(&json!({ "name": "Lee Leaver", "email": "{{$guid}}@example.com", "company_id": "{{company_id}}" }))
            .expect(201)
            .holds(".company_id", json!("{{company_id}}"))
            .keep("leaver_email", ".email")
            .keep("leaver_password", ".password"),
        post("The leaving admin signs in", "/api/auth/login/")
            .json(&json!({ "username": "{{leaver_email}}", "password": "{{leaver_password}}" }))
            .expect(200)
            .keep("leaver_id", ".user.id")
            .keep("leaver_token", ".access"),
        post("Hire an agent who will leave", "/api/admin-dashboard/create-agent/")
            .with_token("admin_token")
            .json(&json!({ "name": "Sam Spare", "phone": "555-0101", "email": "{{$guid}}@example.com", "specialization": "All" }))
            .expect(201)
            .keep("spare_agent_id", ".agent.id")
            .keep("spare_agent_email", ".email")
            .keep("spare_agent_password", ".password"),
        post("A visitor who will be deleted", "/api/chatbot/chat/")
            .json(&json!({ "message": "Hello", "company_id": "{{company_id}}" }))
            .expect(200)
            .keep("spare_session_id", ".session_id"),
        post("The visitor's profile", "/api/chatbot/create-profile/")
            .json(&json!({ "session_id": "{{spare_session_id}}", "name": "Vi Visitor", "phone": "9841234567" }))
            .expect(200)
            .keep("spare_profile_id", ".profile.id"),
        post("A visitor whose handoff will be resolved", "/api/chatbot/chat/")
            .json(&json!({ "message": "Hello", "company_id": "{{company_id}}" }))
            .expect(200)
            .keep("waiting_session_id", ".session_id"),
        post("The handoff", "/api/human-handoff/escalate/")
            .with_token("admin_token")
            .json(&json!({ "session_id": "{{waiting_session_id}}", "reason": "To be resolved" }))
            .expect(200)
            .holds(".handoff_session.priority", json!("medium"))
            .keep("spare_handoff_id", ".handoff_session.id"),
        post("A question that nobody can answer", "/api/chatbot/chat/")
            .json(&json!({ "message": "Do you sell snow chains?", "company_id": "{{company_id}}" }))
            .expect(200),
        post("Another one", "/api/chatbot/chat/")
            .json(&json!({ "message": "Where can I swim with dolphins?", "company_id": "{{company_id}}" }))
            .expect(200),
        post("A file", "/api/chatbot/upload/")
            .form(&[("file", Value::Null), ("session_id", json!("{{session_id}}")), ("company_id", json!("{{company_id}}"))])
            .expect(201)
            .keep("file_id", ".id")
            .keep("file_url", ".file_url"),
    ];
    json!({ "name": "What the other folders use up", "item": items.map(Item::build) })
}
