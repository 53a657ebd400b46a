//! What is read out of a text, and what a text is read for.

use crate::{Step, intake::phone::PhoneCheck};

tenancy::word_enum! {
    /// What a visitor wants to say with a text.
    pub enum Intent {
        /// A person instead of the bot.
        Person => "person",
        /// A question to be answered.
        Question => "question",
        /// A greeting and nothing else.
        Greeting => "greeting",
        /// Thanks and nothing else.
        Thanks => "thanks",
        /// The end of the conversation.
        Goodbye => "goodbye",
        /// Yes and nothing else.
        Agreement => "agreement",
        /// No, or the wish not to answer.
        Refusal => "refusal",
        /// Why the bot asks for this.
        Why => "why",
        /// A question about the bot itself.
        AboutBot => "about_bot",
        /// Anger about the conversation.
        Frustration => "frustration",
        /// An insult.
        Abuse => "abuse",
        /// None of these.
        Nothing => "nothing",
    }
}

tenancy::word_enum! {
    /// A language that intents are understood in. The words are those of ISO 639-1.
    pub enum Language {
        /// English, in which the bot answers.
        English => "en",
        /// German.
        German => "de",
        /// Spanish.
        Spanish => "es",
        /// French.
        French => "fr",
        /// Hindi.
        Hindi => "hi",
        /// Nepali.
        Nepali => "ne",
    }
}

impl Language {
    /// Returns its place in the list of languages.
    pub(super) const fn place(self) -> u8 {
        match self {
            Self::English => 0,
            Self::German => 1,
            Self::Spanish => 2,
            Self::French => 3,
            Self::Hindi => 4,
            Self::Nepali => 5,
        }
    }

    /// Returns a bit of its own.
    pub(super) const fn bit(self) -> u8 {
        1 << self.place()
    }
}

/// What the conversation waits for when a text arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited<'a> {
    /// The step of the intake whose answer is waited for; `None` outside the intake.
    pub step: Option<Step>,
    /// The calling code that numbers without one are read with.
    pub calling_code: &'a str,
    /// Phrases of the company that ask for a person, in addition to the built-in ones.
    pub person_phrases: &'a [String],
}

/// The values for fields of the profile that a text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The visitor's name.
    pub name: Option<String>,
    /// The calling code of a country that the text names, with its plus.
    pub country_code: Option<String>,
    /// An accepted phone number. It brings its own country.
    pub phone: Option<PhoneCheck>,
    /// A number without a country, as it was typed. It may be a phone number of a country that is not known yet.
    pub number: Option<String>,
    /// The one e-mail address in the text.
    pub email: Option<String>,
    /// A postal address.
    pub address: Option<String>,
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The intent. A text may have values too.
    pub intent: Intent,
    /// Whether weights of words gave the intent, and no phrase.
    pub is_guess: bool,
    /// The language of the words that gave the intent; English if none did.
    pub language: Language,
    /// Whether the text may tell something of the visitor, by how it begins or by its everyday words alone: `my tooth is
    /// killing me`, `for 3 days`.
    pub tells: bool,
    /// The step of the intake whose answer the text names, without giving one: `I have no phone`.
    pub names: Option<Step>,
    /// Values for fields. A free text is the answer to the awaited step only if its intent is
    /// [`Intent::Nothing`].
    pub values: Values,
}

impl Reading {
    /// Whether the text may be a question to the company although it seems to be about the bot or the conversation.
    pub(crate) fn may_be_a_question(&self) -> bool {
        self.is_guess && matches!(self.intent, Intent::AboutBot | Intent::Frustration | Intent::Abuse)
    }

    /// Returns the reading of no text.
    pub fn nothing() -> Self {
        let (intent, language) = (Intent::Nothing, Language::English);
        Self { intent, is_guess: false, language, tells: false, names: None, values: Values::default() }
    }
}
