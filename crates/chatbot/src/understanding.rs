//! What a visitor's text says: an intent, and values for the fields of the profile.

use tenancy::Email;

use crate::{
    Step,
    intake::{
        self, country, name,
        phone::{self, PhoneCheck},
    },
};

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
    /// The language of the words that gave the intent; English if none did.
    pub language: Language,
    /// Values for fields. A free text is the answer to the awaited step only if its intent is
    /// [`Intent::Nothing`].
    pub values: Values,
}

impl Reading {
    /// Returns the reading of no text.
    pub fn nothing() -> Self {
        Self { intent: Intent::Nothing, language: Language::English, values: Values::default() }
    }
}

impl Language {
    pub fn name(self) -> &'static str {
        "English"
    }
    pub fn sentence(self) -> &'static str {
        "I answer in English."
    }
}

/// TEMPORARY
pub fn read(text: &str, awaited: &Awaited<'_>) -> Reading {
    let lower = text.to_lowercase();
    let intent = if awaited.person_phrases.iter().any(|p| crate::phrase::contains(&crate::phrase::normalize(text), p)) {
        Intent::Person
    } else if crate::is_greeting(text) {
        Intent::Greeting
    } else if ["skip", "no", "no thanks", "pass"].contains(&lower.as_str()) {
        Intent::Refusal
    } else if lower.ends_with('?') {
        Intent::Question
    } else {
        Intent::Nothing
    };
    let mut values = Values { email: Email::find(text), ..Values::default() };
    if intent == Intent::Nothing {
        match awaited.step {
            Some(Step::Name) => values.name = name::read(text).ok().map(|n| n.into_owned()),
            Some(Step::CountryCode) => match phone::whole_number(text, awaited.calling_code) {
                Some(p) => values.phone = Some(p),
                None => {
                    if let country::Reading::Code(c) = country::read(text) {
                        values.country_code = Some(c)
                    }
                }
            },
            Some(Step::Phone) => values.phone = Some(phone::check(text, awaited.calling_code)).filter(|p| p.valid),
            Some(Step::Address) => values.address = Some(text.to_owned()),
            _ => {}
        }
    }
    let _ = intake::SKIP;
    Reading { intent, language: Language::English, values }
}
