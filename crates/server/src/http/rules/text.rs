//! Texts and e-mail addresses.

use std::borrow::Cow;

use identity::Email;
use serde_json::{Value, json};
use tenancy::text as characters;

use super::{NO_NULS, Optional, Single};
use crate::http::{body::Raw, field_errors::FieldError};

const BLANK: &str = "This field may not be blank.";

/// A text, which is trimmed unless it is verbatim. A JSON number is read as its digits.
pub(crate) struct Text {
    max: usize,
    /// Returns the length that counts, 0 for a text that is blank.
    length: Option<fn(&str) -> usize>,
    blank: bool,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Any,
    Email,
    Name,
    Verbatim,
}

/// Reads a text that is not blank. A text of invisible characters is blank.
pub(crate) fn text() -> Text {
    Text { max: usize::MAX, length: None, blank: false, kind: Kind::Any }
}

/// Reads a password that is not blank. White space around it belongs to it.
pub(crate) fn password() -> Text {
    verbatim()
}

/// Reads a text that is not blank, with the white space around it.
pub(crate) fn verbatim() -> Text {
    Text { kind: Kind::Verbatim, ..text() }
}

/// Reads the one e-mail address in a text, and keeps it as typed.
pub(crate) fn email() -> Text {
    Text { kind: Kind::Email, ..text() }
}

/// Reads the name of a person or a company, without invisible characters.
pub(crate) fn name() -> Text {
    Text { kind: Kind::Name, ..text() }
}

impl Text {
    /// Sets the maximum length, in Unicode scalar values.
    #[must_use]
    pub(crate) fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Measures texts by this function, which returns 0 for one that is blank: for texts that are stored in another form
    /// than they are sent.
    #[must_use]
    pub(crate) fn measured(mut self, length: fn(&str) -> usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Accepts a blank text, as the empty one.
    #[must_use]
    pub(crate) fn blank_ok(mut self) -> Self {
        self.blank = true;
        self
    }

    /// Returns the value in a text; the trimmed text if it has none.
    fn read<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let trimmed = text.trim();
        if trimmed.contains('\0') {
            return Cow::Borrowed(trimmed);
        }
        if characters::is_blank(trimmed) {
            return Cow::Borrowed("");
        }
        match self.kind {
            Kind::Any | Kind::Verbatim => Cow::Borrowed(trimmed),
            Kind::Email => Email::find(trimmed).map_or(Cow::Borrowed(trimmed), Cow::Owned),
            Kind::Name => match characters::visible(trimmed) {
                Cow::Borrowed(seen) => Cow::Borrowed(seen.trim()),
                Cow::Owned(seen) => Cow::Owned(seen.trim().to_owned()),
            },
        }
    }

    fn check(&self, text: &str) -> Result<(), FieldError> {
        if text.contains('\0') {
            return Err(FieldError::new(NO_NULS));
        }
        let length = self.length.map(|length| length(text));
        if text.is_empty() || length == Some(0) {
            return if self.blank { Ok(()) } else { Err(FieldError::new(BLANK)) };
        }
        let mut messages = Vec::new();
        // Counting takes a pass over the text. The length in bytes is an upper bound.
        if length.unwrap_or(text.len()) > self.max && length.unwrap_or_else(|| text.chars().count()) > self.max {
            messages.push(format!("Ensure this field has no more than {} characters.", self.max).into());
        }
        if self.kind == Kind::Email && !Email::is_valid(text) {
            messages.push("Enter a valid email address.".into());
        }
        if messages.is_empty() { Ok(()) } else { Err(FieldError::Messages(messages)) }
    }
}

impl Optional<Text> {
    /// Refuses a blank text.
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
        let read = self.read(&text);
        self.check(&read)?;
        let is_whole = self.kind == Kind::Verbatim && !read.is_empty() || read.len() == text.len();
        Ok(if is_whole { text } else { read.into_owned() })
    }

    fn schema(&self) -> Value {
        let pattern = if self.blank { r"^[^\x00]*$" } else { r"^[^\x00]*[^\s\x00][^\x00]*$" };
        // A number is read as its digits, except for an e-mail address, which no number is.
        let mut schema = json!({ "type": ["string", "number"], "pattern": pattern });
        if self.kind == Kind::Email {
            schema = json!({ "type": "string", "format": "email" });
        }
        if self.kind == Kind::Email && self.blank {
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
