//! Questions that say only what is new, and leave the rest to the question before.

use crate::text::words;

/// Longer texts say what they are about.
const MAX_WORDS: usize = 9;

/// The first words of a text that goes on from what was said before.
const OPENINGS: [&str; 14] = [
    "and",
    "but",
    "or",
    "also",
    "then",
    "so",
    "what about",
    "how about",
    "what if",
    "is that",
    "is it",
    "even",
    "same",
    "only",
];

/// Words that stand for something said before.
const REFERENCES: [&str; 16] = [
    "it", "its", "that", "this", "they", "them", "those", "these", "one", "ones", "there", "then", "instead", "too",
    "both", "either",
];

/// The first words of a question.
const ASKING: [&str; 30] = [
    "how", "what", "whats", "when", "where", "wheres", "which", "who", "whose", "why", "is", "are", "was", "were",
    "do", "does", "did", "can", "could", "will", "would", "should", "shall", "may", "must", "have", "has", "any", "am",
    "isnt",
];

/// Whether a text asks for something, by its question mark or its first words. Else it may only comment on what was said
/// before: "it still doesn't work".
pub fn asks(text: &str) -> bool {
    let mut first = None;
    words(text, |word| {
        first.get_or_insert_with(|| word.to_owned());
    });
    let begins = |word: &String| ASKING.contains(&word.as_str()) || OPENINGS.contains(&word.as_str());
    text.contains(['?', '\u{ff1f}', '\u{61f}']) || first.as_ref().is_some_and(begins)
}

/// Returns a text together with the question before it, if the text looks like a follow-up to it.
///
/// It looks so if it is short and begins like one ("and on Sunday?") or has a word that stands for something said before
/// ("how much is it?").
pub fn in_context(text: &str, previous: Option<&str>) -> Option<String> {
    let previous = previous.filter(|previous| !previous.trim().is_empty())?;
    let mut said: Vec<String> = Vec::new();
    words(text, |word| said.push(word.to_owned()));
    if said.is_empty() || said.len() > MAX_WORDS {
        return None;
    }
    let joined = said.join(" ");
    let opens =
        |opening: &&str| joined.strip_prefix(opening).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let refers = said.iter().any(|word| REFERENCES.contains(&word.as_str()));
    (refers || OPENINGS.iter().any(opens)).then(|| format!("{previous} {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_goes_on_is_read_with_the_question_before() {
        let read = |text| in_context(text, Some("Do you have swimming lessons?"));
        assert_eq!(read("and how much?").as_deref(), Some("Do you have swimming lessons? and how much?"));
        assert!(read("what about children").is_some());
        assert!(read("How much is it?").is_some());
        assert!(read("Android app").is_none());
        assert!(read("when do you open on a public holiday").is_none());
        assert!(read("?!").is_none());
        assert_eq!(in_context("and how much?", None), None);
    }

    #[test]
    fn a_comment_asks_nothing() {
        for text in ["and in Sweden", "can I leave the car there", "it is free?", "How much is that"] {
            assert!(asks(text), "{text}");
        }
        for text in ["it still doesn't work!!", "I don't get it", "that's not true", ""] {
            assert!(!asks(text), "{text}");
        }
    }
}
