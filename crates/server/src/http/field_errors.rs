//! Collects the refusals of single fields.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Serialize, Serializer, ser::SerializeMap};

/// A message, usually a fixed text that existing clients know.
pub(crate) type Text = Cow<'static, str>;

/// The key of messages that are about several fields together.
pub(crate) const NON_FIELD: &str = "non_field_errors";

/// The key that lists the accepted words of refused choices.
pub(crate) const CHOICES: &str = "choices";

/// The message for a field that is missing.
pub(crate) const REQUIRED: &str = "This field is required.";

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldError {
    /// Messages about the whole field.
    Messages(Vec<Text>),
    /// Messages about members of a list, by index in ascending order.
    Members(Vec<(usize, Text)>),
    /// A word that is not one of the choices.
    Choice {
        /// Repeats the word.
        message: Text,
        /// The words that are accepted.
        choices: Vec<&'static str>,
    },
}

impl FieldError {
    /// Creates one message about the whole field.
    pub(crate) fn new(message: impl Into<Text>) -> Self {
        Self::Messages(vec![message.into()])
    }

    /// The field is missing.
    pub(crate) fn required() -> Self {
        Self::new(REQUIRED)
    }

    /// The accepted words, if a word was refused.
    fn choices(&self) -> Option<&[&'static str]> {
        match self {
            Self::Choice { choices, .. } => Some(choices),
            Self::Messages(_) | Self::Members(_) => None,
        }
    }

    /// The first message.
    pub(crate) fn first(&self) -> &str {
        match self {
            Self::Messages(messages) => messages.first().map_or("", |message| message),
            Self::Members(members) => members.first().map_or("", |(_, message)| message),
            Self::Choice { message, .. } => message,
        }
    }
}

/// Writes messages as a list, and messages about members as a map from index to list.
impl Serialize for FieldError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Messages(messages) => messages.serialize(serializer),
            Self::Members(members) => {
                serializer.collect_map(members.iter().map(|(index, message)| (index, [message.as_ref()])))
            }
            Self::Choice { message, .. } => [message].serialize(serializer),
        }
    }
}

/// What is wrong with the fields of a body, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(Vec<(Text, FieldError)>);

impl FieldErrors {
    /// Creates the refusal of one field.
    pub(crate) fn of(field: impl Into<Text>, error: FieldError) -> Self {
        Self(vec![(field.into(), error)])
    }

    /// Adds the refusal of a field.
    pub(crate) fn add(&mut self, field: impl Into<Text>, error: FieldError) {
        self.0.push((field.into(), error));
    }

    /// Returns the value if it was read, else adds the refusal and returns `None`.
    pub(crate) fn keep<T>(&mut self, field: &'static str, read: Result<T, FieldError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error);
                None
            }
        }
    }

    /// Returns the messages as those of one field, whose value is an object with these fields.
    pub(crate) fn nested(&self) -> FieldError {
        let messages = self.0.iter().map(|(field, error)| Text::from(format!("{field}: {}", error.first())));
        FieldError::Messages(messages.collect())
    }

    /// Returns the first message, prefixed with its field unless it is about several fields.
    pub(crate) fn summary(&self) -> Text {
        match self.0.first() {
            Some((field, error)) if field == NON_FIELD => error.first().to_owned().into(),
            Some((field, error)) => format!("{field}: {}", error.first()).into(),
            None => "Invalid data.".into(),
        }
    }

    /// Writes the messages of each field, and `choices` with the accepted words of each refused choice.
    ///
    /// The words have a key of their own, because clients compare the messages.
    pub(crate) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|(field, error)| map.serialize_entry(field, error))?;
        let choices: BTreeMap<_, _> =
            self.0.iter().filter_map(|(field, error)| Some((field, error.choices()?))).collect();
        if choices.is_empty() { Ok(()) } else { map.serialize_entry(CHOICES, &choices) }
    }
}
