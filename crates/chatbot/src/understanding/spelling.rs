//! The words that patterns know, found in spite of slips of typing.

use std::collections::{HashMap, HashSet};

use super::reading::Language;
use super::{hash::Passed, words};

/// Words with fewer letters have no tolerance for slips.
const SLIP_FROM: usize = 5;

/// Words of this length may have two neighbouring letters exchanged, and no other slip.
const SWAPPED: usize = 4;

/// Longer words are not compared with known ones.
const SLIP_TO: usize = 24;

/// The number of a known word.
pub(super) type WordId = u32;

/// What a word of a text can be: one known word, or two that are equally near.
pub(super) type Known = [Option<WordId>; 2];

/// The known words and their properties.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<String, WordId, Passed>,
    names: Vec<String>,
    /// For each word, the languages that ignore it, as bits.
    fillers: Vec<u8>,
    /// For each word, whether it begins another clause.
    joints: Vec<bool>,
    /// Words that are spelled correctly and in no pattern.
    others: HashSet<String, Passed>,
    /// Words that people lengthen: `hiii`.
    calls: HashSet<WordId>,
    /// What abbreviations and contractions stand for.
    long_forms: HashMap<String, Vec<WordId>, Passed>,
    /// Known words by the hashes of their forms without one letter.
    near: HashMap<u64, Vec<WordId>, Passed>,
}

impl Vocabulary {
    /// Returns the number of a word, which becomes known.
    pub(super) fn learn(&mut self, word: &str) -> WordId {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = WordId::try_from(self.names.len()).unwrap_or(WordId::MAX);
        self.names.push(word.to_owned());
        self.fillers.push(0);
        self.joints.push(false);
        self.ids.insert(word.to_owned(), id);
        id
    }

    /// Learns the words of a phrase. Abbreviations in it become their long forms.
    pub(super) fn learn_all(&mut self, phrase: &str) -> Vec<WordId> {
        let mut ids = Vec::new();
        for word in words::folded(phrase) {
            match self.long_forms.get(&word) {
                Some(long) => ids.extend(long),
                None => ids.push(self.learn(&word)),
            }
        }
        ids
    }

    /// Notes that the words of a phrase are spelled correctly, so that they are no slips.
    pub(super) fn respect(&mut self, phrase: &str) {
        self.others.extend(words::folded(phrase));
    }

    /// Makes a word one that the patterns of a language ignore.
    pub(super) fn ignore(&mut self, word: &str, language: Language) {
        for id in self.learn_all(word) {
            if let Some(languages) = usize::try_from(id).ok().and_then(|at| self.fillers.get_mut(at)) {
                *languages |= language.bit();
            }
        }
    }

    /// Makes a word one that begins another clause.
    pub(super) fn join(&mut self, word: &str) {
        for id in self.learn_all(word) {
            if let Some(is_joint) = usize::try_from(id).ok().and_then(|at| self.joints.get_mut(at)) {
                *is_joint = true;
            }
        }
    }

    /// Makes a word one that people lengthen.
    pub(super) fn call(&mut self, id: WordId) {
        self.calls.insert(id);
    }

    /// Makes a word an abbreviation of a phrase.
    pub(super) fn abbreviate(&mut self, word: &str, long: &str) {
        let long = self.learn_all(long);
        for word in words::folded(word) {
            self.long_forms.insert(word, long.clone());
        }
    }

    /// Builds the index of near words, once all words are known.
    pub(super) fn finish(&mut self) {
        for (name, id) in self.names.iter().zip(0..).filter(|(name, _)| has_slips(name)) {
            for hash in hashes(name) {
                let near = self.near.entry(hash).or_default();
                if !near.contains(&id) {
                    near.push(id);
                }
            }
        }
    }

    /// Returns a word by its number.
    pub(super) fn name(&self, id: WordId) -> Option<&str> {
        usize::try_from(id).ok().and_then(|at| self.names.get(at)).map(String::as_str)
    }

    /// Returns the languages that ignore a word, as bits.
    pub(super) fn fillers(&self, id: WordId) -> u8 {
        usize::try_from(id).ok().and_then(|at| self.fillers.get(at)).copied().unwrap_or(0)
    }

    /// Whether a word begins another clause.
    pub(super) fn is_joint(&self, id: WordId) -> bool {
        usize::try_from(id).ok().and_then(|at| self.joints.get(at)).copied().unwrap_or(false)
    }

    /// Calls `each` with what a folded word stands for: once, or several times for a contraction. The
    /// second argument is whether the word is written as it is known.
    pub(super) fn find(&self, word: &str, mut each: impl FnMut(Known, bool)) {
        if let Some(&id) = self.ids.get(word) {
            each([Some(id), None], true);
        } else if let Some(long) = self.long_forms.get(word) {
            long.iter().for_each(|&id| each([Some(id), None], true));
        } else if self.others.contains(word) {
            each([None, None], true);
        } else if let Some(id) = self.lengthened(word) {
            each([Some(id), None], true);
        } else {
            each(self.nearest(word), false);
        }
    }

