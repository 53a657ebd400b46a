//! BM25 over weighted fields.
//!
//! This is BM25F from Robertson and Zaragoza, "The Probabilistic Relevance Framework:
//! BM25 and Beyond" (2009), section 3.6. The term frequencies of the fields are added up
//! with weights before saturation, so a word in the question counts as several words in
//! the answer. Everything that does not depend on the query is computed at build time.
//! Scoring only adds up one number for each posting.

mod questions;
mod reader;
mod wordings;

use std::{borrow::Cow, collections::HashMap, ops::Range};

use self::{
    questions::Questions,
    reader::{Read, Reader, algorithms},
    wordings::{Asked, Wordings},
};
use crate::{
    Chunk,
    confidence::WordFeatures,
    text::{Algorithm, Terms, words},
};

/// Maximum number of words that are read from a query. A message of 2,000 characters has fewer.
const MAX_QUERY_WORDS: usize = 1_000;

/// Maximum number of distinct terms of a query that are scored. The rarest are kept.
const MAX_QUERY_TERMS: usize = 48;

/// The parameters of the ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Term saturation: with a higher value, repetition counts longer.
    pub k1: f32,
    /// Length normalisation, from 0 to 1: with a higher value, long entries score lower.
    pub b: f32,
    /// The weight of a word in the question.
    pub question: f32,
    /// The weight of a word in the answer.
    pub answer: f32,
    /// The weight of a word in the section's title.
    pub section: f32,
}

/// The values were chosen on the training questions, see the table in `docs/confidence.md`.
impl Default for Parameters {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75, question: 2.0, answer: 1.0, section: 0.5 }
    }
}

/// A chunk that contains a term, and what the term adds to the chunk's score.
#[derive(Debug, Clone, Copy)]
struct Posting {
    chunk: u32,
    impact: f32,
}

#[derive(Debug, Clone)]
struct Term {
    postings: Range<usize>,
    idf: f32,
}

/// The postings of one company.
#[derive(Debug)]
pub(super) struct Lexical {
    vocabulary: HashMap<Box<str>, u32>,
    terms: Vec<Term>,
    /// Sorted by term, then by chunk.
    postings: Vec<Posting>,
    /// The questions of chunks that have several. The postings of such a chunk are those of the rest of it.
    wordings: Wordings,
    questions: Questions,
    /// The distinct folded words of all chunks, sorted.
    words: Vec<Box<str>>,
    /// How the words of the chunks are stemmed, in each of their languages.
    languages: Vec<Algorithm>,
    /// The idf of a term that no chunk contains.
    unknown_idf: f32,
    /// The upper limit of a term's impact divided by its idf.
    ceiling: f32,
}

/// A query as the index reads it.
#[derive(Debug)]
pub(super) struct Query {
    /// The terms that are scored, sorted, with their idf.
    known: Vec<(u32, f32)>,
    /// The sum of the idf of all its distinct terms, known or unknown.
    mass: f32,
}

impl Query {
    /// Returns the number of distinct terms that some chunk contains.
    pub(super) fn known_words(&self) -> f32 {
        float(self.known.len())
    }
}

/// How often a chunk contains a term, weighted by field.
struct Count {
    term: u32,
    chunk: u32,
    weight: f32,
}

impl Lexical {
    pub(super) fn build(chunks: &[Chunk], parameters: &Parameters) -> Self {
        let Counted { counts, asked, lengths, questions, read } = Counted::of(chunks, parameters);
        let Read { vocabulary, languages, words } = read;
        let size = float(chunks.len());
        let average = (lengths.iter().sum::<f32>() / size.max(1.0)).max(f32::MIN_POSITIVE);
        let idf = |holders: f32| ((size - holders + 0.5) / (holders + 0.5)).ln_1p();
        let impact = |chunk: u32, idf: f32, weight: f32| {
            let length = lengths.get(place(chunk)).copied().unwrap_or(average);
            let slope = parameters.k1 * (1.0 - parameters.b + parameters.b * length / average);
            if weight > 0.0 { idf * weight * (parameters.k1 + 1.0) / (weight + slope) } else { 0.0 }
        };
        let mut postings = Vec::with_capacity(counts.len());
        let mut terms = Vec::with_capacity(vocabulary.len());
        for holders in counts.chunk_by(|a, b| a.term == b.term) {
            let idf = idf(float(holders.len()));
            let start = postings.len();
            let written = holders.iter().filter(|count| count.weight > 0.0);
            postings.extend(
                written.map(|count| Posting { chunk: count.chunk, impact: impact(count.chunk, idf, count.weight) }),
            );
            terms.push(Term { postings: start..postings.len(), idf });
        }
        let wordings = Wordings::build(asked, |wording| {
            let idf = terms.get(place(wording.term)).map_or(0.0, |term: &Term| term.idf);
            let of = |weight: f32| impact(wording.chunk, idf, weight);
            of(wording.elsewhere + wording.weight) - of(wording.elsewhere)
        });
        let (unknown_idf, ceiling) = (idf(0.0), parameters.k1 + 1.0);
        Self { vocabulary, terms, postings, wordings, questions, words, languages, unknown_idf, ceiling }
    }

