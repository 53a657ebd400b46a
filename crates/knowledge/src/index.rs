//! The search index of one company's knowledge, in memory.

mod exact;
mod lexical;
mod meaning;
mod rank;
mod sections;

use std::sync::Arc;

pub use lexical::Parameters;
pub use sections::Section;

use crate::{
    Chunk, Meanings, Snapshot, Version,
    confidence::{self, MeaningFeatures, WordFeatures},
    entry_text::in_first_person,
};
use exact::Exact;
use lexical::{Lexical, Query};
use meaning::Meaning;
use sections::Sections;

/// A chunk that was retrieved for a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The chunk, shared with the index it came from.
    pub chunk: Arc<Chunk>,
    /// The score, which is comparable only within one ranking.
    pub score: f32,
}

/// The evidence for the first passage of a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// The query equals the passage's question or one of its alternatives.
    Exact,
    /// The query has words in common with the passage.
    Words(WordFeatures),
    /// The query means something like the passage.
    Meaning(MeaningFeatures),
}

/// The passages for one query, best first, with the evidence for the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Never empty.
    passages: Vec<Passage>,
    evidence: Evidence,
    confidence: f64,
}

impl Ranking {
    /// Returns the passages, best first, never empty.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Returns the passages by value, best first, never empty.
    pub fn into_passages(self) -> Vec<Passage> {
        self.passages
    }

    /// Returns the evidence for the first passage.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Returns the probability that the first passage answers the query. It is 1 only if
    /// the query equals the passage's question or one of its alternatives.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }
}

/// The number of passages that come first by their meaning.
const MEANT: usize = 3;

/// The index of one company at one version of its knowledge.
///
/// It contains no data of other companies, not even statistics.
#[derive(Debug)]
pub struct Index {
    version: Version,
    company_name: String,
    chunks: Vec<Arc<Chunk>>,
    exact: Exact,
    lexical: Lexical,
    meaning: Meaning,
    sections: Sections,
    bytes: usize,
}

impl Index {
    /// Builds the index of a snapshot.
    pub fn build(snapshot: Snapshot) -> Self {
        Self::with_parameters(snapshot, &Parameters::default())
    }

    /// Builds the index with other ranking parameters.
    ///
    /// The confidence is fitted for [`Parameters::default`] only.
    pub fn with_parameters(snapshot: Snapshot, parameters: &Parameters) -> Self {
        let exact = Exact::build(&snapshot.chunks);
        let lexical = Lexical::build(&snapshot.chunks, parameters);
        let meaning = Meaning::build(&snapshot.chunks, &snapshot.company_name, &snapshot.vectors);
        let sections = Sections::build(&snapshot.chunks);
        let texts: usize = snapshot.chunks.iter().map(chunk_bytes).sum();
        let bytes = size_of::<Self>() + texts + exact.bytes() + lexical.bytes() + meaning.bytes() + sections.bytes();
        let chunks = snapshot.chunks.into_iter().map(Arc::new).collect();
        Self {
            version: snapshot.version,
            company_name: snapshot.company_name,
            chunks,
            exact,
            lexical,
            meaning,
            sections,
            bytes,
        }
    }

