//! How a visitor's country is read.

use chatbot::intake::country;
use serde_json::Value;

use crate::http::{
    body::Raw,
    field_errors::FieldError,
    rules::{Single, text},
};

/// Maximum length in Unicode scalar values.
const LONGEST: usize = 10;

/// A calling code, with its plus in the result. A country's name, ISO code or flag counts as its code.
pub(in crate::routes) struct CountryCode;

impl Single for CountryCode {
    type Value = String;

    fn accept(&self, raw: Raw) -> Result<String, FieldError> {
        let typed = text().max(LONGEST).blank_ok().accept(raw)?;
        if typed.is_empty() {
            return Ok(typed);
        }
        country::code_of(&typed).ok_or_else(|| {
            FieldError::new("Not a country: send a calling code such as +977, a country's name or its ISO code.")
        })
    }

    fn schema(&self) -> Value {
        text().max(LONGEST).blank_ok().schema()
    }

    fn show(code: &String) -> Option<Value> {
        Some(code.as_str().into())
    }

    fn is_blank(code: &String) -> bool {
        code.is_empty()
    }
}