    /// Returns the known word behind repeated letters.
    fn lengthened(&self, word: &str) -> Option<WordId> {
        let (mut run, mut longest, mut last) = (0, 0, ' ');
        for c in word.chars() {
            run = if c == last { run + 1 } else { 1 };
            longest = longest.max(run);
            last = c;
        }
        if longest < 2 || longest == 2 && run < 2 {
            return None;
        }
        let find = |most: usize| self.ids.get(&shortened(word, most)).copied();
        let once = find(1);
        if longest == 2 {
            return once.filter(|id| self.calls.contains(id));
        }
        // `hellooo` has two letters that may be doubled, and only one is.
        let doubled = shortened(word, 2);
        let end = doubled.chars().next_back().and_then(|last| doubled.strip_suffix(last));
        find(2).or_else(|| end.and_then(|end| self.ids.get(end).copied())).or(once)
    }

    /// Returns the one known word with the same letters, two neighbours behind the first exchanged.
    fn swapped(&self, word: &str) -> Option<WordId> {
        let mut known = swaps(word).skip(1).filter_map(|swapped| self.ids.get(&swapped).copied());
        known.next().filter(|_| known.next().is_none())
    }

    /// Returns up to two known words that differ by one slip.
    fn nearest(&self, word: &str) -> Known {
        let mut found = [None, None];
        if word.len() == SWAPPED {
            return [self.swapped(word), None];
        }
        if !has_slips(word) {
            return found;
        }
        for hash in hashes(word) {
            for &id in self.near.get(&hash).into_iter().flatten() {
                let name = usize::try_from(id).ok().and_then(|at| self.names.get(at));
                let is_near = !found.contains(&Some(id))
                    && name.is_some_and(|name| strsim::osa_distance(name, word) <= 1 && same_start(name, word));
                if let Some(free) = found.iter_mut().find(|one| one.is_none()).filter(|_| is_near) {
                    *free = Some(id);
                }
            }
        }
        found
    }
}

/// Returns the forms of a word with two neighbouring letters exchanged.
fn swaps(word: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = word.chars().collect();
    (1..letters.len()).map(move |at| {
        let mut swapped = letters.clone();
        swapped.swap(at - 1, at);
        swapped.into_iter().collect()
    })
}

/// Whether one of the first two letters is the same: few people miss both.
fn same_start(one: &str, other: &str) -> bool {
    one.chars().zip(other.chars()).take(2).any(|(a, b)| a == b)
        || one.chars().take(2).eq(other.chars().skip(1).take(2))
        || one.chars().next() == other.chars().nth(1)
}

fn has_slips(word: &str) -> bool {
    (SLIP_FROM..=SLIP_TO).contains(&word.chars().count()) && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns a word whose repeated letters are repeated at most `most` times.
fn shortened(word: &str, most: usize) -> String {
    let (mut run, mut last) = (0, ' ');
    let keep = |c: &char| {
        run = if *c == last { run + 1 } else { 1 };
        last = *c;
        run <= most
    };
    word.chars().filter(keep).collect()
}

/// Returns the hash of a word and those of its forms without one letter.
///
/// Two words at distance one have a hash in common.
fn hashes(word: &str) -> impl Iterator<Item = u64> {
    let letters: Vec<u64> = word.chars().map(u64::from).collect();
    (0..=letters.len()).map(move |without| {
        let kept = letters.iter().enumerate().filter(|(at, _)| *at != without);
        kept.fold(0, |hash: u64, (_, letter)| (hash.rotate_left(7) ^ letter).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(vocabulary: &Vocabulary, word: &str) -> Vec<String> {
        let mut found = Vec::new();
        vocabulary.find(word, |known, _| {
            found.extend(known.iter().flatten().map(|id| vocabulary.names[usize::try_from(*id).unwrap()].clone()));
        });
        found
    }

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for word in ["human", "person", "parson", "hello", "hi", "good", "to"] {
            vocabulary.learn(word);
        }
        let hi = vocabulary.learn("hi");
        vocabulary.call(hi);
        vocabulary.abbreviate("don't", "do not");
        vocabulary.finish();
        vocabulary
    }

    #[test]
    fn one_slip_is_forgiven_in_long_words() {
        let vocabulary = vocabulary();
        for (typed, word) in [
            ("human", "human"),
            ("humna", "human"),
            ("humann", "human"),
            ("huamn", "human"),
            ("umans", ""),
            ("humen", "human"),
        ] {
            assert_eq!(known(&vocabulary, typed).concat(), word, "{typed}");
        }
        assert_eq!(known(&vocabulary, "gooz"), [""; 0]);
        assert_eq!(known(&vocabulary, "pxrson"), ["person", "parson"]);
    }

    #[test]
    fn lengthened_words_are_known() {
        let vocabulary = vocabulary();
        for (typed, word) in
            [("hellooooo", "hello"), ("hii", "hi"), ("hiiii", "hi"), ("gooood", "good"), ("too", ""), ("tooo", "to")]
        {
            assert_eq!(known(&vocabulary, typed).concat(), word, "{typed}");
        }
    }

    #[test]
    fn contractions_are_several_words() {
        assert_eq!(known(&vocabulary(), "dont"), ["do", "not"]);
    }
}
