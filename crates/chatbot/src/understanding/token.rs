//! The words of a text as the patterns know them.

use super::{
    spelling::{Known, Vocabulary},
    words::{Break, Words},
};

/// A word of a text, or one of the words that a contraction stands for.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What it can be.
    pub(super) known: Known,
    /// The languages that ignore it, as bits.
    pub(super) fillers: u8,
    /// Whether it begins another clause.
    pub(super) is_joint: bool,
    /// Whether the word is a known one, without a slip.
    pub(super) is_known: bool,
    /// Whether it begins with a digit.
    pub(super) is_number: bool,
    /// What is before it.
    pub(super) before: Break,
    /// The position of its word in the text.
    pub(super) word: usize,
}

/// Returns the tokens of a text.
pub(super) fn tokens(words: &Words, vocabulary: &Vocabulary) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (at, (word, folded)) in words.iter().enumerate() {
        let is_number = folded.starts_with(char::is_numeric);
        vocabulary.find(folded, |known, is_known| {
            let is_first = tokens.last().is_none_or(|last| last.word != at);
            tokens.push(Token {
                known,
                fillers: known.iter().flatten().fold(0, |all, &id| all | vocabulary.fillers(id)),
                is_joint: known.iter().flatten().any(|&id| vocabulary.is_joint(id)),
                is_known,
                is_number,
                before: if is_first { word.before } else { Break::Nothing },
                word: at,
            });
        });
    }
    tokens
}
