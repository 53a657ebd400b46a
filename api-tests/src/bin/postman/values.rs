//! Values for fields and parameters whose examples in the document would not work.

use serde_json::{Value, json};

use crate::document::Operation;

/// Returns a path without its prefix and last slash, such as `auth/login`.
pub(crate) fn short(path: &str) -> &str {
    path.trim_start_matches("/api/").trim_matches('/')
}

/// Returns the value of a field or parameter; null omits an optional one.
pub(crate) fn value(path: &str, name: &str, example: &Value) -> Value {
    let variable = |name: &str| Value::from(format!("{{{{{name}}}}}"));
    let own = match (short(path), name) {
        ("auth/login", "username") | ("admin-dashboard/agent-login", "email") => "agent_email",
        ("auth/login" | "admin-dashboard/agent-login", "password") => "agent_password",
        ("auth/token/refresh", "refresh") => "admin_refresh",
        ("admin-dashboard/agent-logout", "refresh") => "agent_refresh",
        ("auth/admin-first-login", "email") => "other_admin_email",
        ("auth/admin-first-login", "current_password") => "other_admin_password",
        ("admin-dashboard/agent-first-login", "email") => "spare_agent_email",
        ("admin-dashboard/agent-first-login", "current_password") => "spare_agent_password",
        ("auth/change-password", "current_password") => "leaver_password",
        ("human-handoff/assign", "agent_id") => "agent_id",
        ("human-handoff/resolve", "handoff_session_id") => "spare_handoff_id",
        ("auth/create-admin" | "chatbot/load-rag-documents", "company_id" | "shared") => return Value::Null,
        ("admin-dashboard/user-profiles/{id}", "id") => "profile_id",
        ("admin-dashboard/user-profiles/{id}/delete", "id") => "spare_profile_id",
        ("admin-dashboard/update-agent/{id}" | "admin-dashboard/delete-agent/{id}", "id") => "spare_agent_id",
        ("auth/change-admin-plan/{id}", "id") => "other_admin_id",
        ("auth/update-admin/{id}" | "auth/delete-admin/{id}", "id") => "leaver_id",
        // A new entry gets an id, and those after it name it.
        ("knowledge/entries", "chunk_id" | "shared") | ("knowledge/entries/{chunk_id}", "shared") => {
            return Value::Null;
        }
        ("knowledge/entries/{chunk_id}", "chunk_id") => "chunk_id",
        ("knowledge/uploads", "file" | "shared") => return Value::Null,
        ("knowledge/uploads", "text") => return json!("question,answer\nWhen do you open?,At nine.\n"),
        ("knowledge/uploads", "document") => return json!("Opening hours"),
        ("knowledge/unanswered/{id}/close", "id") => "question_id",
        ("knowledge/unanswered/{id}/close", "ignore") => return json!(true),
        ("knowledge/unanswered/{id}/close", "chunk_id" | "alternatives") => return Value::Null,
        ("knowledge/unanswered/{id}/answer", "id") => "other_question_id",
        ("knowledge/unanswered/{id}/answer", "chunk_id") => return Value::Null,
        ("knowledge/golden" | "knowledge/golden/{id}", "expect") => return json!("clarify"),
        ("knowledge/golden/{id}", "id") => "golden_id",
        ("knowledge/golden/threshold", "apply") => return Value::Null,
        ("desk/replies/{id}", "id") => "reply_id",
        ("docs/{file}", "file") => return json!("start.js"),
        ("admin-dashboard/update-agent-status", "status") => return json!("AVAILABLE"),
        (_, "admin_id") => "leaver_id",
        (_, "agent_id") => "spare_agent_id",
        (_, "plan_id") => "plan_id",
        (_, "new_plan_id") => "other_plan_id",
        (_, "assignment_id") => "assignment_id",
        (_, "handoff_session_id") => "handoff_id",
        (_, "session_id") => "session_id",
        (_, "company_id") => "company_id",
        (_, "attachment_ids") => return json!(["{{file_id}}"]),
        (_, "client_message_id") => return json!("{{$guid}}"),
        (_, "email") => return json!("{{$guid}}@example.com"),
        _ => return example.clone(),
    };
    variable(own)
}

/// Returns the variable that holds the token for an operation.
pub(crate) fn token(operation: &Operation<'_>) -> Option<&'static str> {
    if !operation.needs_token() {
        return None;
    }
    let path = short(operation.path);
    let roles = operation.roles();
    let is_for_agents = path.starts_with("human-handoff/agent/") || path == "human-handoff/dashboard";
    Some(match path {
        "auth/change-password" | "auth/logout-all" => "leaver_token",
        _ if is_for_agents => "agent_token",
        _ if roles.is_empty() || roles.contains(&"ADMIN") => "admin_token",
        _ if roles.contains(&"AGENT") => "agent_token",
        _ => "superadmin_token",
    })
}

/// Returns the rank of an operation within its folder. Operations that use up what others need come later.
pub(crate) fn rank(path: &str) -> u8 {
    match short(path) {
        "auth/reset-admin-password" | "admin-dashboard/reset-agent-password" | "auth/renew-subscription" => 1,
        "auth/upgrade-plan" => 2,
        "auth/cancel-subscription" => 3,
        _ if path.contains("delete") => 4,
        _ => 0,
    }
}

/// Returns the values that later requests need from a reply: the variable, and the place of its value.
pub(crate) fn kept(path: &str) -> &'static [(&'static str, &'static str)] {
    match short(path) {
        "auth/change-password" => &[("leaver_token", ".access")],
        "desk/replies" => &[("reply_id", ".id")],
        "auth/token/refresh" => &[("admin_token", ".access"), ("admin_refresh", ".refresh")],
        "knowledge/golden" => &[("golden_id", ".id")],
        "knowledge/entries" => &[("chunk_id", ".chunk_id")],
        "knowledge/unanswered" => &[("question_id", ".results[0].id"), ("other_question_id", ".results[1].id")],
        "auth/renew-subscription" | "auth/upgrade-plan" => &[("assignment_id", ".new_assignment.id")],
        _ => &[],
    }
}
