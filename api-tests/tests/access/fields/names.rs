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
    /// A golden question of a company.
    Golden,
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
    "address_example",
    "address_question_text",
    "address_unclear_text",
    "address_word",
    "after",
    "after_note",
    "after_seq",
    "agreement_text",
    "alternatives",
    "and_word",
    "answer",
    "answer_mode",
    "answer_suggestions",
    "apply",
    "assignment",
    "assignment_limit",
    "back_on_date_text",
    "back_on_weekday_text",
    "back_today_text",
    "back_tomorrow_text",
    "before",
    "before_seq",
    "bot_name",
    "can_skip_text",
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
    "country_again_text",
    "country_code",
    "country_question_text",
    "country_unknown_text",
    "country_unsure_text",
    "country_word",
    "created_from",
    "created_to",
    "current_password",
    "cursor",
    "default_country_code",
    "document",
    "documents",
    "dry_run",
    "email",
    "email_example",
    "email_question_text",
    "email_unclear_text",
    "email_word",
    "escalation_phrases",
    "escalation_text",
    "exp",
    "expiry_date",
    "field_text",
    "fields_changed_text",
    "fields_noted_text",
    "file",
    "file_question_text",
    "file_received_text",
    "first_name",
    "force",
    "from",
    "frustration_text",
    "given_up_text",
    "goodbye_text",
    "greeting_again_text",
    "greeting_suggestions",
    "greeting_text",
    "handoff_after_misses",
    "handoff_on_frustration",
    "helpful",
    "hours",
    "ignore",
    "include_inactive",
    "is_active",
    "language_text",
    "last_name",
    "leave_email_suggestion",
    "limit",
    "max_agents",
    "message",
    "message_context",
    "mime_type",
    "mode",
    "more_countries_suggestion",
    "more_countries_text",
    "more_questions_text",
    "name",
    "name_characters_text",
    "name_example",
    "name_is_country_text",
    "name_long_text",
    "name_noted_text",
    "name_question_text",
    "name_short_text",
    "name_unclear_text",
    "name_word",
    "new_password",
    "no_topics_text",
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
    "person_noted_text",
    "person_suggestion",
    "phone",
    "phone_example",
    "phone_noted_text",
    "phone_number",
    "phone_question_text",
    "phone_unclear_text",
    "phone_word",
    "plan_name",
    "precision",
    "price",
    "priority",
    "profile",
    "profile_done_text",
    "profile_noted_text",
    "profile_reason_text",
    "profile_steps",
    "profile_suggestions",
    "profile_when",
    "q",
    "question",
    "question_answered_text",
    "question_noted_text",
    "question_open_text",
    "question_with_team_text",
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
    "skip_suggestion",
    "skipped_text",
    "specialization",
    "state",
    "status",
    "text",
    "thanks_text",
    "threshold",
    "title",
    "topic_text",
    "topics_suggestion",
    "topics_text",
    "tz",
    "unknown_name",
    "uploader",
    "use_shared_library",
    "username",
    "version",
    "view",
    "wait",
    "weekdays",
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
        ("id", Kind::Golden) => Some(Named::Golden),
        ("expect", _) => Some(Named::Entry),
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
