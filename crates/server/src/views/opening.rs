//! A handoff with what was known when it was opened.

use chatbot::ClientInfo;
use handoff::{
    Handoff,
    opening::{BotTurn, KnownVisitor, Opened, OpeningPacket, Passage},
    packet::Question,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::HandoffRow;

/// A handoff with what was known when it was last opened.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OpenedHandoff {
    #[serde(flatten)]
    handoff: HandoffRow,
    /// What was known when it was last opened, as it was then; null if an older version of the server opened it.
    packet: Option<OpeningView>,
}

/// What was known when a handoff was opened: at most ten rows of each kind, the newest ones, and 300 characters of each
/// text.
#[derive(Serialize, JsonSchema)]
struct OpeningView {
    reason: String,
    /// The position of the last message then.
    last_seq: i64,
    /// The newest question that had no answer.
    question: Option<QuestionView>,
    unanswered: Vec<QuestionView>,
    /// What the visitor had said of itself; null is not known.
    visitor: KnownVisitorView,
    /// What the bot's answers quoted, oldest answer first.
    passages: Vec<PassageView>,
    /// The bot's messages, oldest first.
    turns: Vec<BotTurnView>,
    /// What the visitor's client had said of itself; null if it had said nothing.
    client: Option<ClientView>,
    /// At most three sentences of the visitor.
    summary: String,
}

/// A question of the visitor.
#[derive(Serialize, JsonSchema)]
pub(crate) struct QuestionView {
    seq: i64,
    text: String,
}

/// What a visitor's client says of itself. Nobody has checked it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ClientView {
    page: Option<String>,
    referrer: Option<String>,
    browser: Option<String>,
    language: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct KnownVisitorView {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct PassageView {
    /// The position of the answer.
    seq: i64,
    chunk_id: String,
    /// The title of the document.
    title: String,
    snippet: String,
    confidence: f64,
}

#[derive(Serialize, JsonSchema)]
struct BotTurnView {
    seq: i64,
    r#type: String,
    text: String,
}

impl OpenedHandoff {
    pub(crate) fn new(handoff: &Handoff, packet: Option<OpeningPacket>) -> Self {
        Self { handoff: HandoffRow::from(handoff), packet: packet.map(OpeningView::from) }
    }
}

impl From<Opened> for OpenedHandoff {
    fn from(Opened { handoff, packet }: Opened) -> Self {
        Self::new(&handoff, packet)
    }
}

impl From<Question> for QuestionView {
    fn from(Question { seq, text }: Question) -> Self {
        Self { seq, text }
    }
}

impl From<OpeningPacket> for OpeningView {
    fn from(packet: OpeningPacket) -> Self {
        let OpeningPacket { reason, last_seq, question, unanswered, visitor, passages, turns, client, summary } =
            packet;
        Self {
            reason,
            last_seq,
            question: question.map(QuestionView::from),
            unanswered: unanswered.into_iter().map(QuestionView::from).collect(),
            visitor: visitor.into(),
            passages: passages.into_iter().map(PassageView::from).collect(),
            turns: turns.into_iter().map(BotTurnView::from).collect(),
            client: client.map(ClientView::from),
            summary,
        }
    }
}

impl From<ClientInfo> for ClientView {
    fn from(ClientInfo { page, referrer, browser, language }: ClientInfo) -> Self {
        Self { page, referrer, browser, language }
    }
}

impl From<KnownVisitor> for KnownVisitorView {
    fn from(KnownVisitor { name, phone, email, address }: KnownVisitor) -> Self {
        Self { name, phone, email, address }
    }
}

impl From<Passage> for PassageView {
    fn from(Passage { seq, chunk_id, title, snippet, confidence }: Passage) -> Self {
        Self { seq, chunk_id, title, snippet, confidence }
    }
}

impl From<BotTurn> for BotTurnView {
    fn from(BotTurn { seq, kind, text }: BotTurn) -> Self {
        Self { seq, r#type: kind, text }
    }
}
