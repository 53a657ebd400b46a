//! How one field of a body is read: what is accepted, and the words of refusal.

mod list;
mod number;
mod object;
mod text;
mod time;
mod word;

use crate::http::{
    body::{Fields, Raw},
    field_errors::FieldError,
};
use serde_json::Value;

pub(crate) use list::integer_list;
pub(crate) use number::{decimal, integer};
pub(crate) use object::file;
pub(crate) use text::{Text, email, text};
pub(crate) use time::date;
pub(crate) use word::{boolean, choice};
#[cfg_attr(not(test), expect(unused_imports, reason = "bot settings and renewals, which read them, come later"))]
pub(crate) use {object::object, time::timestamp};

const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const NO_NULS: &str = "Null characters are not allowed.";

/// How a field is read from a body.
pub(crate) trait Rule: Sized {
    /// What comes out.
    type Value;

    /// Takes the field's value, or says what is wrong with it.
    ///
    /// # Errors
    /// The messages for this field.
    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Self::Value, FieldError>;

    /// Lets the field be missing or null; both read as `None`.
    fn optional(self) -> Optional<Self>
    where
        Self: Single,
    {
        Optional { rule: self.lenient(), null: true }
    }
}

/// A rule for one value; as it stands the field is required and not null.
pub(crate) trait Single: Sized {
    /// What comes out.
    type Value;

    /// What is said when the field is missing.
    const MISSING: &'static str = REQUIRED;

    /// Reads a value that is there and is not null.
    ///
    /// # Errors
    /// The messages for this field.
    fn accept(&self, raw: Raw) -> Result<Self::Value, FieldError>;

    /// Whether a value stands for none; only texts can.
    fn is_blank(_: &Self::Value) -> bool {
        false
    }

    /// The rule's form for a field that may be missing.
    #[must_use]
    fn lenient(self) -> Self {
        self
    }
}

impl<S: Single> Rule for S {
    type Value = S::Value;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<S::Value, FieldError> {
        match fields.take(name) {
            None => Err(FieldError::new(S::MISSING)),
            Some(Raw::Json(Value::Null)) => Err(FieldError::new(NULL)),
            Some(raw) => self.accept(raw),
        }
    }
}

/// A field that may be missing.
pub(crate) struct Optional<S> {
    rule: S,
    null: bool,
}

impl<S: Single> Optional<S> {
    /// Refuses null after all.
    #[must_use]
    pub(crate) fn not_null(mut self) -> Self {
        self.null = false;
        self
    }

    /// Puts a value where the field is missing, null or blank.
    pub(crate) fn or(self, default: impl Into<S::Value>) -> Or<S> {
        Or { rule: self, default: default.into() }
    }
}

impl Optional<Text> {
    /// Refuses a blank text after all.
    #[must_use]
    pub(crate) fn not_blank(mut self) -> Self {
        self.rule = self.rule.not_blank();
        self
    }
}

impl<S: Single> Rule for Optional<S> {
    type Value = Option<S::Value>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Option<S::Value>, FieldError> {
        match fields.take(name) {
            None => Ok(None),
            Some(Raw::Json(Value::Null)) if self.null => Ok(None),
            Some(Raw::Json(Value::Null)) => Err(FieldError::new(NULL)),
            Some(raw) => self.rule.accept(raw).map(Some),
        }
    }
}

/// A field with a default.
pub(crate) struct Or<S: Single> {
    rule: Optional<S>,
    default: S::Value,
}

impl<S: Single> Rule for Or<S> {
    type Value = S::Value;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<S::Value, FieldError> {
        let given = self.rule.read(fields, name)?;
        Ok(given.filter(|value| !S::is_blank(value)).unwrap_or(self.default))
    }
}

#[cfg(test)]
mod tests;
