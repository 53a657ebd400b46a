//! Integers and amounts of money.

use serde_json::{Number, Value, json};
use tenancy::{InvalidMoney, Money};

use super::Single;
use crate::http::{body::Raw, field_errors::FieldError, params::MAX_SAFE};

pub(super) const NOT_AN_INTEGER: &str = "A valid integer is required.";

/// An integer between -2^53 and 2^53, which may be sent as text and with a zero fraction.
pub(crate) struct Integer;

/// Reads an integer.
pub(crate) fn integer() -> Integer {
    Integer
}

impl Single for Integer {
    type Value = i64;

    fn accept(&self, raw: Raw) -> Result<i64, FieldError> {
        let number = match &raw {
            Raw::Text(text) | Raw::Json(Value::String(text)) => parse(text),
            Raw::Json(Value::Number(number)) => whole(number),
            Raw::Json(_) | Raw::File(_) => None,
        };
        number.filter(|number| (1 - MAX_SAFE..MAX_SAFE).contains(number)).ok_or_else(|| FieldError::new(NOT_AN_INTEGER))
    }

    fn schema(&self) -> Value {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 1 - MAX_SAFE, "maximum": MAX_SAFE - 1 },
            { "type": "string", "pattern": r"^\s*[+-]?[0-9]+(\.0*)?\s*$" },
        ] })
    }
}

impl Integer {
    /// Limits the number to a small range.
    pub(crate) fn between(self, least: i64, most: i64) -> Between {
        Between { least, most }
    }
}

/// An integer in a small range.
pub(crate) struct Between {
    least: i64,
    most: i64,
}

impl Single for Between {
    type Value = i64;

    fn accept(&self, raw: Raw) -> Result<i64, FieldError> {
        let number = Integer.accept(raw)?;
        if number < self.least {
            Err(FieldError::new(format!("Ensure this value is greater than or equal to {}.", self.least)))
        } else if number > self.most {
            Err(FieldError::new(format!("Ensure this value is less than or equal to {}.", self.most)))
        } else {
            Ok(number)
        }
    }

    fn schema(&self) -> Value {
        let words: Vec<_> = (self.least..=self.most).map(|number| number.to_string()).collect();
        json!({ "anyOf": [{ "type": "integer", "minimum": self.least, "maximum": self.most }, { "enum": words }] })
    }
}

fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0)?;
        // By way of text, because every direct conversion needs `as`.
        format!("{float:.0}").parse().ok()
    })
}

fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// A decimal number with at most ten digits, two of them after the point.
pub(crate) struct Decimal;

/// Reads an amount of money.
pub(crate) fn decimal() -> Decimal {
    Decimal
}

impl Single for Decimal {
    type Value = Money;

    fn accept(&self, raw: Raw) -> Result<Money, FieldError> {
        let parsed = match &raw {
            Raw::Text(text) | Raw::Json(Value::String(text)) => Money::parse(text.trim()),
            Raw::Json(Value::Number(number)) => Money::parse(&digits(number)),
            Raw::Json(_) | Raw::File(_) => Err(InvalidMoney::NotANumber),
        };
        parsed.map_err(|invalid| {
            FieldError::new(match invalid {
                InvalidMoney::NotANumber => "A valid number is required.",
                InvalidMoney::TooManyPlaces => "Ensure that there are no more than 2 decimal places.",
                InvalidMoney::TooManyDigits => "Ensure that there are no more than 10 digits in total.",
            })
        })
    }

    fn schema(&self) -> Value {
        json!({ "anyOf": [
            { "type": "number", "exclusiveMinimum": -100_000_000, "exclusiveMaximum": 100_000_000, "multipleOf": 0.01 },
            { "type": "string", "pattern": r"^\s*[+-]?[0-9]{1,8}(\.[0-9]{1,2})?\s*$" },
        ] })
    }
}

/// Writes a number without an exponent. JSON may write one, `f64` never does.
fn digits(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}
