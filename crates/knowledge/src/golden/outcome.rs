//! What is said to a golden question, and whether that is right.

use std::collections::HashSet;

use super::Expect;
use crate::{Chunk, Origin};

/// An entry that an answer quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The knowledge that the entry belongs to.
    pub origin: Origin,
    /// Its id.
    pub chunk_id: String,
}

/// What is said to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The entries that the answer quotes, in its order; none if the bot asks back. A text with several questions has
    /// several.
    pub quoted: Vec<Quoted>,
    /// The confidence of the answer; without one, the best that was found.
    pub confidence: f64,
}

impl Said {
    /// Whether there is an answer.
    pub const fn is_answer(&self) -> bool {
        !self.quoted.is_empty()
    }
}

/// The ids of the entries that answers of a company can quote.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    own: HashSet<String>,
    shared: HashSet<String>,
}

impl Holdings {
    /// Collects the ids of a company's own entries, and those of the shared library if the company uses it.
    pub fn of<'c>(own: impl IntoIterator<Item = &'c Chunk>, shared: impl IntoIterator<Item = &'c Chunk>) -> Self {
        let id = |chunk: &Chunk| chunk.chunk_id.clone();
        Self { own: own.into_iter().map(id).collect(), shared: shared.into_iter().map(id).collect() }
    }

    /// Returns the knowledge of the entry that an id names: the company's own before that of the library.
    fn origin(&self, chunk_id: &str) -> Option<Origin> {
        let has = |ids: &HashSet<String>, origin| ids.contains(chunk_id).then_some(origin);
        has(&self.own, Origin::Company).or_else(|| has(&self.shared, Origin::Shared))
    }
}

tenancy::word_enum! {
    /// Whether what is said to a golden question is what is expected.
    pub enum Outcome {
        /// It is: the answer quotes the entry, or the bot asks back as it should.
        Passed => "passed",
        /// Other entries are quoted.
        Wrong => "wrong",
        /// The bot asks back instead of answering.
        Unanswered => "unanswered",
        /// The bot answers instead of asking back.
        FalseAnswer => "false_answer",
        /// The entry is not there any more, so nothing that is said is right.
        Missing => "missing",
    }
}

/// Judges what is said to a question.
pub fn judged(expect: &Expect, said: &Said, holdings: &Holdings) -> Outcome {
    let Expect::Entry(chunk_id) = expect else {
        return if said.is_answer() { Outcome::FalseAnswer } else { Outcome::Passed };
    };
    let Some(origin) = holdings.origin(chunk_id) else { return Outcome::Missing };
    let is_it = |quoted: &Quoted| quoted.origin == origin && quoted.chunk_id == *chunk_id;
    if !said.is_answer() {
        Outcome::Unanswered
    } else if said.quoted.iter().any(is_it) {
        Outcome::Passed
    } else {
        Outcome::Wrong
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::index::tests::snapshot;

    pub(in crate::golden) fn says(origin: Origin, chunk_id: &str, confidence: f64) -> Said {
        Said { quoted: vec![Quoted { origin, chunk_id: chunk_id.to_owned() }], confidence }
    }

    pub(in crate::golden) fn asks_back(confidence: f64) -> Said {
        Said { quoted: Vec::new(), confidence }
    }

    /// A company with the entries `c0` and `c1`, which uses a library with `c1` and `c2`.
    pub(in crate::golden) fn holdings() -> Holdings {
        let own = snapshot(&[("S", "When?", "Now."), ("S", "Who?", "Me.")]).chunks;
        let shared = snapshot(&[("S", "a", "a"), ("S", "b", "b"), ("S", "c", "c")]).chunks;
        Holdings::of(&own, shared.iter().skip(1))
    }

    #[test]
    fn an_outcome_is_right_wrong_or_no_answer() {
        let entry = |id: &str| Expect::Entry(id.to_owned());
        let own = |id| says(Origin::Company, id, 0.5);
        let library = |id| says(Origin::Shared, id, 0.5);
        for (expect, said, outcome) in [
            (entry("c0"), own("c0"), Outcome::Passed),
            (entry("c0"), own("c1"), Outcome::Wrong),
            (entry("c0"), asks_back(0.1), Outcome::Unanswered),
            // Of two entries with one id, the company's own is meant.
            (entry("c1"), own("c1"), Outcome::Passed),
            (entry("c1"), library("c1"), Outcome::Wrong),
            (entry("c2"), library("c2"), Outcome::Passed),
            (entry("c3"), own("c0"), Outcome::Missing),
            (entry("c3"), asks_back(0.1), Outcome::Missing),
            (Expect::Clarify, asks_back(0.1), Outcome::Passed),
            (Expect::Clarify, own("c0"), Outcome::FalseAnswer),
        ] {
            assert_eq!(judged(&expect, &said, &holdings()), outcome, "{expect:?} {said:?}");
        }
    }

    #[test]
    fn one_of_several_answers_is_enough() {
        let mut said = says(Origin::Company, "c0", 0.5);
        said.quoted.push(Quoted { origin: Origin::Company, chunk_id: "c1".to_owned() });
        assert_eq!(judged(&Expect::Entry("c1".to_owned()), &said, &holdings()), Outcome::Passed);
    }
}