    /// Reads a query. Words that no chunk contains count only in its mass. A word is looked up as a word of each language
    /// that the chunks have.
    pub(super) fn read(&self, query: &str) -> Query {
        let languages: Vec<_> = self.languages.iter().map(|algorithm| Terms::new(*algorithm)).collect();
        let idf = |term: u32| self.terms.get(place(term)).map_or(0.0, |term| term.idf);
        let mut known: Vec<(u32, f32)> = Vec::new();
        // For each word its first term, and its largest idf. A word that has stems in two languages counts once in the mass.
        let mut masses: Vec<(u32, f32)> = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        let mut left = MAX_QUERY_WORDS;
        words(query, |word| {
            if left == 0 {
                return;
            }
            left -= 1;
            let stems: Vec<_> = languages.iter().filter_map(|language| language.of(word)).collect();
            let terms = stems.iter().filter_map(|stem| self.vocabulary.get(stem.as_ref()));
            let before = known.len();
            known.extend(terms.map(|&term| (term, idf(term))));
            let found = known.get(before..).unwrap_or_default();
            match found.first() {
                Some(&(term, _)) => masses.push((term, found.iter().map(|&(_, idf)| idf).fold(0.0, f32::max))),
                None => unknown.extend(stems.into_iter().next().map(Cow::into_owned)),
            }
        });
        unknown.sort_unstable();
        unknown.dedup();
        for terms in [&mut known, &mut masses] {
            terms.sort_unstable_by_key(|&(term, _)| term);
            terms.dedup_by_key(|&mut (term, _)| term);
        }
        let mass = masses.iter().map(|&(_, idf)| idf).sum::<f32>() + float(unknown.len()) * self.unknown_idf;
        if known.len() > MAX_QUERY_TERMS {
            known.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            known.truncate(MAX_QUERY_TERMS);
            known.sort_unstable_by_key(|&(term, _)| term);
        }
        Query { known, mass }
    }

    /// Adds the query's score to each chunk's. A chunk with several questions has the score of the best of them: words
    /// that no single one of them has together are no sign that it is meant.
    pub(super) fn score(&self, query: &Query, scores: &mut [f32]) {
        for &(term, _) in &query.known {
            for posting in self.postings_of(term) {
                if let Some(score) = scores.get_mut(place(posting.chunk)) {
                    *score += posting.impact;
                }
            }
        }
        self.wordings.add_best(&query.known, scores, |posting, _| posting.more);
    }

    /// Returns for each chunk the fraction of the query's idf mass that occurs in it, with the best of its questions.
    pub(super) fn coverage(&self, query: &Query, chunks: usize) -> Vec<f32> {
        let mut covered = vec![0.0; chunks];
        if query.mass > 0.0 {
            for &(term, idf) in &query.known {
                for posting in self.postings_of(term) {
                    if let Some(sum) = covered.get_mut(place(posting.chunk)) {
                        *sum += idf / query.mass;
                    }
                }
            }
            let share = |posting: &wordings::Posting, idf: f32| if posting.is_new { idf / query.mass } else { 0.0 };
            self.wordings.add_best(&query.known, &mut covered, share);
        }
        covered
    }

    /// Returns the distinct folded words of all chunks, sorted.
    pub(super) fn words(&self) -> &[Box<str>] {
        &self.words
    }

    /// Returns the evidence for the first chunk of a ranking, given its position and score and the score
    /// of the second chunk.
    pub(super) fn features(&self, query: &Query, first: usize, score: f32, second: f32) -> WordFeatures {
        let covered = self.coverage(query, first + 1).get(first).copied().unwrap_or_default();
        let overlaps = self.questions.of(first).map(|question| self.overlap(query, question));
        WordFeatures {
            score: ratio(score, score + self.unknown_idf * self.ceiling),
            margin: ratio(score - second, query.mass * self.ceiling),
            coverage: ratio(covered, 1.0),
            overlap: overlaps.fold(0.0, f64::max),
        }
    }

