//! Reads tables: CSV with commas, semicolons or tabs.

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value};

use super::{
    content::{Reader, UploadError},
    lines::Lines,
};
use crate::{
    faq::item::{self, Defaults},
    plain,
};

/// What separates the values of a row.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What separates alternative questions in a value.
const BETWEEN: [char; 3] = ['|', '\n', '\r'];

/// The names of a column, in the order of what is most meant by them. The first is that of the field.
const COLUMNS: [&[&str]; 7] = [
    &["question", "questions", "q", "ask"],
    &["answer", "answers", "a", "reply", "response"],
    &["section", "category", "topic"],
    &["document", "source"],
    &["page"],
    &["chunk_id", "id", "key"],
    &["alternatives", "alternative", "alternative questions", "variants"],
];

pub(super) fn read(text: &str, document: &str, reader: &mut Reader) -> Result<(), UploadError> {
    let table = DELIMITERS.iter().find_map(|&delimiter| Table::open(text, delimiter));
    let Table { mut rows, delimiter, columns, width } = table.ok_or(UploadError::NoColumns)?;
    let defaults = Defaults { document, section: "" };
    let lines = Lines::of(text);
    let mut row = StringRecord::new();
    // Reading a text fails only where it is not UTF-8, and this one is.
    while rows.read_record(&mut row).is_ok_and(|is_row| is_row) {
        // A quote that does not end makes all rows after it part of its own.
        if let Some(at) = row.position().and_then(|start| open_quote(text, start.byte(), delimiter)) {
            reader.count()?;
            reader.error_in_item(lines.at(at), "The quote that begins here does not end.".to_owned());
            break;
        }
        if row.iter().all(str::is_empty) {
            continue;
        }
        reader.count()?;
        // The parser skips empty lines, and counts them as part of the row that follows.
        let start = row.position().map_or(0, csv::Position::byte);
        let rest = text.get(usize::try_from(start).unwrap_or(usize::MAX)..).unwrap_or_default();
        let line = lines.at(text.len() - rest.trim_start_matches(['\n', '\r']).len());
        if row.iter().skip(width).any(|value| !value.is_empty()) {
            reader.error_in_item(line, format!("There are {} values, but only {width} columns.", row.len()));
            continue;
        }
        let values = columns.iter().filter_map(|&(at, name)| Some((name, row.get(at)?)));
        let item: Map<String, Value> = values
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), of(name, value)))
            .collect();
        reader.add(line, item::draft(plain::item(item), defaults));
    }
    Ok(())
}

/// A table whose first row names its columns.
struct Table<'t> {
    rows: csv::Reader<&'t [u8]>,
    delimiter: u8,
    /// Where the fields are.
    columns: Vec<(usize, &'static str)>,
    width: usize,
}

impl<'t> Table<'t> {
    /// Opens a text as a table; `None` if no column has the questions, or none the answers.
    fn open(text: &'t str, delimiter: u8) -> Option<Self> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).trim(Trim::All).has_headers(true);
        let mut rows = builder.from_reader(text.as_bytes());
        let names: Vec<String> =
            rows.headers().ok()?.iter().map(|name| name.to_lowercase().replace('_', " ")).collect();
        let place = |field: &&'static [&'static str]| {
            let at = field.iter().find_map(|word| names.iter().position(|name| *name == word.replace('_', " ")))?;
            Some((at, *field.first()?))
        };
        let columns: Vec<_> = COLUMNS.iter().filter_map(place).collect();
        let has = |field: &str| columns.iter().any(|(_, name)| *name == field);
        let width = names.len();
        (has("question") && has("answer")).then_some(Self { rows, delimiter, columns, width })
    }
}

