//! What a company says about its bot.

use std::borrow::Cow;

use knowledge::markup;
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
    pub answer_mode: AnswerMode,
}

/// How answers from knowledge are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// As they are stored.
    Extractive,
    /// By a model, from the passages that were found.
    Llm,
}

/// A fixed answer to certain texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReply {
    /// The texts, compared by [`key`](crate::key).
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
            answer_mode: AnswerMode::Extractive,
        }
    }
}

fn quick_reply() -> String {
    crate::kind::QUICK_REPLY.to_owned()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What the placeholders of a text stand for, as plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'a> {
    /// The visitor's name; empty while it is unknown.
    pub name: &'a str,
    /// The bot's name.
    pub bot_name: &'a str,
    /// The company's display name.
    pub company_name: &'a str,
}

impl<'a> Names<'a> {
    /// The name that a placeholder asks for.
    fn of(&self, placeholder: &str) -> Option<&'a str> {
        match placeholder {
            "name" => Some(self.name),
            "bot_name" => Some(self.bot_name),
            "company_name" => Some(self.company_name),
            _ => None,
        }
    }
}

/// Fills `{name}`, `{bot_name}` and `{company_name}` into a text. A name never
/// becomes markup, and what looks like a placeholder in a name is left alone.
pub fn fill(text: &str, names: &Names<'_>) -> String {
    filled(text, names).into_owned()
}

/// As [`fill`], without a copy of a text that has nothing to fill in.
pub(crate) fn filled<'t>(text: &'t str, names: &Names<'_>) -> Cow<'t, str> {
    if !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let filled = after.split_once('}').and_then(|(word, after)| Some((names.of(word)?, after)));
        match filled {
            Some((name, after)) => {
                out.push_str(&markup::neutralise(name));
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    // A `<` of the text right before a name is harmless alone and may be a tag together with it.
    match markup::neutralise_keeping_breaks(&out) {
        Cow::Borrowed(_) => Cow::Owned(out),
        Cow::Owned(safe) => Cow::Owned(safe),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: Names<'_> = Names { name: "Ann", bot_name: "Kit", company_name: "Tesla Motors" };

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
        assert_eq!(settings.answer_mode, AnswerMode::Llm);
        assert_eq!(settings.quick_replies[0].kind, "quick_reply");
        assert_eq!(settings.quick_replies[1].kind, "country_selection");
        let document = serde_json::to_value(&settings.quick_replies[1]).unwrap();
        assert_eq!(
            document,
            serde_json::json!({"match": ["A"], "reply": "B", "suggestions": ["C"], "type": "country_selection"})
        );
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(
            fill(&BotSettings::default().welcome_text, &NAMES),
            "Hello! I'm Kit at Tesla Motors.<br><br>To get started, what's your full name?"
        );
        assert_eq!(fill("{name}{name} {{name}} {Name} {n {}", &NAMES), "AnnAnn {Ann} {Name} {n {}");
        assert_eq!(fill("{other {name}", &NAMES), "{other Ann");
    }

    #[test]
    fn a_name_is_neither_markup_nor_a_placeholder() {
        let names = Names { name: "<img src=x> {bot_name}", bot_name: "b>x", company_name: "<br>" };
        assert_eq!(fill("Hi {name}", &names), "Hi < img src=x> {bot_name}");
        assert_eq!(fill("Hi <{bot_name}", &names), "Hi < b>x");
        assert_eq!(fill("a<br>{company_name}", &names), "a<br>< br>");
    }

    proptest! {
        #[test]
        fn a_filled_text_has_no_tag_but_breaks(
            text in "([<>/a-c ]|<br>|\\{name\\}|\\{company_name\\}|[{}]){0,12}",
            name in "[<>/!{}a-z ]{0,12}",
        ) {
            let text = markup::neutralise_keeping_breaks(&text).into_owned();
            let names = Names { name: &name, bot_name: "Kit", company_name: &name };
            let filled = fill(&text, &names);
            prop_assert_eq!(markup::neutralise_keeping_breaks(&filled), filled.as_str());
        }
    }
}
