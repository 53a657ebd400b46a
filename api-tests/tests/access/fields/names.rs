//! What the names of fields mean.

use api_tests::prelude::*;

use super::spellings::Pair;
use crate::scene::{Kind, Thing};

/// What an identifier names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Session,
    Company,
    Agent,
    Handoff,
    /// An admin's account.
    Admin,
    Assignment,
    /// A plan, which is no company's.
    Plan,
    /// Files of a session.
    Files,
    Profile,
    /// A refresh token.
    Token,
    /// A file's path.
    Media,
}

/// Names of identifiers, wherever they stand.
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

/// Names that are no identifiers of rows.
const OTHERS: &[&str] = &[
    "activity_type",
    "address",
    "answer_mode",
    "answer_suggestions",
    "before",
    "bot_name",
    "clarification_suggestions",
    "clarification_text",
    "client_message_id",
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
    "default_country_code",
    "documents",
    "email",
    "escalation_phrases",
    "escalation_text",
    "exp",
    "expiry_date",
    "file",
    "first_name",
    "is_active",
    "last_name",
    "greeting_suggestions",
    "greeting_text",
    "limit",
    "max_agents",
    "message",
    "message_context",
    "mime_type",
    "mode",
    "name",
    "new_password",
    "notes",
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
    "reason",
    "profile_done_text",
    "profile_suggestions",
    "quick_replies",
    "refresh",
    "search",
    "shared",
    "sig",
    "size",
    "specialization",
    "status",
    "uploader",
    "use_shared_library",
    "username",
    "welcome_text",
];

/// What a field of this operation names, `None` if it is no identifier.
pub(super) fn named(call: &str, name: &str, kind: Kind) -> Option<Named> {
    if let Some((_, named)) = IDENTIFIERS.iter().find(|(known, _)| *known == name) {
        return Some(*named);
    }
    match (name, kind) {
        ("id", Kind::Agent) => Some(Named::Agent),
        ("id", Kind::Company) => Some(Named::Admin),
        ("id", Kind::Session) => Some(Named::Profile),
        // Whoever holds a refresh token of another company may use it where tokens are refreshed.
        ("refresh", _) => call.contains("logout").then_some(Named::Token),
        _ => None,
    }
}

/// Whether nothing here says what a field is.
pub(super) fn is_unknown(call: &str, name: &str, kind: Kind) -> bool {
    named(call, name, kind).is_none() && !OTHERS.contains(&name)
}

/// Identifiers of another company under every name that any endpoint reads.
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

/// Whether a value opens what it names: whoever holds a session's id may use it there.
pub(super) fn opens(call: &str, name: &str, pair: &Pair) -> bool {
    let is_for_holders = call.contains("create-profile") || call.contains("session-status");
    is_for_holders && name == "session_id" && pair.is_the_same_to_a_reader
}

/// Whether the name is one that visitors of any company may say: the code of a company they write to.
pub(super) fn is_public(call: &str, name: &str) -> bool {
    call.ends_with("chatbot/chat") && name == "company_id"
}
