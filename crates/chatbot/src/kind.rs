//! The types of replies. A company's quick replies may have further types.

/// The intake asks a question.
pub const PROFILE_COLLECTION: &str = "profile_collection";
/// The intake is complete.
pub const PROFILE_COMPLETE: &str = "profile_complete";
/// An answer from knowledge.
pub const RAG_RESPONSE: &str = "rag_response";
/// The answer to a greeting.
pub const GREETING_RESPONSE: &str = "greeting_response";
/// Thanks, a goodbye, yes or no alone, a question about the bot, or anger is answered.
pub const SMALL_TALK: &str = "small_talk";
/// The bot has no answer.
pub const CLARIFICATION_NEEDED: &str = "clarification_needed";
/// The bot has called a person.
pub const ESCALATED: &str = "escalated";
/// A person handles the session and the bot is silent.
pub const HUMAN_HANDLING: &str = "human_handling";
/// Topics, or the questions of one topic.
pub const TOPIC_SELECTION: &str = "topic_selection";
/// A quick reply to which the company has given no type.
pub const QUICK_REPLY: &str = "quick_reply";

/// The types that a company cannot give to its quick replies, because clients know them as the bot's.
const TAKEN: [&str; 9] = [
    PROFILE_COLLECTION,
    PROFILE_COMPLETE,
    RAG_RESPONSE,
    GREETING_RESPONSE,
    SMALL_TALK,
    CLARIFICATION_NEEDED,
    ESCALATED,
    HUMAN_HANDLING,
    TOPIC_SELECTION,
];

/// Whether a company may give this type to a quick reply.
pub fn is_free(kind: &str) -> bool {
    !TAKEN.contains(&kind)
}

/// Whether a word is in lower snake case: `country_selection`.
pub fn is_snake_case(word: &str) -> bool {
    let is_part = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) && !part.is_empty();
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.split('_').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_replys_type_is_its_own() {
        assert!(is_free(QUICK_REPLY) && is_free("country_selection"));
        assert!(!is_free(TOPIC_SELECTION) && !is_free(RAG_RESPONSE));
    }

    #[test]
    fn a_type_is_in_lower_snake_case() {
        for word in ["a", "country_selection", "step_2", "x1_y2"] {
            assert!(is_snake_case(word), "{word}");
        }
        for word in ["", "_a", "a_", "a__b", "2nd", "Country", "country selection", "country-selection", "\u{e9}tat"] {
            assert!(!is_snake_case(word), "{word}");
        }
    }
}
