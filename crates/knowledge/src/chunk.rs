//! The parts of a company's knowledge.

use std::{collections::HashMap, fmt};

use encoder::Vector;
use tenancy::DocumentId;

use crate::{Extent, TextHash};

/// A source that citations refer to.
///
/// An FAQ has one document for each distinct `document` title of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The id, as shown in citations.
    pub id: DocumentId,
    /// The title, as shown in citations; unique among the FAQ documents of a company.
    pub title: String,
}

/// The smallest piece of knowledge that is ranked and cited: one FAQ entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The document it belongs to, with its title.
    pub document: Document,
    /// The id from the FAQ, or a UUID; unique in the company.
    pub chunk_id: String,
    /// The topic it is listed under.
    pub section: String,
    /// The question it answers.
    pub question: String,
    /// Other ways to ask the question. They find the chunk as the question does, and are not shown to visitors.
    pub alternatives: Vec<String>,
    /// The answer, which visitors get verbatim. Its only markup is `<br>`.
    pub answer: String,
    /// The page of the source, 0 if unknown.
    pub page: i64,
    /// Its position in the document. Positions are ascending and can have gaps.
    pub position: i64,
}

impl Chunk {
    /// Returns the question and its alternatives.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.question).chain(&self.alternatives).map(String::as_str)
    }

    /// Returns how much of a company's knowledge it is.
    pub(crate) fn extent(&self) -> Extent {
        Extent::of(&self.question, &self.alternatives, &self.answer)
    }
}

/// The version of a company's knowledge. It rises with every change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of a company that has never had any knowledge.
    pub const NONE: Self = Self(0);

    /// Makes a version from its number in rows.
    pub const fn new(version: i64) -> Self {
        Self(version)
    }

    /// Returns the number in rows.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// All knowledge of one company, as read in one transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The version that the chunks belong to.
    pub version: Version,
    /// The name by which the company calls itself.
    pub company_name: String,
    /// All chunks, by document, then by position.
    pub chunks: Vec<Chunk>,
    /// The vectors of the entries, as far as they have been computed, by the hash of their [`crate::EntryText`].
    pub vectors: HashMap<TextHash, Vector>,
}
