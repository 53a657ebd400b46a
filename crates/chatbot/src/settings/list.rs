//! The list of bot settings, and the types that are made from it.

use knowledge::Mode;
use serde::{Deserialize, Serialize};

use super::{
    assignment::Assignment,
    buttons::{BROWSE_TOPICS, LEAVE_EMAIL, MORE_COUNTRIES, SKIP, TALK_TO_A_PERSON},
    change::Change,
    hours::WEEKDAYS,
    limits::{MISSES, NAME, OPEN_SESSIONS, TEXT, WORD},
    profile_steps::{ProfileSteps, ProfileWhen},
    types::{
        Button, CallingCode, Count, OpeningHours, Phrases, QuickReplies, Ratio, SettingType, Steps, Suggestions, Text,
        TextList, Toggle, Word,
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
            /// The question for the name.
            name_question_text: Text<TEXT> = "What's your full name?",
            /// The question for the country of the phone number.
            country_question_text: Text<TEXT> = "Which country is your phone number from?",
            /// Follows `country_question_text` when it is asked again.
            country_again_text: Text<TEXT> = "You can choose one or type its name or code, such as +352.",
            /// Stands above further countries.
            more_countries_text: Text<TEXT> = "Here are more countries. You can also type a country code, such as +352.",
            /// The question for the phone number.
            phone_question_text: Text<TEXT> = "What's your phone number?",
            /// The question for the e-mail address.
            email_question_text: Text<TEXT> = "What's your e-mail address?",
            /// Follows `email_question_text` where that question can be skipped.
            can_skip_text: Text<TEXT> = "You can skip this.",
            /// The question for the postal address.
            address_question_text: Text<TEXT> = "And what's your address?",
            /// The example below `name_question_text`. Clients know examples by the word `Example:`, which the bot adds.
            name_example: Text<WORD> = "John Doe",
            /// The example below `phone_question_text`.
            phone_example: Text<WORD> = "9841234567",
            /// The example below `email_question_text`.
            email_example: Text<WORD> = "your.email@example.com",
            /// The example below `address_question_text`.
            address_example: Text<WORD> = "City, Country",
            /// Greets a visitor whose name became known.
            name_noted_text: Text<TEXT> = "Nice to meet you, {name}!",
            /// Says that a message gave more than was asked for; `{fields}` is what.
            fields_noted_text: Text<TEXT> = "I have noted {fields}.",
            /// Says that a message changed what was known; `{fields}` is what.
            fields_changed_text: Text<TEXT> = "I have changed {fields}.",
            /// Says after the intake that a message gave something; `{fields}` are the words for it.
            profile_noted_text: Text<TEXT> = "Thank you, I have noted your {fields}.",
            /// One of the `{fields}` of `fields_noted_text` and `fields_changed_text`; `{field}` is the word for it.
            field_text: Text<WORD> = "your {field}",
            /// The country, as one of the `{fields}`. It is not put into `field_text`.
            country_word: Text<WORD> = "the country",
            /// The word for the name.
            name_word: Text<WORD> = "name",
            /// The word for the phone number.
            phone_word: Text<WORD> = "phone number",
            /// The word for the e-mail address.
            email_word: Text<WORD> = "e-mail address",
            /// The word for the postal address.
            address_word: Text<WORD> = "address",
            /// The word between two of the `{fields}`.
            and_word: Text<WORD> = "and",
            /// The name of a visitor who gives none.
            unknown_name: Text<WORD> = "Visitor",
            /// The answer to a text that is too short for a name.
            name_short_text: Text<TEXT> = "A name has at least 2 characters.",
            /// The answer to a text that is too long for a name.
            name_long_text: Text<TEXT> = "A name has at most 100 characters.",
            /// The answer to a text with characters that no name has.
            name_characters_text: Text<TEXT> =
                "A name has only letters, spaces, hyphens, dots, apostrophes and parentheses.",
            /// The answer to another text that is no name.
            name_unclear_text: Text<TEXT> = "I did not understand that as a name.",
            /// The answer to a country where the name is asked for; `{text}` is what the visitor wrote.
            name_is_country_text: Text<TEXT> = "I understood \u{201c}{text}\u{201d} as a country. \
If it is your name, please write \u{201c}My name is {text}\u{201d}.",
            /// The answer to a text that may mean several countries; `{countries}` are their English names.
            country_unsure_text: Text<TEXT> = "Did you mean {countries}?",
            /// The answer to a text without a country; `{text}` is its beginning.
            country_unknown_text: Text<TEXT> = "I can't find a country in \u{201c}{text}\u{201d}.",
            /// The answer to a text without a phone number. `{message}` says why, in the words of `validate-phone/`.
            phone_unclear_text: Text<TEXT> = "{message}",
            /// The answer to a phone number of Nepal. `{message}` names the network, in the words of `validate-phone/`.
            phone_noted_text: Text<TEXT> = "{message}",
            /// The answer to a text without an e-mail address, or with several.
            email_unclear_text: Text<TEXT> = "I need exactly one e-mail address, such as ann@example.com.",
            /// The answer to a text that is no postal address.
            address_unclear_text: Text<TEXT> =
                "I did not understand that as an address, such as a street and a town.",
            /// The answer to a visitor who skips a question.
            skipped_text: Text<TEXT> = "All right.",
            /// The answer to the third text in a row that does not fit; the next question follows.
            given_up_text: Text<TEXT> = "Let's leave that for now.",
            /// The answer to a greeting while a question of the intake is open.
            greeting_again_text: Text<TEXT> = "Hello!",
            /// The answer to a file while a question of the intake is open.
            file_received_text: Text<TEXT> = "Thank you, I have received your file.",
            /// The answer to another wish for a person while a handoff waits.
            person_noted_text: Text<TEXT> = "Our team knows that you want to talk to a person.",
            /// The answer to a question that the bot comes back to at the end of the intake.
            question_noted_text: Text<TEXT> = "I have noted that and will come back to it.",
            /// Stands above the answer to `{question}`, which was asked during the intake.
            question_answered_text: Text<TEXT> = "You asked: \u{201c}{question}\u{201d}",
            /// Says that the bot has no answer to `{question}`, which was asked during the intake; it offers a person.
            question_open_text: Text<TEXT> =
                "I have no answer to \u{201c}{question}\u{201d} yet. I can pass it on to a person.",
            /// Says that the bot has no answer to `{question}` while a handoff is open.
            question_with_team_text: Text<TEXT> =
                "I have no answer to \u{201c}{question}\u{201d} yet. Our team sees your question.",
            /// The button that skips a question. A button counts in this wording and in its default one.
            skip_suggestion: Button = SKIP,
            /// The button that calls a person. Lists of buttons, such as `greeting_suggestions`, are set by themselves.
            person_suggestion: Button = TALK_TO_A_PERSON,
            /// The button that lists the topics.
            topics_suggestion: Button = BROWSE_TOPICS,
            /// The button that lists further countries.
            more_countries_suggestion: Button = MORE_COUNTRIES,
            /// The button that asks for the visitor's e-mail address.
            leave_email_suggestion: Button = LEAVE_EMAIL,
            /// Buttons below an answer from knowledge.
            answer_suggestions: Suggestions = MENU,
            /// Follows the answers to a message with more than four questions.
            more_questions_text: Text<TEXT> = "These are many questions at once. \
I have looked up the first four of them, so please ask me the others again.",
            /// Stands above the topics.
            topics_text: Text<TEXT> = "Here are the topics I can help you with.",
            /// Says that there are no topics.
            no_topics_text: Text<TEXT> = "There are no topics to browse yet. You can ask me, or talk to a person.",
            /// Stands above the questions of a topic; `{topic}` is its title.
            topic_text: Text<TEXT> = "What would you like to know about {topic}?",
            /// The answer to a file alone.
            file_question_text: Text<TEXT> =
                "Thank you, I have received your file. What would you like to know about it?",
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
            /// Follows `offline_text` if the hours begin on the same day, at `{time}` in `{timezone}`.
            back_today_text: Text<TEXT> = "We are back today at {time} ({timezone}).",
            /// Follows `offline_text` if the hours begin on the next day.
            back_tomorrow_text: Text<TEXT> = "We are back tomorrow at {time} ({timezone}).",
            /// Follows `offline_text` if the hours begin within a week; `{weekday}` is the day.
            back_on_weekday_text: Text<TEXT> = "We are back on {weekday} at {time} ({timezone}).",
            /// Follows `offline_text` if the hours begin later; `{date}` is the day, such as 2026-12-28.
            back_on_date_text: Text<TEXT> = "We are back on {date} at {time} ({timezone}).",
            /// The names of the weekdays from Monday on. Those that are missing have their English names.
            weekdays: TextList<WORD, 7> = &WEEKDAYS,
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
const MENU: &[&str] = &[BROWSE_TOPICS, TALK_TO_A_PERSON];

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        /// A company's bot settings. In the stored document a missing key means the default.
        ///
        /// Texts are HTML fragments whose only tag is `<br>`; `{name}`, `{bot_name}`,
        /// `{company_name}` and `{language}` in them are placeholders. Some texts have further ones.
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
mod tests;
