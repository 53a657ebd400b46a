//! Turns the texts of chunks into numbered terms, each by the rules of its language.

use std::collections::HashMap;

use crate::{
    Chunk,
    text::{Algorithm, Languages, Terms, words},
};

/// Returns how the words of each chunk are stemmed. A chunk that is too short to tell its language has that of most others.
pub(super) fn algorithms(chunks: &[Chunk]) -> Vec<Algorithm> {
    let mut languages = Languages::new();
    let found = |chunk: &Chunk| languages.algorithm(&format!("{} {}", chunk.question, chunk.answer));
    let found: Vec<_> = chunks.iter().map(found).collect();
    let mut counts: Vec<(Algorithm, usize)> = Vec::new();
    for algorithm in found.iter().flatten() {
        match counts.iter_mut().find(|(other, _)| other == algorithm) {
            Some((_, count)) => *count += 1,
            None => counts.push((*algorithm, 1)),
        }
    }
    let most =
        counts.into_iter().max_by_key(|&(_, count)| count).map_or(Algorithm::English, |(algorithm, _)| algorithm);
    found.into_iter().map(|algorithm| algorithm.unwrap_or(most)).collect()
}

/// Turns texts into term numbers. Each distinct word of a language is stemmed once.
#[derive(Default)]
pub(super) struct Reader {
    vocabulary: HashMap<Box<str>, u32>,
    languages: Vec<ReadLanguage>,
    /// The place of the language of the texts that are read.
    at: usize,
}

/// A language that was read.
struct ReadLanguage {
    algorithm: Algorithm,
    stems: Terms,
    seen: HashMap<Box<str>, Option<u32>>,
}

/// What was read.
pub(super) struct Read {
    /// The numbers of the terms.
    pub(super) vocabulary: HashMap<Box<str>, u32>,
    /// The languages, in the order of their first texts.
    pub(super) languages: Vec<Algorithm>,
    /// The distinct folded words, sorted.
    pub(super) words: Vec<Box<str>>,
}

impl Reader {
    /// Returns what was read.
    pub(super) fn end(self) -> Read {
        let languages = self.languages.iter().map(|language| language.algorithm).collect();
        let mut words: Vec<_> = self.languages.into_iter().flat_map(|language| language.seen.into_keys()).collect();
        words.sort_unstable();
        words.dedup();
        Read { vocabulary: self.vocabulary, languages, words }
    }

    /// Sets the language of the texts that follow.
    pub(super) fn turn_to(&mut self, algorithm: Algorithm) {
        let place = self.languages.iter().position(|language| language.algorithm == algorithm);
        self.at = place.unwrap_or_else(|| {
            self.languages.push(ReadLanguage { algorithm, stems: Terms::new(algorithm), seen: HashMap::new() });
            self.languages.len() - 1
        });
    }

    pub(super) fn terms(&mut self, text: &str) -> Vec<u32> {
        let mut terms = Vec::new();
        self.read(text, |term| terms.push(term));
        terms
    }

    pub(super) fn read(&mut self, text: &str, mut each: impl FnMut(u32)) {
        let Some(language) = self.languages.get_mut(self.at) else { return };
        words(text, |word| {
            let term = match language.seen.get(word) {
                Some(&term) => term,
                None => {
                    let term = language.stems.of(word).map(|stem| number(&mut self.vocabulary, &stem));
                    language.seen.insert(word.into(), term);
                    term
                }
            };
            if let Some(term) = term {
                each(term);
            }
        });
    }
}

fn number(vocabulary: &mut HashMap<Box<str>, u32>, stem: &str) -> u32 {
    if let Some(&term) = vocabulary.get(stem) {
        return term;
    }
    let next = u32::try_from(vocabulary.len()).unwrap_or(u32::MAX);
    vocabulary.insert(stem.into(), next);
    next
}
