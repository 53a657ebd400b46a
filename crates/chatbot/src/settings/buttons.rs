//! The wordings of the bot's own buttons.
//!
//! Pressing a button sends its text. It is understood in its default wording and in the company's.

use super::Texts;
use crate::phrase;

/// The button that skips a step of the intake.
pub(crate) const SKIP: &str = "Skip";

/// The button that calls a person.
pub(crate) const TALK_TO_A_PERSON: &str = "Talk to a person";

/// The button that lists the topics.
pub(crate) const BROWSE_TOPICS: &str = "Browse topics";

/// The button that lists the other countries.
pub(crate) const MORE_COUNTRIES: &str = "Show more countries";

/// The button that leads to the question for an e-mail address.
pub(crate) const LEAVE_EMAIL: &str = "Leave my e-mail address";

impl Texts<'_> {
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
