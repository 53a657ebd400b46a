//! Several questions in one sentence: `what does it cost and how long does it take`.

use knowledge::{Lookup, in_context};

use super::{QUESTIONS, parts};
use crate::understanding;

/// A clause that asks something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause<'t> {
    pub(super) text: &'t str,
    /// The clause together with the first one, if it refers to that one.
    pub(super) in_context: Option<String>,
}

impl Clause<'_> {
    /// Looks the clause up, in its context if it has no answer alone.
    pub(super) fn ask(&self, ask: impl Fn(&str) -> Lookup) -> Lookup {
        match (ask(self.text), &self.in_context) {
            (Lookup::Miss { .. }, Some(in_context)) => ask(in_context),
            (found, _) => found,
        }
    }
}

/// Returns the clauses of a text that ask something, at most [`QUESTIONS`]; none if there is only one, or if question
/// marks stand between all of them.
pub(super) fn of(text: &str) -> Vec<Clause<'_>> {
    let clauses = understanding::questions(text, QUESTIONS);
    if clauses.len() <= parts(text).count().max(1) {
        return Vec::new();
    }
    let first = clauses.first().copied();
    let clause = |(at, text)| Clause { text, in_context: in_context(text, first.filter(|_| at > 0)) };
    clauses.into_iter().enumerate().map(clause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        of(text).iter().map(|clause| clause.text).collect()
    }

    #[test]
    fn questions_in_one_sentence_are_taken_apart() {
        assert_eq!(
            texts("How much is whitening and does it hurt, and how long does it last?"),
            ["How much is whitening", "does it hurt", "how long does it last?"]
        );
        assert_eq!(texts("what time do you open and also where are you"), ["what time do you open", "where are you"]);
        assert_eq!(texts("is it open. how much is it? do you rent"), ["is it open", "how much is it", "do you rent"]);
        assert_eq!(
            texts("I lost my card. How do I block it, and what does a new one cost?"),
            ["I lost my card. How do I block it", "what does a new one cost?"]
        );
        assert_eq!(texts("wann habt ihr offen und wo seid ihr"), ["wann habt ihr offen", "wo seid ihr"]);
        assert_eq!(
            texts("cu\u{e1}nto cuesta y d\u{f3}nde est\u{e1}n"),
            ["cu\u{e1}nto cuesta", "d\u{f3}nde est\u{e1}n"]
        );
        let read = of("what does the course cost and when does it start");
        assert_eq!(read[0].in_context, None);
        assert_eq!(read[1].in_context.as_deref(), Some("what does the course cost when does it start"));
    }

    #[test]
    fn one_question_stays_whole() {
        for text in [
            "if I lose my card, what do I do?",
            "do you sell bells and lights?",
            "I lost my card. How do I block it?",
            "where are you? when are you open?",
            "and, or, and",
            "",
        ] {
            assert_eq!(texts(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_long_text_has_few_clauses() {
        let long = "how much is it and ".repeat(500);
        assert!(of(&long).len() <= QUESTIONS);
    }
}
