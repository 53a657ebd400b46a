//! Repairs what visitors mistype, so that a model can read it.

use std::{collections::HashMap, ops::Range};

use crate::text::{fold_word, stem};

/// Abbreviations of chats with what they stand for: `short<TAB>long` on each line.
const CHAT: &str = include_str!("../data/chat.tsv");

/// Shorter words are not repaired: too many others are near to them.
const SHORTEST: usize = 4;

/// From this length on two slips are repaired, if the first letter is right.
const LONG: usize = 6;

/// Longer words are not repaired.
const LONGEST: usize = 30;

/// Maximum number of words of a text that are looked at.
const MAX_WORDS: usize = 60;

/// A dictionary of a language, with what it takes to find words near to a mistyped one.
#[derive(Debug)]
pub struct Speller {
    /// The rank of each word, sorted by length in bytes, then by the word.
    words: Vec<(Box<str>, u32)>,
    /// The places of the words of each length.
    lengths: Vec<Range<usize>>,
    chat: HashMap<&'static str, &'static str>,
}

impl Speller {
    /// Makes a speller of folded words, each with its rank: a lower one for a more frequent word.
    pub fn new<'w>(words: impl IntoIterator<Item = (&'w str, u32)>) -> Self {
        let mut words: Vec<(Box<str>, u32)> = words.into_iter().map(|(word, rank)| (word.into(), rank)).collect();
        words.sort_unstable_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        words.dedup_by(|(a, _), (b, _)| a == b);
        let lengths = (0..=LONGEST + 2).map(|length| {
            words.partition_point(|(word, _)| word.len() < length)
                ..words.partition_point(|(word, _)| word.len() <= length)
        });
        let lengths = lengths.collect();
        let chat = CHAT.lines().filter_map(|line| line.split_once('\t')).collect();
        Self { words, lengths, chat }
    }

    /// Returns the text with abbreviations written out and mistyped words repaired, `None` if nothing was to be done.
    ///
    /// `own` has the words of the company's knowledge, folded and sorted. A mistyped word becomes the nearest of them
    /// if one slip makes the difference, and otherwise the nearest word of the dictionary.
    pub fn repair(&self, text: &str, own: &[Box<str>]) -> Option<String> {
        let mut repaired = String::with_capacity(text.len() + 16);
        let mut is_changed = false;
        for (token, number) in text.split_whitespace().zip(0..) {
            if !repaired.is_empty() {
                repaired.push(' ');
            }
            let is_part = |c: char| c.is_alphanumeric();
            let word = token.trim_matches(|c| !is_part(c));
            let new = (number < MAX_WORDS).then(|| self.replacement(word, own)).flatten();
            match new.and_then(|new| Some((new, token.split_once(word)?))) {
                Some((new, (before, after))) => {
                    is_changed = true;
                    repaired.extend([before, new, after]);
                }
                None => repaired.push_str(token),
            }
        }
        is_changed.then_some(repaired)
    }

    /// Returns what a word is replaced by.
    fn replacement<'s>(&'s self, word: &str, own: &'s [Box<str>]) -> Option<&'s str> {
        let folded = fold_word(word);
        if let Some(long) = self.chat.get(folded.as_str()) {
            return Some(long);
        }
        let length = folded.len();
        let is_word = (SHORTEST..=LONGEST).contains(&length) && word.chars().all(char::is_alphabetic);
        if !is_word || self.knows(&folded, own) {
            return None;
        }
        let at_distance = |candidate: &str, distance: usize| {
            candidate.len().abs_diff(length) <= distance && strsim::osa_distance(candidate, &folded) <= distance
        };
        if let Some(near) = own.iter().filter(|word| word.len() >= SHORTEST).find(|word| at_distance(word, 1)) {
            return Some(near);
        }
        let nearest = |distance: usize, is_candidate: &dyn Fn(&str) -> bool| {
            let lengths = length.saturating_sub(distance).max(SHORTEST)..=length + distance;
            let ranges = lengths.filter_map(|length| self.lengths.get(length).cloned());
            let words = ranges.filter_map(|range| self.words.get(range)).flatten();
            let near = words.filter(|(word, _)| is_candidate(word) && at_distance(word, distance));
            near.min_by_key(|(_, rank)| *rank).map(|(word, _)| &**word)
        };
        let initial = folded.chars().next();
        let same_initial = |word: &str| word.chars().next() == initial;
        nearest(1, &|_| true).or_else(|| (length >= LONG).then(|| nearest(2, &same_initial)).flatten())
    }

    /// Whether a word needs no repair: the knowledge or the dictionary has it, or a word that it is a form of.
    fn knows(&self, word: &str, own: &[Box<str>]) -> bool {
        let has = |word: &str| {
            own.binary_search_by(|other| (**other).cmp(word)).is_ok()
                || self.words.binary_search_by(|(other, _)| (other.len(), &**other).cmp(&(word.len(), word))).is_ok()
        };
        let has_form = |ending: &str| {
            word.strip_suffix(ending).is_some_and(|base| {
                let doubled =
                    base.get(..base.len().saturating_sub(1)).filter(|short| base.ends_with(|c| short.ends_with(c)));
                has(base) || has(&format!("{base}e")) || doubled.is_some_and(has)
            })
        };
        let is_plural = |singular: &str, plural: &str| {
            word.strip_suffix(plural).is_some_and(|base| has(&format!("{base}{singular}")))
        };
        has(word)
            || has(&stem(word))
            || ["s", "es", "ed", "ing", "er", "ers", "ly", "able"].iter().any(|ending| has_form(ending))
            || is_plural("y", "ies")
            || is_plural("y", "ied")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn speller() -> Speller {
        let words = "what when where does cost services service refund money back please tomorrow open delivery parcel";
        Speller::new(words.split(' ').zip(1..))
    }

    fn own() -> Vec<Box<str>> {
        ["appointment", "invoice", "refund", "sessions"].map(Into::into).to_vec()
    }

    #[test]
    fn slips_are_repaired_and_other_words_stay() {
        let repaired = |text: &str| speller().repair(text, &own());
        assert_eq!(repaired("Waht does teh delivry cost?").as_deref(), Some("what does teh delivery cost?"));
        assert_eq!(repaired("my apointment").as_deref(), Some("my appointment"));
        assert_eq!(repaired("delviery of the parsel!").as_deref(), Some("delivery of the parcel!"));
        assert_eq!(repaired("refunds, opened, services"), None);
        assert_eq!(repaired("\u{9000}\u{6b3e} 12345 abc"), None);
    }

    #[test]
    fn the_knowledge_has_precedence_over_the_dictionary() {
        let speller = Speller::new([("refuse", 1), ("refund", 9)]);
        assert_eq!(speller.repair("refunf", &own()).as_deref(), Some("refund"));
        assert_eq!(speller.repair("refunf", &[]).as_deref(), Some("refund"));
        assert_eq!(speller.repair("refuxe", &[]).as_deref(), Some("refuse"));
    }

    #[test]
    fn abbreviations_of_chats_are_written_out() {
        assert_eq!(speller().repair("can u help pls", &own()).as_deref(), Some("can you help please"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            speller().repair(&text, &own());
        }
    }
}