    /// Returns the Dice coefficient of the query and a question, by idf.
    fn overlap(&self, query: &Query, question: &[u32]) -> f64 {
        let shared: f32 =
            query.known.iter().filter(|(term, _)| question.binary_search(term).is_ok()).map(|(_, idf)| idf).sum();
        let asked: f32 = question.iter().filter_map(|&term| self.terms.get(place(term))).map(|term| term.idf).sum();
        ratio(2.0 * shared, query.mass + asked)
    }

    pub(super) fn bytes(&self) -> usize {
        let words: usize = self.vocabulary.keys().map(|word| word.len() + 48).sum();
        let spelled: usize = self.words.iter().map(|word| word.len() + 32).sum();
        words
            + spelled
            + self.questions.bytes()
            + self.wordings.bytes()
            + self.terms.len() * size_of::<Term>()
            + self.postings.len() * size_of::<Posting>()
    }

    fn postings_of(&self, term: u32) -> &[Posting] {
        self.terms.get(place(term)).and_then(|term| self.postings.get(term.postings.clone())).unwrap_or_default()
    }
}

/// The terms of all chunks, counted.
struct Counted {
    read: Read,
    /// Sorted by term, then by chunk.
    counts: Vec<Count>,
    asked: Asked,
    /// The weighted number of words in each chunk.
    lengths: Vec<f32>,
    questions: Questions,
}

impl Counted {
    fn of(chunks: &[Chunk], parameters: &Parameters) -> Self {
        let mut reader = Reader::default();
        let mut counts: Vec<Count> = Vec::new();
        let mut lengths: Vec<f32> = Vec::with_capacity(chunks.len());
        let mut questions = Questions::default();
        let mut bag: Vec<(u32, f32)> = Vec::new();
        let mut asked = Asked::default();
        let mut rest: HashMap<u32, f32> = HashMap::new();
        let languages = algorithms(chunks);
        for ((chunk, at), algorithm) in chunks.iter().zip(0_u32..).zip(languages) {
            reader.turn_to(algorithm);
            bag.clear();
            let question = reader.terms(&chunk.question);
            bag.extend(question.iter().map(|&term| (term, parameters.question)));
            reader.read(&chunk.answer, |term| bag.push((term, parameters.answer)));
            reader.read(&chunk.section, |term| bag.push((term, parameters.section)));
            // Alternatives do not make an entry longer: with one more it must not be found less.
            lengths.push(bag.iter().map(|&(_, weight)| weight).sum());
            let alternatives: Vec<_> = chunk.alternatives.iter().map(|text| reader.terms(text)).collect();
            if !alternatives.is_empty() {
                bag.drain(..question.len());
                rest.clear();
                bag.iter().for_each(|&(term, weight)| *rest.entry(term).or_default() += weight);
                for terms in std::iter::once(&question).chain(&alternatives) {
                    asked.push(at, terms, parameters.question, &rest);
                    // The chunk has the terms, but what they add to it depends on the question.
                    bag.extend(terms.iter().map(|&term| (term, 0.0)));
                }
            }
            questions.push(place(at), question, alternatives);
            bag.sort_unstable_by_key(|&(term, _)| term);
            counts.extend(bag.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
                let &(term, _) = same.first()?;
                Some(Count { term, chunk: at, weight: same.iter().map(|&(_, weight)| weight).sum() })
            }));
        }
        counts.sort_unstable_by_key(|count| (count.term, count.chunk));
        Self { read: reader.end(), counts, asked, lengths, questions }
    }
}

