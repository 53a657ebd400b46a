//! The search index of one company's knowledge, in memory.

mod exact;
mod lexical;
mod rank;
mod sections;

use std::sync::Arc;

pub use lexical::Parameters;
pub use sections::Section;

use crate::{
    Chunk, Snapshot, Version,
    confidence::{self, Features},
};
use exact::Exact;
use lexical::Lexical;
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
    /// The query equals the passage's question.
    Exact,
    /// The query is similar to the passage, as these features say.
    Similar(Features),
}

/// The passages for one query, best first, with the evidence for the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Never empty.
    passages: Vec<Passage>,
    evidence: Evidence,
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
    /// the query equals the passage's question.
    pub fn confidence(&self) -> f64 {
        match self.evidence {
            Evidence::Exact => 1.0,
            Evidence::Similar(features) => confidence::probability(&features),
        }
    }
}

/// The index of one company at one version of its knowledge.
///
/// It contains no data of other companies, not even statistics.
#[derive(Debug)]
pub struct Index {
    version: Version,
    chunks: Vec<Arc<Chunk>>,
    exact: Exact,
    lexical: Lexical,
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
        let sections = Sections::build(&snapshot.chunks);
        let texts: usize = snapshot.chunks.iter().map(chunk_bytes).sum();
        let bytes = size_of::<Self>() + texts + exact.bytes() + lexical.bytes() + sections.bytes();
        let chunks = snapshot.chunks.into_iter().map(Arc::new).collect();
        Self { version: snapshot.version, chunks, exact, lexical, sections, bytes }
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

    /// Returns the sections in the order of the chunks.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        self.sections.all(&self.chunks)
    }

    /// Returns the section whose title, after [`crate::text::normalize`], equals `key`.
    pub fn section(&self, key: &str) -> Option<Section<'_>> {
        self.sections.find(key, &self.chunks)
    }

    /// Returns the best passages for a query, `None` if no passage shares a word with it.
    ///
    /// There are at most `limit` passages, and at least one. A passage whose question
    /// equals the query comes first, whatever its score.
    pub fn search(&self, query: &str, limit: usize) -> Option<Ranking> {
        let exact = self.exact.find(query, &self.chunks);
        let terms = self.lexical.read(query);
        let mut scores = vec![0.0_f32; self.chunks.len()];
        self.lexical.score(&terms, &mut scores);
        let mut best = rank::top(&scores, limit.max(2));
        let evidence = match (exact, best.as_slice()) {
            (Some(exact), _) => {
                best.retain(|&at| at != exact);
                best.insert(0, exact);
                Evidence::Exact
            }
            (None, [first, rest @ ..]) => {
                let score = |at: &usize| scores.get(*at).copied().unwrap_or_default();
                let second = rest.first().map_or(0.0, score);
                Evidence::Similar(self.lexical.features(&terms, *first, score(first), second))
            }
            (None, []) => return None,
        };
        let passages = best
            .into_iter()
            .take(limit.max(1))
            .filter_map(|at| Some(Passage { chunk: Arc::clone(self.chunks.get(at)?), score: *scores.get(at)? }));
        Some(Ranking { passages: passages.collect(), evidence })
    }
}

fn chunk_bytes(chunk: &Chunk) -> usize {
    let texts = [&chunk.document.title, &chunk.chunk_id, &chunk.section, &chunk.question, &chunk.answer];
    // Adds the overhead of the `Arc` around the chunk and of each text's allocation.
    size_of::<Chunk>() + 24 + texts.iter().map(|text| text.len() + 16).sum::<usize>()
}

#[cfg(test)]
pub(crate) mod tests {
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
            answer: (*answer).to_owned(),
            page: 0,
            position,
        });
        Snapshot { version: Version::new(1), chunks: chunks.collect() }
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
        index.search(query, 3).unwrap().passages()[0].chunk.question.clone()
    }

    #[test]
    fn inflected_words_find_the_passage() {
        assert_eq!(first(&bakery(), "ordering birthday cakes"), "How do I order a birthday cake?");
        assert_eq!(first(&bakery(), "breads without glut\u{e9}n"), "Do you have gluten free bread?");
        assert_eq!(first(&bakery(), "buckwheat"), "Do you have gluten free bread?");
    }

    #[test]
    fn the_question_itself_comes_first_with_confidence_one() {
        let ranking = bakery().search("  WHEN are   you OPEN ", 3).unwrap();
        assert_eq!(ranking.passages()[0].chunk.question, "When are you open?");
        assert!((ranking.confidence() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn words_nobody_wrote_find_nothing() {
        assert_eq!(bakery().search("quantum chromodynamics", 3), None);
        assert_eq!(bakery().search("", 3), None);
        assert_eq!(bakery().search("the and of", 3), None);
        assert_eq!(Index::build(snapshot(&[])).search("cake", 3), None);
    }

    #[test]
    fn a_query_about_something_else_is_hardly_believed() {
        let ranking = bakery().search("which birthday has the president of the chess federation", 3).unwrap();
        assert!(ranking.confidence() < 0.35, "{}", ranking.confidence());
        let ranking = bakery().search("order a cake for a birthday", 3).unwrap();
        assert!(ranking.confidence() > 0.6, "{}", ranking.confidence());
    }

    #[test]
    fn other_companies_do_not_change_a_ranking() {
        let alone = bakery().search("change order", 5).unwrap();
        let foreign: Vec<String> = (0..500).map(|n| format!("change order cake {n}")).collect();
        let items: Vec<_> = foreign.iter().map(|text| ("Orders", text.as_str(), text.as_str())).collect();
        let _other = Index::build(snapshot(&items));
        assert_eq!(bakery().search("change order", 5).unwrap(), alone);
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
            if let Some(ranking) = index.search(&query, limit) {
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
            let ranking = index.search(&format!("  {}!", asked.to_uppercase()), 2).unwrap();
            prop_assert_eq!(ranking.evidence(), Evidence::Exact);
            prop_assert_eq!(crate::text::normal_form(&ranking.passages()[0].chunk.question), form);
        }
    }
}
