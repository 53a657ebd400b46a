//! Frames to clients.

use attachments::Attachment;
use bytestring::ByteString;
use chatbot::{Detail, Message, Reply};
use handoff::{AgentRef, QueuePlace, live::Standing};
use serde::Serialize;
use serde_json::{Value, json};
use tenancy::{CompanyCode, HandoffId, SessionId, Timestamp};

use crate::{
    http::error::ApiError,
    realtime::Typing,
    routes::desk_messages::DeskMessageRow,
    views::{AsText, CompanyId, FileLinks, FileRow, StoredReply, TimestampText},
};

/// Most news that are sent before a ping is answered.
pub(super) const MOST_BEFORE_A_PONG: usize = 128;

/// What all frames of one session have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of {
    pub(super) company: CompanyCode,
    pub(super) session: SessionId,
}

/// What a message has in addition on a connection to all sessions.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct AtDesk {
    handoff_id: Option<i64>,
    company_id: CompanyId,
}

impl AtDesk {
    pub(super) fn new(company: CompanyCode, handoff: Option<HandoffId>) -> Self {
        Self { handoff_id: handoff.map(HandoffId::get), company_id: AsText(company) }
    }
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    r#type: &'static str,
    seq: i64,
    message_id: i64,
    message: &'a str,
    sender_type: &'static str,
    sender_name: Option<&'a str>,
    session_id: &'a str,
    timestamp: TimestampText,
    attachments: Vec<FileRow>,
    /// The first attachment, for existing clients.
    file_url: Option<String>,
    file_name: Option<String>,
    client_message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<StoredReply<&'a Reply>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    #[serde(flatten)]
    at_desk: Option<AtDesk>,
}

/// A message of a session.
pub(super) fn chat_message(
    of: Of,
    message: &Message,
    bot_name: &str,
    links: &FileLinks<'_>,
    replayed: bool,
    at_desk: Option<AtDesk>,
) -> ByteString {
    let attachments: Vec<_> = message.attachments.iter().map(|file| FileRow::new(file, links)).collect();
    let (sender_name, reply) = match &message.detail {
        Detail::User { .. } => (None, None),
        Detail::Bot { reply } => (Some(bot_name), Some(StoredReply::new(reply.as_ref(), message.seq))),
        Detail::Agent { name, .. } | Detail::Admin { name, .. } => (Some(name.as_str()), None),
    };
    written(&ChatMessage {
        r#type: "chat_message",
        seq: message.seq,
        message_id: message.id.get(),
        message: message.content.as_deref().unwrap_or_default(),
        sender_type: message.detail.sender().as_str(),
        sender_name,
        session_id: of.session.as_str(),
        timestamp: AsText(message.timestamp),
        file_url: attachments.first().map(|file| file.url.clone()),
        file_name: attachments.first().map(|file| file.original_name.clone()),
        attachments,
        client_message_id: message.client_message_id.as_deref(),
        reply,
        replayed,
        at_desk,
    })
}

#[derive(Serialize)]
struct NoteAdded<'a> {
    r#type: &'static str,
    session_id: &'a str,
    note: DeskMessageRow,
    #[serde(flatten)]
    at_desk: AtDesk,
}

