//! What the bot remembers of a conversation beyond its messages.

use serde::{Deserialize, Serialize};

tenancy::word_enum! {
    /// What a wish for a person led to.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Outcome {
        /// An agent has the conversation.
        Assigned => "assigned",
        /// The conversation waits in the queue, and agents are there.
        Queued => "queued",
        /// The conversation waits in the queue, but nobody is there. The bot goes on answering.
        Offline => "offline",
    }
}

/// What the visitor's client last said of itself. Nobody has checked it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientInfo {
    /// The address of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The address of the page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What the bot remembers of a conversation beyond its messages. Stored as one JSON document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialogue {
    /// How many answers to the current step were rejected in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub rejections: u8,
    /// How often the visitor refused the current step.
    #[serde(skip_serializing_if = "is_zero")]
    pub refusals: u8,
    /// How many messages in a row the bot did not understand.
    #[serde(skip_serializing_if = "is_zero")]
    pub misses: u8,
    /// How many messages in a row showed frustration.
    #[serde(skip_serializing_if = "is_zero")]
    pub frustrations: u8,
    /// Whether the last reply offered a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub person_offered: bool,
    /// The visitor's first question that is not answered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What the visitor last asked, as it was understood, for questions that go on from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What the visitor's last wish for a person led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether the name was not understood, so that it is asked again at a handoff.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub name_again: bool,
    /// Whether the visitor chooses among topics during the intake.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub browsing: bool,
    /// Whether the profile has neither a phone number nor an e-mail address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// A number that the visitor gave before the country that it is read by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Whether staff resolved a handoff, and the bot has answered nothing from the knowledge since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resolved_before: bool,
    /// Whether the bot has said which language it answers in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub language_said: bool,
    /// What the visitor's client last said of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientInfo>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
const fn is_zero(count: &u8) -> bool {
    *count == 0
}
