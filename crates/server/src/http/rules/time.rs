//! Dates and timestamps.

use serde_json::{Value, json};
use tenancy::{Date, Timestamp};

use super::Single;
use crate::http::{body::Raw, field_errors::FieldError};

/// A date, `YYYY-MM-DD`.
pub(crate) struct Day;

/// Reads a date.
pub(crate) fn date() -> Day {
    Day
}

impl Single for Day {
    type Value = Date;

    fn accept(&self, raw: Raw) -> Result<Date, FieldError> {
        text(&raw)
            .and_then(|text| Date::parse(text).ok())
            .ok_or_else(|| FieldError::new("Date has wrong format. Use one of these formats instead: YYYY-MM-DD."))
    }

    fn schema(&self) -> Value {
        json!({ "type": "string", "format": "date" })
    }
}

/// A timestamp in RFC 3339. A date is read as its first moment.
pub(crate) struct Moment;

/// Reads a timestamp.
pub(crate) fn timestamp() -> Moment {
    Moment
}

impl Single for Moment {
    type Value = Timestamp;

    fn accept(&self, raw: Raw) -> Result<Timestamp, FieldError> {
        text(&raw).and_then(|text| Timestamp::parse(text).ok()).ok_or_else(|| {
            FieldError::new(
                "Datetime has wrong format. Use one of these formats instead: \
                 YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
            )
        })
    }

    fn schema(&self) -> Value {
        json!({ "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "string", "format": "date" }] })
    }
}

fn text(raw: &Raw) -> Option<&str> {
    match raw {
        Raw::Text(text) | Raw::Json(Value::String(text)) => Some(text.trim()),
        Raw::Json(_) | Raw::File(_) => None,
    }
}
