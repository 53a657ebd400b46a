//! Messages: as the chat's reply shows them, and as histories do.

use chatbot::{Detail, Message, Sender};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{AsText, FileLinks, FileRow, TimestampText};

/// A message of a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageRow {
    id: i64,
    seq: i64,
    session: i64,
    #[schemars(extend("enum" = Sender::WORDS))]
    message_type: &'static str,
    content: Option<String>,
    attachments: Vec<FileRow>,
    metadata: Value,
    timestamp: TimestampText,
    client_message_id: Option<String>,
}

impl MessageRow {
    pub(crate) fn new(message: &Message, links: &FileLinks<'_>) -> Self {
        Self {
            id: message.id.get(),
            seq: message.seq,
            session: message.session.get(),
            message_type: message.detail.sender().as_str(),
            content: message.content.clone(),
            attachments: files(message, links),
            metadata: metadata(message),
            timestamp: AsText(message.timestamp),
            client_message_id: message.client_message_id.clone(),
        }
    }
}

/// The reply of which a message of the bot is the text: what the chat answered beside the text.
#[derive(Debug, Serialize)]
pub(crate) struct StoredReply<R> {
    #[serde(flatten)]
    reply: R,
    last_seq: i64,
}

impl<R> StoredReply<R> {
    /// `seq` is the position of the bot's message, which was the last one right after the exchange.
    pub(crate) fn new(reply: R, seq: i64) -> Self {
        Self { reply, last_seq: seq }
    }
}

/// A message in a history. `file_url` and `file_name` repeat the first attachment.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HistoryRow {
    id: i64,
    seq: i64,
    #[schemars(extend("enum" = Sender::WORDS))]
    message_type: &'static str,
    content: Option<String>,
    metadata: Value,
    timestamp: TimestampText,
    client_message_id: Option<String>,
    attachments: Vec<FileRow>,
    file_url: Option<String>,
    file_name: Option<String>,
}

impl HistoryRow {
    pub(crate) fn new(message: &Message, links: &FileLinks<'_>) -> Self {
        let attachments = files(message, links);
        let first = attachments.first();
        Self {
            id: message.id.get(),
            seq: message.seq,
            message_type: message.detail.sender().as_str(),
            content: message.content.clone(),
            metadata: metadata(message),
            timestamp: AsText(message.timestamp),
            client_message_id: message.client_message_id.clone(),
            file_url: first.map(|file| file.file_url.clone()),
            file_name: first.map(|file| file.original_name.clone()),
            attachments,
        }
    }
}

fn files(message: &Message, links: &FileLinks<'_>) -> Vec<FileRow> {
    message.attachments.iter().map(|file| FileRow::new(file, links)).collect()
}

/// Returns the message's `metadata`, which depends on the kind of sender.
pub(crate) fn metadata(message: &Message) -> Value {
    let has_attachments = !message.attachments.is_empty();
    match &message.detail {
        Detail::User { context, .. } => json!({ "context": context, "has_attachments": has_attachments }),
        Detail::Agent { id, name } => {
            json!({ "has_attachments": has_attachments, "agent_id": id, "agent_name": name })
        }
        Detail::Admin { id, name } => {
            json!({ "has_attachments": has_attachments, "admin_id": id, "admin_name": name })
        }
        Detail::Bot { reply } => {
            let is_intake = matches!(reply.kind.as_str(), "profile_collection" | "profile_complete");
            let mut keys = Map::new();
            keys.insert("source".into(), if is_intake { "profile_collection" } else { "bot" }.into());
            keys.insert("type".into(), reply.kind.as_str().into());
            if let Some(step) = reply.collecting {
                keys.insert("collecting".into(), step.as_str().into());
            }
            if let Some(collected) = &reply.temp_data {
                keys.insert("temp_data".into(), json!(collected));
            }
            Value::Object(keys)
        }
    }
}
