//! Several questions in one sentence: `what does it cost and how long does it take`.

use knowledge::{Lookup, in_context};

use super::{QUESTIONS, parts};
use crate::understanding;

/// What can stand between two questions.
const JOINTS: [&str; 8] = [" and ", " & ", " or ", ", ", "; ", ". ", "! ", "\n"];

/// Words that begin a question behind a joint.
const OPENINGS: [&str; 3] = ["and ", "also ", "or "];

/// How many joints of a text are looked at.
const LOOKED_AT: usize = 16;

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

/// Returns the clauses of a text that ask something, at most [`QUESTIONS`]; none if there is only one, or if the question
/// marks of the text stand between them already.
pub(super) fn of(text: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<&str> = Vec::new();
    let mut is_split = false;
    for part in parts(text) {
        let before = clauses.len();
        split(part, &mut clauses);
        is_split |= clauses.len() > before + 1;
    }
    if !is_split {
        return Vec::new();
    }
    let mut first = None;
    let clause = |text| Clause { text, in_context: in_context(text, first.replace(first.unwrap_or(text))) };
    clauses.into_iter().take(QUESTIONS).map(clause).collect()
}

/// Adds the clauses of a part of a text.
fn split<'t>(part: &'t str, clauses: &mut Vec<&'t str>) {
    let (mut rest, mut from) = (part, 0);
    for _ in 0..LOOKED_AT {
        let Some((at, end)) = next_joint(rest, from) else { break };
        let (before, behind) = (rest.get(..at).unwrap_or_default(), rest.get(end..).unwrap_or_default());
        let behind = OPENINGS.iter().fold(behind, |behind, opening| behind.strip_prefix(opening).unwrap_or(behind));
        if understanding::begins_as_question(before) && understanding::begins_as_question(behind) {
            clauses.push(before.trim());
            (rest, from) = (behind, 0);
        } else {
            from = end;
        }
    }
    clauses.push(rest.trim());
}

/// Returns where the next joint begins and ends.
fn next_joint(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let find = |joint: &&str| rest.find(*joint).map(|at| (from + at, from + at + joint.len()));
    JOINTS.iter().filter_map(find).min()
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
        assert_eq!(texts("is it open. how much is it? do you rent"), ["is it open", "how much is it?", "do you rent"]);
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
