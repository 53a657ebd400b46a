//! `/api/human-handoff/`, the parts of `/api/admin-dashboard/` that do not manage staff, and the chat history.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// Handoffs, sessions and profiles of visitors.
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

    /// `POST desk/sessions/{session}/claim/`; `next` takes the longest wait.
    fn claim(&self, session: &str) -> Call {
        self.move_session(session, "claim")
    }

    /// `POST desk/sessions/{session}/transfer/`
    fn transfer(&self, session: &str, body: &Value) -> Call {
        self.client().post(&format!("/api/desk/sessions/{session}/transfer/"), body)
    }

    /// `POST desk/sessions/{session}/{how}/` without a body: `claim`, `release`, `reopen` or `return-to-bot`.
    fn move_session(&self, session: &str, how: &str) -> Call {
        self.client().post(&format!("/api/desk/sessions/{session}/{how}/"), &json!({}))
    }

    /// `GET desk/sessions/{session}/messages/`
    fn desk_messages(&self, session: &str, query: &[(&str, &str)]) -> Call {
        self.client().get(&format!("/api/desk/sessions/{session}/messages/")).query(query)
    }

    /// `POST desk/sessions/{session}/notes/`
    fn note(&self, session: &str, text: &str) -> Call {
        self.client().post(&format!("/api/desk/sessions/{session}/notes/"), &json!({"text": text}))
    }

    /// `POST desk/sessions/{session}/read/`
    fn staff_read(&self, session: &str, seq: i64) -> Call {
        self.client().post(&format!("/api/desk/sessions/{session}/read/"), &json!({"seq": seq}))
    }

    /// `GET desk/replies/`
    fn replies(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/desk/replies/").query(query)
    }

    /// `POST desk/replies/`
    fn save_reply(&self, body: &Value) -> Call {
        self.client().post("/api/desk/replies/", body)
    }

    /// `PATCH desk/replies/{id}/`
    fn change_reply(&self, id: i64, body: &Value) -> Call {
        self.client().call(Method::PATCH, &format!("/api/desk/replies/{id}/")).json(body)
    }

    /// `DELETE desk/replies/{id}/`
    fn delete_reply(&self, id: i64) -> Call {
        self.client().call(Method::DELETE, &format!("/api/desk/replies/{id}/"))
    }

    /// `GET desk/colleagues/`
    fn colleagues(&self) -> Call {
        self.client().get("/api/desk/colleagues/")
    }

    /// `GET desk/sessions/{session}/`
    fn packet(&self, session: &str) -> Call {
        self.client().get(&format!("/api/desk/sessions/{session}/"))
    }

    /// `PATCH desk/sessions/{session}/`
    fn change_session(&self, session: &str, body: &Value) -> Call {
        self.client().call(Method::PATCH, &format!("/api/desk/sessions/{session}/")).json(body)
    }

    /// `GET human-handoff/sessions/`
    fn handoffs(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/human-handoff/sessions/").query(query)
    }

    /// `GET desk/sessions/`
    fn conversations(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/desk/sessions/").query(query)
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

    /// `POST human-handoff/agent/upload/`
    fn agent_upload(&self, session: &str, name: &str, content: &[u8]) -> Call {
        let file = Part::bytes(content.to_vec()).file_name(name.to_owned());
        self.agent_upload_form(Form::new().text("session_id", session.to_owned()).part("file", file))
    }

    /// `POST human-handoff/agent/upload/`
    fn agent_upload_form(&self, form: Form) -> Call {
        self.client().call(Method::POST, "/api/human-handoff/agent/upload/").parts(form)
    }

    /// `GET chatbot/files/`
    fn files(&self, session: &str) -> Call {
        self.client().get("/api/chatbot/files/").query(&[("session_id", session)])
    }

    /// `GET chatbot/chat-history/`
    fn history(&self, company: &str, session: &str) -> Call {
        let query = [("session_id", session), ("company_id", company)];
        self.client().get("/api/chatbot/chat-history/").query(&query)
    }

    /// `GET admin-dashboard/bot-settings/`
    fn bot_settings(&self) -> Call {
        self.client().get("/api/admin-dashboard/bot-settings/")
    }

    /// `PUT admin-dashboard/bot-settings/`
    fn set_bot(&self, body: &Value) -> Call {
        self.client().call(Method::PUT, "/api/admin-dashboard/bot-settings/").json(body)
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
