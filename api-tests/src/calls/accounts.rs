//! `/api/auth/` and the staff part of `/api/admin-dashboard/`.

use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// Sign-in, companies, plans and agents.
pub trait AccountCalls: Caller {
    /// `POST auth/login/`
    fn login(&self, username: &str, password: &str) -> Call {
        self.client().post("/api/auth/login/", &json!({"username": username, "password": password}))
    }

    /// `POST auth/token/refresh/`
    fn refresh(&self, refresh: &str) -> Call {
        self.client().post("/api/auth/token/refresh/", &json!({"refresh": refresh}))
    }

    /// `GET auth/profile/`
    fn profile(&self) -> Call {
        self.client().get("/api/auth/profile/")
    }

    /// `POST auth/create-plan/`
    fn create_plan(&self, body: &Value) -> Call {
        self.client().post("/api/auth/create-plan/", body)
    }

    /// `GET auth/list-plans/`
    fn list_plans(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/auth/list-plans/").query(query)
    }

    /// `GET platform/jobs/`
    fn jobs(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/platform/jobs/").query(query)
    }

    /// `POST auth/create-admin/`
    fn create_admin(&self, body: &Value) -> Call {
        self.client().post("/api/auth/create-admin/", body)
    }

    /// `GET auth/list-admins/`
    fn list_admins(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/auth/list-admins/").query(query)
    }

    /// `POST auth/admin-first-login/`
    fn admin_first_login(&self, body: &Value) -> Call {
        self.client().post("/api/auth/admin-first-login/", body)
    }

    /// `POST admin-dashboard/agent-first-login/`
    fn agent_first_login(&self, body: &Value) -> Call {
        self.client().post("/api/admin-dashboard/agent-first-login/", body)
    }

    /// `POST admin-dashboard/create-agent/`
    fn create_agent(&self, body: &Value) -> Call {
        self.client().post("/api/admin-dashboard/create-agent/", body)
    }

    /// `GET admin-dashboard/list-agents/`
    fn list_agents(&self) -> Call {
        self.client().get("/api/admin-dashboard/list-agents/")
    }

    /// `POST admin-dashboard/reset-agent-password/`
    fn reset_agent_password(&self, agent: i64) -> Call {
        self.client().post("/api/admin-dashboard/reset-agent-password/", &json!({"agent_id": agent}))
    }
}

impl<C: Caller + ?Sized> AccountCalls for C {}
