//! Booleans and words from a fixed set.

use std::borrow::Cow;

use serde_json::Value;

use super::Single;
use crate::http::{body::Raw, field_errors::FieldError};

/// True or false in any of the usual spellings.
pub(crate) struct Boolean;

/// A boolean.
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
}

fn spelled(word: &str) -> Option<bool> {
    match word {
        "1" | "true" | "True" | "TRUE" | "t" | "T" | "yes" | "Yes" | "YES" | "y" | "Y" | "on" | "On" | "ON" => {
            Some(true)
        }
        "0" | "false" | "False" | "FALSE" | "f" | "F" | "no" | "No" | "NO" | "n" | "N" | "off" | "Off" | "OFF" => {
            Some(false)
        }
        _ => None,
    }
}

/// A word of a fixed set.
pub(crate) struct Choice<T> {
    parse: fn(&str) -> Option<T>,
}

/// A word that a parser knows, such as `PlanName::parse`.
pub(crate) fn choice<T>(parse: fn(&str) -> Option<T>) -> Choice<T> {
    Choice { parse }
}

impl<T> Single for Choice<T> {
    type Value = T;

    fn accept(&self, raw: Raw) -> Result<T, FieldError> {
        let word = match &raw {
            Raw::Text(text) | Raw::Json(Value::String(text)) => Cow::Borrowed(text.trim()),
            Raw::Json(value) => Cow::Owned(value.to_string()),
            Raw::File(file) => Cow::Borrowed(file.name.as_str()),
        };
        (self.parse)(&word).ok_or_else(|| {
            let shown = word.char_indices().nth(SHOWN).and_then(|(end, _)| word.get(..end)).unwrap_or(&word);
            FieldError::new(format!("\"{shown}\" is not a valid choice."))
        })
    }
}

/// How much of a refused word is repeated to the sender.
const SHOWN: usize = 100;
