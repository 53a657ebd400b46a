//! How each type of setting is read from a request.

use chatbot::settings::{
    Change,
    limits::PHRASES,
    types::{self, SettingType, Word},
};
use knowledge::Mode;

use super::{
    calling_code::CallingCode,
    quick_replies::{QuickReplies, phrases},
};
use crate::http::rules::{Resettable as _, Rule, boolean, choice, or_reset, ratio, text, texts};

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

impl Accept for Word<Mode> {
    fn rule() -> impl Rule<Value = Change<Mode>> {
        or_reset(choice(Mode::parse, Mode::ALL.map(Mode::as_str)))
    }
}
