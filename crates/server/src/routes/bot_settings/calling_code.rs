//! How a calling code is read.

use chatbot::intake::country;
use serde_json::{Value, json};

use crate::http::{
    body::Raw,
    field_errors::FieldError,
    rules::{Single, text},
};

/// A calling code with its plus.
pub(super) struct CallingCode;

impl Single for CallingCode {
    type Value = String;

    fn schema(&self) -> Value {
        json!({ "type": "string", "pattern": r"^\s*(\+[0-9]{1,3})?\s*$", "examples": ["+977"] })
    }

    fn accept(&self, raw: Raw) -> Result<String, FieldError> {
        let code = text().blank_ok().accept(raw)?;
        if code.is_empty() || country::is_code(&code) {
            return Ok(code);
        }
        Err(FieldError::new("Not a calling code: a plus and the number of a country, such as +977."))
    }

    fn is_blank(code: &String) -> bool {
        code.is_empty()
    }
}
