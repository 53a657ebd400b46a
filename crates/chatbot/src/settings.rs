//! What a company says about its bot.

mod change;
mod fill;
pub mod limits;

pub use change::{Change, SettingsChange, change, current};
pub(crate) use fill::filled;
pub use fill::{Names, fill};

use std::borrow::Cow;

use knowledge::{Mode, markup};
use serde::{Deserialize, Serialize};

/// A company's bot settings: one document, in which a missing key means its default.
///
/// Texts are HTML fragments whose only tag is `<br>`; `{name}`, `{bot_name}` and
/// `{company_name}` in them are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BotSettings {
    /// What the bot calls itself.
    pub bot_name: String,
    /// The first thing it says; asks for the name.
    pub welcome_text: String,
    /// Ends the intake.
    pub profile_done_text: String,
    /// Buttons at the end of the intake.
    pub profile_suggestions: Vec<String>,
    /// Buttons below an answer from knowledge.
    pub answer_suggestions: Vec<String>,
    /// Answers a greeting.
    pub greeting_text: String,
    /// Buttons below it.
    pub greeting_suggestions: Vec<String>,
    /// Said when there is no answer.
    pub clarification_text: String,
    /// Buttons below it.
    pub clarification_suggestions: Vec<String>,
    /// Said when a person is called.
    pub escalation_text: String,
    /// A text that contains one of them calls a person.
    pub escalation_phrases: Vec<String>,
    /// The calling code of a visitor who names none.
    pub default_country_code: String,
    /// Fixed answers, the first match counts.
    pub quick_replies: Vec<QuickReply>,
    /// Whether the shared library is asked after the company's own knowledge.
    pub use_shared_library: bool,
    /// The least probability of being right that an answer needs, 0 to 1.
    pub confidence_threshold: f64,
    /// How answers from knowledge are worded.
    pub answer_mode: Mode,
}

/// A fixed answer to certain texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReply {
    /// The texts, compared by [`key`](crate::phrase).
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    /// The answer.
    pub reply: String,
    /// Buttons below it.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// The type of the reply; lower snake case.
    #[serde(rename = "type", default = "quick_reply")]
    pub kind: String,
}

impl Default for BotSettings {
    fn default() -> Self {
        let menu = || texts(&["Browse topics", "Talk to a person"]);
        Self {
            bot_name: "Assistant".to_owned(),
            welcome_text: "Hello! I'm {bot_name} at {company_name}.<br><br>To get started, what's your full name?"
                .to_owned(),
            profile_done_text: "Thank you, {name}! How can I help you?".to_owned(),
            profile_suggestions: menu(),
            answer_suggestions: menu(),
            greeting_text: "Hello! How can I help you today?".to_owned(),
            greeting_suggestions: menu(),
            clarification_text: "I'm not sure I have that answer. Could you tell me more?".to_owned(),
            clarification_suggestions: menu(),
            escalation_text: "I'm connecting you with a member of our team. Please wait a moment.".to_owned(),
            escalation_phrases: texts(&[
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
            ]),
            default_country_code: "+977".to_owned(),
            quick_replies: Vec::new(),
            use_shared_library: false,
            confidence_threshold: 0.35,
            answer_mode: Mode::Extractive,
        }
    }
}

impl BotSettings {
    /// Applies the markup rule to every text; `<br>` stays.
    fn disarm(&mut self) {
        let quick = self
            .quick_replies
            .iter_mut()
            .flat_map(|quick| quick.matches.iter_mut().chain([&mut quick.reply]).chain(&mut quick.suggestions));
        let lists = [
            &mut self.profile_suggestions,
            &mut self.answer_suggestions,
            &mut self.greeting_suggestions,
            &mut self.clarification_suggestions,
            &mut self.escalation_phrases,
        ];
        let texts = [
            &mut self.bot_name,
            &mut self.welcome_text,
            &mut self.profile_done_text,
            &mut self.greeting_text,
            &mut self.clarification_text,
            &mut self.escalation_text,
        ];
        for text in quick.chain(lists.into_iter().flatten()).chain(texts) {
            if let Cow::Owned(safe) = markup::neutralise_keeping_breaks(text) {
                *text = safe;
            }
        }
    }
}

fn quick_reply() -> String {
    crate::kind::QUICK_REPLY.to_owned()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
