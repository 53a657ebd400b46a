//! A company's bot settings.

use chatbot::{BotSettings, QuickReply};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::CompanyCode;

use super::{AsText, CompanyId};

/// All settings, with defaults where the company has said nothing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BotSettingsView {
    company_id: CompanyId,
    bot_name: String,
    welcome_text: String,
    profile_done_text: String,
    profile_suggestions: Vec<String>,
    answer_suggestions: Vec<String>,
    greeting_text: String,
    greeting_suggestions: Vec<String>,
    clarification_text: String,
    clarification_suggestions: Vec<String>,
    escalation_text: String,
    escalation_phrases: Vec<String>,
    default_country_code: String,
    quick_replies: Vec<QuickReplyView>,
    use_shared_library: bool,
    confidence_threshold: f64,
    answer_mode: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct QuickReplyView {
    #[serde(rename = "match")]
    matches: Vec<String>,
    reply: String,
    suggestions: Vec<String>,
    #[serde(rename = "type")]
    kind: String,
}

impl BotSettingsView {
    /// The settings of a company.
    pub(crate) fn new(company: CompanyCode, settings: BotSettings) -> Self {
        Self {
            company_id: AsText(company),
            bot_name: settings.bot_name,
            welcome_text: settings.welcome_text,
            profile_done_text: settings.profile_done_text,
            profile_suggestions: settings.profile_suggestions,
            answer_suggestions: settings.answer_suggestions,
            greeting_text: settings.greeting_text,
            greeting_suggestions: settings.greeting_suggestions,
            clarification_text: settings.clarification_text,
            clarification_suggestions: settings.clarification_suggestions,
            escalation_text: settings.escalation_text,
            escalation_phrases: settings.escalation_phrases,
            default_country_code: settings.default_country_code,
            quick_replies: settings.quick_replies.into_iter().map(QuickReplyView::from).collect(),
            use_shared_library: settings.use_shared_library,
            confidence_threshold: settings.confidence_threshold,
            answer_mode: settings.answer_mode.as_str(),
        }
    }
}

impl From<QuickReply> for QuickReplyView {
    fn from(quick: QuickReply) -> Self {
        Self { matches: quick.matches, reply: quick.reply, suggestions: quick.suggestions, kind: quick.kind }
    }
}
