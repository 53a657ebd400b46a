//! Numbers from 0 to 1.

use serde_json::{Value, json};

use super::Single;
use crate::http::{body::Raw, field_errors::FieldError};

/// A number from 0 to 1.
pub(crate) struct Ratio;

/// Reads a number from 0 to 1, both included.
pub(crate) fn ratio() -> Ratio {
    Ratio
}

impl Single for Ratio {
    type Value = f64;

    fn schema(&self) -> Value {
        json!({ "anyOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$" },
        ] })
    }

    fn accept(&self, raw: Raw) -> Result<f64, FieldError> {
        let number = match &raw {
            Raw::Json(Value::Number(number)) => number.as_f64(),
            Raw::Text(text) | Raw::Json(Value::String(text)) => text.trim().parse().ok(),
            Raw::Json(_) | Raw::File(_) => None,
        };
        match number.filter(|number| number.is_finite()) {
            None => Err(FieldError::new("A valid number is required.")),
            Some(number) if number < 0.0 => Err(FieldError::new("Ensure this value is greater than or equal to 0.")),
            Some(number) if number > 1.0 => Err(FieldError::new("Ensure this value is less than or equal to 1.")),
            // `abs` turns negative zero into zero.
            Some(number) => Ok(number.abs()),
        }
    }
}
