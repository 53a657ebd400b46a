//! Everyday words, which names do not consist of.

use std::{collections::HashSet, ops::Range, sync::LazyLock};

use super::{hash::Passed, heard::Heard, tables::Mark, words::Words};

static EVERYDAY: LazyLock<HashSet<&'static str, Passed>> = LazyLock::new(|| {
    let lines = include_str!("../../data/intents/everyday.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// How many words some tokens stand for, without numbers.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) all: usize,
    /// Those that are everyday words.
    pub(super) everyday: usize,
}

impl Count {
    /// Counts the words of some tokens.
    pub(super) fn of(words: &Words, heard: &Heard, tokens: Range<usize>) -> Self {
        let mut count = Self::default();
        for at in tokens.clone() {
            let Some(token) = heard.tokens.get(at).filter(|token| !token.is_number) else { continue };
            let is_same = |other: usize| {
                tokens.contains(&other) && heard.tokens.get(other).is_some_and(|other| other.word == token.word)
            };
            // A contraction, such as `can't`, is one word of several tokens.
            if at.checked_sub(1).is_some_and(is_same) {
                continue;
            }
            count.all += 1;
            let is_everyday =
                heard.is(Mark::NoName, at) || is_same(at + 1) || EVERYDAY.contains(words.folded(token.word));
            count.everyday += usize::from(is_everyday);
        }
        count
    }

    /// Whether more than half of the words are everyday ones.
    pub(super) fn is_common(&self) -> bool {
        self.everyday * 2 > self.all
    }

    /// Whether there are at least two words, and two thirds of them are everyday ones.
    pub(super) fn is_prose(&self) -> bool {
        self.all > 1 && self.everyday * 3 >= self.all * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_consist_of_everyday_words() {
        let count = |text: &str| {
            let words = Words::of(text);
            let heard = Heard::of(&words, None, false);
            let count = Count::of(&words, &heard, 0..heard.tokens.len());
            (count.everyday, count.all)
        };
        assert_eq!(count("I can't sleep"), (3, 3));
        assert_eq!(count("for 3 days"), (2, 2));
        assert_eq!(count("Ann Ray"), (0, 2));
        assert_eq!(count("Ann cannot sleep"), (2, 3));
        assert_eq!(count(""), (0, 0));
    }

    #[test]
    fn the_list_is_in_order_and_has_words_in_their_folded_form() {
        let words: Vec<_> = include_str!("../../data/intents/everyday.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect();
        assert!(words.is_sorted());
        assert_eq!(words.len(), EVERYDAY.len());
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }
}
