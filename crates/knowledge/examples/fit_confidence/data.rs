//! Reads labelled questions and groups them into collections, each of which acts as a company.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::Path,
};

use knowledge::{Chunk, Document, Index, Snapshot, Version, index::Parameters};
use serde_json::Value;
use tenancy::DocumentId;

/// Numbers of entries of small companies.
const SLICES: [usize; 2] = [20, 60];

/// Number of words in a question that is reduced to keywords.
const KEYWORDS: usize = 3;

/// Whether a question is used to fit the weights or to evaluate them. All questions about
/// one entry have the same split, so that the fit cannot memorise entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    Train,
    HeldOut,
}

/// A question, and the entry that answers it, if the collection has one.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) entry: Option<String>,
    pub(crate) split: Split,
    /// Whether it is reduced to keywords.
    pub(crate) keywords: bool,
}

/// A company's knowledge and the questions to it. Half of the questions are about its own
/// course, half about other courses.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    /// Maximum number of entries in collections of this kind.
    pub(crate) size: usize,
    pub(crate) questions: Vec<Question>,
    chunks: Vec<Chunk>,
}

impl Collection {
    pub(crate) fn index(&self, parameters: &Parameters) -> Index {
        let snapshot = Snapshot { version: Version::new(1), chunks: self.chunks.clone() };
        Index::with_parameters(snapshot, parameters)
    }
}

struct Labelled {
    text: String,
    course: String,
    entry: String,
}

pub(crate) fn read(path: &Path) -> Result<Vec<Collection>, Box<dyn Error>> {
    let entries: Value = serde_json::from_slice(&fs::read(path.join("documents-with-ids.json"))?)?;
    let mut courses: BTreeMap<String, Vec<Chunk>> = BTreeMap::new();
    for entry in entries.as_array().into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let chunks = courses.entry(text("course")).or_default();
        chunks.push(Chunk {
            document: Document { id: DocumentId::new(1), title: text("course") },
            chunk_id: text("id"),
            section: text("section"),
            question: text("question"),
            answer: text("text"),
            page: 0,
            position: i64::try_from(chunks.len())?,
        });
    }
    let mut labelled = Vec::new();
    for row in csv::Reader::from_path(path.join("ground-truth-data.csv"))?.records() {
        let row = row?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        labelled.push(Labelled { text: field(0), course: field(1), entry: field(2) });
    }
    let mut collections = Vec::new();
    for (course, chunks) in &courses {
        for size in SLICES {
            collections.extend(chunks.chunks(size).map(|slice| collection(size, course, slice, &labelled)));
        }
        collections.push(collection(usize::MAX, course, chunks, &labelled));
    }
    Ok(collections)
}

fn collection(size: usize, course: &str, chunks: &[Chunk], labelled: &[Labelled]) -> Collection {
    let ids: BTreeSet<&str> = chunks.iter().map(|chunk| chunk.chunk_id.as_str()).collect();
    let inside = |question: &&Labelled| question.course == course && ids.contains(question.entry.as_str());
    let mut foreign: Vec<&Labelled> = labelled.iter().filter(|question| question.course != course).collect();
    // The order is different for each collection and the same in every run.
    let seed = chunks.first().map(|chunk| chunk.chunk_id.as_str()).unwrap_or_default();
    foreign.sort_by_key(|question| hash(&format!("{seed}{}{}", question.text, question.entry)));
    let mut questions = Vec::new();
    let mut others = foreign.into_iter();
    for own in labelled.iter().filter(inside) {
        questions.extend(asked(own, Some(&own.entry)));
        questions.extend(others.next().into_iter().flat_map(|other| asked(other, None)));
    }
    Collection { size, questions, chunks: chunks.to_vec() }
}

/// Returns the question as it was written, and reduced to keywords.
fn asked(labelled: &Labelled, entry: Option<&String>) -> [Question; 2] {
    let split = if hash(&labelled.entry).is_multiple_of(2) { Split::Train } else { Split::HeldOut };
    [(labelled.text.clone(), false), (keywords(&labelled.text), true)].map(|(text, keywords)| Question {
        text,
        entry: entry.cloned(),
        split,
        keywords,
    })
}

/// Returns the three longest words, in their original order.
fn keywords(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut longest: Vec<(usize, &str)> = words.into_iter().enumerate().collect();
    longest.sort_by_key(|&(at, word)| (std::cmp::Reverse(word.len()), at));
    longest.truncate(KEYWORDS);
    longest.sort_unstable();
    longest.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// Hashes with FNV-1a, so that the result is the same on every machine and in every run.
fn hash(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash ^ (hash >> 29)
}
