//! Lists of integers.

use serde_json::{Value, json};

use super::{Described, NULL, Rule, Single, nullable, number::Integer};
use crate::http::{
    body::{Fields, List, Raw, type_name},
    field_errors::{FieldError, Text},
};

/// A list of integers: a JSON array, a repeated field, or indexed fields.
pub(crate) struct IntegerList;

/// Reads a list of integers, which may be empty.
pub(crate) fn integer_list() -> IntegerList {
    IntegerList
}

impl IntegerList {
    /// Reads a missing or null list as an empty one.
    pub(crate) fn optional_or_empty(self) -> IntegerListOrEmpty {
        IntegerListOrEmpty(self)
    }
}

impl Rule for IntegerList {
    type Value = Vec<i64>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Vec<i64>, FieldError> {
        match fields.take_list(name) {
            None => Err(FieldError::required()),
            Some(List::Scalar(Value::Null)) => Err(FieldError::new(NULL)),
            Some(list) => integers(list),
        }
    }

    fn describe(&self) -> Described {
        Described { schema: schema(), is_required: true }
    }
}

fn schema() -> Value {
    json!({ "type": "array", "items": Integer.schema() })
}

/// A list of integers that may be missing.
pub(crate) struct IntegerListOrEmpty(IntegerList);

impl Rule for IntegerListOrEmpty {
    type Value = Vec<i64>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Vec<i64>, FieldError> {
        match fields.take_list(name) {
            None | Some(List::Scalar(Value::Null)) => Ok(Vec::new()),
            Some(list) => integers(list),
        }
    }

    fn describe(&self) -> Described {
        Described { schema: nullable(schema()), is_required: false }
    }
}

fn integers(list: List) -> Result<Vec<i64>, FieldError> {
    let members = match list {
        List::Members(members) => members,
        List::Scalar(value) => {
            let kind = type_name(&value);
            return Err(FieldError::new(format!("Expected a list of items but got type \"{kind}\".")));
        }
    };
    let mut numbers = Vec::with_capacity(members.len());
    let mut refused: Vec<(usize, Text)> = Vec::new();
    for (index, member) in members.into_iter().enumerate() {
        let null = matches!(member, Raw::Json(Value::Null));
        match Integer.accept(member) {
            Ok(number) => numbers.push(number),
            Err(_) if null => refused.push((index, NULL.into())),
            Err(_) => refused.push((index, super::number::NOT_AN_INTEGER.into())),
        }
    }
    if refused.is_empty() { Ok(numbers) } else { Err(FieldError::Members(refused)) }
}
