//! Booleans and words from a fixed set.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Single;
use crate::http::{body::Raw, field_errors::FieldError};

/// A boolean in any of the usual spellings.
pub(crate) struct Boolean;

/// Reads a boolean.
pub(crate) fn boolean() -> Boolean {
    Boolean
}

impl Single for Boolean {
    type Value = bool;

    fn accept(&self, raw: Raw) -> Result<bool, FieldError> {
        let value = match &raw {
            Raw::Json(Value::Bool(value)) => Some(*value),
            Raw::Json(Value::Number(number)) => match number.as_f64() {
                Some(1.0) => Some(true),
                Some(0.0) => Some(false),
                _ => None,
            },
            Raw::Text(text) | Raw::Json(Value::String(text)) => spelled(text.trim()),
            Raw::Json(_) | Raw::File(_) => None,
        };
        value.ok_or_else(|| FieldError::new("Must be a valid boolean."))
    }

    fn schema(&self) -> Value {
        let words = SPELLINGS.iter().flat_map(|(yes, no)| [Value::from(*yes), Value::from(*no)]);
        let words: Vec<Value> = [Value::from(0), Value::from(1)].into_iter().chain(words).collect();
        json!({ "anyOf": [{ "type": "boolean" }, { "enum": words }] })
    }
}

fn spelled(word: &str) -> Option<bool> {
    SPELLINGS.iter().find_map(|(yes, no)| match word {
        _ if word == *yes => Some(true),
        _ if word == *no => Some(false),
        _ => None,
    })
}

/// The spellings of true and false.
const SPELLINGS: [(&str, &str); 14] = [
    ("1", "0"),
    ("true", "false"),
    ("True", "False"),
    ("TRUE", "FALSE"),
    ("t", "f"),
    ("T", "F"),
    ("yes", "no"),
    ("Yes", "No"),
    ("YES", "NO"),
    ("y", "n"),
    ("Y", "N"),
    ("on", "off"),
    ("On", "Off"),
    ("ON", "OFF"),
];

/// A word from a fixed set.
pub(crate) struct Choice<T, const N: usize> {
    parse: fn(&str) -> Option<T>,
    words: [&'static str; N],
}

/// Reads a word that `parse` knows, such as `PlanName::parse`. `words` are all words, for the document.
pub(crate) fn choice<T, const N: usize>(parse: fn(&str) -> Option<T>, words: [&'static str; N]) -> Choice<T, N> {
    Choice { parse, words }
}

impl<T, const N: usize> Single for Choice<T, N> {
    type Value = T;

    fn accept(&self, raw: Raw) -> Result<T, FieldError> {
        let word = match &raw {
            Raw::Text(text) | Raw::Json(Value::String(text)) => Cow::Borrowed(text.trim()),
            Raw::Json(value) => Cow::Owned(value.to_string()),
            Raw::File(file) => Cow::Borrowed(file.name.as_str()),
        };
        (self.parse)(&word).ok_or_else(|| {
            let shown = word.char_indices().nth(SHOWN).and_then(|(end, _)| word.get(..end)).unwrap_or(&word);
            FieldError::Choice {
                message: format!("\"{shown}\" is not a valid choice.").into(),
                choices: self.words.to_vec(),
            }
        })
    }

    fn schema(&self) -> Value {
        debug_assert!(self.words.iter().all(|word| (self.parse)(word).is_some()), "a word that the parser refuses");
        json!({ "type": "string", "enum": self.words.as_slice() })
    }
}

/// How many characters of a refused word the message repeats.
const SHOWN: usize = 100;