    /// Returns the version of the knowledge it was built from.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the number of chunks.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Tells whether the company has no knowledge.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Returns an estimate of its memory use in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the entries, by document, then by position.
    pub fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().map(Arc::as_ref)
    }

    /// Returns the sections in the order of the chunks.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        self.sections.all(&self.chunks)
    }

    /// Returns the section whose title, after [`crate::text::normalize`], equals `key`.
    pub fn section(&self, key: &str) -> Option<Section<'_>> {
        self.sections.find(key, &self.chunks)
    }

    /// Whether every question and alternative of every entry has a vector.
    pub fn has_all_vectors(&self) -> bool {
        self.meaning.is_complete(self.chunks.len())
    }

    /// Whether a search for this query can compare what it means. If not, there is no need to encode it: no entry has a
    /// vector, or the query equals a stored question.
    pub fn compares_meaning(&self, query: &str) -> bool {
        !self.meaning.is_empty() && self.exact.find(query, &self.chunks).is_none()
    }

    /// Returns the texts whose vectors a search for this query needs, at most two: the query itself and, if it has slips
    /// that the speller repairs, the repaired one. None if [`Index::compares_meaning`] is false.
    pub fn readings(&self, query: &str, meanings: &Meanings) -> Vec<String> {
        let Some(speller) = meanings.speller() else { return Vec::new() };
        if !self.compares_meaning(query) {
            return Vec::new();
        }
        let raw = in_first_person(query, &self.company_name);
        let repaired = speller.repair(&raw, self.lexical.words());
        [Some(raw), repaired].into_iter().flatten().filter(|text| text.contains(char::is_alphanumeric)).collect()
    }

    /// Returns the best passages for a query, `None` if there are none: no passage shares a word with it, and its
    /// meaning is not known.
    ///
    /// There are at most `limit` passages, and at least one. A passage whose question
    /// equals the query comes first, whatever its score.
    pub fn search(&self, query: &str, meanings: &Meanings, limit: usize) -> Option<Ranking> {
        let limit = limit.max(1);
        let readings = self.readings(query, meanings);
        let vectors = meanings.of(&readings);
        let by_words = |query: &Query| self.search_words(query, limit);
        if let Some(exact) = self.exact.find(query, &self.chunks) {
            let scores = self.scores(&self.lexical.read(query));
            let mut best = rank::top(&scores, limit);
            best.retain(|&at| at != exact);
            best.insert(0, exact);
            best.truncate(limit);
            return Some(self.ranking(&best, &scores, Evidence::Exact, 1.0));
        }
        // The repaired text has the more known words.
        let query = self.lexical.read(readings.last().map_or(query, String::as_str));
        if vectors.is_empty() {
            return by_words(&query);
        }
        let scores = self.meaning.score(&vectors, &self.lexical, &query);
        let mut best = rank::top(&scores.total, limit.max(MEANT));
        let Some(&first) = best.first() else { return by_words(&query) };
        let by_word = self.scores(&query);
        let (evidence, confidence) = match meanings.weights() {
            Some(weights) => {
                let features = self.meaning.features(&scores, first);
                (Evidence::Meaning(features), confidence::of_meaning(&features, weights))
            }
            None => self.evidence_of_words(&query, &by_word, first),
        };
        // An entry may have many of the words and yet mean something else, so the best of them gets a place.
        let words = rank::top(&by_word, MEANT + 1);
        if let Some(&other) = words.iter().find(|at| !best.iter().take(MEANT).any(|first| first == *at)) {
            best.retain(|&at| at != other);
            best.insert(best.len().min(MEANT), other);
        }
        best.truncate(limit);
        let meant = self.ranking(&best, &scores.total, evidence, confidence);
        // An entry that was changed a moment ago has no vector yet, or a new alternative has none. Without weights, words are
        // the only evidence anyway.
        let is_worded = |at: &&usize| meanings.weights().is_none() || !self.meaning.has(**at);
        let worded = words.first().filter(is_worded).and_then(|_| by_words(&query));
        Some(worded.filter(|worded| worded.confidence() > meant.confidence()).unwrap_or(meant))
    }

    fn search_words(&self, query: &Query, limit: usize) -> Option<Ranking> {
        let scores = self.scores(query);
        let mut best = rank::top(&scores, limit);
        let (evidence, confidence) = self.evidence_of_words(query, &scores, *best.first()?);
        best.truncate(limit);
        Some(self.ranking(&best, &scores, evidence, confidence))
    }

    /// Returns what the words of a query say for an entry, given the scores of all entries by words.
    fn evidence_of_words(&self, query: &Query, scores: &[f32], at: usize) -> (Evidence, f64) {
        let score = scores.get(at).copied().unwrap_or_default();
        let others = scores.iter().enumerate().filter(|(other, _)| *other != at);
        let second = others.fold(0.0_f32, |most, (_, score)| most.max(*score));
        let features = self.lexical.features(query, at, score, second);
        (Evidence::Words(features), confidence::of_words(&features))
    }

    fn scores(&self, query: &Query) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.chunks.len()];
        self.lexical.score(query, &mut scores);
        scores
    }

    fn ranking(&self, best: &[usize], scores: &[f32], evidence: Evidence, confidence: f64) -> Ranking {
        let passage = |&at: &usize| Some(Passage { chunk: Arc::clone(self.chunks.get(at)?), score: *scores.get(at)? });
        Ranking { passages: best.iter().filter_map(passage).collect(), evidence, confidence }
    }
}

