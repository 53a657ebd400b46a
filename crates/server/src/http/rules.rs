//! Rules that read one field of a body: what is accepted, and the messages of refusals.

mod list;
mod number;
mod object;
mod ratio;
mod reset;
mod text;
mod texts;
mod time;
mod word;

use crate::http::{
    body::{Fields, Raw},
    field_errors::{self, FieldError},
};
use serde_json::Value;

pub(crate) use list::integer_list;
pub(crate) use number::{decimal, integer};
pub(crate) use object::{file, object};
pub(crate) use ratio::ratio;
pub(crate) use reset::{Resettable, or_reset};
pub(crate) use text::{Text, email, name, password, text, verbatim};
pub(crate) use texts::{Texts, each, texts};
pub(crate) use time::{date, timestamp};
pub(crate) use word::{boolean, choice};

const NULL: &str = "This field may not be null.";
const NO_NULS: &str = "Null characters are not allowed.";

/// The description of a field for the OpenAPI document.
pub(crate) struct Described {
    /// A JSON Schema of what is accepted, including coercions.
    pub(crate) schema: Value,
    /// Whether the field is required.
    pub(crate) is_required: bool,
}

/// Reads a field from a body.
pub(crate) trait Rule: Sized {
    /// The type of the value.
    type Value;

    /// Reads and removes the field's value.
    ///
    /// # Errors
    /// The messages for this field.
    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Self::Value, FieldError>;

    /// Describes the field for the OpenAPI document.
    fn describe(&self) -> Described;

    /// Allows the field to be missing or null. Both read as `None`.
    fn optional(self) -> Optional<Self>
    where
        Self: Single,
    {
        Optional { rule: self.lenient(), null: true }
    }
}

/// A rule for one value. Unless made optional, the field is required and may not be null.
pub(crate) trait Single: Sized {
    /// The type of the value.
    type Value;

    /// What is said when the field is missing.
    const MISSING: &'static str = field_errors::REQUIRED;

    /// Reads a value that is present and not null.
    ///
    /// # Errors
    /// The messages for this field.
    fn accept(&self, raw: Raw) -> Result<Self::Value, FieldError>;

    /// Returns the JSON Schema of what is accepted.
    fn schema(&self) -> Value;

    /// Returns the value as JSON, if it can be a default.
    fn show(_: &Self::Value) -> Option<Value> {
        None
    }

    /// Returns whether a value counts as missing. Only a text can.
    fn is_blank(_: &Self::Value) -> bool {
        false
    }

    /// Returns the rule for a field that may be missing.
    #[must_use]
    fn lenient(self) -> Self {
        self
    }

    /// Converts accepted values to a narrower type.
    fn then<T>(self, narrow: fn(Self::Value) -> Result<T, FieldError>) -> Then<Self, T> {
        Then { rule: self, narrow }
    }
}

/// A rule whose values are converted to a narrower type.
pub(crate) struct Then<S: Single, T> {
    rule: S,
    narrow: fn(S::Value) -> Result<T, FieldError>,
}

impl<S: Single, T> Single for Then<S, T> {
    type Value = T;

    const MISSING: &'static str = S::MISSING;

    fn accept(&self, raw: Raw) -> Result<T, FieldError> {
        self.rule.accept(raw).and_then(self.narrow)
    }

    fn schema(&self) -> Value {
        self.rule.schema()
    }

    fn lenient(self) -> Self {
        Self { rule: self.rule.lenient(), ..self }
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

    fn describe(&self) -> Described {
        Described { schema: self.schema(), is_required: true }
    }
}

/// A field that may be missing.
pub(crate) struct Optional<S> {
    rule: S,
    null: bool,
}

impl<S: Single> Optional<S> {
    /// Refuses null.
    #[must_use]
    pub(crate) fn not_null(mut self) -> Self {
        self.null = false;
        self
    }

    /// Uses a default if the field is missing, null or blank.
    pub(crate) fn or(self, default: impl Into<S::Value>) -> Or<S> {
        Or { rule: self, default: default.into() }
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

    fn describe(&self) -> Described {
        let schema = self.rule.schema();
        Described { schema: if self.null { nullable(schema) } else { schema }, is_required: false }
    }
}

/// Returns a schema that also accepts null.
pub(crate) fn nullable(mut schema: Value) -> Value {
    if let Some(list) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        list.push(Value::Null);
    }
    if let Some(list) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        list.push(serde_json::json!({ "type": "null" }));
    }
    match schema.get_mut("type") {
        Some(Value::Array(kinds)) => kinds.push("null".into()),
        Some(kind) => *kind = serde_json::json!([kind.clone(), "null"]),
        None => {}
    }
    schema
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

    fn describe(&self) -> Described {
        let mut described = self.rule.describe();
        if let (Some(default), Some(schema)) = (S::show(&self.default), described.schema.as_object_mut()) {
            schema.insert("default".to_owned(), default);
        }
        described
    }
}

#[cfg(test)]
mod tests;
