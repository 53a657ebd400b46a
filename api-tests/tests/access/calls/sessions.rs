//! Visitors, profiles, files, knowledge, and handoffs.

use api_tests::prelude::*;

use super::{Body, Missing, Sending, about, bare, list, named_company, nothing, plain, results};
use crate::{
    rights::{AGENTS, CLOSED, EVERY_SESSION, HANDOFFS, OPEN, Whose},
    scene::{Kind, Thing},
};

const NO_SESSION: Missing = Missing::Error(404, "Session not found");
const NO_HANDOFF: Missing = Missing::Error(404, "Handoff session not found");
const NO_DESK_SESSION: Missing = Missing::Error(404, "Session not found or access denied");
const NO_VISITOR: Missing = Missing::Error(404, "User profile not found");

pub(crate) fn list_profiles() -> Sending {
    list(Kind::Session, EVERY_SESSION, results, "/id", |thing| json!(thing.id))
}

pub(crate) fn one_profile() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_VISITOR, nothing)
}

pub(crate) fn delete_profile() -> Sending {
    one_profile().spending()
}

pub(crate) fn profile_stats() -> Sending {
    let rows = |body: &Value| body["by_country"].as_object().unwrap().keys().map(|code| json!(code)).collect();
    list(Kind::Session, EVERY_SESSION, rows, "", |thing| json!(thing.country))
}

pub(crate) fn chat() -> Sending {
    let body = |thing: &Thing| {
        Body::Json(json!({"message": "Hello", "session_id": thing.session, "company_id": thing.company}))
    };
    Sending { missing: None, on: &[Whose::Quiet, Whose::ForeignQuiet], ..about(Kind::Session, &[], NO_SESSION, body) }
}

fn file_form(thing: &Thing) -> Body {
    Body::File(json!({"session_id": thing.session, "company_id": thing.company}))
}

pub(crate) fn upload() -> Sending {
    let missing = Missing::Error(404, "Chat session not found or access denied");
    about(Kind::Session, EVERY_SESSION, missing, file_form)
}

pub(crate) fn create_profile() -> Sending {
    let body =
        |thing: &Thing| Body::Json(json!({"session_id": thing.session, "name": thing.name, "phone": "9841234567"}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body)
}

pub(crate) fn session_status() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn chat_history() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn files_of_a_session() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn own_conversation() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn own_transcript() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn mark_read() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session, "seq": 1}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body)
}

pub(crate) fn give_feedback() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session, "seq": 2, "helpful": false}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body)
}

pub(crate) fn rate() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session, "score": 4}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body)
}

pub(crate) fn request_person() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body).spending()
}

pub(crate) fn leave() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session}));
    about(Kind::Session, EVERY_SESSION, NO_SESSION, body).spending()
}

pub(crate) fn validate_phone() -> Sending {
    plain(|_| Body::Json(json!({"phone": "9841234567"})))
}

pub(crate) fn country_codes() -> Sending {
    plain(nothing)
}

pub(crate) fn load_sample() -> Sending {
    plain(nothing)
}

pub(crate) fn load_documents() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"documents": sample::bicycle_faq(), "company_id": thing.company}));
    Sending { own: |body, company| body["company_id"] == company, ..named_company(body) }
}

pub(crate) fn load_shared_documents() -> Sending {
    let body = |_: &Thing| Body::Json(json!({"documents": sample::bicycle_faq(), "shared": true}));
    Sending { own: |body, company| body["company_id"] == company && body["shared"] == false, ..plain(body) }
}

pub(crate) fn escalate() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session, "reason": "help"}));
    about(Kind::Session, CLOSED, NO_SESSION, body).spending()
}

pub(crate) fn assign() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"handoff_session_id": thing.handoff, "agent_id": thing.agent}));
    about(Kind::Session, OPEN, NO_HANDOFF, body).spending()
}

