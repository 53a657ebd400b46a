//! Parses and checks an FAQ object: categories with subcategories with items.
//!
//! ```json
//! {"<category>": {"<subcategory>": [{"question": "..", "answer": ".."}]}}
//! ```

pub(crate) mod item;

use std::collections::HashSet;

use serde_json::Value;

use crate::Entry;
use item::{Defaults, read};

/// Maximum number of items in one load.
pub const MAX_ITEMS: usize = 5_000;

/// Maximum number of bad items in one error.
const MAX_MESSAGES: usize = 50;

/// Maximum length of a category's or subcategory's name in a message, in characters.
const NAME_IN_MESSAGE: usize = 60;

/// The entries of one load, as checked by [`parse`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// Returns the entries in the order of the object.
    pub fn as_slice(&self) -> &[Entry] {
        &self.0
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether the object has no items.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why an FAQ was rejected. Then none of its items is loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaqError {
    /// The FAQ is not a JSON object.
    #[error("the FAQ is not an object of categories")]
    NotAnObject,
    /// There are more than [`MAX_ITEMS`] items.
    #[error("the FAQ has more than {MAX_ITEMS} items")]
    TooManyItems,
    /// Items that cannot be loaded, each as `<category>.<subcategory>[3]: ...` with the
    /// item's index from 0. Holds at most the first fifty.
    #[error("the FAQ has items that cannot be loaded")]
    BadItems(Vec<String>),
}

impl FaqError {
    /// Returns the messages for the field `documents` of an error response.
    pub fn into_messages(self) -> Vec<String> {
        match self {
            Self::NotAnObject => vec!["Expected an object of categories.".to_owned()],
            Self::TooManyItems => vec![format!("Ensure this field has no more than {MAX_ITEMS} items.")],
            Self::BadItems(messages) => messages,
        }
    }
}

/// Checks an FAQ object and fills in the defaults.
///
/// A category that is not an object, a subcategory that is not a list, and unknown keys
/// of an item are skipped. Texts are trimmed and made safe by [`crate::markup`]. The length of
/// a text is checked after trimming, without the spaces that disarm tags.
///
/// # Errors
/// [`FaqError`]. It names all bad items, not only the first.
pub fn parse(faq: Value) -> Result<Entries, FaqError> {
    let Value::Object(categories) = faq else {
        return Err(FaqError::NotAnObject);
    };
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    let mut bad = Vec::new();
    let mut items_read = 0_usize;
    for (category, subcategories) in categories {
        let Value::Object(subcategories) = subcategories else {
            continue;
        };
        for (subcategory, items) in subcategories {
            let Value::Array(items) = items else { continue };
            items_read += items.len();
            if items_read > MAX_ITEMS {
                return Err(FaqError::TooManyItems);
            }
            for (index, item) in items.into_iter().enumerate() {
                let defaults = Defaults { document: &category, section: &subcategory };
                let entry = read(item, defaults).and_then(|entry| {
                    if seen.insert(entry.chunk_id.clone()) { Ok(entry) } else { Err(duplicate(&entry.chunk_id)) }
                });
                match entry {
                    Ok(entry) => entries.push(entry),
                    Err(why) if bad.len() < MAX_MESSAGES => {
                        bad.push(format!("{}.{}[{index}]: {why}", short(&category), short(&subcategory)));
                    }
                    Err(_) => {}
                }
            }
        }
    }
    if bad.is_empty() { Ok(Entries(entries)) } else { Err(FaqError::BadItems(bad)) }
}

fn duplicate(chunk_id: &str) -> String {
    format!("chunk_id: {chunk_id} occurs more than once.")
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_IN_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::entry::MAX_QUESTION;

    fn one(item: &Value) -> Result<Entry, String> {
        match parse(json!({"cat": {"sub": [item]}})) {
            Ok(entries) => Ok(entries.0.into_iter().next().unwrap()),
            Err(error) => Err(error.into_messages().remove(0)),
        }
    }

    #[test]
    fn defaults_come_from_where_the_item_stands() {
        let entry = one(&json!({"question": " Q? ", "answer": "A", "section": "", "document": null})).unwrap();
        assert_eq!((entry.section.as_str(), entry.document.as_str(), entry.page), ("sub", "cat", 0));
        assert_eq!(entry.question, "Q?");
        assert!(Uuid::parse_str(&entry.chunk_id).is_ok());
    }

    #[test]
    fn given_fields_are_kept_and_numbers_become_text() {
        let item = json!({"question": 5, "answer": "a<br>b <b>", "section": "S", "page": "7.0", "document": "D",
            "chunk_id": 12, "alternatives": ["five", " ", "V"], "source": {"any": "thing"}});
        let expected = Entry {
            document: "D".into(),
            chunk_id: "12".into(),
            section: "S".into(),
            question: "5".into(),
            alternatives: vec!["five".into(), "V".into()],
            answer: "a<br>b < b>".into(),
            page: 7,
        };
        assert_eq!(one(&item), Ok(expected));
    }

    #[test]
    fn a_bad_item_is_named_with_its_place_and_reason() {
        for (item, why) in [
            (json!(1), "cat.sub[0]: Expected an object."),
            (json!({"answer": "A"}), "cat.sub[0]: question: This field is required."),
            (json!({"question": null, "answer": "A"}), "cat.sub[0]: question: This field may not be null."),
            (json!({"question": " ", "answer": "A"}), "cat.sub[0]: question: This field may not be blank."),
            (json!({"question": [], "answer": "A"}), "cat.sub[0]: question: Not a valid string."),
            (json!({"question": "Q", "answer": true}), "cat.sub[0]: answer: Not a valid string."),
            (json!({"question": "Q", "answer": "\u{0}"}), "cat.sub[0]: answer: Null characters are not allowed."),
            (json!({"question": "Q", "answer": "A", "page": 1.5}), "cat.sub[0]: page: A valid integer is required."),
            (json!({"question": "Q", "answer": "A", "page": 1e300}), "cat.sub[0]: page: A valid integer is required."),
            (
                json!({"question": "Q", "answer": "A", "alternatives": "B"}),
                "cat.sub[0]: alternatives: Expected a list of texts.",
            ),
            (
                json!({"question": "Q", "answer": "A", "alternatives": [[]]}),
                "cat.sub[0]: alternatives: Not a valid string.",
            ),
            (
                json!({"question": "Q", "answer": "A", "alternatives": vec!["B"; 21]}),
                "cat.sub[0]: alternatives: Ensure this field has no more than 20 elements.",
            ),
            (json!({"question": "Q", "answer": "A", "page": ""}), "cat.sub[0]: page: A valid integer is required."),
        ] {
            assert_eq!(one(&item), Err(why.to_owned()));
        }
    }

    #[test]
    fn lengths_are_counted_in_scalar_values() {
        let exact = "\u{e9}".repeat(MAX_QUESTION);
        assert!(one(&json!({"question": exact, "answer": "A"})).is_ok());
        let over = "\u{e9}".repeat(MAX_QUESTION + 1);
        assert_eq!(
            one(&json!({"question": over, "answer": "A"})),
            Err("cat.sub[0]: question: Ensure this field has no more than 1000 characters.".to_owned())
        );
    }

    #[test]
    fn a_chunk_id_may_occur_once() {
        let item = json!({"question": "Q", "answer": "A", "chunk_id": "x"});
        let messages = parse(json!({"a": {"s": [item]}, "b": {"s": [item]}})).unwrap_err().into_messages();
        assert_eq!(messages, ["b.s[0]: chunk_id: x occurs more than once."]);
    }

    #[test]
    fn what_is_no_category_or_list_is_skipped() {
        let faq = json!({"company_id": "TES001", "cat": {"note": "text", "sub": [{"question": "Q", "answer": "A"}]}});
        assert_eq!(parse(faq).unwrap().len(), 1);
        assert!(parse(json!({})).unwrap().is_empty());
        assert_eq!(parse(json!([])), Err(FaqError::NotAnObject));
    }

    #[test]
    fn five_thousand_items_are_the_most() {
        let item = json!({"question": "Q", "answer": "A"});
        assert_eq!(parse(json!({"c": {"s": vec![item.clone(); MAX_ITEMS]}})).unwrap().len(), MAX_ITEMS);
        assert_eq!(parse(json!({"c": {"s": vec![item; MAX_ITEMS + 1]}})), Err(FaqError::TooManyItems));
    }

    #[test]
    fn a_refusal_stays_short() {
        let messages = parse(json!({"c".repeat(9_000): {"s": vec![0; 4_000]}})).unwrap_err().into_messages();
        assert_eq!(messages.len(), MAX_MESSAGES);
        assert!(messages.iter().all(|message| message.len() < 200));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ -~\u{0}\u{e9}<]{0,12}".prop_map(Value::from),
        ];
        let key = prop_oneof![Just("question"), Just("answer"), Just("page"), Just("chunk_id"), Just("section")];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..5)
                    .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_loaded_keeps_the_limits(items in prop::collection::vec(any_json(), 0..6)) {
            if let Ok(entries) = parse(json!({"c": {"s": items}})) {
                for entry in entries.as_slice() {
                    prop_assert!(!entry.question.trim().is_empty() && !entry.answer.trim().is_empty());
                    prop_assert!(!entry.question.contains('\0') && !entry.chunk_id.is_empty());
                }
            }
        }
    }
}
