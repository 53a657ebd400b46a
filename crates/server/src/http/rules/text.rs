//! Texts and e-mail addresses.

use identity::Email;
use serde_json::{Value, json};

use super::{NO_NULS, Optional, Single};
use crate::http::{body::Raw, field_errors::FieldError};

const BLANK: &str = "This field may not be blank.";

/// A text, trimmed unless it is a password; JSON numbers count as their digits.
pub(crate) struct Text {
    max: usize,
    trim: bool,
    blank: bool,
    email: bool,
}

/// A text that is not blank.
pub(crate) fn text() -> Text {
    Text { max: usize::MAX, trim: true, blank: false, email: false }
}

/// A password that is not blank. White space around it belongs to it.
pub(crate) fn password() -> Text {
    Text { trim: false, ..text() }
}

/// A text that is an e-mail address, kept as typed.
pub(crate) fn email() -> Text {
    Text { email: true, ..text() }
}

impl Text {
    /// Allows at most so many Unicode scalar values.
    #[must_use]
    pub(crate) fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Takes a blank text as the empty one.
    #[must_use]
    pub(crate) fn blank_ok(mut self) -> Self {
        self.blank = true;
        self
    }

    fn check(&self, text: &str) -> Result<(), FieldError> {
        if text.contains('\0') {
            return Err(FieldError::new(NO_NULS));
        }
        if text.is_empty() {
            return if self.blank { Ok(()) } else { Err(FieldError::new(BLANK)) };
        }
        let mut messages = Vec::new();
        // The count costs a pass, and bytes bound it from above.
        if text.len() > self.max && text.chars().count() > self.max {
            messages.push(format!("Ensure this field has no more than {} characters.", self.max).into());
        }
        if self.email && !Email::is_valid(text) {
            messages.push("Enter a valid email address.".into());
        }
        if messages.is_empty() { Ok(()) } else { Err(FieldError::Messages(messages)) }
    }
}

impl Optional<Text> {
    /// Refuses a blank text after all.
    #[must_use]
    pub(crate) fn not_blank(mut self) -> Self {
        self.rule.blank = false;
        self
    }
}

impl Single for Text {
    type Value = String;

    fn accept(&self, raw: Raw) -> Result<String, FieldError> {
        let text = match raw {
            Raw::Text(text) | Raw::Json(Value::String(text)) => text,
            Raw::Json(Value::Number(number)) => number.to_string(),
            Raw::Json(_) | Raw::File(_) => return Err(FieldError::new("Not a valid string.")),
        };
        let trimmed = text.trim();
        self.check(trimmed)?;
        let is_whole = !self.trim && !trimmed.is_empty() || trimmed.len() == text.len();
        Ok(if is_whole { text } else { trimmed.to_owned() })
    }

    fn schema(&self) -> Value {
        let pattern = if self.blank { r"^[^\x00]*$" } else { r"^[^\x00]*[^\s\x00][^\x00]*$" };
        // Numbers count as their digits; only an address cannot be one.
        let mut schema = json!({ "type": ["string", "number"], "pattern": pattern });
        if self.email {
            schema = json!({ "type": "string", "format": "email" });
        }
        if self.email && self.blank {
            schema = json!({ "anyOf": [schema, { "type": "string", "pattern": r"^\s*$" }] });
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.extend((self.max != usize::MAX).then(|| ("maxLength".to_owned(), self.max.into())));
        }
        schema
    }

    fn show(value: &String) -> Option<Value> {
        Some(value.as_str().into())
    }

    fn is_blank(value: &String) -> bool {
        value.is_empty()
    }

    fn lenient(self) -> Self {
        self.blank_ok()
    }
}
