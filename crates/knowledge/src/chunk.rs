//! What a company's knowledge is made of.

use std::fmt;

use tenancy::DocumentId;

/// A source that citations name.
///
/// For FAQ entries there is one document for each distinct `document` title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The id in citations.
    pub id: DocumentId,
    /// The title in citations, unique among the FAQ documents of a company.
    pub title: String,
}

/// The smallest piece of knowledge that is ranked and cited: one FAQ entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The document it belongs to, with its title.
    pub document: Document,
    /// The id its author gave it, or a UUID; unique in the company.
    pub chunk_id: String,
    /// The topic it is listed under.
    pub section: String,
    /// The question it answers.
    pub question: String,
    /// The answer, given to visitors verbatim; its only markup is `<br>`.
    pub answer: String,
    /// The page of the source, 0 if unknown.
    pub page: i64,
    /// Its place within the document, rising, perhaps with gaps.
    pub position: i64,
}

/// A company's knowledge version: it rises with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of a company that never had any knowledge.
    pub const NONE: Self = Self(0);

    /// Wraps the number as rows keep it.
    pub const fn new(version: i64) -> Self {
        Self(version)
    }

    /// The number as rows keep it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// All knowledge of one company as one transaction saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version the chunks make up.
    pub version: Version,
    /// Every chunk, by document, then position.
    pub chunks: Vec<Chunk>,
}
