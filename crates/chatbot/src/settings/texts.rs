//! A company's texts as the bot says them in one session.

use std::borrow::Cow;

use super::{
    fill,
    hours::{Day, Opening, WEEKDAYS},
    list::BotSettings,
};
use crate::{Session, Snapshot, settings::Names};

/// Clients show a suggestion that begins with this word as a hint and not as a button.
const EXAMPLE: &str = "Example:";

/// A company's texts, and the names that replace their placeholders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) settings: &'a BotSettings,
    names: Names<'a>,
}

impl<'a> Texts<'a> {
    /// Returns the texts for a session.
    pub(crate) fn new(settings: &'a BotSettings, session: &'a Session, company_name: &'a str) -> Self {
        Self { settings, names: settings.names(session, company_name) }
    }

    /// Returns the texts for the session of a snapshot.
    pub(crate) fn of(snapshot: &'a Snapshot) -> Self {
        Self::new(&snapshot.settings, &snapshot.session, &snapshot.company_name)
    }

    /// Returns the texts for a visitor of this name.
    pub(crate) fn with_name(self, name: &'a str) -> Self {
        Self { names: Names { name, ..self.names }, ..self }
    }

    /// Fills the names into a text.
    pub(crate) fn filled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        fill::filled(text, &self.names, &[])
    }

    /// Fills names and further values into a text. A value never becomes markup, and its placeholders stay as they are.
    pub(crate) fn with(&self, text: &str, values: &[(&str, &str)]) -> String {
        fill::filled(text, &self.names, values).into_owned()
    }

    /// Fills the names into a text.
    pub(crate) fn say(&self, text: &str) -> String {
        self.filled(text).into_owned()
    }

    /// Fills the names into buttons.
    pub(crate) fn buttons(&self, suggestions: &[String]) -> Vec<String> {
        suggestions.iter().map(|text| self.say(text)).collect()
    }

    /// Returns the hint with an example of an answer.
    pub(crate) fn example(&self, example: &str) -> String {
        format!("{EXAMPLE} {}", self.filled(example))
    }

    /// Joins words by the company's word for "and".
    pub(crate) fn joined(&self, words: &[String]) -> String {
        words.join(&format!(" {} ", self.filled(&self.settings.and_word)))
    }

    /// Says when the team is back.
    pub(crate) fn back(&self, opening: &Opening<'_>) -> String {
        let settings = self.settings;
        let (mut weekday, mut date) = (Cow::Borrowed(""), String::new());
        let text = match opening.day {
            Day::Today => &settings.back_today_text,
            Day::Tomorrow => &settings.back_tomorrow_text,
            Day::Weekday(day) => {
                let known = settings.weekdays.get(day).map(String::as_str).or(WEEKDAYS.get(day).copied());
                weekday = self.filled(known.unwrap_or_default());
                &settings.back_on_weekday_text
            }
            Day::Date(day) => {
                date = day.to_string();
                &settings.back_on_date_text
            }
        };
        let (time, timezone) = (opening.time(), opening.timezone);
        self.with(text, &[("time", &time), ("timezone", timezone), ("weekday", &weekday), ("date", &date)])
    }
}