/// Returns where a quote begins that the row at `start` opens and never closes. As the parser has it, only a quote at the
/// start of a value opens something, and two of them inside are one that is meant.
fn open_quote(text: &str, start: u64, delimiter: u8) -> Option<usize> {
    let row = text.get(usize::try_from(start).unwrap_or(usize::MAX)..)?.trim_start_matches(['\n', '\r']);
    let offset = text.len() - row.len();
    let (mut open, mut closed, mut is_start) = (None, None, true);
    for (byte, at) in row.bytes().zip(offset..) {
        match byte {
            b'"' if open.is_some() => closed = open.take(),
            _ if open.is_some() => {}
            b'"' if is_start || closed.is_some() => open = closed.take().or(Some(at)),
            b'\n' | b'\r' => return None,
            _ => closed = None,
        }
        is_start = byte == delimiter;
    }
    open
}

/// Returns a value as an item has it.
fn of(field: &str, value: &str) -> Value {
    if field == "alternatives" { value.split(BETWEEN).collect() } else { value.into() }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Uploaded,
        tests::{asked, problems, read},
    };

    #[test]
    fn columns_are_found_by_their_names_whatever_separates_them() {
        for text in [
            "Question,Answer\nWhen?,Now\n\nWho?,\"Me, \nmyself\"\nWhy?,So\n",
            "answer;QUESTION\r\nNow;When?\r\n;\r\n\"Me, \nmyself\";Who?\r\nSo;Why?",
            "id\tq\ta\n1\tWhen?\tNow\n\n2\tWho?\t\"Me, \nmyself\"\n3\tWhy?\tSo\n",
        ] {
            let content = read(text).unwrap();
            assert_eq!(
                asked(&content),
                [(2, "When?", "Now"), (4, "Who?", "Me, \nmyself"), (6, "Why?", "So")],
                "{text}"
            );
            assert_eq!(problems(&content), []);
        }
    }

    #[test]
    fn a_quote_that_does_not_end_is_an_error() {
        let content = read("question,answer\nA,1\n\nB,\"2\n\nC,3\nD,\"\"4\"\"\n").unwrap();
        assert_eq!(asked(&content), [(2, "A", "1")]);
        assert_eq!(problems(&content), [(4, "The quote that begins here does not end.")]);
        assert!(content.has_errors);
        let content = read("question;answer\n\"A\n,\n\";\"1\n\"\"2\n").unwrap();
        assert_eq!(problems(&content), [(4, "The quote that begins here does not end.")]);
        for closed in ["A 5\" pipe,\"\"\"1\"\"\"", "\"A\" or B,\"1\"", "A,x\"1\n"] {
            assert_eq!(problems(&read(&format!("question,answer\n{closed}")).unwrap()), [], "{closed}");
        }
    }

    #[test]
    fn all_fields_are_read() {
        let content = read(
            "Chunk ID;Category;document;page;question;alternatives;answer;other\n7;S;D;3;Q;one| two |;A;x\n;;;;R;;B;\n",
        );
        let content = content.unwrap();
        let Uploaded { entry, has_id, .. } = &content.entries[0];
        assert_eq!((entry.chunk_id.as_str(), has_id, entry.page), ("7", &true, 3));
        assert_eq!((entry.section.as_str(), entry.document.as_str()), ("S", "D"));
        assert_eq!(entry.alternatives, ["one", "two"]);
        let Uploaded { entry, has_id, .. } = &content.entries[1];
        assert_eq!((has_id, entry.page, entry.alternatives.len()), (&false, 0, 0));
        assert_eq!((entry.section.as_str(), entry.document.as_str()), ("", "Upload"));
    }

    #[test]
    fn every_bad_row_is_named_with_its_line() {
        let long = "x".repeat(1_001);
        let content = read(&format!("question,answer,page\n,A\nQ,\nQ,A,B\nQ,A,1,2\n{long},A\nP,A\n")).unwrap();
        let expected = [
            (2, "question: This field is required."),
            (3, "answer: This field is required."),
            (4, "page: A valid integer is required."),
            (5, "There are 4 values, but only 3 columns."),
            (6, "question: Ensure this field has no more than 1000 characters."),
        ];
        assert_eq!(problems(&content), expected);
        assert_eq!(asked(&content), [(7, "P", "A")]);
    }
}