fn chunk_bytes(chunk: &Chunk) -> usize {
    let texts = [&chunk.document.title, &chunk.chunk_id, &chunk.section, &chunk.question, &chunk.answer];
    let texts = texts.into_iter().chain(&chunk.alternatives);
    // Adds the overhead of the `Arc` around the chunk and of each text's allocation.
    size_of::<Chunk>() + 24 + texts.map(|text| text.len() + 16).sum::<usize>()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use tenancy::DocumentId;

    use super::*;
    use crate::Document;

    pub(crate) fn snapshot(items: &[(&str, &str, &str)]) -> Snapshot {
        let document = Document { id: DocumentId::new(7), title: "Guide".to_owned() };
        let chunks = items.iter().zip(0..).map(|((section, question, answer), position)| Chunk {
            document: document.clone(),
            chunk_id: format!("c{position}"),
            section: (*section).to_owned(),
            question: (*question).to_owned(),
            alternatives: Vec::new(),
            answer: (*answer).to_owned(),
            page: 0,
            position,
        });
        Snapshot {
            version: Version::new(1),
            company_name: "Tesla".to_owned(),
            chunks: chunks.collect(),
            vectors: HashMap::new(),
        }
    }

    /// Gives a chunk alternative questions.
    pub(crate) fn asked_as(mut snapshot: Snapshot, at: usize, alternatives: &[&str]) -> Snapshot {
        snapshot.chunks[at].alternatives = alternatives.iter().map(|&text| text.to_owned()).collect();
        snapshot
    }

    pub(crate) fn bakery() -> Index {
        Index::build(snapshot(&[
            ("Orders", "How do I order a birthday cake?", "Call us two days ahead or use the order form."),
            ("Orders", "Can I change my order?", "Yes, until the evening before collection."),
            ("Opening", "When are you open?", "Tuesday to Sunday, 7 to 18 h."),
            ("Allergies", "Do you have gluten free bread?", "Every Thursday we bake with rice and buckwheat flour."),
            ("Payment", "Which cards do you take?", "All common debit and credit cards."),
        ]))
    }

    fn first(index: &Index, query: &str) -> String {
        index.search(query, &Meanings::default(), 3).unwrap().passages()[0].chunk.question.clone()
    }

    #[test]
    fn inflected_words_find_the_passage() {
        assert_eq!(first(&bakery(), "ordering birthday cakes"), "How do I order a birthday cake?");
        assert_eq!(first(&bakery(), "breads without glut\u{e9}n"), "Do you have gluten free bread?");
        assert_eq!(first(&bakery(), "buckwheat"), "Do you have gluten free bread?");
    }

    #[test]
    fn the_question_itself_comes_first_with_confidence_one() {
        let ranking = bakery().search("  WHEN are   you OPEN ", &Meanings::default(), 3).unwrap();
        assert_eq!(ranking.passages()[0].chunk.question, "When are you open?");
        assert!((ranking.confidence() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn words_nobody_wrote_find_nothing() {
        assert_eq!(bakery().search("quantum chromodynamics", &Meanings::default(), 3), None);
        assert_eq!(bakery().search("", &Meanings::default(), 3), None);
        assert_eq!(bakery().search("the and of", &Meanings::default(), 3), None);
        assert_eq!(Index::build(snapshot(&[])).search("cake", &Meanings::default(), 3), None);
    }

    #[test]
    fn a_query_about_something_else_is_hardly_believed() {
        let ranking = bakery()
            .search("which birthday has the president of the chess federation", &Meanings::default(), 3)
            .unwrap();
        assert!(ranking.confidence() < 0.35, "{}", ranking.confidence());
        let ranking = bakery().search("order a cake for a birthday", &Meanings::default(), 3).unwrap();
        assert!(ranking.confidence() > 0.6, "{}", ranking.confidence());
    }

    #[test]
    fn other_companies_do_not_change_a_ranking() {
        let alone = bakery().search("change order", &Meanings::default(), 5).unwrap();
        let foreign: Vec<String> = (0..500).map(|n| format!("change order cake {n}")).collect();
        let items: Vec<_> = foreign.iter().map(|text| ("Orders", text.as_str(), text.as_str())).collect();
        let _other = Index::build(snapshot(&items));
        assert_eq!(bakery().search("change order", &Meanings::default(), 5).unwrap(), alone);
    }

    #[test]
    fn the_size_estimate_grows_with_the_texts() {
        let long = "word ".repeat(1_000);
        let small = Index::build(snapshot(&[("S", "Q", "A")])).bytes();
        assert!(Index::build(snapshot(&[("S", "Q", &long)])).bytes() >= small + long.len());
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-e ]{0,30}", "\\PC{0,60}", "(cake|order|open|bread|card|the|when| ){0,12}"]
    }

    proptest! {
        #[test]
        fn search_never_panics_and_keeps_its_bounds(
            items in prop::collection::vec((any_text(), any_text(), any_text()), 0..12),
            query in any_text(),
            limit in 0_usize..6,
        ) {
            let borrowed: Vec<_> = items.iter().map(|(s, q, a)| (s.as_str(), q.as_str(), a.as_str())).collect();
            let index = Index::build(snapshot(&borrowed));
            if let Some(ranking) = index.search(&query, &Meanings::default(), limit) {
                prop_assert!((1..=limit.max(1)).contains(&ranking.passages().len()));
                prop_assert!((0.0..=1.0).contains(&ranking.confidence()));
                prop_assert!(ranking.passages().iter().skip(1).is_sorted_by(|a, b| a.score >= b.score));
            }
        }

        #[test]
        fn a_stored_question_is_always_found_with_confidence_one(
            questions in prop::collection::vec("[a-zA-Z0-9 ?\u{e9}\u{416}]{1,20}", 1..12),
            pick in any::<prop::sample::Index>(),
        ) {
            let items: Vec<_> = questions.iter().map(|question| ("S", question.as_str(), "A")).collect();
            let index = Index::build(snapshot(&items));
            let asked = pick.get(&questions);
            let form = crate::text::normal_form(asked);
            prop_assume!(!form.is_empty());
            let ranking = index.search(&format!("  {}!", asked.to_uppercase()), &Meanings::default(), 2).unwrap();
            prop_assert_eq!(ranking.evidence(), Evidence::Exact);
            prop_assert_eq!(crate::text::normal_form(&ranking.passages()[0].chunk.question), form);
        }
    }
}
