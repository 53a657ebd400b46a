//! How one field of a body is read: what is accepted, and the words of refusal.

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
pub(crate) use text::{Text, email, password, text};
pub(crate) use texts::{Texts, each, texts};
pub(crate) use time::{date, timestamp};
pub(crate) use word::{boolean, choice};

const NULL: &str = "This field may not be null.";
const NO_NULS: &str = "Null characters are not allowed.";

/// What the document says of a field.
pub(crate) struct Described {
    /// A JSON Schema of what is accepted, coercions included.
    pub(crate) schema: Value,
    /// Whether the field has to be there.
    pub(crate) is_required: bool,
}

/// How a field is read from a body.
pub(crate) trait Rule: Sized {
    /// What comes out.
    type Value;

    /// Takes the field's value, or says what is wrong with it.
    ///
    /// # Errors
    /// The messages for this field.
    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Self::Value, FieldError>;

    /// What is accepted, for the document.
    fn describe(&self) -> Described;

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
    const MISSING: &'static str = field_errors::REQUIRED;

    /// Reads a value that is there and is not null.
    ///
    /// # Errors
    /// The messages for this field.
    fn accept(&self, raw: Raw) -> Result<Self::Value, FieldError>;

    /// The JSON Schema of what is accepted.
    fn schema(&self) -> Value;

    /// The value as JSON, where it can be a default.
    fn show(_: &Self::Value) -> Option<Value> {
        None
    }

    /// Whether a value stands for none; only texts can.
    fn is_blank(_: &Self::Value) -> bool {
        false
    }

    /// The rule's form for a field that may be missing.
    #[must_use]
    fn lenient(self) -> Self {
        self
    }

    /// Takes what it accepts as something narrower.
    fn then<T>(self, narrow: fn(Self::Value) -> Result<T, FieldError>) -> Then<Self, T> {
        Then { rule: self, narrow }
    }
}

/// A rule whose values have to pass another one.
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

/// The schema that takes null as well.
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
