//! `/api/chatbot/`.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// Chat, a visitor's own conversation, files and knowledge.
pub trait VisitorCalls: Caller {
    /// `POST chatbot/chat/`
    fn chat(&self, body: &Value) -> Call {
        self.client().post("/api/chatbot/chat/", body)
    }

    /// `GET chatbot/messages/` with the session in the header.
    fn conversation(&self, session: &str, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/chatbot/messages/").header("x-session-id", session).query(query)
    }

    /// `POST chatbot/read/`
    fn mark_read(&self, session: &str, seq: i64) -> Call {
        self.client().post("/api/chatbot/read/", &json!({"session_id": session, "seq": seq}))
    }

    /// `POST chatbot/feedback/` without a comment.
    fn give_feedback(&self, session: &str, seq: i64, helpful: bool) -> Call {
        self.client().post("/api/chatbot/feedback/", &json!({"session_id": session, "seq": seq, "helpful": helpful}))
    }

    /// `POST chatbot/rate/`
    fn rate(&self, body: &Value) -> Call {
        self.client().post("/api/chatbot/rate/", body)
    }

    /// `POST chatbot/end/`
    fn leave(&self, session: &str) -> Call {
        self.client().post("/api/chatbot/end/", &json!({"session_id": session}))
    }

    /// `GET chatbot/transcript/` with the session in the header.
    fn transcript(&self, session: &str) -> Call {
        self.client().get("/api/chatbot/transcript/").header("x-session-id", session)
    }

    /// `POST chatbot/create-profile/`
    fn create_profile(&self, body: &Value) -> Call {
        self.client().post("/api/chatbot/create-profile/", body)
    }

    /// `GET chatbot/session-status/`
    fn session_status(&self, session: &str) -> Call {
        self.client().get("/api/chatbot/session-status/").query(&[("session_id", session)])
    }

    /// `POST chatbot/validate-phone/`
    fn validate_phone(&self, phone: &str, country_code: &str) -> Call {
        self.client().post("/api/chatbot/validate-phone/", &json!({"phone": phone, "country_code": country_code}))
    }

    /// `GET chatbot/country-codes/`
    fn country_codes(&self) -> Call {
        self.client().get("/api/chatbot/country-codes/")
    }

    /// `POST chatbot/upload/`
    fn upload(&self, company: &str, session: &str, name: &str, content: &[u8]) -> Call {
        let file = Part::bytes(content.to_vec()).file_name(name.to_owned());
        let form = Form::new()
            .text("company_id", company.to_owned())
            .text("session_id", session.to_owned())
            .part("file", file);
        self.upload_form(form)
    }

    /// `POST chatbot/upload/`
    fn upload_form(&self, form: Form) -> Call {
        self.client().call(reqwest::Method::POST, "/api/chatbot/upload/").parts(form)
    }

    /// `POST chatbot/load-rag-documents/`
    fn load_documents(&self, body: &Value) -> Call {
        self.client().post("/api/chatbot/load-rag-documents/", body)
    }

    /// `GET chatbot/load-rag-documents/`
    fn load_sample_documents(&self) -> Call {
        self.client().get("/api/chatbot/load-rag-documents/")
    }
}

impl<C: Caller + ?Sized> VisitorCalls for C {}
