//! What the intake says: its questions with their buttons, and its answers.

use tenancy::text;

use super::{
    country,
    name::{self, NotAName},
    order::Gains,
    phone,
};
use crate::{
    BotSettings, Collected, Reply, Session, Step, kind,
    settings::{Requirement, Texts},
};

/// Maximum length of a visitor's text that a reply repeats, in Unicode scalar values.
const LONGEST_EXCERPT: usize = 40;

/// Returns the question of a step.
pub(super) fn question(step: Step, texts: &Texts<'_>) -> String {
    let settings = texts.settings;
    let text = match step {
        Step::Name => &settings.name_question_text,
        Step::CountryCode => &settings.country_question_text,
        Step::Phone => &settings.phone_question_text,
        Step::Email => &settings.email_question_text,
        Step::Address => &settings.address_question_text,
        Step::Complete => return String::new(),
    };
    match step {
        Step::Email if can_skip(step, settings) => {
            format!("{} {}", texts.filled(text), texts.filled(&settings.can_skip_text))
        }
        _ => texts.say(text),
    }
}

/// Returns the hints and buttons below the question of a step.
pub(super) fn suggestions(step: Step, texts: &Texts<'_>) -> Vec<String> {
    let settings = texts.settings;
    let mut suggestions = match step {
        Step::Name => vec![texts.example(&settings.name_example)],
        Step::CountryCode => country::first_suggestions(&texts.filled(&settings.more_countries_suggestion)),
        Step::Phone => vec![texts.example(&settings.phone_example)],
        Step::Email => vec![texts.example(&settings.email_example)],
        Step::Address => vec![texts.example(&settings.address_example)],
        Step::Complete => Vec::new(),
    };
    if can_skip(step, settings) {
        suggestions.push(texts.say(&settings.skip_suggestion));
    }
    suggestions
}

/// The remaining countries, as the answer to the button that asks for more.
pub(super) fn more_countries(texts: &Texts<'_>) -> (String, Vec<String>) {
    let settings = texts.settings;
    let mut suggestions = country::more_suggestions();
    if can_skip(Step::CountryCode, settings) {
        suggestions.push(texts.say(&settings.skip_suggestion));
    }
    (texts.say(&settings.more_countries_text), suggestions)
}

/// The buttons below the reason for asking.
pub(super) fn way_out(texts: &Texts<'_>) -> Vec<String> {
    [&texts.settings.skip_suggestion, &texts.settings.person_suggestion].map(|button| texts.say(button)).to_vec()
}

fn can_skip(step: Step, settings: &BotSettings) -> bool {
    settings.profile_steps.of(step) == Requirement::Optional
}

/// Returns a reply of the intake that waits for a step.
pub(super) fn waiting(session: &Session, kind: &str, text: String, suggestions: Vec<String>) -> Reply {
    Reply { collecting: Some(session.step), temp_data: session.temp_data(), ..Reply::new(kind, text, suggestions) }
}

/// Returns the company's welcome, which asks for the name.
pub(super) fn welcome(session: &Session, texts: &Texts<'_>) -> Reply {
    let settings = texts.settings;
    let text = match session.step {
        Step::Name => texts.say(&settings.welcome_text),
        step => format!("{}<br><br>{}", texts.filled(&settings.greeting_text), question(step, texts)),
    };
    waiting(session, kind::PROFILE_COLLECTION, text, suggestions(session.step, texts))
}

/// Says what a message gave; empty if that needs no word, since the answer to the question was all it gave.
pub(super) fn acknowledgement(
    gains: &Gains,
    awaited: Option<Step>,
    collected: &Collected,
    texts: &Texts<'_>,
) -> String {
    let settings = texts.settings;
    let mut said = Vec::new();
    if gains.new.contains(&Step::Name)
        && let Some(name) = collected.name.value()
    {
        said.push(texts.with(&settings.name_noted_text, &[("name", name)]));
    }
    let told = |steps: &[Step], skip: &[Option<Step>]| {
        let has_phone = steps.contains(&Step::Phone);
        let told =
            steps.iter().filter(|&&step| !(skip.contains(&Some(step)) || has_phone && step == Step::CountryCode));
        told.map(|&step| field(step, texts)).collect::<Vec<_>>()
    };
    for (text, fields) in [
        (&settings.fields_noted_text, told(&gains.new, &[Some(Step::Name), awaited])),
        (&settings.fields_changed_text, told(&gains.changed, &[])),
    ] {
        if !fields.is_empty() {
            said.push(texts.with(text, &[("fields", &texts.joined(&fields))]));
        }
    }
    said.join(" ")
}

/// Names what a step asks for.
pub(super) fn field(step: Step, texts: &Texts<'_>) -> String {
    let settings = texts.settings;
    let word = match step {
        Step::Name => &settings.name_word,
        Step::CountryCode => return texts.say(&settings.country_word),
        Step::Phone => &settings.phone_word,
        Step::Email => &settings.email_word,
        Step::Address => &settings.address_word,
        Step::Complete => return String::new(),
    };
    texts.with(&settings.field_text, &[("field", &texts.filled(word))])
}

/// Says why a text is not the answer to a step, in words that fit the text.
pub(super) fn rejection(step: Step, text: &str, calling_code: &str, texts: &Texts<'_>) -> String {
    let settings = texts.settings;
    let with_text = |said: &str| texts.with(said, &[("text", &excerpt(text))]);
    match step {
        Step::Name if country::alone(text).is_some() => with_text(&settings.name_is_country_text),
        Step::Name => texts.say(match name::read(text) {
            Err(NotAName::Short) => &settings.name_short_text,
            Err(NotAName::Long) => &settings.name_long_text,
            Err(NotAName::Characters) => &settings.name_characters_text,
            Ok(_) => &settings.name_unclear_text,
        }),
        Step::CountryCode => match country::read(text) {
            country::Reading::Unsure(names) => {
                texts.with(&settings.country_unsure_text, &[("countries", &names.join(", "))])
            }
            country::Reading::Code(_) | country::Reading::Nothing => with_text(&settings.country_unknown_text),
        },
        Step::Phone => {
            let message = phone::rejection(text, calling_code);
            texts.with(&settings.phone_unclear_text, &[("message", &message)])
        }
        Step::Email => texts.say(&settings.email_unclear_text),
        Step::Address => texts.say(&settings.address_unclear_text),
        Step::Complete => texts.say(&settings.clarification_text),
    }
}

/// Returns the question after a rejection.
pub(super) fn question_again(step: Step, texts: &Texts<'_>) -> String {
    let question = question(step, texts);
    match step {
        Step::CountryCode => format!("{question} {}", texts.filled(&texts.settings.country_again_text)),
        _ => question,
    }
}

/// Returns the beginning of a visitor's text, to be repeated in a reply.
pub(super) fn excerpt(text: &str) -> String {
    let text = text::visible(text);
    let short: String = text.trim().chars().take(LONGEST_EXCERPT).collect();
    let dots = if short.len() < text.trim().len() { "\u{2026}" } else { "" };
    format!("{short}{dots}")
}
