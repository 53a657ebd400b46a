//! Reads JSON: an FAQ as `load-rag-documents` takes it, and lists of entries or pairs.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{
    content::{Reader, UploadError},
    lines::Lines,
};
use crate::{
    Draft,
    faq::item::{self, Defaults},
    plain,
};

/// The key beside `documents` that says that texts are no HTML. Exports have it.
const PLAIN: &str = "plain_text";

/// An object with its values as they are written. A key can occur several times.
struct Keys<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Keys<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'t> Visitor<'t> for Pairs {
            type Value = Keys<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Keys<'t>, A::Error> {
                let mut keys = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    keys.push(pair);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

/// Reads a value whose syntax was checked before, or says what is wrong in it: half a surrogate pair in a text or a key, a
/// number that is too large, or too many lists in lists.
fn read_as<'t, T: Deserialize<'t>>(raw: &'t RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|error| message(&error))
}

/// Returns what the parser says, without the place.
fn message(error: &serde_json::Error) -> String {
    error.to_string().split(" at line").next().unwrap_or_default().to_owned()
}

/// A value with values of its own, as they are written.
enum Node<'t> {
    Object(Keys<'t>),
    List(Vec<&'t RawValue>),
    Other,
}

impl<'t> Node<'t> {
    fn of(raw: &'t RawValue) -> Result<Self, String> {
        match raw.get().as_bytes().first() {
            Some(b'{') => read_as(raw).map(Self::Object),
            Some(b'[') => read_as(raw).map(Self::List),
            _ => Ok(Self::Other),
        }
    }
}

pub(super) fn read(text: &str, document: &str, reader: &mut Reader) -> Result<(), UploadError> {
    let whole: &RawValue = serde_json::from_str(text)
        .map_err(|error| UploadError::NotJson { line: error.line(), message: message(&error) })?;
    let lines = Lines::of(text);
    let mut walk = Walk { text, lines, reader, is_plain: false };
    match Node::of(whole) {
        Ok(Node::Object(top)) => walk.top(top, document),
        Ok(Node::List(items)) => walk.items(items, Defaults { document, section: "" }),
        Ok(Node::Other) => Ok(()),
        Err(message) => Err(UploadError::NotJson { line: walk.line(whole), message }),
    }
}

struct Walk<'t, 'r> {
    text: &'t str,
    lines: Lines,
    reader: &'r mut Reader,
    /// Whether texts are no HTML.
    is_plain: bool,
}

impl<'t> Walk<'t, '_> {
    fn line(&self, raw: &RawValue) -> usize {
        self.lines.at(raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr()))
    }

    /// Reads the whole object: an FAQ or a list, which may be under `documents`.
    fn top(&mut self, keys: Keys<'t>, document: &str) -> Result<(), UploadError> {
        let is_wrapped = |(key, raw): &(String, &RawValue)| key == "documents" && raw.get().starts_with(['{', '[']);
        if !keys.0.iter().any(is_wrapped) {
            return self.categories(keys, document);
        }
        self.is_plain = keys.0.iter().any(|(key, raw)| key == PLAIN && raw.get() == "true");
        for (key, raw) in self.once(keys) {
            if key == PLAIN {
                continue;
            }
            if key != "documents" {
                let line = self.line(raw);
                self.reader.note(line, format!("{} is beside \"documents\" and was skipped.", short(&key)));
                continue;
            }
            match Node::of(raw) {
                Ok(Node::List(items)) => self.items(items, Defaults { document, section: "" })?,
                Ok(Node::Object(categories)) => self.categories(categories, document)?,
                Ok(Node::Other) => self.skipped(&key, raw),
                Err(why) => self.unreadable(&key, raw, &why),
            }
        }
        Ok(())
    }

    /// Reads an FAQ: categories with subcategories with items. A category may also be a list of items, and then it is
    /// their section.
    fn categories(&mut self, keys: Keys<'t>, document: &str) -> Result<(), UploadError> {
        for (category, raw) in self.once(keys) {
            match Node::of(raw) {
                Ok(Node::List(items)) => self.items(items, Defaults { document, section: &category })?,
                Ok(Node::Object(subcategories)) => self.subcategories(subcategories, &category)?,
                Ok(Node::Other) => self.skipped(&category, raw),
                Err(why) => self.unreadable(&category, raw, &why),
            }
        }
        Ok(())
    }

