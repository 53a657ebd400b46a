//! The list of bot settings, and the types that are made from it.

use knowledge::Mode;
use serde::{Deserialize, Serialize};

use super::{
    assignment::Assignment,
    change::Change,
    limits::{MISSES, NAME, OPEN_SESSIONS, TEXT},
    profile_steps::{ProfileSteps, ProfileWhen},
    types::{
        CallingCode, Count, OpeningHours, Phrases, QuickReplies, Ratio, SettingType, Steps, Suggestions, Text, Toggle,
        Word,
    },
};

/// Calls a macro with the list of all bot settings.
///
/// A line is `/// documentation`, then `name: Type = default,`. The type implements
/// [`SettingType`]; the default is written as its `Literal`.
/// The order of the lines is the order of the keys in JSON.
///
/// Types and defaults refer to names that are in scope in this file only. Other crates ignore
/// both and use [`type_of`] instead, which has the type of every
/// setting by its name:
///
/// ```
/// use chatbot::settings::{BotSettings, type_of, types::SettingType};
///
/// macro_rules! names_and_sizes {
///     ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
///         [$((stringify!($name), size_of::<<type_of::$name as SettingType>::Value>())),*]
///     };
/// }
///
/// let sizes = chatbot::bot_settings!(names_and_sizes);
/// assert_eq!(sizes[0], ("bot_name", size_of::<String>()));
/// ```
#[macro_export]
macro_rules! bot_settings {
    ($callback:ident) => {
        $callback! {
            /// The bot's name.
            bot_name: Text<NAME> = "Assistant",
            /// The first text of a conversation; it asks for the visitor's name.
            welcome_text: Text<TEXT> =
                "Hello! I'm {bot_name} at {company_name}.<br><br>To get started, what's your full name?",
            /// When visitors are asked for their data.
            profile_when: Word<ProfileWhen> = ProfileWhen::First,
            /// Which data visitors are asked for, and which of it they can skip.
            profile_steps: Steps = ProfileSteps::default(),
            /// Why visitors are asked for their data.
            profile_reason_text: Text<TEXT> =
                "We ask so that a colleague can get back to you. It's up to you.",
            /// The text that ends the intake.
            profile_done_text: Text<TEXT> = "Thank you, {name}! How can I help you?",
            /// Buttons below `profile_done_text`.
            profile_suggestions: Suggestions = MENU,
            /// Buttons below an answer from knowledge.
            answer_suggestions: Suggestions = MENU,
            /// The answer to a greeting.
            greeting_text: Text<TEXT> = "Hello! How can I help you today?",
            /// Buttons below `greeting_text`.
            greeting_suggestions: Suggestions = MENU,
            /// The answer to thanks.
            thanks_text: Text<TEXT> = "You're welcome! Is there anything else I can help you with?",
            /// The answer to a goodbye.
            goodbye_text: Text<TEXT> = "Goodbye! Come back any time.",
            /// The answer to yes or ok alone.
            agreement_text: Text<TEXT> = "Good. What would you like to know?",
            /// The answer to no alone.
            refusal_text: Text<TEXT> = "All right. I'm here if you need anything.",
            /// The answer to a question about the bot.
            about_text: Text<TEXT> = "I'm {bot_name}, an automated assistant at {company_name}. \
I answer questions about {company_name}, and I can call a person for you.",
            /// The answer to anger; it offers a person.
            frustration_text: Text<TEXT> = "I'm sorry that this is not going well. Would you like to talk to a person?",
            /// Says which language the bot answers in. The default is said in the visitor's language.
            language_text: Text<TEXT> = "I answer in English.",
            /// The answer when the bot has none.
            clarification_text: Text<TEXT> = "I'm not sure I have that answer. Could you tell me more?",
            /// The answer when the bot has none for the second time in a row; it offers a person.
            clarification_again_text: Text<TEXT> =
                "I still don't have an answer to that. You can put it in other words, or talk to a person.",
            /// Buttons below `clarification_text`.
            clarification_suggestions: Suggestions = MENU,
            /// After how many messages in a row without an answer a person is called; 0 means never.
            handoff_after_misses: Count<MISSES> = 3,
            /// Whether a second angry message in a row calls a person.
            handoff_on_frustration: Toggle = true,
            /// The answer when a person is called.
            escalation_text: Text<TEXT> = "I'm connecting you with a member of our team. Please wait a moment.",
            /// The answer when a person is called and nobody is there.
            offline_text: Text<TEXT> = "Nobody from our team is here right now. Leave your question and how to reach \
you, and we will get back to you. I can go on helping meanwhile.",
            /// The hours in which the team is there, as intervals of weekdays; null means at any time.
            hours: OpeningHours = None,
            /// Who gives waiting sessions to agents: staff (`manual`), or the server, to the available agents in turn
            /// (`round_robin`) or to the one with the fewest open sessions (`least_loaded`).
            assignment: Word<Assignment> = Assignment::Manual,
            /// The most open sessions with which the server gives an agent another one; 0 means any number.
            assignment_limit: Count<OPEN_SESSIONS> = 5,
            /// Phrases that call a person, in addition to everyday ones that the bot knows.
            escalation_phrases: Phrases = &[
                "talk to advisor",
                "human advisor",
                "speak to human",
                "talk to human",
                "human agent",
                "real person",
                "live agent",
                "talk to a person",
                "talk to agent",
                "customer service",
                "representative",
            ],
            /// The calling code of a visitor who does not name a country.
            default_country_code: CallingCode = "+977",
            /// Fixed answers; the first that matches is used.
            quick_replies: QuickReplies = Vec::new(),
            /// Whether the shared library is searched after the company's own knowledge.
            use_shared_library: Toggle = false,
            /// The lowest probability of being right at which an answer is given, 0 to 1.
            confidence_threshold: Ratio = 0.35,
            /// Whether an answer from knowledge is quoted or composed by a model.
            answer_mode: Word<Mode> = Mode::Extractive,
        }
    };
}

