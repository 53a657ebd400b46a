//! Lists of texts, and the reading of lists that may be sent as JSON.

use serde_json::{Value, json};

use super::{Described, NULL, Resettable, Rule, Single as _, Text};
use crate::http::{
    body::{Fields, List, Raw, type_name},
    field_errors::{self, FieldError},
};

/// A list of texts: a JSON array, the text of one, a repeated field, or indexed fields.
pub(crate) struct Texts {
    item: Text,
    max: usize,
    check: Check,
}

/// Another condition for each text, and the message if a text does not meet it.
type Check = Option<(fn(&str) -> bool, &'static str)>;

/// Reads a list of texts, each by the rule `item`. The list may be empty.
pub(crate) fn texts(item: Text) -> Texts {
    Texts { item, max: usize::MAX, check: None }
}

impl Texts {
    /// Sets the maximum number of texts.
    #[must_use]
    pub(crate) fn at_most(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Refuses texts that fail a check, with this message.
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

/// Reads every member of a list.
///
/// # Errors
/// A message if the list is too long or not a list, else one for each refused member.
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

/// Returns the members of a list. In a form, one value may be the whole list as JSON.
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