pub(crate) fn resolve() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"handoff_session_id": thing.handoff}));
    about(Kind::Session, HANDOFFS, NO_HANDOFF, body).spending()
}

pub(crate) fn desk_messages() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn write_note() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, |_| Body::Json(json!({"text": "A note"})))
}

pub(crate) fn staff_read() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, |_| Body::Json(json!({"seq": 1})))
}

const NO_REPLY: Missing = Missing::Error(404, "Saved reply not found");

pub(crate) fn saved_replies() -> Sending {
    list(Kind::SavedReply, AGENTS, bare, "/id", |thing| json!(thing.id))
}

pub(crate) fn filled_replies() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn save_reply() -> Sending {
    let body = |thing: &Thing| {
        Body::Json(json!({"shortcut": format!("s{}", thing.number), "title": "A reply", "text": "Hello {name}"}))
    };
    plain(body).spending()
}

pub(crate) fn change_reply() -> Sending {
    about(Kind::SavedReply, AGENTS, NO_REPLY, |_| Body::Json(json!({"title": "Another title"})))
}

pub(crate) fn delete_reply() -> Sending {
    about(Kind::SavedReply, AGENTS, NO_REPLY, nothing).spending()
}

pub(crate) fn colleagues() -> Sending {
    list(Kind::Agent, AGENTS, bare, "/id", |thing| json!(thing.id))
}

pub(crate) fn packet() -> Sending {
    about(Kind::Session, EVERY_SESSION, NO_SESSION, nothing)
}

pub(crate) fn change_session() -> Sending {
    about(Kind::Session, OPEN, NO_SESSION, |_| Body::Json(json!({"priority": "high"})))
}

pub(crate) fn claim() -> Sending {
    about(Kind::Session, OPEN, NO_SESSION, nothing).spending()
}

pub(crate) fn release() -> Sending {
    claim()
}

pub(crate) fn transfer() -> Sending {
    about(Kind::Session, OPEN, NO_SESSION, |thing| Body::Json(json!({"agent_id": thing.agent}))).spending()
}

pub(crate) fn reopen() -> Sending {
    about(Kind::Session, HANDOFFS, NO_SESSION, nothing).spending()
}

pub(crate) fn return_to_bot() -> Sending {
    reopen()
}

pub(crate) fn handoffs() -> Sending {
    list(Kind::Session, HANDOFFS, bare, "/id", |thing| json!(thing.handoff))
}

pub(crate) fn conversations() -> Sending {
    list(Kind::Session, EVERY_SESSION, results, "/session_id", |thing| json!(thing.session))
}

pub(crate) fn dashboard() -> Sending {
    let rows = |body: &Value| [bare(&body["assigned_sessions"]), bare(&body["unassigned_sessions"])].concat();
    list(Kind::Session, OPEN, rows, "/id", |thing| json!(thing.handoff))
}

pub(crate) fn activities() -> Sending {
    list(Kind::Agent, AGENTS, bare, "/agent", |thing| json!(thing.id))
}

pub(crate) fn own_sessions() -> Sending {
    list(Kind::Session, HANDOFFS, |body| bare(&body["sessions"]), "/id", |thing| json!(thing.handoff))
}

pub(crate) fn messages() -> Sending {
    about(Kind::Session, HANDOFFS, NO_DESK_SESSION, nothing)
}

pub(crate) fn send_message() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"session_id": thing.session, "message": "Good morning"}));
    about(Kind::Session, OPEN, NO_DESK_SESSION, body).spending()
}

pub(crate) fn agent_upload() -> Sending {
    about(Kind::Session, OPEN, NO_DESK_SESSION, file_form)
}

pub(crate) fn signed_file() -> Sending {
    Sending { missing: None, on: &[Whose::Colleagues, Whose::Foreign], ..file() }
}

pub(crate) fn file() -> Sending {
    about(Kind::Session, EVERY_SESSION, Missing::Error(404, "Not found."), nothing)
}