/// The default buttons below a text.
const MENU: &[&str] = &["Browse topics", "Talk to a person"];

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        /// A company's bot settings. In the stored document a missing key means the default.
        ///
        /// Texts are HTML fragments whose only tag is `<br>`; `{name}`, `{bot_name}` and
        /// `{company_name}` in them are placeholders.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct BotSettings {
            $($(#[$doc])* pub $name: <$type as SettingType>::Value,)*
        }

        impl Default for BotSettings {
            fn default() -> Self {
                Self { $($name: <$type as SettingType>::value($default),)* }
            }
        }

        impl BotSettings {
            /// Applies the markup rule to every text; `<br>` stays.
            fn neutralise(&mut self) {
                $(<$type as SettingType>::neutralise(&mut self.$name);)*
            }
        }

        /// A change of some settings.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct SettingsChange {
            $($(#[$doc])* pub $name: Change<<$type as SettingType>::Value>,)*
        }

        impl SettingsChange {
            /// Returns the settings after this change. Every text passes the markup rule.
            pub(super) fn of(self, settings: &BotSettings) -> BotSettings {
                let (mut changed, defaults) = (settings.clone(), BotSettings::default());
                $(self.$name.apply(&mut changed.$name, defaults.$name);)*
                changed.neutralise();
                changed
            }
        }

        /// The type of each setting, under the setting's name.
        #[expect(non_camel_case_types, reason = "the names are those of the settings")]
        pub mod type_of {
            use super::*;

            $($(#[$doc])* pub type $name = $type;)*
        }
    };
}

bot_settings!(define);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QuickReply;

    #[test]
    fn an_empty_document_means_the_defaults() {
        assert_eq!(serde_json::from_str::<BotSettings>("{}").unwrap(), BotSettings::default());
        let document = serde_json::to_string(&BotSettings::default()).unwrap();
        assert_eq!(serde_json::from_str::<BotSettings>(&document).unwrap(), BotSettings::default());
    }

    #[test]
    fn a_document_uses_the_words_of_the_wire() {
        let settings: BotSettings = serde_json::from_str(
            r#"{"answer_mode":"llm","quick_replies":[{"match":["Choose country"],"reply":"Which?"},
                {"match":["A"],"reply":"B","suggestions":["C"],"type":"country_selection"}]}"#,
        )
        .unwrap();
        assert_eq!(settings.answer_mode, Mode::Llm);
        assert_eq!(settings.quick_replies[0].kind, "quick_reply");
        assert_eq!(settings.quick_replies[1].kind, "country_selection");
        let document = serde_json::to_value(&settings.quick_replies[1]).unwrap();
        assert_eq!(
            document,
            serde_json::json!({"match": ["A"], "reply": "B", "suggestions": ["C"], "type": "country_selection"})
        );
    }

    #[test]
    fn the_defaults_pass_the_markup_rule() {
        let mut defaults = BotSettings::default();
        defaults.neutralise();
        assert_eq!(defaults, BotSettings::default());
    }

    #[test]
    fn a_change_is_partial_and_a_reset_gives_the_default() {
        let to = |text: &str| Change::To(text.to_owned());
        let first = SettingsChange { bot_name: to("Kit"), greeting_text: to("Hi"), ..SettingsChange::default() };
        let first = first.of(&BotSettings::default());
        assert_eq!((first.bot_name.as_str(), first.greeting_text.as_str()), ("Kit", "Hi"));
        let second = SettingsChange { bot_name: Change::Reset, ..SettingsChange::default() }.of(&first);
        assert_eq!(second, BotSettings { greeting_text: "Hi".to_owned(), ..BotSettings::default() });
        assert_eq!(SettingsChange::default().of(&second), second);
    }

    #[test]
    fn every_text_passes_the_markup_rule_and_keeps_its_breaks() {
        let tag = || "<b>a<br>".to_owned();
        let quick =
            QuickReply { matches: vec![tag()], reply: tag(), suggestions: vec![tag()], kind: "quick_reply".to_owned() };
        let changed = SettingsChange {
            bot_name: Change::To(tag()),
            escalation_phrases: Change::To(vec![tag()]),
            quick_replies: Change::To(vec![quick]),
            ..SettingsChange::default()
        };
        let changed = changed.of(&BotSettings::default());
        let safe = "< b>a<br>".to_owned();
        let [quick] = changed.quick_replies.as_slice() else { panic!("{changed:?}") };
        assert_eq!((&changed.bot_name, &changed.escalation_phrases), (&safe, &vec![safe.clone()]));
        assert_eq!((&quick.matches[0], &quick.reply, &quick.suggestions[0]), (&safe, &safe, &safe));
    }
}
