//! Reads companies with labelled questions.

use std::{
    collections::HashMap,
    error::Error,
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use encoder::{MAX_TOKENS, Model, Vector};
use knowledge::{Chunk, Document, Index, Meanings, Snapshot, Speller, Version, combine, confidence, entry_texts, faq};
use serde::Deserialize;
use tenancy::DocumentId;

/// The companies whose questions are in `tests/data/tenants`, with their files.
const TENANTS: [(&str, &str); 8] = [
    ("Ironwick", "gym"),
    ("Skerra", "airline"),
    ("Hourloom", "saas"),
    ("Thrapley", "council"),
    ("Tarnwell", "bank"),
    ("Otterbrook Vets", "clinic"),
    ("Kestrix", "phones"),
    ("Lanternfield", "festival"),
];

/// The companies of the demo, whose questions are in `tests/data/questions`.
const DEMO: [(&str, &str); 2] = [("Harbour Bikes", "harbour_bikes"), ("Lumen Dental", "lumen_dental")];

/// A question, and the entries that answer it, which may be none.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) entries: Vec<String>,
}

/// A labelled question as the files write it.
#[derive(Deserialize)]
struct Line {
    q: String,
    gold: Vec<String>,
    kind: String,
}

/// A company's knowledge and the questions to it.
pub(crate) struct Company {
    pub(crate) name: &'static str,
    pub(crate) questions: Vec<Question>,
    snapshot: Snapshot,
}

impl Company {
    pub(crate) fn index(&self) -> Index {
        Index::build(self.snapshot.clone())
    }

    /// Returns companies that have only this number of the entries each, one after the other. They are asked the
    /// questions that these answer, and as many of the others.
    pub(crate) fn parts(&self, size: usize) -> Vec<(Index, Vec<Question>)> {
        let part = |chunks: &[Chunk]| {
            let has = |id: &String| chunks.iter().any(|chunk| chunk.chunk_id == *id);
            let (mut asked, others): (Vec<_>, Vec<_>) =
                self.questions.iter().cloned().partition(|question| question.entries.iter().any(has));
            let every = others.len().div_ceil(asked.len().max(1)).max(1);
            let others = others.into_iter().step_by(every);
            asked.extend(others.map(|question| Question { entries: Vec::new(), ..question }));
            (Index::build(Snapshot { chunks: chunks.to_vec(), ..self.snapshot.clone() }), asked)
        };
        self.snapshot.chunks.chunks(size).map(part).collect()
    }

    /// Returns the index without some entries.
    pub(crate) fn index_without(&self, entries: &[String]) -> Index {
        let mut snapshot = self.snapshot.clone();
        snapshot.chunks.retain(|chunk| !entries.contains(&chunk.chunk_id));
        Index::build(snapshot)
    }
}

/// The model, with the vectors of the questions that it has encoded.
pub(crate) struct Encoder {
    pub(crate) model: Model,
    empty: Meanings,
    known: Mutex<HashMap<String, Vector>>,
}

impl Encoder {
    pub(crate) fn new(model: Model) -> Self {
        // The weights are what is fitted, so those of the embedded model serve for any: they only let features be computed.
        let empty = Meanings::new(Arc::new(Speller::new(model.words())), Some(confidence::MEANING));
        Self { model, empty, known: Mutex::default() }
    }

    /// Encodes what a search needs.
    pub(crate) fn meanings(&self, index: &Index, text: &str) -> Meanings {
        let mut meanings = self.empty.clone();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for reading in index.readings(text, &self.empty) {
            let encode = || self.model.encode(&reading, MAX_TOKENS);
            let vector = known.entry(reading.clone()).or_insert_with(encode).clone();
            meanings.insert(reading, vector);
        }
        meanings
    }
}

pub(crate) fn companies(model: &Model) -> Result<Vec<Company>, Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/assets/demo");
    let mut companies = Vec::new();
    for (name, file) in TENANTS {
        let folder = data.join("tenants");
        let entries = fs::read_to_string(folder.join(format!("{file}.json")))?;
        let mut questions = Vec::new();
        for line in fs::read_to_string(folder.join(format!("{file}.questions.jsonl")))?.lines() {
            let Line { q, gold, kind } = serde_json::from_str(line)?;
            if kind != "followup" {
                questions.push(Question { text: q, entries: gold });
            }
        }
        companies.push(company(model, name, &entries, questions)?);
    }
    for (name, file) in DEMO {
        let entries = fs::read_to_string(demo.join(format!("{file}.json")))?;
        let lines = fs::read_to_string(data.join(format!("questions/{file}.q")))?;
        let question = |line: &str| {
            let (entry, text) = line.split_once('|')?;
            let entries = if entry.starts_with('-') { Vec::new() } else { vec![entry.to_owned()] };
            Some(Question { text: text.to_owned(), entries })
        };
        companies.push(company(model, name, &entries, lines.lines().filter_map(question).collect())?);
    }
    Ok(companies)
}

fn company(
    model: &Model,
    name: &'static str,
    entries: &str,
    questions: Vec<Question>,
) -> Result<Company, Box<dyn Error>> {
    let entries = faq::parse(serde_json::from_str(entries)?)?;
    let chunks = entries.as_slice().iter().zip(0..).map(|(entry, position)| Chunk {
        document: Document { id: DocumentId::new(1), title: entry.document.clone() },
        chunk_id: entry.chunk_id.clone(),
        section: entry.section.clone(),
        question: entry.question.clone(),
        alternatives: entry.alternatives.clone(),
        answer: entry.answer.clone(),
        page: entry.page,
        position,
    });
    let chunks: Vec<_> = chunks.collect();
    let vectors: HashMap<_, _> = chunks
        .iter()
        .flat_map(|chunk| entry_texts(chunk, name))
        .map(|entry| (entry.hash, combine(&entry.texts.map(|text| model.encode(&text, MAX_TOKENS)))))
        .collect();
    Ok(Company {
        name,
        questions,
        snapshot: Snapshot { version: Version::new(1), company_name: name.to_owned(), chunks, vectors },
    })
}
