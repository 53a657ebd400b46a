//! How much a company knows.

use std::fmt;

/// The size of a company's knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Number of questions with their alternatives: each is encoded and has a vector.
    pub questions: u64,
    /// Length of all questions, alternatives and answers, in Unicode scalar values.
    pub characters: u64,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} questions and {} characters", self.questions, self.characters)
    }
}

impl Extent {
    /// Returns the extent of an entry.
    pub(crate) fn of(question: &String, alternatives: &[String], answer: &String) -> Self {
        let texts = [question, answer].into_iter().chain(alternatives);
        let characters: usize = texts.map(|text| text.chars().count()).sum();
        // The store keeps alternatives in one text, with a character between two.
        let characters = characters + alternatives.len().saturating_sub(1);
        let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Self { questions: number(1 + alternatives.len()), characters: number(characters) }
    }

    /// Returns the extent of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { questions: self.questions + other.questions, characters: self.characters + other.characters }
    }

    /// Whether it is within some limits.
    pub const fn is_within(self, limits: Self) -> bool {
        self.questions <= limits.questions && self.characters <= limits.characters
    }
}
