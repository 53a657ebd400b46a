//! Lists of texts, and what all lists that come as JSON have in common.

use serde_json::{Value, json};

use super::{Described, NULL, Resettable, Rule, Single as _, Text};
use crate::http::{
    body::{Fields, List, Raw, type_name},
    field_errors::{self, FieldError},
};

/// A list of texts: a JSON array or its text, a repeated field, or indexed fields.
pub(crate) struct Texts {
    item: Text,
    max: usize,
    check: Check,
}

/// A further demand on each text, and what is said of a text that does not meet it.
type Check = Option<(fn(&str) -> bool, &'static str)>;

/// A list of texts, each of which `item` takes; possibly empty.
pub(crate) fn texts(item: Text) -> Texts {
    Texts { item, max: usize::MAX, check: None }
}

impl Texts {
    /// Allows at most so many texts.
    #[must_use]
    pub(crate) fn at_most(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Refuses texts that do not pass, in these words.
    #[must_use]
    pub(crate) fn that(mut self, is_fine: fn(&str) -> bool, otherwise: &'static str) -> Self {
        self.check = Some((is_fine, otherwise));
        self
    }

    fn item(&self, raw: Raw) -> Result<String, FieldError> {
        if matches!(raw, Raw::Json(Value::Null)) {
            return Err(FieldError::new(NULL));
        }
        let text = self.item.accept(raw)?;
        match self.check {
            Some((is_fine, otherwise)) if !is_fine(&text) => Err(FieldError::new(otherwise)),
            _ => Ok(text),
        }
    }
}

impl Rule for Texts {
    type Value = Vec<String>;

    fn read(self, fields: &mut Fields<'_>, name: &str) -> Result<Vec<String>, FieldError> {
        match fields.take_list(name) {
            None => Err(FieldError::required()),
            Some(List::Scalar(Value::Null)) => Err(FieldError::new(NULL)),
            Some(list) => self.accept(list),
        }
    }

    fn describe(&self) -> Described {
        Described { schema: self.schema(), is_required: true }
    }
}

impl Resettable for Texts {
    type Value = Vec<String>;

    fn accept(&self, list: List) -> Result<Vec<String>, FieldError> {
        each(list, self.max, |member| self.item(member))
    }

    fn schema(&self) -> Value {
        json!({ "type": "array", "items": self.item.schema(), "maxItems": self.max })
    }
}

/// Reads every member of a list, or says which were refused.
pub(crate) fn each<T>(
    list: List,
    max: usize,
    read: impl Fn(Raw) -> Result<T, FieldError>,
) -> Result<Vec<T>, FieldError> {
    let members = members(list)?;
    if members.len() > max {
        return Err(FieldError::new(format!("Ensure this field has no more than {max} elements.")));
    }
    let (mut values, mut refused) = (Vec::with_capacity(members.len()), Vec::new());
    for (index, member) in members.into_iter().enumerate() {
        match read(member) {
            Ok(value) => values.push(value),
            Err(error) => refused.push((index, field_errors::Text::from(error.first().to_owned()))),
        }
    }
    if refused.is_empty() { Ok(values) } else { Err(FieldError::Members(refused)) }
}

/// The members of a list. In a form one value may be the whole list as JSON.
fn members(list: List) -> Result<Vec<Raw>, FieldError> {
    match list {
        List::Members(members) => match members.as_slice() {
            [Raw::Text(text)] if text.trim_start().starts_with('[') => match serde_json::from_str(text) {
                Ok(Value::Array(values)) => Ok(values.into_iter().map(Raw::Json).collect()),
                Ok(_) | Err(_) => Ok(members),
            },
            _ => Ok(members),
        },
        List::Scalar(value) => {
            let kind = type_name(&value);
            Err(FieldError::new(format!("Expected a list of items but got type \"{kind}\".")))
        }
    }
}
