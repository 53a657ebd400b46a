//! The meaning of field names.

use api_tests::prelude::*;

use super::spellings::Pair;
use crate::scene::{Kind, Thing};

/// The kind of object that an identifier refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Session,
    Company,
    Agent,
    Handoff,
    /// An admin's account.
    Admin,
    Assignment,
    /// A plan, which does not belong to a company.
    Plan,
    /// Files of a session.
    Files,
    Profile,
    /// A saved reply of staff.
    SavedReply,
    /// A refresh token.
    Token,
    /// The path of a file.
    Media,
    /// An entry of a company's knowledge.
    Entry,
    /// A question of a visitor that was not answered.
    Miss,
}

/// Field names that are identifiers in every operation.
const IDENTIFIERS: [(&str, Named); 11] = [
    ("session_id", Named::Session),
    ("company_id", Named::Company),
    ("agent_id", Named::Agent),
    ("handoff_session_id", Named::Handoff),
    ("admin_id", Named::Admin),
    ("user_id", Named::Admin),
    ("assignment_id", Named::Assignment),
    ("plan_id", Named::Plan),
    ("new_plan_id", Named::Plan),
    ("attachment_ids", Named::Files),
    ("path", Named::Media),
];

/// Field names that do not identify rows.
const OTHERS: &[&str] = &[
    "about_text",
    "activity_type",
    "address",
    "after",
    "after_note",
    "after_seq",
    "agreement_text",
    "alternatives",
    "answer",
    "answer_mode",
    "answer_suggestions",
    "assignment",
    "assignment_limit",
    "before",
    "before_seq",
    "bot_name",
    "chunk_id",
    "clarification_again_text",
    "clarification_suggestions",
    "clarification_text",
    "client",
    "client_message_id",
    "comment",
    "company_name",
    "confidence_threshold",
    "confirm_password",
    "contact_number",
    "contact_person",
    "context",
    "country_code",
    "created_from",
    "created_to",
    "current_password",
    "cursor",
    "default_country_code",
    "document",
    "documents",
    "dry_run",
    "email",
    "escalation_phrases",
    "escalation_text",
    "exp",
    "expiry_date",
    "file",
    "first_name",
    "frustration_text",
    "goodbye_text",
    "greeting_suggestions",
    "greeting_text",
    "handoff_after_misses",
    "handoff_on_frustration",
    "helpful",
    "hours",
    "include_inactive",
    "is_active",
    "language_text",
    "last_name",
    "limit",
    "max_agents",
    "message",
    "message_context",
    "mime_type",
    "mode",
    "name",
    "new_password",
    "note",
    "notes",
    "offline_text",
    "order",
    "ordering",
    "original_name",
    "page",
    "page_size",
    "password",
    "per_page",
    "phone",
    "phone_number",
    "plan_name",
    "price",
    "priority",
    "profile",
    "profile_done_text",
    "profile_reason_text",
    "profile_steps",
    "profile_suggestions",
    "profile_when",
    "q",
    "question",
    "queue",
    "quick_replies",
    "reason",
    "refresh",
    "refusal_text",
    "scope",
    "score",
    "search",
    "section",
    "seq",
    "shared",
    "sig",
    "shortcut",
    "size",
    "specialization",
    "state",
    "status",
    "text",
    "thanks_text",
    "threshold",
    "title",
    "tz",
    "uploader",
    "use_shared_library",
    "username",
    "version",
    "view",
    "wait",
    "welcome_text",
];

/// Returns what a field of this operation identifies, `None` if it is not an identifier.
pub(super) fn named(call: &str, name: &str, kind: Kind) -> Option<Named> {
    if let Some((_, named)) = IDENTIFIERS.iter().find(|(known, _)| *known == name) {
        return Some(*named);
    }
    match (name, kind) {
        ("id", Kind::Agent) => Some(Named::Agent),
        ("id", Kind::Company) => Some(Named::Admin),
        ("id", Kind::Session) => Some(Named::Profile),
        // A new entry may have any id.
        ("chunk_id", Kind::Entry) => Some(Named::Entry),
        ("id", Kind::SavedReply) => Some(Named::SavedReply),
        ("id", Kind::Miss) => Some(Named::Miss),
        // A refresh token works for any caller in the refresh call itself.
        ("refresh", _) => call.contains("logout").then_some(Named::Token),
        _ => None,
    }
}

/// Returns whether this file does not list a field.
pub(super) fn is_unknown(call: &str, name: &str, kind: Kind) -> bool {
    named(call, name, kind).is_none() && !OTHERS.contains(&name)
}

/// Returns an object's identifiers under all names that endpoints read.
pub(super) fn all(thing: &Thing) -> Vec<(&'static str, Value)> {
    vec![
        ("company_id", json!(thing.company)),
        ("company", json!(thing.company)),
        ("agent_id", json!(thing.agent)),
        ("agent", json!(thing.agent)),
        ("user_id", json!(thing.id)),
        ("admin_id", json!(thing.id)),
        ("handoff_session_id", json!(thing.handoff)),
        ("assignment_id", json!(thing.assignment)),
        ("session_key", json!(thing.handoff)),
        ("profile_id", json!(thing.id)),
        ("tenant", json!(thing.company)),
    ]
}

/// Returns whether a session id alone gives access to this call.
pub(crate) fn is_for_holders(call: &str) -> bool {
    const FOR_HOLDERS: [&str; 9] = [
        "create-profile",
        "session-status",
        "messages?",
        "transcript",
        "/read",
        "/feedback",
        "/rate",
        "/request-person",
        "/end",
    ];
    call.contains("chatbot/") && FOR_HOLDERS.iter().any(|part| call.contains(part))
}

/// Returns whether the value alone gives access, as a session id does in these calls.
pub(super) fn opens(call: &str, name: &str, pair: &Pair) -> bool {
    is_for_holders(call) && name == "session_id" && pair.is_plain
}

/// Returns whether visitors may use any company's value, as with the company code in chat.
pub(super) fn is_public(call: &str, name: &str) -> bool {
    call.ends_with("chatbot/chat") && name == "company_id"
}
