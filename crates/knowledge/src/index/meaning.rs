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
    /// The number of those whose wordings all have a vector.
    whole: usize,
}

#[derive(Debug)]
struct Entry {
    vector: Vector,
    length: f32,
    /// The vectors of its alternative questions.
    alternatives: Vec<Vector>,
    /// Whether each of its questions has a vector.
    is_whole: bool,
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
            let alternatives: Vec<_> = texts.flatten().collect();
            let is_whole = alternatives.len() == chunk.alternatives.len();
            Some(Entry { length: vector.length(), vector, alternatives, is_whole })
        };
        let entries: Vec<_> = if vectors.is_empty() { Vec::new() } else { chunks.iter().map(entry).collect() };
        let whole = entries.iter().flatten().filter(|entry| entry.is_whole).count();
        Self { known: entries.iter().flatten().count(), whole, entries }
    }

    /// Whether no entry has a vector.
    pub(super) const fn is_empty(&self) -> bool {
        self.known == 0
    }

    /// Whether every question and alternative of every entry has a vector.
    pub(super) const fn is_complete(&self, entries: usize) -> bool {
        self.whole == entries
    }

    /// Whether the question of an entry and each of its alternatives have a vector.
    pub(super) fn has(&self, at: usize) -> bool {
        self.entries.get(at).and_then(Option::as_ref).is_some_and(|entry| entry.is_whole)
    }

    pub(super) fn bytes(&self) -> usize {
        let alternatives: usize = self.entries.iter().flatten().map(|entry| entry.alternatives.len()).sum();
        let dimensions =
            self.entries.iter().flatten().map(|entry| entry.vector.dimensions()).next().unwrap_or_default();
        (self.known + alternatives) * (dimensions + 40)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Index, Meanings, Speller,
        confidence::{self, MeaningWeights},
        index::{
            Evidence,
            tests::{asked_as, snapshot},
        },
    };

    #[test]
    fn an_entry_has_its_vectors_only_if_each_of_its_questions_has_one() {
        let chunks = asked_as(snapshot(&[("S", "When?", "Now."), ("S", "Who?", "Me.")]), 0, &["At what time"]).chunks;
        let vector = Vector::unit(&[1.0; 384]);
        let texts: Vec<_> = chunks.iter().flat_map(|chunk| entry_texts(chunk, "Tesla")).collect();
        let built = |without: usize| {
            let known = texts.iter().enumerate().filter(|&(at, _)| at != without);
            Meaning::build(&chunks, "Tesla", &known.map(|(_, text)| (text.hash, vector.clone())).collect())
        };
        for (without, expected) in [(9, [true, true, true]), (0, [false, true, false]), (1, [false, true, false])] {
            let meaning = built(without);
            assert_eq!([meaning.has(0), meaning.has(1), meaning.is_complete(2)], expected, "{without}");
            assert!(!meaning.is_empty());
        }
    }

    #[test]
    fn without_weights_entries_are_ranked_by_meaning_and_believed_by_their_words() {
        // Vectors of a model with few dimensions: the first entry means what is asked, and has none of the words.
        let axis = |at: usize| {
            let mut values = [0.0; 32];
            values[at] = 1.0;
            Vector::unit(&values)
        };
        let mut known = snapshot(&[("S", "When?", "Now."), ("S", "Who sells chains?", "Me."), ("S", "Why?", "So.")]);
        let texts = known.chunks.iter().map(|chunk| entry_texts(chunk, "Tesla").remove(0).hash);
        known.vectors = texts.enumerate().map(|(at, hash)| (hash, axis(at))).collect();
        let index = Index::build(known);
        let speller = Arc::new(Speller::new([("hours", 1)]));
        let search = |text: &str, weights: Option<MeaningWeights>| {
            let mut meanings = Meanings::new(Arc::clone(&speller), weights);
            meanings.insert(text.to_owned(), axis(0));
            let ranking = index.search(text, &meanings, 3).unwrap();
            (ranking.passages()[0].chunk.chunk_id.clone(), ranking.evidence(), ranking.confidence())
        };
        let (first, evidence, confidence) = search("hours", Some(confidence::MEANING));
        assert!(
            first == "c0" && matches!(evidence, Evidence::Meaning(_)) && confidence > 0.7,
            "{evidence:?} {confidence}"
        );
        let (first, evidence, confidence) = search("hours", None);
        assert!(
            first == "c0" && matches!(evidence, Evidence::Words(_)) && confidence < 0.1,
            "{evidence:?} {confidence}"
        );
        // An entry that the words make more probable comes first, as without a model.
        let by_words = index.search("who sells the chains", &Meanings::default(), 3).unwrap().confidence();
        let (first, _, confidence) = search("who sells the chains", None);
        assert_eq!(first, "c1");
        assert!((confidence - by_words).abs() < f64::EPSILON, "{confidence} {by_words}");
    }
}
