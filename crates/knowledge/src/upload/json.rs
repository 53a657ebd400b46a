//! Reads JSON: an FAQ as `load-rag-documents` takes it, and lists of entries or pairs.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{
    content::{Reader, UploadError},
    lines::Lines,
    plain,
};
use crate::{
    Draft,
    faq::item::{self, Defaults},
};

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

/// Reads a value whose whole text was read before, so this fails only if it has another type.
fn read_as<'t, T: Deserialize<'t>>(raw: &'t RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn object(raw: &RawValue) -> Option<Keys<'_>> {
    if raw.get().starts_with('{') { read_as(raw) } else { None }
}

fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    if raw.get().starts_with('[') { read_as(raw) } else { None }
}

pub(super) fn read(text: &str, document: &str, reader: &mut Reader) -> Result<(), UploadError> {
    let text = text.trim_start_matches('\u{feff}');
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| UploadError::NotJson {
        line: error.line(),
        message: error.to_string().split(" at line").next().unwrap_or_default().to_owned(),
    })?;
    let mut walk = Walk { text, lines: Lines::of(text), reader };
    match object(whole) {
        Some(top) => walk.top(top, document),
        None => walk.items(list(whole).unwrap_or_default(), Defaults { document, section: "" }),
    }
}

struct Walk<'t, 'r> {
    text: &'t str,
    lines: Lines,
    reader: &'r mut Reader,
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
        for (key, raw) in self.once(keys) {
            if key != "documents" {
                let line = self.line(raw);
                self.reader.note(line, format!("{} is beside \"documents\" and was skipped.", short(&key)));
            } else if let Some(items) = list(raw) {
                self.items(items, Defaults { document, section: "" })?;
            } else if let Some(categories) = object(raw) {
                self.categories(categories, document)?;
            } else {
                self.skipped(&key, raw);
            }
        }
        Ok(())
    }

    /// Reads an FAQ: categories with subcategories with items. A category may also be a list of items, and then it is
    /// their section.
    fn categories(&mut self, keys: Keys<'t>, document: &str) -> Result<(), UploadError> {
        for (category, raw) in self.once(keys) {
            if let Some(items) = list(raw) {
                self.items(items, Defaults { document, section: &category })?;
            } else if let Some(subcategories) = object(raw) {
                for (subcategory, raw) in self.once(subcategories) {
                    match list(raw) {
                        Some(items) => self.items(items, Defaults { document: &category, section: &subcategory })?,
                        None => self.skipped(&subcategory, raw),
                    }
                }
            } else {
                self.skipped(&category, raw);
            }
        }
        Ok(())
    }

    fn skipped(&mut self, key: &str, raw: &RawValue) {
        let line = self.line(raw);
        self.reader.note(line, format!("{} is no list of entries and was skipped.", short(key)));
    }

    /// Notes the keys that occur more than once. All of them are read.
    fn once(&mut self, keys: Keys<'t>) -> Vec<(String, &'t RawValue)> {
        self.note_repeated(&keys);
        keys.0
    }

    fn note_repeated(&mut self, keys: &Keys<'t>) {
        let mut seen = std::collections::HashSet::new();
        for (key, raw) in &keys.0 {
            if !seen.insert(key) {
                let line = self.line(raw);
                self.reader.note(line, format!("{} occurs more than once.", short(key)));
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
        let values: Map<String, Value> = if let Some(keys) = object(raw) {
            self.note_repeated(&keys);
            // As in a load, the last value of a key counts.
            keys.0.into_iter().filter_map(|(key, raw)| Some((key, read_as(raw)?))).collect()
        } else if let Some(pair) = read_as::<(Value, Value)>(raw) {
            [("question".to_owned(), pair.0), ("answer".to_owned(), pair.1)].into_iter().collect()
        } else {
            return Err("Expected an object or a pair of question and answer.".to_owned());
        };
        item::draft(plain::item(values), defaults)
    }
}

fn short(key: &str) -> String {
    let key: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("\"{key}\"")
}

#[cfg(test)]
mod tests {
    use super::super::{
        UploadError,
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
            let draft = &content.entries[0].draft;
            assert_eq!((draft.document.as_str(), draft.section.as_str()), ("Shop", "Orders"));
            assert_eq!((draft.chunk_id.as_deref(), problems(&content).len()), (Some("7"), 0));
        }
    }

    #[test]
    fn lists_of_entries_and_of_pairs_are_read() {
        let entries = "[{\"question\": \"When?\", \"answer\": \"Now\"},\n[\"Who?\", \"Me\"]\n]";
        assert_eq!(asked(&read(entries).unwrap()), [(1, "When?", "Now"), (2, "Who?", "Me")]);
        let content = read("{\"Visits\":\n[{\"question\": \"When?\", \"answer\": \"Now\"}]}").unwrap();
        assert_eq!(content.entries[0].draft.section, "Visits");
        assert_eq!(content.entries[0].draft.document, "Upload");
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
        let draft = &content.entries[1].draft;
        assert_eq!((draft.document.as_str(), draft.section.as_str()), ("Upload", ""));
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
    fn broken_json_is_refused_with_the_line() {
        let broken = read("[\n[\"a\", \"b\"],\n");
        assert!(
            matches!(&broken, Err(UploadError::NotJson { line: 3, message }) if message.starts_with("EOF")),
            "{broken:?}"
        );
    }
}
