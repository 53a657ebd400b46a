//! What is read of an upload, and what is wrong with it.

use std::collections::HashMap;

use crate::{Draft, faq::MAX_ITEMS, text::normal_form};

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
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The entry.
    pub draft: Draft,
}

/// Something that is wrong or strange in an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
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
    ids: HashMap<String, usize>,
    questions: HashMap<String, usize>,
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

    /// Adds an item, or says why it is none.
    pub(super) fn add(&mut self, line: usize, read: Result<Draft, String>) {
        let draft = match read {
            Ok(draft) => draft,
            Err(why) => return self.error(line, why),
        };
        if let Some(id) = &draft.chunk_id
            && let Some(first) = self.ids.insert(id.clone(), line)
        {
            return self.error(line, format!("chunk_id: {id} is also the id of the entry in line {first}."));
        }
        let form = normal_form(&draft.question);
        if let Some(first) = self.questions.get(&form) {
            self.note(line, format!("The question is also asked in line {first}."));
        } else {
            self.questions.insert(form, line);
        }
        self.content.entries.push(Uploaded { line, draft });
    }

    pub(super) fn error(&mut self, line: usize, message: String) {
        self.content.has_errors = true;
        self.problem(Problem { line, message, is_error: true });
    }

    pub(super) fn note(&mut self, line: usize, message: String) {
        self.problem(Problem { line, message, is_error: false });
    }

    fn problem(&mut self, problem: Problem) {
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

/// Returns at most [`MAX_PROBLEMS`] problems by line. Errors go before notes: they are what has to be repaired.
pub(super) fn most_important(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (!problem.is_error, problem.line));
    problems.truncate(MAX_PROBLEMS);
    problems.sort_by_key(|problem| problem.line);
    problems
}