/// Says that staff have written a private note. No visitor is sent this frame.
pub(super) fn note_added(of: Of, at_desk: AtDesk, note: DeskMessageRow) -> ByteString {
    written(&NoteAdded { r#type: "note_added", session_id: of.session.as_str(), note, at_desk })
}

/// The first frame of a connection to a session.
pub(super) fn connection_established(of: Of, head_seq: i64) -> ByteString {
    written(&json!({
        "type": "connection_established", "message": "Connected", "session_id": of.session.as_str(),
        "company_id": of.company.to_string(), "head_seq": head_seq,
    }))
}

/// Says that the frames which follow do not continue those before. For a connection to all sessions there are no
/// positions.
pub(super) fn resync(reason: &str, positions: Option<(i64, i64)>) -> ByteString {
    let (head_seq, from_seq) = positions.unzip();
    written(&json!({ "type": "resync", "reason": reason, "head_seq": head_seq, "from_seq": from_seq }))
}

/// Says that somebody types.
pub(super) fn typing(of: Of, typing: &Typing, now: Timestamp) -> ByteString {
    written(&json!({
        "type": "typing_indicator", "is_typing": typing.is_typing, "sender_type": typing.sender.as_str(),
        "sender_name": typing.name, "session_id": of.session.as_str(), "timestamp": AsText(now),
    }))
}

/// Says who answers in the session now.
pub(super) fn standing(of: Of, standing: &Standing, now: Timestamp) -> ByteString {
    let (session, timestamp) = (of.session.as_str(), AsText(now));
    written(&match standing {
        Standing::Waiting => json!({ "type": "session_escalated", "session_id": session, "timestamp": timestamp }),
        Standing::Bot => json!({ "type": "session_resolved", "session_id": session, "timestamp": timestamp }),
        Standing::Assigned(agent) => json!({
            "type": "session_assigned", "session_id": session, "agent": agent_view(agent), "timestamp": timestamp,
        }),
    })
}

/// Says which place in the queue the visitor has.
pub(super) fn queue_position(of: Of, place: QueuePlace, now: Timestamp) -> ByteString {
    written(&json!({
        "type": "queue_position", "position": place.position, "waiting": place.waiting,
        "session_id": of.session.as_str(), "timestamp": AsText(now),
    }))
}

/// An agent as frames name it.
pub(super) fn agent_view(agent: &AgentRef) -> Value {
    json!({ "id": agent.id.get(), "name": agent.name })
}

fn file(of: Of, file: &Attachment, links: &FileLinks<'_>) -> Value {
    let relative = links.relative(file);
    json!({
        "id": file.id.get(), "company_id": of.company.to_string(), "session_id": of.session.as_str(),
        "uploader": file.uploader.as_str(), "url": links.absolute(&relative), "file_url": relative,
        "name": file.original_name, "original_name": file.original_name, "mime_type": file.content_type,
        "size": file.size, "thumbnail": null, "created_at": AsText(file.uploaded_at),
    })
}

/// Says that a file was uploaded.
pub(super) fn file_shared(of: Of, shared: &Attachment, links: &FileLinks<'_>) -> ByteString {
    let mut frame = json!({ "type": "file_shared" });
    if let (Value::Object(frame), Value::Object(members)) = (&mut frame, file(of, shared, links)) {
        frame.extend(members);
    }
    written(&frame)
}

/// The files of a session, oldest first.
pub(super) fn file_list(of: Of, files: &[Attachment], links: &FileLinks<'_>) -> ByteString {
    let files: Vec<_> = files.iter().map(|one| file(of, one, links)).collect();
    written(&json!({
        "type": "file_list", "files": files, "session_id": of.session.as_str(),
        "company_id": of.company.to_string(),
    }))
}

/// The answer to a ping.
pub(super) fn pong(timestamp: &Value) -> ByteString {
    written(&json!({ "type": "pong", "timestamp": timestamp }))
}

/// A refusal.
pub(super) fn error(error: &ApiError, client_message_id: Option<Value>) -> ByteString {
    let mut frame = json!({ "type": "error", "code": error.code().as_str(), "message": error.message() });
    if let Value::Object(members) = &mut frame {
        if let Some(seconds) = error.seconds_to_wait() {
            members.insert("retry_after".to_owned(), seconds.into());
        }
        if let Some(id) = client_message_id {
            members.insert("client_message_id".to_owned(), id);
        }
    }
    written(&frame)
}

/// Serialises a frame. Frames are maps with text keys, so this does not fail.
pub(super) fn written(frame: &impl Serialize) -> ByteString {
    serde_json::to_string(frame).unwrap_or_default().into()
}
