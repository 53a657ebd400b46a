//! Questions that say only what is new, and leave the rest to the question before.

use crate::text::{Algorithm, Terms, words};

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

/// Whether a text begins as one that goes on from what was said before.
pub fn goes_on(text: &str) -> bool {
    opens(&folded(text).join(" "))
}

fn opens(joined: &str) -> bool {
    let is_begun =
        |opening: &&str| joined.strip_prefix(opening).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    OPENINGS.iter().any(is_begun)
}

fn folded(text: &str) -> Vec<String> {
    let mut said = Vec::new();
    words(text, |word| said.push(word.to_owned()));
    said
}

/// Words that stand for a thing that was named before, and for nothing else.
const NAMED_BEFORE: [&str; 7] = ["it", "its", "they", "them", "those", "these", "ones"];

/// The openings that begin whole questions too, as in "is it possible to pay by card".
const WHOLE_OPENINGS: [&str; 2] = ["is that", "is it"];

/// The number of words about a subject from which on a question says what it is about, although it has a word of
/// [`NAMED_BEFORE`].
const ENOUGH: usize = 3;

/// Whether a question says by itself what it is about, so that it can be published without the conversation.
///
/// What was asked together with the question before it, as [`in_context`] returns it, begins with that question, so the
/// first question of the text is what counts.
pub fn stands_alone(text: &str) -> bool {
    let first = text.split_inclusive(['?', '\u{ff1f}', '\u{61f}']).find(|part| part.contains(char::is_alphanumeric));
    let said = folded(first.unwrap_or_default());
    let joined = said.join(" ");
    let goes_on = opens(&joined) && !WHOLE_OPENINGS.iter().any(|opening| joined.starts_with(opening));
    let stems = Terms::new(Algorithm::English);
    let subject = said.iter().filter(|word| !NAMED_BEFORE.contains(&word.as_str()) && stems.of(word).is_some()).count();
    let refers =
        said.iter().any(|word| NAMED_BEFORE.contains(&word.as_str())) || WHOLE_OPENINGS.contains(&joined.as_str());
    !said.is_empty() && !goes_on && (!refers || subject >= ENOUGH)
}

/// Returns a text together with the question before it, if the text looks like a follow-up to it.
///
/// It looks so if it is short and begins like one ("and on Sunday?") or has a word that stands for something said before
/// ("how much is it?").
pub fn in_context(text: &str, previous: Option<&str>) -> Option<String> {
    let previous = previous.filter(|previous| !previous.trim().is_empty())?;
    let said = folded(text);
    if said.is_empty() || said.len() > MAX_WORDS {
        return None;
    }
    let refers = said.iter().any(|word| REFERENCES.contains(&word.as_str()));
    (refers || opens(&said.join(" "))).then(|| format!("{previous} {text}"))
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
        for whole in [
            "Do you have swimming lessons? and for children?",
            "Do you have swimming lessons? How much is it?",
            "Is there parking?",
            "Do you sell snow chains?",
            "Is it possible to rent a bike for a day?",
            "wifi??",
            "\u{bf}Abren los domingos?",
        ] {
            assert!(stands_alone(whole), "{whole}");
        }
        for part in ["and for children?", "How much is it?", "What about Sundays", "is it", "do they?", "", "?!"] {
            assert!(!stands_alone(part), "{part}");
        }
        assert!(goes_on("And in Sweden") && goes_on("what about children") && !goes_on("android") && !goes_on(""));
    }
}
