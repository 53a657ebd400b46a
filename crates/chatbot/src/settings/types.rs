//! The types of settings: which values a setting takes, and how its default is written.
//!
//! They exist at compile time only. The server adds to each how it is read from a request.

use std::{borrow::Cow, marker::PhantomData};

use knowledge::markup;

use super::{
    hours::Hours,
    limits::{SUGGESTION, SUGGESTIONS},
    profile_steps::ProfileSteps,
    quick_reply::QuickReply,
};

/// The type of a setting.
pub trait SettingType {
    /// The value in [`BotSettings`](crate::BotSettings).
    type Value;

    /// How the list of settings writes a default.
    type Literal;

    /// Makes the value of a default.
    fn value(literal: Self::Literal) -> Self::Value;

    /// Applies the markup rule to every text in a value; `<br>` stays.
    fn neutralise(_value: &mut Self::Value) {}
}

/// A text of at most `MAX` characters.
pub struct Text<const MAX: usize>;

impl<const MAX: usize> SettingType for Text<MAX> {
    type Value = String;
    type Literal = &'static str;

    fn value(literal: &'static str) -> String {
        literal.to_owned()
    }

    fn neutralise(value: &mut String) {
        neutralise(value);
    }
}

/// At most `COUNT` texts of at most `MAX` characters.
pub struct TextList<const MAX: usize, const COUNT: usize>;

impl<const MAX: usize, const COUNT: usize> SettingType for TextList<MAX, COUNT> {
    type Value = Vec<String>;
    type Literal = &'static [&'static str];

    fn value(literal: &'static [&'static str]) -> Vec<String> {
        texts(literal)
    }

    fn neutralise(value: &mut Vec<String>) {
        value.iter_mut().for_each(neutralise);
    }
}

/// Buttons below a text.
pub type Suggestions = TextList<SUGGESTION, SUGGESTIONS>;

/// The wording of a button of the bot's own, with a letter or a digit.
pub struct Button;

impl SettingType for Button {
    type Value = String;
    type Literal = &'static str;

    fn value(literal: &'static str) -> String {
        literal.to_owned()
    }

    fn neutralise(value: &mut String) {
        neutralise(value);
    }
}

/// Phrases that are searched for in messages, each with a letter or a digit.
pub struct Phrases;

impl SettingType for Phrases {
    type Value = Vec<String>;
    type Literal = &'static [&'static str];

    fn value(literal: &'static [&'static str]) -> Vec<String> {
        texts(literal)
    }

    fn neutralise(value: &mut Vec<String>) {
        value.iter_mut().for_each(neutralise);
    }
}

/// The calling code of a country, with its plus.
pub struct CallingCode;

impl SettingType for CallingCode {
    type Value = String;
    type Literal = &'static str;

    fn value(literal: &'static str) -> String {
        literal.to_owned()
    }
}

/// Fixed answers to certain texts.
pub struct QuickReplies;

impl SettingType for QuickReplies {
    type Value = Vec<QuickReply>;
    type Literal = Vec<QuickReply>;

    fn value(literal: Vec<QuickReply>) -> Vec<QuickReply> {
        literal
    }

    fn neutralise(value: &mut Vec<QuickReply>) {
        for quick in value {
            quick.matches.iter_mut().chain([&mut quick.reply]).chain(&mut quick.suggestions).for_each(neutralise);
        }
    }
}

/// Yes or no.
pub struct Toggle;

impl SettingType for Toggle {
    type Value = bool;
    type Literal = bool;

    fn value(literal: bool) -> bool {
        literal
    }
}

/// A number from 0 to 1.
pub struct Ratio;

impl SettingType for Ratio {
    type Value = f64;
    type Literal = f64;

    fn value(literal: f64) -> f64 {
        literal
    }
}

/// A whole number from 0 to `MAX`.
pub struct Count<const MAX: u8>;

impl<const MAX: u8> SettingType for Count<MAX> {
    type Value = u8;
    type Literal = u8;

    fn value(literal: u8) -> u8 {
        literal
    }
}

/// Which steps of the intake are asked.
pub struct Steps;

impl SettingType for Steps {
    type Value = ProfileSteps;
    type Literal = ProfileSteps;

    fn value(literal: ProfileSteps) -> ProfileSteps {
        literal
    }
}

/// The hours in which staff are there; without them, at any time.
pub struct OpeningHours;

impl SettingType for OpeningHours {
    type Value = Option<Hours>;
    type Literal = Option<Hours>;

    fn value(literal: Option<Hours>) -> Option<Hours> {
        literal
    }
}

/// One of the words of the enum `T`.
pub struct Word<T>(PhantomData<T>);

impl<T> SettingType for Word<T> {
    type Value = T;
    type Literal = T;

    fn value(literal: T) -> T {
        literal
    }
}

fn texts(literal: &[&str]) -> Vec<String> {
    literal.iter().map(|&text| text.to_owned()).collect()
}

fn neutralise(text: &mut String) {
    if let Cow::Owned(safe) = markup::neutralise_keeping_breaks(text) {
        *text = safe;
    }
}
