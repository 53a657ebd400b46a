//! `/api/human-handoff/` and `/api/admin-dashboard/user-profiles/`.

use reqwest::Method;
use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// Waiting visitors, their sessions and their profiles.
pub trait DeskCalls: Caller {
    /// `POST human-handoff/escalate/` with a reason and the default priority.
    fn escalate(&self, session: &str, reason: &str) -> Call {
        self.client().post("/api/human-handoff/escalate/", &json!({"session_id": session, "reason": reason}))
    }

    /// `POST human-handoff/assign/`
    fn assign(&self, handoff: i64, agent: i64) -> Call {
        self.client().post("/api/human-handoff/assign/", &json!({"handoff_session_id": handoff, "agent_id": agent}))
    }

    /// `POST human-handoff/resolve/`
    fn resolve(&self, handoff: i64, notes: &str) -> Call {
        self.client().post("/api/human-handoff/resolve/", &json!({"handoff_session_id": handoff, "notes": notes}))
    }

    /// `GET human-handoff/sessions/`
    fn handoffs(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/human-handoff/sessions/").query(query)
    }

    /// `GET human-handoff/dashboard/`
    fn dashboard(&self) -> Call {
        self.client().get("/api/human-handoff/dashboard/")
    }

    /// `GET human-handoff/activities/`
    fn activities(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/human-handoff/activities/").query(query)
    }

    /// `GET human-handoff/agent/sessions/`
    fn own_sessions(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/human-handoff/agent/sessions/").query(query)
    }

    /// `GET human-handoff/agent/sessions/{session}/messages/`
    fn messages(&self, session: &str) -> Call {
        self.client().get(&format!("/api/human-handoff/agent/sessions/{session}/messages/"))
    }

    /// `POST human-handoff/agent/send-message/` with a text.
    fn write(&self, session: &str, text: &str) -> Call {
        self.send_message(&json!({"session_id": session, "message": text}))
    }

    /// `POST human-handoff/agent/send-message/`
    fn send_message(&self, body: &Value) -> Call {
        self.client().post("/api/human-handoff/agent/send-message/", body)
    }

    /// `GET admin-dashboard/user-profiles/`
    fn profiles(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/admin-dashboard/user-profiles/").query(query)
    }

    /// `GET admin-dashboard/user-profiles/{id}/`
    fn visitor_profile(&self, id: i64) -> Call {
        self.client().get(&format!("/api/admin-dashboard/user-profiles/{id}/"))
    }

    /// `GET admin-dashboard/user-profiles/stats/`
    fn profile_stats(&self) -> Call {
        self.client().get("/api/admin-dashboard/user-profiles/stats/")
    }

    /// `DELETE admin-dashboard/user-profiles/{id}/delete/`
    fn delete_profile(&self, id: i64) -> Call {
        self.client().call(Method::DELETE, &format!("/api/admin-dashboard/user-profiles/{id}/delete/"))
    }
}

impl<C: Caller + ?Sized> DeskCalls for C {}
