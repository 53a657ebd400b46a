//! Ranks entries by what they mean.
//!
//! The score of an entry is its similarity to the question, plus something for the words that they share.

use std::collections::HashMap;

use encoder::Vector;

use super::lexical::{Lexical, Query};
use crate::{Chunk, TextHash, confidence::MeaningFeatures, entry_texts};

/// How much shared words count at most.
const WORDS: f32 = 0.5;

/// The number of known words of a question for which shared words count half of the most.
const HALF: f32 = 5.0;

/// Entries with a larger cosine say the same, so that one is no rival of the other.
const SAME: f32 = 0.9;

/// The score of an entry that has nothing to do with a question. A company with few entries is compared with
/// [`STRANGERS`] more of them: the best of few is not yet a good one.
const STRANGE: f32 = 0.2;

/// See [`STRANGE`].
const STRANGERS: f32 = 20.0;

/// How sharply [`MeaningFeatures::share`] prefers the best entry.
const SHARPNESS: f32 = 15.0;

/// The vectors of the entries of one company.
#[derive(Debug)]
pub(super) struct Meaning {
    entries: Vec<Option<Entry>>,
    known: usize,
}

#[derive(Debug)]
struct Entry {
    vector: Vector,
    length: f32,
    /// The vectors of its alternative questions.
    alternatives: Vec<Vector>,
}

impl Entry {
    /// Returns how similar the reading is to the entry as its best question asks for it.
    fn similarity(&self, reading: &Vector) -> f32 {
        let alternatives = self.alternatives.iter().map(|vector| reading.dot(vector));
        alternatives.fold(reading.dot(&self.vector), f32::max)
    }
}

/// The scores of all entries for a question.
pub(super) struct Scores {
    /// The similarity of each entry to the reading that is most like it.
    dense: Vec<f32>,
    /// The share of the question's words that each entry has.
    coverage: Vec<f32>,
    /// What the entries are ranked by.
    pub(super) total: Vec<f32>,
}

impl Meaning {
    pub(super) fn build(chunks: &[Chunk], company: &str, vectors: &HashMap<TextHash, Vector>) -> Self {
        let entry = |chunk: &Chunk| {
            let mut texts = entry_texts(chunk, company).into_iter().map(|text| vectors.get(&text.hash).cloned());
            let vector = texts.next()??;
            Some(Entry { length: vector.length(), vector, alternatives: texts.flatten().collect() })
        };
        let entries: Vec<_> = if vectors.is_empty() { Vec::new() } else { chunks.iter().map(entry).collect() };
        Self { known: entries.iter().flatten().count(), entries }
    }

    /// Whether no entry has a vector.
    pub(super) const fn is_empty(&self) -> bool {
        self.known == 0
    }

    /// Whether every entry has a vector.
    pub(super) const fn is_complete(&self, entries: usize) -> bool {
        self.known == entries
    }

    /// Whether an entry has a vector.
    pub(super) fn has(&self, at: usize) -> bool {
        self.entries.get(at).is_some_and(Option::is_some)
    }

    pub(super) fn bytes(&self) -> usize {
        let alternatives: usize = self.entries.iter().flatten().map(|entry| entry.alternatives.len()).sum();
        (self.known + alternatives) * (Vector::BYTES + 32)
    }

    /// Scores all entries for the readings of a question.
    pub(super) fn score(&self, readings: &[&Vector], lexical: &Lexical, query: &Query) -> Scores {
        let nearest = |entry: &Entry| readings.iter().map(|reading| entry.similarity(reading)).fold(f32::MIN, f32::max);
        let dense: Vec<f32> = self.entries.iter().map(|entry| entry.as_ref().map_or(0.0, nearest)).collect();
        let coverage = lexical.coverage(query, dense.len());
        let words = query.known_words();
        let most = WORDS * words / (words + HALF);
        let total = dense.iter().zip(&coverage).map(|(dense, coverage)| dense + most * coverage * coverage).collect();
        Scores { dense, coverage, total }
    }

    /// Returns the evidence for the first entry of a ranking.
    pub(super) fn features(&self, scores: &Scores, first: usize) -> MeaningFeatures {
        let at = |values: &[f32]| values.get(first).copied().unwrap_or_default();
        let best = at(&scores.total);
        let lead = |values: &[f32]| {
            let others = values.iter().enumerate().filter(|&(other, _)| !self.is_same(first, other));
            at(values) - others.map(|(_, value)| *value).fold(STRANGE, f32::max)
        };
        let weight = |score: f32| (SHARPNESS * (score - best)).exp();
        let weights = scores.total.iter().map(|score| weight(*score)).sum::<f32>() + STRANGERS * weight(STRANGE);
        MeaningFeatures {
            score: positive(best),
            margin: positive(lead(&scores.total)),
            share: positive(1.0 / weights),
            similarity: positive(at(&scores.dense)),
            similarity_margin: positive(lead(&scores.dense)),
            coverage: positive(at(&scores.coverage)),
        }
    }

    fn is_same(&self, first: usize, other: usize) -> bool {
        let entry = |at: usize| self.entries.get(at).and_then(Option::as_ref);
        match (entry(first), entry(other)) {
            _ if first == other => true,
            (Some(a), Some(b)) => a.vector.dot(&b.vector) > SAME * a.length * b.length,
            _ => false,
        }
    }
}

fn positive(value: f32) -> f64 {
    f64::from(value).max(0.0)
}
