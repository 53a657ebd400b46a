//! Reads files that companies upload, of several forms and encodings, and reports every problem with its line.
//!
//! An upload is read completely, whatever is wrong with single entries, so that one look shows all problems.

mod content;
mod decode;
mod diff;
mod json;
mod lines;
mod table;

pub use content::{Content, Place, Problem, UploadError, Uploaded};
pub use diff::{ApplyError, Change, Diff, Outcome, Stored, apply, compare, stored};

use content::Reader;

/// The forms that are read, for people whose file has another one.
pub const FORMS: [&str; 4] = [
    r#"JSON as load-rag-documents reads it: {"<category>": {"<subcategory>": [{"question": "..", "answer": ".."}]}}"#,
    r#"a JSON list of entries: [{"question": "..", "answer": ".."}]"#,
    r#"a JSON list of pairs: [["question", "answer"]]"#,
    "CSV with commas, semicolons or tabs, whose first line names the columns: question and answer, and if you like \
     section, document, page, chunk_id and alternatives (separated by |)",
];

/// A file, or a text that somebody pasted.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'u> {
    /// The content.
    pub bytes: &'u [u8],
    /// The title of the document for entries that name none.
    pub document: &'u str,
}

/// The form of an upload. Documents without questions, such as handbooks, will be further ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Table,
}

impl Format {
    fn of(text: &str) -> Self {
        if text.trim_start().starts_with(['{', '[']) { Self::Json } else { Self::Table }
    }
}

/// Reads an upload.
///
/// Tags and entities in questions, answers, sections and titles become plain text, unless a JSON file has `"plain_text":
/// true` beside its `documents`, as exports have it.
///
/// # Errors
/// [`UploadError`], if there is no entry to report problems of.
pub fn read(upload: Upload<'_>) -> Result<Content, UploadError> {
    let mut reader = Reader::default();
    let text = decode::text(upload.bytes, &mut reader).ok_or(UploadError::NotText)?;
    match Format::of(&text) {
        Format::Json => json::read(&text, upload.document, &mut reader)?,
        Format::Table => table::read(&text, upload.document, &mut reader)?,
    }
    reader.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{content::MAX_PROBLEMS, *};
    use crate::{Entry, faq::MAX_ITEMS};

    pub(super) fn read(text: &str) -> Result<Content, UploadError> {
        super::read(Upload { bytes: text.as_bytes(), document: "Upload" })
    }

    /// Returns line, question and answer of each entry.
    pub(super) fn asked(content: &Content) -> Vec<(usize, &str, &str)> {
        content.entries.iter().map(|it| (it.place.line, it.entry.question.as_str(), it.entry.answer.as_str())).collect()
    }

    /// Returns line and message of each problem.
    pub(super) fn problems(content: &Content) -> Vec<(usize, &str)> {
        content.problems.iter().map(|it| (it.place.line, it.message.as_str())).collect()
    }

    #[test]
    fn one_question_twice_is_noted_and_one_id_twice_is_an_error() {
        let content = read("id,question,answer\n1,When?,Now\n2,WHEN,Later\n1,Who?,Me\n").unwrap();
        let expected =
            [(3, "The question is also asked in line 2."), (4, "chunk_id: 1 is also the id of the entry in line 2.")];
        assert_eq!(problems(&content), expected);
        assert!(content.has_errors);
        assert_eq!(content.entries.len(), 2);
        assert!(!read("question,answer\nA,1\na,2\n").unwrap().has_errors);
    }

    #[test]
    fn each_problem_names_the_first_entry_and_its_row_if_the_line_is_the_same() {
        let content = read("id,question,answer\n1,A,1\n1,B,2\n1,C,3\n").unwrap();
        let expected = [
            (3, "chunk_id: 1 is also the id of the entry in line 2."),
            (4, "chunk_id: 1 is also the id of the entry in line 2."),
        ];
        assert_eq!(problems(&content), expected);
        let content = read(r#"{"s": [["A", "1"], ["B"], {"question": "a", "answer": "2", "answer": "3"}]}"#).unwrap();
        let places: Vec<_> =
            content.problems.iter().map(|it| (it.place.line, it.place.row, it.message.as_str())).collect();
        let expected = [
            (1, Some(2), "Expected an object or a pair of question and answer."),
            (1, Some(3), "\"answer\" occurs more than once."),
            (1, Some(3), "The question is also asked in row 1."),
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn an_upload_without_entries_is_refused() {
        for (text, error) in [
            ("", UploadError::NoColumns),
            ("hello", UploadError::NoColumns),
            ("question,answer\n", UploadError::NoEntries),
            ("{}", UploadError::NoEntries),
            ("[]", UploadError::NoEntries),
            (r#"{"a": {"b": []}}"#, UploadError::NoEntries),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn problems_are_counted_up_to_a_hundred_and_entries_up_to_five_thousand() {
        let bad = format!("question,answer\n{}", "no answer,\n".repeat(MAX_ITEMS));
        let content = read(&bad).unwrap();
        assert_eq!((content.problems.len(), content.entries.len(), content.has_errors), (MAX_PROBLEMS, 0, true));
        assert_eq!(read(&format!("{bad}one,more\n")), Err(UploadError::TooMany));
    }

    #[test]
    fn notes_do_not_displace_errors() {
        let text = format!("question,answer\n{}Q,\n", "Q,A\n".repeat(2 * MAX_PROBLEMS));
        let content = read(&text).unwrap();
        let errors: Vec<_> =
            content.problems.iter().filter(|problem| problem.is_error).map(|it| it.place.line).collect();
        assert_eq!((content.problems.len(), errors), (MAX_PROBLEMS, vec![2 * MAX_PROBLEMS + 2]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = super::read(Upload { bytes: &bytes, document: "D" });
        }

        #[test]
        fn any_table_or_list_keeps_the_limits(
            text in r#"(question|answer|[,;"|\[\]{}:]|\n|<b>|&amp;|\PC){0,60}"#,
            json in any::<bool>(),
        ) {
            let text = if json { format!("[{text}]") } else { format!("question;answer\n{text}") };
            if let Ok(content) = read(&text) {
                for entry in content.entries {
                    let Entry { question, answer, .. } = entry.entry;
                    prop_assert!(!question.trim().is_empty() && !answer.trim().is_empty());
                }
            }
        }
    }
}
