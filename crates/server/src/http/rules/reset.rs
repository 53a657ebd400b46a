//! Fields of a partial update that go back to their default.

use chatbot::settings::Change;
use serde_json::Value;

use super::{Described, Rule, Single, nullable};
use crate::http::{
    body::{Fields, List, Raw},
    field_errors::FieldError,
};

/// What can be read of a field that is kept when it is missing, and reset by null.
pub(crate) trait Resettable: Sized {
    /// What comes out.
    type Value;

    /// Reads what was sent; never null.
    ///
    /// # Errors
    /// The messages for this field.
    fn accept(&self, list: List) -> Result<Self::Value, FieldError>;

    /// The JSON Schema of what is accepted.
    fn schema(&self) -> Value;

    /// The rule of a field that may be missing or null.
    fn or_reset(self) -> OrReset<Self> {
        OrReset(self)
    }
}

/// A list that is kept when it is missing, and reset by null; in a form, which has no null,
/// by a blank value.
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

/// A single value that is kept when it is missing, and reset by null or a blank text.
pub(crate) struct ValueOrReset<S>(S);

/// Lets a field be missing, which keeps it, or null, which resets it. A blank text and, in a
/// form, any blank value count as null.
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
