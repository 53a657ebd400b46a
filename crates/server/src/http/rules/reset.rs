//! Fields of a partial update that can be reset to their default.

use chatbot::settings::Change;
use serde_json::Value;

use super::{Described, Rule, Single, nullable};
use crate::http::{
    body::{Fields, List, Raw},
    field_errors::FieldError,
};

/// A rule for a field that is kept if it is missing, and reset by null.
pub(crate) trait Resettable: Sized {
    /// The type of the value.
    type Value;

    /// Reads the sent values, which are not null.
    ///
    /// # Errors
    /// The messages for this field.
    fn accept(&self, list: List) -> Result<Self::Value, FieldError>;

    /// Returns the JSON Schema of what is accepted.
    fn schema(&self) -> Value;

    /// Returns the rule for a field that may be missing or null.
    fn or_reset(self) -> OrReset<Self> {
        OrReset(self)
    }
}

/// A list that is kept if it is missing, and reset by null. In a form, which has no null, a blank value
/// resets it.
pub(crate) struct OrReset<R>(R);

impl<R: Resettable> Rule for OrReset<R> {
    type Value = Change<R::Value>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Change<R::Value>, FieldError> {
        match fields.take_list(name) {
            None => Ok(Change::Keep),
            Some(List::Scalar(Value::Null)) => Ok(Change::Reset),
            Some(List::Members(members)) if matches!(members.as_slice(), [Raw::Text(text)] if is_blank(text)) => {
                Ok(Change::Reset)
            }
            Some(list) => self.0.accept(list).map(Change::To),
        }
    }

    fn describe(&self) -> Described {
        Described { schema: nullable(self.0.schema()), is_required: false }
    }
}

/// A single value that is kept if it is missing, and reset by null or a blank text.
pub(crate) struct ValueOrReset<S>(S);

/// Allows a field to be missing, which keeps its value, or null, which resets it. A blank text counts as
/// null, and so does any blank value of a form.
pub(crate) fn or_reset<S: Single>(rule: S) -> ValueOrReset<S> {
    ValueOrReset(rule.lenient())
}

impl<S: Single> Rule for ValueOrReset<S> {
    type Value = Change<S::Value>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Change<S::Value>, FieldError> {
        match fields.take(name) {
            None => Ok(Change::Keep),
            Some(Raw::Json(Value::Null)) => Ok(Change::Reset),
            Some(Raw::Text(text)) if is_blank(&text) => Ok(Change::Reset),
            Some(raw) => {
                let value = self.0.accept(raw)?;
                Ok(if S::is_blank(&value) { Change::Reset } else { Change::To(value) })
            }
        }
    }

    fn describe(&self) -> Described {
        Described { schema: nullable(self.0.schema()), is_required: false }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
