//! Management of agents by admins, and the presence calls of agents themselves.

use reqwest::Method;
use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// The calls of `/api/admin-dashboard/` for existing agents.
pub trait AgentCalls: Caller {
    /// `PATCH admin-dashboard/update-agent/{id}/`
    fn update_agent(&self, agent: i64, body: &Value) -> Call {
        self.client().call(Method::PATCH, &format!("/api/admin-dashboard/update-agent/{agent}/")).json(body)
    }

    /// `DELETE admin-dashboard/delete-agent/{id}/`
    fn delete_agent(&self, agent: i64) -> Call {
        self.client().call(Method::DELETE, &format!("/api/admin-dashboard/delete-agent/{agent}/"))
    }

    /// `GET admin-dashboard/check-agent-limit/`
    fn check_agent_limit(&self) -> Call {
        self.client().get("/api/admin-dashboard/check-agent-limit/")
    }

    /// `GET admin-dashboard/agent-sessions/`
    fn agent_sessions(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/admin-dashboard/agent-sessions/").query(query)
    }

    /// `POST admin-dashboard/agent-login/`
    fn agent_login(&self, email: &str, password: &str) -> Call {
        self.client().post("/api/admin-dashboard/agent-login/", &json!({"email": email, "password": password}))
    }

    /// `POST admin-dashboard/agent-logout/`
    fn agent_logout(&self, body: &Value) -> Call {
        self.client().post("/api/admin-dashboard/agent-logout/", body)
    }

    /// `POST admin-dashboard/update-agent-status/`
    fn update_agent_status(&self, status: &str) -> Call {
        self.client().post("/api/admin-dashboard/update-agent-status/", &json!({"status": status}))
    }
}

impl<C: Caller + ?Sized> AgentCalls for C {}
