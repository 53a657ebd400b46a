//! How each type of setting is read from a request.

use chatbot::settings::{
    Assignment, Change, ProfileWhen,
    limits::{PHRASES, SUGGESTION, can_match},
    types::{self, SettingType, Word},
};
use knowledge::Mode;
use serde_json::{Value, json};

use super::{
    calling_code::CallingCode,
    documents::{OpeningHours, Steps},
    quick_replies::{QuickReplies, phrases},
};
use crate::http::{
    body::Raw,
    field_errors::FieldError,
    rules::{Resettable as _, Rule, Single, boolean, choice, integer, or_reset, ratio, text, texts},
};

/// A type of setting that can be sent.
pub(super) trait Accept: SettingType {
    /// Returns the rule for a field of the body. A missing field keeps the setting, null or blank
    /// resets it.
    fn rule() -> impl Rule<Value = Change<Self::Value>>;
}

impl<const MAX: usize> Accept for types::Text<MAX> {
    fn rule() -> impl Rule<Value = Change<String>> {
        or_reset(text().max(MAX))
    }
}

impl<const MAX: usize, const COUNT: usize> Accept for types::TextList<MAX, COUNT> {
    fn rule() -> impl Rule<Value = Change<Vec<String>>> {
        texts(text().max(MAX)).at_most(COUNT).or_reset()
    }
}

impl Accept for types::Phrases {
    fn rule() -> impl Rule<Value = Change<Vec<String>>> {
        phrases(PHRASES).or_reset()
    }
}

impl Accept for types::Button {
    fn rule() -> impl Rule<Value = Change<String>> {
        or_reset(Button)
    }
}

/// The wording of a button. Without letters and digits it would not be recognised when it is pressed.
struct Button;

impl Single for Button {
    type Value = String;

    fn accept(&self, raw: Raw) -> Result<String, FieldError> {
        let wording = text().max(SUGGESTION).blank_ok().accept(raw)?;
        if wording.is_empty() || can_match(&wording) {
            return Ok(wording);
        }
        Err(FieldError::new("A button needs a letter or a digit."))
    }

    fn schema(&self) -> Value {
        text().max(SUGGESTION).blank_ok().schema()
    }

    fn is_blank(wording: &String) -> bool {
        wording.is_empty()
    }
}

impl Accept for types::CallingCode {
    fn rule() -> impl Rule<Value = Change<String>> {
        or_reset(CallingCode)
    }
}

impl Accept for types::QuickReplies {
    fn rule() -> impl Rule<Value = Change<Self::Value>> {
        QuickReplies.or_reset()
    }
}

impl Accept for types::Toggle {
    fn rule() -> impl Rule<Value = Change<bool>> {
        or_reset(boolean())
    }
}

impl Accept for types::Ratio {
    fn rule() -> impl Rule<Value = Change<f64>> {
        or_reset(ratio())
    }
}

impl<const MAX: u8> Accept for types::Count<MAX> {
    fn rule() -> impl Rule<Value = Change<u8>> {
        or_reset(Count::<MAX>)
    }
}

/// A whole number from 0 to `MAX`.
struct Count<const MAX: u8>;

impl<const MAX: u8> Single for Count<MAX> {
    type Value = u8;

    fn accept(&self, raw: Raw) -> Result<u8, FieldError> {
        let number = integer().accept(raw)?;
        let number = u8::try_from(number).ok().filter(|&number| number <= MAX);
        number.ok_or_else(|| FieldError::new(format!("Ensure this value is from 0 to {MAX}.")))
    }

    fn schema(&self) -> Value {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": MAX },
            { "type": "string", "pattern": r"^\s*[0-9]+\s*$" },
        ] })
    }
}

impl Accept for types::Steps {
    fn rule() -> impl Rule<Value = Change<Self::Value>> {
        or_reset(Steps)
    }
}

impl Accept for types::OpeningHours {
    fn rule() -> impl Rule<Value = Change<Self::Value>> {
        or_reset(OpeningHours)
    }
}

impl Accept for Word<ProfileWhen> {
    fn rule() -> impl Rule<Value = Change<ProfileWhen>> {
        or_reset(choice(ProfileWhen::parse, ProfileWhen::ALL.map(ProfileWhen::as_str)))
    }
}

impl Accept for Word<Assignment> {
    fn rule() -> impl Rule<Value = Change<Assignment>> {
        or_reset(choice(Assignment::parse, Assignment::ALL.map(Assignment::as_str)))
    }
}

impl Accept for Word<Mode> {
    fn rule() -> impl Rule<Value = Change<Mode>> {
        or_reset(choice(Mode::parse, Mode::ALL.map(Mode::as_str)))
    }
}