fn place(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn ratio(part: f32, whole: f32) -> f64 {
    if whole > 0.0 { f64::from(part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

#[expect(clippy::as_conversions, reason = "std converts a count to the nearest float by `as` alone")]
fn float(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::{asked_as, bakery, snapshot};

    fn built(items: &[(&str, &str, &str)]) -> Lexical {
        Lexical::build(&snapshot(items).chunks, &Parameters::default())
    }

    #[test]
    fn a_word_of_the_question_outweighs_one_of_the_answer() {
        let lexical = built(&[("S", "parking", "garage"), ("S", "garage", "parking")]);
        let mut scores = [0.0; 2];
        lexical.score(&lexical.read("parking"), &mut scores);
        assert!(scores[0] > scores[1] && scores[1] > 0.0);
    }

    #[test]
    fn an_alternative_counts_as_the_question_does_and_takes_nothing_from_it() {
        let items = [("S", "parking", "Behind the shop."), ("S", "garage", "Behind the shop.")];
        let plain = Lexical::build(&snapshot(&items).chunks, &Parameters::default());
        let asked = Lexical::build(&asked_as(snapshot(&items), 0, &["leave the car"]).chunks, &Parameters::default());
        let scores = |lexical: &Lexical, query: &str| {
            let mut scores = [0.0; 2];
            lexical.score(&lexical.read(query), &mut scores);
            scores
        };
        let overlap = |lexical: &Lexical, query: &str| lexical.features(&lexical.read(query), 0, 1.0, 0.0).overlap;
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        assert_eq!(scores(&plain, "car parking")[0], scores(&plain, "parking")[0]);
        close(scores(&asked, "car")[0], scores(&asked, "parking")[0]);
        close(scores(&asked, "parking")[0], scores(&plain, "parking")[0]);
        assert!((overlap(&asked, "leave the car") - 1.0).abs() < 1e-6);
        assert!((overlap(&asked, "parking") - 1.0).abs() < 1e-6);
    }

    #[test]
    fn words_of_two_questions_do_not_add_up() {
        let items = [("S", "parking place", "Behind."), ("S", "garage", "Yes.")];
        let asked = |alternatives: &[&str]| {
            let chunks = asked_as(snapshot(&items), 0, alternatives).chunks;
            let lexical = Lexical::build(&chunks, &Parameters::default());
            let query = lexical.read("leave parking car behind");
            let mut scores = [0.0; 2];
            lexical.score(&query, &mut scores);
            let coverage = lexical.coverage(&query, 2)[0];
            let features = lexical.features(&query, 0, scores[0], scores[1]);
            assert!((features.coverage - f64::from(coverage)).abs() < 1e-6);
            (scores[0], coverage)
        };
        let close =
            |a: (f32, f32), b: (f32, f32)| assert!((a.0 - b.0).abs() < 1e-5 && (a.1 - b.1).abs() < 1e-5, "{a:?} {b:?}");
        let one = asked(&["leave car"]);
        close(asked(&["leave", "car", "leave car"]), one);
        let apart = asked(&["leave", "car"]);
        assert!(apart.0 < one.0 && apart.1 < one.1, "{apart:?} {one:?}");
    }

    #[test]
    fn words_are_stemmed_as_those_of_the_language_of_the_entry() {
        let german = [
            ("S", "Wie lange dauern die Reparaturen?", "Die meisten Reparaturen sind nach zwei Tagen fertig."),
            ("S", "Nehmt ihr gebrauchte Fahrr\u{e4}der in Zahlung?", "Ja, wir nehmen jedes gebrauchte Fahrrad an."),
            ("S", "iPhone 15", "iPhone 15"),
        ];
        let english = [("S", "How long do repairs take?", "Most repairs are done within two days of your visit.")];
        let coverage = |lexical: &Lexical, query: &str| lexical.coverage(&lexical.read(query), 4);
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        let lexical = built(&german);
        close(coverage(&lexical, "Reparatur")[0], 1.0);
        close(coverage(&lexical, "gebrauchtes")[1], 1.0);
        let both = built(&[german.as_slice(), &english].concat());
        close(coverage(&both, "Reparatur")[0], 1.0);
        close(coverage(&both, "repairing")[3], 1.0);
        close(coverage(&both, "gebrauchtes repairing")[1] + coverage(&both, "gebrauchtes repairing")[3], 1.0);
        assert_eq!(coverage(&built(&english), "Reparaturen")[0], 0.0);
    }

    #[test]
    fn features_stay_between_zero_and_one() {
        let lexical = built(&[("S", "red shoes", "We sell shoes."), ("S", "blue hats", "We sell hats.")]);
        let query = lexical.read("red shoes red shoes shoes");
        let mut scores = [0.0; 2];
        lexical.score(&query, &mut scores);
        let features = lexical.features(&query, 0, scores[0], scores[1]);
        assert!(features.score > 0.0 && features.score < 1.0, "{features:?}");
        assert!((features.coverage - 1.0).abs() < 1e-6 && (features.overlap - 1.0).abs() < 1e-6);
        assert!(features.margin > 0.0 && features.margin < 1.0);
    }

    #[test]
    fn unknown_words_lower_the_coverage() {
        let lexical = built(&[("S", "red shoes", "A"), ("S", "blue hats", "A")]);
        let coverage = |query: &str| lexical.features(&lexical.read(query), 0, 1.0, 0.0).coverage;
        assert!(coverage("red shoes zebra") < coverage("red shoes"));
        assert!(coverage("red shoes zebra giraffe") < coverage("red shoes zebra"));
    }

    #[test]
    fn a_huge_query_is_cut_to_its_rarest_terms() {
        let text: String = (0..400).map(|n| format!("word{n} ")).collect();
        let lexical = built(&[("S", &text, "A"), ("S", "word399 common", "A")]);
        let query = lexical.read(&text);
        assert_eq!(query.known.len(), MAX_QUERY_TERMS);
        assert!(bakery().search(&"cake ".repeat(100_000), &crate::Meanings::default(), 3).is_some());
    }
}
