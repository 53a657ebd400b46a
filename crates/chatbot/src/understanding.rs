//! What a visitor's text says: an intent, and values for the fields of the profile.

mod automaton;
mod hash;
mod heard;
mod judge;
mod pattern;
mod phrases;
mod spelling;
mod tables;
mod token;
mod values;
mod words;

use tenancy::text;

use self::{
    heard::{Cover, Heard},
    tables::{Mark, TABLES},
    words::Words,
};
use crate::{Step, intake::phone::PhoneCheck};

/// The calling code of Nepal.
const NEPAL: &str = "+977";

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
    /// Returns its English name.
    pub fn name(self) -> &'static str {
        TABLES.about(self).0
    }

    /// Returns a sentence in this language that says that the bot answers in English.
    pub fn sentence(self) -> &'static str {
        TABLES.about(self).1
    }

    /// Returns its place in the list of languages.
    const fn place(self) -> u8 {
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
    const fn bit(self) -> u8 {
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

/// Reads what a text says.
///
/// The time is linear in the length of the text.
pub fn read(text: &str, awaited: &Awaited<'_>) -> Reading {
    let seen = text::visible(text);
    // `Complete` waits for nothing.
    let step = awaited.step.filter(|step| *step != Step::Complete);
    let awaited = &Awaited { step, ..*awaited };
    let (email, mut places) = values::email(&seen);
    let without_email = values::without(&seen, &places);
    let number = values::numbers::find(&without_email, awaited);
    places.extend(number.iter().map(|number| number.place.clone()));
    places.sort_by_key(|place| place.start);
    let rest = values::without(&seen, &places);
    let words = Words::of(&rest);
    let mut heard = Heard::of(&words, step.is_some(), awaited.calling_code == NEPAL);
    let number = number.filter(|number| !number.is_local || is_phone(&words, &heard, number, step));
    let mut values = Values { email, phone: number.as_ref().map(|number| number.check.clone()), ..Values::default() };
    values.country_code = values::stated_country(&rest, &words, &mut heard);
    values.name = values::names::stated(&rest, &words, &mut heard, step == Some(Step::Name));
    values.address = values::stated_address(&rest, &words, &mut heard);
    heard.find_clauses();
    phrases::note(&rest, &words, awaited, &mut heard);
    let cover = heard.cover();
    let (mut intent, mut language) = match TABLES.sign(&rest).filter(|_| heard.tokens.is_empty()) {
        Some(intent) => (intent, Language::English),
        None => judge::intent(&heard, &cover, step),
    };
    let is_small_talk = matches!(intent, Intent::Greeting | Intent::Thanks | Intent::Agreement | Intent::Goodbye);
    if values != Values::default() && is_small_talk {
        (intent, language) = (Intent::Nothing, Language::English);
    }
    if intent == Intent::Question && number.is_some_and(|number| number.is_local) && !expects_number(step) {
        values.phone = None;
    }
    if intent == Intent::Nothing {
        take_answer(&rest, &words, &heard, &cover, step, &mut values);
    }
    Reading { intent, language, values }
}

/// Whether a number without a calling code can be a phone number where a step is awaited.
const fn expects_number(step: Option<Step>) -> bool {
    matches!(step, Some(Step::Phone | Step::CountryCode))
}

/// Whether a number is a phone number: not if it is called something else, such as an order.
fn is_phone(words: &Words, heard: &Heard, number: &values::numbers::Number, step: Option<Step>) -> bool {
    let before = heard
        .tokens
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, token)| words.get(token.word).is_some_and(|word| word.place.end <= number.place.start));
    expects_number(step) || !before.take(3).any(|(at, _)| heard.is(Mark::OtherNumber, at))
}

/// Takes the answer to the awaited step out of a text that says nothing else.
fn take_answer(rest: &str, words: &Words, heard: &Heard, cover: &Cover, step: Option<Step>, values: &mut Values) {
    match step {
        Some(Step::Name) if values.name.is_none() => values.name = values::names::whole(rest, words, heard, cover),
        Some(Step::Address) if values.address.is_none() => {
            values.address = values::address(rest, words, heard, cover.end);
        }
        _ => {}
    }
    if values.country_code.is_none() && values.phone.is_none() {
        values.country_code = values::country(rest, step);
    }
}
