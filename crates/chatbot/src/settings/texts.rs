//! A company's texts as the bot says them in one session.

use std::borrow::Cow;

use super::{
    buttons::{BROWSE_TOPICS, LEAVE_EMAIL, MORE_COUNTRIES, SKIP, TALK_TO_A_PERSON},
    fill,
    hours::{Day, Opening, WEEKDAYS},
    list::BotSettings,
};
use crate::{Session, Snapshot, phrase, settings::Names};

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

    /// Returns the default wording of the button that a text is, in the default wording or the company's; `None` if it is
    /// no button.
    pub(crate) fn pressed(&self, text: &str) -> Option<&'static str> {
        let settings = self.settings;
        let buttons = [
            (&settings.skip_suggestion, SKIP),
            (&settings.person_suggestion, TALK_TO_A_PERSON),
            (&settings.topics_suggestion, BROWSE_TOPICS),
            (&settings.more_countries_suggestion, MORE_COUNTRIES),
            (&settings.leave_email_suggestion, LEAVE_EMAIL),
        ];
        let normalized = phrase::normalize(text);
        let is_own = |(wording, default): &&(&String, &str)| {
            wording.as_str() != *default && phrase::equals(&normalized, &self.filled(wording))
        };
        // The normalized forms of the default wordings differ from these only in case.
        let is_default = |(_, default): &&(&String, &str)| default.eq_ignore_ascii_case(&normalized);
        let pressed = buttons.iter().find(is_own).or_else(|| buttons.iter().find(is_default));
        pressed.map(|&(_, default)| default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BotSettings, fixtures::fresh};

    #[test]
    fn a_button_is_known_by_both_wordings() {
        let settings = BotSettings {
            skip_suggestion: "\u{dc}berspringen".to_owned(),
            topics_suggestion: "Themen von {company_name}".to_owned(),
            ..BotSettings::default()
        };
        let snapshot = fresh(settings);
        let pressed = |text: &str| Texts::of(&snapshot).pressed(text);
        assert_eq!(pressed("\u{2192} \u{fc}BERSPRINGEN"), Some(SKIP));
        assert_eq!(pressed("themen von tesla motors"), Some(BROWSE_TOPICS));
        assert_eq!([pressed("skip"), pressed("Browse topics")], [Some(SKIP), Some(BROWSE_TOPICS)]);
        assert_eq!([pressed("Themen"), pressed("?!"), pressed("skip it")], [None; 3]);
    }
}
