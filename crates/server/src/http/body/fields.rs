//! The fields of a body before their types are known.

use std::borrow::Cow;

use actix_web::web::Bytes;
use serde_json::{Map, Value};

/// One value as sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    /// From a JSON body.
    Json(Value),
    /// From a form.
    Text(String),
    /// From a multipart form, with a file name.
    File(Upload),
}

/// A file of a form, held in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The file name as sent.
    pub(crate) name: String,
    /// The content.
    pub(crate) bytes: Bytes,
}

/// The values of a list field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum List {
    /// The values, in order.
    Members(Vec<Raw>),
    /// One JSON value that is not an array.
    Scalar(Value),
}

/// The fields of one body, in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    given: Vec<(Cow<'a, str>, Raw)>,
}

impl<'a> Fields<'a> {
    pub(crate) fn push(&mut self, name: Cow<'a, str>, value: Raw) {
        self.given.push((name, value));
    }

    /// Takes the last value of a field.
    pub(crate) fn take(&mut self, name: &str) -> Option<Raw> {
        let at = self.given.iter().rposition(|(given, _)| given == name)?;
        Some(self.given.remove(at).1)
    }

    /// Takes a list: a JSON array, a repeated field, or `name[0]`, `name[1]` and so on.
    pub(crate) fn take_list(&mut self, name: &str) -> Option<List> {
        let (mut plain, mut indexed) = (Vec::new(), Vec::new());
        for (given, value) in self.given.extract_if(.., |(given, _)| base(given) == name) {
            match index(&given) {
                Some(index) => indexed.push((index, value)),
                None => plain.push(value),
            }
        }
        match plain.pop() {
            Some(Raw::Json(Value::Array(members))) => Some(List::Members(members.into_iter().map(Raw::Json).collect())),
            Some(Raw::Json(scalar)) => Some(List::Scalar(scalar)),
            Some(last) => {
                plain.push(last);
                Some(List::Members(plain))
            }
            None if indexed.is_empty() => None,
            None => {
                indexed.sort_by_key(|(index, _)| *index);
                Some(List::Members(indexed.into_iter().map(|(_, value)| value).collect()))
            }
        }
    }

    /// Returns all fields but files as one JSON object, with the texts of forms as strings.
    pub(crate) fn into_object(self) -> Map<String, Value> {
        let json = |(name, value): (Cow<'a, str>, Raw)| match value {
            Raw::Json(value) => Some((name.into_owned(), value)),
            Raw::Text(text) => Some((name.into_owned(), Value::String(text))),
            Raw::File(_) => None,
        };
        self.given.into_iter().filter_map(json).collect()
    }
}

/// Returns whether a body with these names keeps a field.
pub(super) fn wanted(names: Option<&[&str]>, name: &str) -> bool {
    names.is_none_or(|names| names.contains(&base(name)))
}

/// Returns `ids` for `ids` and for `ids[0]`.
fn base(name: &str) -> &str {
    name.split_once('[').map_or(name, |(base, _)| base)
}

/// Returns `0` for `ids[0]`. A name with anything else in brackets counts as the last member.
fn index(name: &str) -> Option<usize> {
    let (_, rest) = name.split_once('[')?;
    Some(rest.strip_suffix(']').and_then(|index| index.parse().ok()).unwrap_or(usize::MAX))
}
