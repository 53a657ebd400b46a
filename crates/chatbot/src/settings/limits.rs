//! Limits of the bot settings. Lengths are in Unicode scalar values.
//!
//! They bound what every chat turn reads, and are far above what a chat window shows.

use std::collections::HashMap;

use super::quick_reply::QuickReply;
use crate::phrase;

/// Maximum length of the bot's name.
pub const NAME: usize = 100;
/// Maximum length of a text that the bot says, including a quick reply's.
pub const TEXT: usize = 4_000;
/// Maximum length of a word, a name or an example that the bot's texts contain.
pub const WORD: usize = 100;
/// Maximum length of a suggestion. Pressing it sends it as a message.
pub const SUGGESTION: usize = 200;
/// Maximum number of suggestions below one text.
pub const SUGGESTIONS: usize = 20;
/// Maximum length of an escalation phrase, and of a text that a quick reply matches.
pub const PHRASE: usize = 200;
/// Maximum number of escalation phrases.
pub const PHRASES: usize = 100;
/// Maximum number of quick replies.
pub const QUICK_REPLIES: usize = 200;
/// Maximum number of texts that one quick reply matches.
pub const MATCHES: usize = 20;
/// Maximum number of misses in a row after which a person is called.
pub const MISSES: u8 = 20;
/// Maximum number of open sessions of an agent that a company can set.
pub const OPEN_SESSIONS: u8 = 100;
/// Maximum length of a quick reply's type.
pub const KIND: usize = 50;

/// Whether a phrase can match anything: its normalized form is empty without letters and digits.
pub fn can_match(phrase: &str) -> bool {
    !phrase::normalize(phrase).is_empty()
}

/// Returns the first quick reply with a text that an earlier one matches too: its index and the text.
///
/// The later one would never be given for that text.
pub fn clash(replies: &[QuickReply]) -> Option<(usize, &str)> {
    let mut owners = HashMap::new();
    for (index, reply) in replies.iter().enumerate() {
        for text in &reply.matches {
            if *owners.entry(phrase::normalize(text)).or_insert(index) != index {
                return Some((index, text));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(matches: &[&str]) -> QuickReply {
        QuickReply {
            matches: matches.iter().map(|&text| text.to_owned()).collect(),
            reply: "Yes.".to_owned(),
            suggestions: Vec::new(),
            kind: crate::kind::QUICK_REPLY.to_owned(),
        }
    }

    #[test]
    fn two_quick_replies_never_match_the_same_text() {
        assert_eq!(clash(&[reply(&["Visa", "visa"]), reply(&["Fees"])]), None);
        let replies = [reply(&["Visa"]), reply(&["Fees"]), reply(&["Costs", "\u{1f6c2} VISA"])];
        assert_eq!(clash(&replies), Some((2, "\u{1f6c2} VISA")));
    }

    #[test]
    fn a_phrase_needs_a_letter_or_a_digit() {
        assert!(can_match("Help!") && can_match("7"));
        assert!(!can_match("?!") && !can_match("\u{1f44b}"));
    }
}