    fn subcategories(&mut self, keys: Keys<'t>, category: &str) -> Result<(), UploadError> {
        for (subcategory, raw) in self.once(keys) {
            match Node::of(raw) {
                Ok(Node::List(items)) => self.items(items, Defaults { document: category, section: &subcategory })?,
                Ok(Node::Object(_) | Node::Other) => self.skipped(&subcategory, raw),
                Err(why) => self.unreadable(&subcategory, raw, &why),
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, key: &str, raw: &RawValue, why: &str) {
        let line = self.line(raw);
        self.reader.error(line, format!("{}: {why}.", short(key)));
    }

    fn skipped(&mut self, key: &str, raw: &RawValue) {
        let line = self.line(raw);
        self.reader.note(line, format!("{} is no list of entries and was skipped.", short(key)));
    }

    /// Notes the keys outside items that occur more than once. All of them are read.
    fn once(&mut self, keys: Keys<'t>) -> Vec<(String, &'t RawValue)> {
        self.repeated(&keys, Reader::note);
        keys.0
    }

    fn repeated(&mut self, keys: &Keys<'t>, note: fn(&mut Reader, usize, String)) {
        let mut seen = HashSet::new();
        for (key, raw) in &keys.0 {
            if !seen.insert(key) {
                let line = self.line(raw);
                note(self.reader, line, format!("{} occurs more than once.", short(key)));
            }
        }
    }

    fn items(&mut self, items: Vec<&'t RawValue>, defaults: Defaults<'_>) -> Result<(), UploadError> {
        for raw in items {
            self.reader.count()?;
            let line = self.line(raw);
            let read = self.item(raw, defaults);
            self.reader.add(line, read);
        }
        Ok(())
    }

    fn item(&mut self, raw: &'t RawValue, defaults: Defaults<'_>) -> Result<Draft, String> {
        let no_item = "Expected an object or a pair of question and answer.";
        let keys = match Node::of(raw).map_err(|why| format!("{why}."))? {
            Node::Object(keys) => keys,
            Node::List(pair) => match pair.as_slice() {
                [question, answer] => Keys(vec![("question".to_owned(), question), ("answer".to_owned(), answer)]),
                _ => return Err(no_item.to_owned()),
            },
            Node::Other => return Err(no_item.to_owned()),
        };
        self.repeated(&keys, Reader::note_in_item);
        // As in a load, the last value of a key counts, and other keys are skipped.
        let mut values = Map::new();
        for (key, raw) in keys.0.into_iter().filter(|(key, _)| item::KEYS.contains(&key.as_str())) {
            let value: Value = read_as(raw).map_err(|why| format!("{key}: {why}."))?;
            values.insert(key, value);
        }
        item::draft(if self.is_plain { values } else { plain::item(values) }, defaults)
    }
}

fn short(key: &str) -> String {
    let key: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("\"{key}\"")
}

#[cfg(test)]
mod tests {
    use super::super::{
        UploadError, Uploaded,
        tests::{asked, problems, read},
    };

    #[test]
    fn an_faq_is_read_as_a_load_reads_it() {
        for text in [
            "{\"Shop\": {\"Orders\": [\n {\"question\": \"When?\", \"answer\": \"Now\", \"chunk_id\": 7}\n]}}",
            "{\"documents\": {\"Shop\": {\"Orders\": [\n {\"question\": \"When?\", \"answer\": \"Now\", \"chunk_id\": 7}]}}}",
        ] {
            let content = read(text).unwrap();
            assert_eq!(asked(&content), [(2, "When?", "Now")]);
            let Uploaded { entry, has_id, .. } = &content.entries[0];
            assert_eq!((entry.document.as_str(), entry.section.as_str()), ("Shop", "Orders"));
            assert_eq!((entry.chunk_id.as_str(), has_id, problems(&content).len()), ("7", &true, 0));
        }
    }

    #[test]
    fn lists_of_entries_and_of_pairs_are_read() {
        let entries = "[{\"question\": \"When?\", \"answer\": \"Now\"},\n[\"Who?\", \"Me\"]\n]";
        assert_eq!(asked(&read(entries).unwrap()), [(1, "When?", "Now"), (2, "Who?", "Me")]);
        let content = read("{\"Visits\":\n[{\"question\": \"When?\", \"answer\": \"Now\"}]}").unwrap();
        assert_eq!(content.entries[0].entry.section, "Visits");
        assert_eq!(content.entries[0].entry.document, "Upload");
    }

    #[test]
    fn repeated_keys_and_what_is_skipped_are_noted_with_their_line() {
        let text = "{\"info\": {\"id\": 1},\n\"n\": 5,\n\"A\": {\"s\": [[\"When?\", \"Now\"]],\n\"s\": [\n{\"question\": \
            \"Who?\", \"answer\": \"I\",\n\"answer\": \"Me\"}]}}";
        let content = read(text).unwrap();
        assert_eq!(asked(&content), [(3, "When?", "Now"), (5, "Who?", "Me")]);
        let expected = [
            (1, "\"id\" is no list of entries and was skipped."),
            (2, "\"n\" is no list of entries and was skipped."),
            (4, "\"s\" occurs more than once."),
            (6, "\"answer\" occurs more than once."),
        ];
        assert_eq!(problems(&content), expected);
        assert!(!content.has_errors);
    }

    #[test]
    fn what_is_under_documents_is_read_and_what_is_beside_them_is_noted() {
        let text = "{\"documents\": {\"A\": {\"s\": [[\"When?\", \"Now\"]]}},\n\"mode\": \"merge\",\n\"B\": {\"s\": [[\"Q\", \
            \"A\"]]},\n\"documents\": [[\"Who?\", \"Me\"]],\n\"documents\": 1}";
        let content = read(text).unwrap();
        assert_eq!(asked(&content), [(1, "When?", "Now"), (4, "Who?", "Me")]);
        let entry = &content.entries[1].entry;
        assert_eq!((entry.document.as_str(), entry.section.as_str()), ("Upload", ""));
        let expected = [
            (2, "\"mode\" is beside \"documents\" and was skipped."),
            (3, "\"B\" is beside \"documents\" and was skipped."),
            (4, "\"documents\" occurs more than once."),
            (5, "\"documents\" occurs more than once."),
            (5, "\"documents\" is no list of entries and was skipped."),
        ];
        assert_eq!(problems(&content), expected);
    }

    #[test]
    fn every_bad_item_is_named_with_its_line() {
        let content = read("[1,\n[\"a\"],\n{\"question\": \"Q\"},\n[\"Q\", true],\n[\"Q\", \"A\"]]").unwrap();
        let expected = [
            (1, "Expected an object or a pair of question and answer."),
            (2, "Expected an object or a pair of question and answer."),
            (3, "answer: This field is required."),
            (4, "answer: Not a valid string."),
        ];
        assert_eq!(problems(&content), expected);
        assert_eq!(asked(&content), [(5, "Q", "A")]);
    }

    #[test]
    fn a_value_that_cannot_be_decoded_is_an_error_of_its_row() {
        let content = read(
            "{\"A\": {\"s\": [[\"Q\", \"A\"],\n{\"question\": \"R\", \"answer\": \"\\ud83d\"},\n\
            {\"question\": \"S\", \"answer\": \"A\", \"page\": 1e999},\n[\"\\ud83d\", \"A\"],\n\
            {\"\\ud83d\": 1},\n{\"question\": \"T\", \"answer\": \"A\", \"other\": 1e999}]},\n\
            \"B\": {\"\\ud83d\": [[\"U\", \"A\"]]}}",
        );
        let content = content.unwrap();
        let half = "unexpected end of hex escape";
        let expected = [
            (2, format!("answer: {half}.")),
            (3, "page: number out of range.".to_owned()),
            (4, format!("question: {half}.")),
            (5, format!("{half}.")),
            (7, format!("\"B\": {half}.")),
        ];
        let found: Vec<_> = problems(&content).into_iter().map(|(line, why)| (line, why.to_owned())).collect();
        assert_eq!(found, expected);
        assert_eq!(asked(&content), [(1, "Q", "A"), (6, "T", "A")]);
        assert!(content.has_errors);
        let broken = read("{\"\\ud83d\": 1}");
        assert!(matches!(&broken, Err(UploadError::NotJson { line: 1, .. })), "{broken:?}");
    }

    #[test]
    fn texts_of_a_file_that_says_so_are_no_html() {
        let item = "[{\"question\": \"Is &lt; less?\", \"answer\": \"&amp;nbsp; <b>\"}]";
        let content = read(&format!("{{\"documents\": {{\"A\": {{\"s\": {item}}}}},\n\"plain_text\": true}}")).unwrap();
        assert_eq!(asked(&content), [(1, "Is &lt; less?", "&amp;nbsp; < b>")]);
        assert_eq!(problems(&content), []);
        let content =
            read(&format!("{{\"documents\": {{\"A\": {{\"s\": {item}}}}},\n\"plain_text\": false}}")).unwrap();
        assert_eq!(asked(&content), [(1, "Is < less?", "&nbsp;")]);
    }

    #[test]
    fn broken_json_is_refused_with_the_line() {
        let broken = read("[\n[\"a\", \"b\"],\n");
        assert!(
            matches!(&broken, Err(UploadError::NotJson { line: 3, message }) if message.starts_with("EOF")),
            "{broken:?}"
        );
    }
}
