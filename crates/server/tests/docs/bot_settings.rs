//! The tables of bot settings in docs/API.md.

use chatbot::BotSettings;
use serde_json::Value;

use crate::page::Page;

/// The groups of settings, each with the first of its settings in the order of the list.
const GROUPS: [(&str, &str); 11] = [
    ("The bot, and when it asks visitors for their data", "bot_name"),
    ("The questions of the intake", "name_question_text"),
    ("What the intake says about answers", "name_noted_text"),
    ("Words in other texts", "field_text"),
    ("What the intake says about texts that do not fit", "name_short_text"),
    ("What else is said during the intake", "skipped_text"),
    ("The bot's own buttons", "skip_suggestion"),
    ("Answers from knowledge", "answer_suggestions"),
    ("Small talk", "greeting_text"),
    ("When the bot has no answer, or a person is called", "clarification_text"),
    ("How the bot understands and answers", "escalation_phrases"),
];

/// Makes a list of names and documentation from the list of settings.
macro_rules! documented {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr,)*) => {
        [$((stringify!($name), concat!($($doc),*))),*]
    };
}

/// Renders one table for each group.
fn tables() -> String {
    let defaults = serde_json::to_value(BotSettings::default()).unwrap();
    let (mut tables, mut groups) = (String::new(), GROUPS.into_iter().peekable());
    for (name, about) in chatbot::bot_settings!(documented) {
        if let Some((heading, _)) = groups.next_if(|(_, first)| *first == name) {
            tables += &format!("\n**{heading}**\n\n| setting | default | |\n|---|---|---|\n");
        }
        tables += &format!("| `{name}` | {} | {} |\n", default(&defaults[name]), about.trim());
    }
    assert_eq!(groups.next(), None, "no setting begins this group");
    tables + "\n"
}

/// Renders a default: a text as it is, other values as JSON.
fn default(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("`{}`", item.as_str().unwrap())).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("`{name}` `{}`", value.as_str().unwrap()))
            .collect::<Vec<_>>()
            .join(", "),
        other => format!("`{other}`"),
    }
}

#[test]
fn every_bot_setting_is_in_a_table() {
    Page::read("API.md").assert_current("bot settings", &tables());
}
