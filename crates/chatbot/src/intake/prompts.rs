//! What the intake says: its questions with their buttons, and its answers.

use knowledge::markup;
use tenancy::text;

use super::{country, name, order::Gains, phone};
use crate::{
    BotSettings, Collected, Reply, Session, Step,
    answers::TALK_TO_A_PERSON,
    kind,
    settings::{Requirement, filled},
};

/// The button that skips a step.
const SKIP: &str = "Skip";

const ASK_NAME: &str = "What's your full name?";
const ASK_COUNTRY: &str = "Which country is your phone number from?";
const OTHER_COUNTRIES: &str = "Here are more countries. You can also type a country code, such as +352.";
const TYPE_COUNTRY: &str = "You can choose one or type its name or code, such as +352.";
const ASK_PHONE: &str = "What's your phone number?";
const ASK_EMAIL: &str = "What's your e-mail address?";
const ASK_ADDRESS: &str = "And what's your address?";
const CAN_SKIP: &str = "You can skip this.";

/// Maximum length of a visitor's text that a reply repeats, in Unicode scalar values.
const LONGEST_EXCERPT: usize = 40;

/// Returns the question of a step.
pub(super) fn question(step: Step, settings: &BotSettings) -> String {
    match step {
        Step::Name => ASK_NAME.to_owned(),
        Step::CountryCode => ASK_COUNTRY.to_owned(),
        Step::Phone => ASK_PHONE.to_owned(),
        Step::Email if can_skip(step, settings) => format!("{ASK_EMAIL} {CAN_SKIP}"),
        Step::Email => ASK_EMAIL.to_owned(),
        Step::Address => ASK_ADDRESS.to_owned(),
        Step::Complete => String::new(),
    }
}

/// Returns the hints and buttons below the question of a step.
pub(super) fn suggestions(step: Step, settings: &BotSettings) -> Vec<String> {
    let mut suggestions = match step {
        Step::Name => vec!["Example: John Doe".to_owned()],
        Step::CountryCode => country::first_suggestions(),
        Step::Phone => vec!["Example: 9841234567".to_owned()],
        Step::Email => vec!["Example: your.email@example.com".to_owned()],
        Step::Address => vec!["Example: City, Country".to_owned()],
        Step::Complete => Vec::new(),
    };
    if can_skip(step, settings) {
        suggestions.push(SKIP.to_owned());
    }
    suggestions
}

/// The remaining countries, as the answer to the button that asks for more.
pub(super) fn more_countries(settings: &BotSettings) -> (String, Vec<String>) {
    let mut suggestions = country::more_suggestions();
    if can_skip(Step::CountryCode, settings) {
        suggestions.push(SKIP.to_owned());
    }
    (OTHER_COUNTRIES.to_owned(), suggestions)
}

/// The buttons below the reason for asking.
pub(super) fn way_out() -> Vec<String> {
    vec![SKIP.to_owned(), TALK_TO_A_PERSON.to_owned()]
}

fn can_skip(step: Step, settings: &BotSettings) -> bool {
    settings.profile_steps.of(step) == Requirement::Optional
}

/// Returns a reply of the intake that waits for a step.
pub(super) fn waiting(session: &Session, kind: &str, text: String, suggestions: Vec<String>) -> Reply {
    Reply { collecting: Some(session.step), temp_data: session.temp_data(), ..Reply::new(kind, text, suggestions) }
}

/// Returns the company's welcome, which asks for the name.
pub(super) fn welcome(session: &Session, settings: &BotSettings, company_name: &str) -> Reply {
    let names = settings.names(session, company_name);
    let text = match session.step {
        Step::Name => filled(&settings.welcome_text, &names).into_owned(),
        step => format!("{}<br><br>{}", filled(&settings.greeting_text, &names), question(step, settings)),
    };
    waiting(session, kind::PROFILE_COLLECTION, text, suggestions(session.step, settings))
}

/// Says what a message gave; empty if that needs no word, since the answer to the question was all it gave.
pub(super) fn acknowledgement(gains: &Gains, awaited: Option<Step>, collected: &Collected) -> String {
    let mut said = String::new();
    if gains.new.contains(&Step::Name)
        && let Some(name) = collected.name.value()
    {
        said = format!("Nice to meet you, {name}!");
    }
    let told = |steps: &[Step], skip: &[Option<Step>]| {
        let has_phone = steps.contains(&Step::Phone);
        let told =
            steps.iter().filter(|&&step| !(skip.contains(&Some(step)) || has_phone && step == Step::CountryCode));
        told.map(|&step| field(step)).collect::<Vec<_>>()
    };
    for (verb, fields) in
        [("noted", told(&gains.new, &[Some(Step::Name), awaited])), ("changed", told(&gains.changed, &[]))]
    {
        if !fields.is_empty() {
            let space = if said.is_empty() { "" } else { " " };
            said = format!("{said}{space}I have {verb} {}.", fields.join(" and "));
        }
    }
    said
}

/// Names what a step asks for.
const fn field(step: Step) -> &'static str {
    match step {
        Step::Name => "your name",
        Step::CountryCode => "the country",
        Step::Phone => "your phone number",
        Step::Email => "your e-mail address",
        Step::Address => "your address",
        Step::Complete => "",
    }
}

/// Says why a text is not the answer to a step, in words that fit the text.
pub(super) fn rejection(step: Step, text: &str, calling_code: &str) -> String {
    match step {
        Step::Name if country::alone(text).is_some() => format!(
            "I understood \u{201c}{0}\u{201d} as a country. If it is your name, please write \u{201c}My name is {0}\u{201d}.",
            excerpt(text)
        ),
        Step::Name => match name::read(text) {
            Err(not_a_name) => not_a_name.reason().to_owned(),
            Ok(_) => "I did not understand that as a name.".to_owned(),
        },
        Step::CountryCode => match country::read(text) {
            country::Reading::Unsure(names) => format!("Did you mean {}?", names.join(", ")),
            country::Reading::Code(_) | country::Reading::Nothing => {
                format!("I can't find a country in \u{201c}{}\u{201d}.", excerpt(text))
            }
        },
        Step::Phone => phone::rejection(text, calling_code),
        Step::Email => "I need exactly one e-mail address, such as ann@example.com.".to_owned(),
        Step::Address => "I did not understand that as an address, such as a street and a town.".to_owned(),
        Step::Complete => "I did not understand that.".to_owned(),
    }
}

/// Returns the question after a rejection.
pub(super) fn question_again(step: Step, settings: &BotSettings) -> String {
    match step {
        Step::CountryCode => format!("{ASK_COUNTRY} {TYPE_COUNTRY}"),
        step => question(step, settings),
    }
}

/// Returns the beginning of a visitor's text, to be repeated in a reply.
pub(super) fn excerpt(text: &str) -> String {
    let text = text::visible(text);
    let short: String = text.trim().chars().take(LONGEST_EXCERPT).collect();
    let dots = if short.len() < text.trim().len() { "\u{2026}" } else { "" };
    format!("{}{dots}", markup::neutralise(&short))
}
