//! What is read of an upload, and what is wrong with it.

use std::collections::HashMap;

use crate::{Draft, Entry, faq::MAX_ITEMS, text::normal_form};

/// Maximum number of problems that are kept.
pub(super) const MAX_PROBLEMS: usize = 100;

/// What an upload contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The entries that can be loaded, in the order of the upload.
    pub entries: Vec<Uploaded>,
    /// What is wrong or strange, by line. At most the first hundred, errors before notes.
    pub problems: Vec<Problem>,
    /// Whether an entry cannot be loaded.
    pub has_errors: bool,
}

/// An entry of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The place at which it begins.
    pub place: Place,
    /// The entry, as it will be stored.
    pub entry: Entry,
    /// Whether the upload names its id. Otherwise the id is a new one.
    pub has_id: bool,
}

/// A place in an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The number of the entry among those of the upload, from 1, whether they can be loaded or not. `None` outside an
    /// entry.
    pub row: Option<usize>,
}

impl Place {
    /// Returns the words for it in a message about another place: a file can have all entries in one line.
    fn seen_from(self, other: Self) -> String {
        match self.row {
            Some(row) if self.line == other.line => format!("row {row}"),
            _ => format!("line {}", self.line),
        }
    }
}

/// Something that is wrong or strange in an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is, in one sentence.
    pub message: String,
    /// Whether it prevents the upload from being loaded.
    pub is_error: bool,
}

/// Why nothing of an upload was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The bytes are no text in UTF-8, UTF-16 or Latin-1.
    #[error("the file is no text in UTF-8, UTF-16 or Latin-1")]
    NotText,
    /// The text begins like JSON and is none.
    #[error("line {line} is not JSON: {message}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// It is a table, but no column is named question, or none answer.
    #[error("the first line names no columns question and answer")]
    NoColumns,
    /// There is no entry in it.
    #[error("no entries were found")]
    NoEntries,
    /// There are more than [`MAX_ITEMS`] entries.
    #[error("there are more than {MAX_ITEMS} entries")]
    TooMany,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    content: Content,
    ids: HashMap<String, Place>,
    questions: HashMap<String, Place>,
    items: usize,
    /// The numbers of errors and of notes that were kept.
    kept: [usize; 2],
}

impl Reader {
    /// Counts one more item.
    pub(super) fn count(&mut self) -> Result<(), UploadError> {
        self.items += 1;
        if self.items > MAX_ITEMS { Err(UploadError::TooMany) } else { Ok(()) }
    }

    /// Adds the item that was counted last, or says why it is none.
    pub(super) fn add(&mut self, line: usize, read: Result<Draft, String>) {
        let draft = match read {
            Ok(draft) => draft,
            Err(why) => return self.error_in_item(line, why),
        };
        let place = self.item_at(line);
        if let Some(id) = &draft.chunk_id {
            let first = *self.ids.entry(id.clone()).or_insert(place);
            if first != place {
                let first = first.seen_from(place);
                return self.error_in_item(line, format!("chunk_id: {id} is also the id of the entry in {first}."));
            }
        }
        let has_id = draft.chunk_id.is_some();
        let entry = draft.into_entry();
        let first = *self.questions.entry(normal_form(&entry.question)).or_insert(place);
        if first != place {
            self.note_in_item(line, format!("The question is also asked in {}.", first.seen_from(place)));
        }
        self.content.entries.push(Uploaded { place, entry, has_id });
    }

    pub(super) fn error(&mut self, line: usize, message: String) {
        self.problem(Problem { place: Place { line, row: None }, message, is_error: true });
    }

    pub(super) fn note(&mut self, line: usize, message: String) {
        self.problem(Problem { place: Place { line, row: None }, message, is_error: false });
    }

    /// Adds an error of the item that was counted last.
    pub(super) fn error_in_item(&mut self, line: usize, message: String) {
        self.problem(Problem { place: self.item_at(line), message, is_error: true });
    }

    /// Adds a note about the item that was counted last.
    pub(super) fn note_in_item(&mut self, line: usize, message: String) {
        self.problem(Problem { place: self.item_at(line), message, is_error: false });
    }

    fn item_at(&self, line: usize) -> Place {
        Place { line, row: Some(self.items) }
    }

    fn problem(&mut self, problem: Problem) {
        self.content.has_errors |= problem.is_error;
        let [errors, notes] = &mut self.kept;
        let kept = if problem.is_error { errors } else { notes };
        if *kept < MAX_PROBLEMS {
            *kept += 1;
            self.content.problems.push(problem);
        }
    }

    pub(super) fn finish(mut self) -> Result<Content, UploadError> {
        if self.items == 0 {
            return Err(UploadError::NoEntries);
        }
        self.content.problems = most_important(self.content.problems);
        Ok(self.content)
    }
}

/// Returns at most [`MAX_PROBLEMS`] problems by place. Errors go before notes: they are what has to be repaired.
pub(super) fn most_important(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (!problem.is_error, problem.place));
    problems.truncate(MAX_PROBLEMS);
    problems.sort_by_key(|problem| problem.place);
    problems
}
