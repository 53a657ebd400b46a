//! `desk/sessions/{session_id}/`: the messages of a session with the private notes between them, and how far staff have
//! read.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use chatbot::{Detail, Message};
use handoff::{
    live,
    notes::{self, Annotated, LONGEST_NOTE, Note, NoteError, OutgoingNote, Written},
    visitor::{MOST_MESSAGES, Window},
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use storage::Place;
use tenancy::{
    NoteId, SessionId,
    access::{Desk, Staff},
    audit::Action,
};

use super::{
    endpoint::{Endpoint, at},
    idempotency::{self, CreatedOnce},
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        describe::parameter,
        error::ApiError,
        params::Params,
        rules::{Text, integer, text},
    },
    views::{AsText, FileLinks, FileRow, TimestampText, metadata},
};

/// Number of messages in a page by default.
const USUAL: i64 = 100;

/// The `message_type` of a note.
const NOTE: &str = "note";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/desk/sessions/{session_id}/messages/")
            .get("Shows messages of a session with the private notes of staff between them.", messages)
            .about(
                "An agent reads its own sessions and the queue, an admin every session. Without `after_seq` and \
                 `before_seq` these are the newest messages. The messages of a page are next to each other, oldest \
                 first; `limit` counts messages. A row whose `message_type` is `note` is a note, and its `seq` is that of \
                 the message that it follows. Pages in one direction show each note once. A page after `after_seq` also \
                 has the notes that follow this message, so that new ones are seen: tell notes apart by `id`, or send the `last_note` of the page before as `after_note`.",
            )
            .query(parameter(
                "after_seq",
                "The first messages after this position.",
                json!({ "type": "integer", "minimum": 0 }),
            ))
            .query(parameter(
                "before_seq",
                "The last messages before this position.",
                json!({ "type": "integer", "minimum": 0 }),
            ))
            .query(parameter(
                "after_note",
                "Leaves out the notes up to this id: the `last_note` of an earlier page.",
                json!({ "type": "integer", "minimum": 0 }),
            ))
            .query(parameter(
                "limit",
                "Messages per page. A larger number is reduced to the maximum.",
                json!({ "type": "integer", "default": USUAL, "minimum": 1, "x-maximum": MOST_MESSAGES }),
            ))
            .refuses(ApiError::invalid_parameter("after_seq"))
            .refuses(both())
            .refuses(NoteError::SessionNotFound),
        at("/api/desk/sessions/{session_id}/notes/")
            .post("Writes a private note about a session, which no visitor can read.", write_note)
            .about(
                "For staff who may read the session. A note changes nothing else. With a `client_message_id` or an \
                 `Idempotency-Key` a repeat stores nothing and answers with the note that was stored first.",
            )
            .refuses(NoteError::SessionNotFound)
            .refuses(NoteError::TooMany)
            .refuses(NoteError::KeyReused),
        at("/api/desk/sessions/{session_id}/read/")
            .post("Notes how far staff have read a session.", mark_read)
            .about("The position is never lowered, and never raised beyond the last message. Visitors see it.")
            .refuses(NoteError::SessionNotFound),
    ]
}

/// Returns the rule for the text of a note.
pub(super) fn note_text() -> Text {
    text().max(LONGEST_NOTE)
}

body! {
    /// A private note.
    struct NoteBody {
        text: String = note_text(),
        client_message_id: Option<String> = text().max(64).optional().not_blank(),
    }
}

body! {
    /// How far staff have read.
    struct StaffReadBody {
        seq: i64 = integer(),
    }
}

#[derive(Serialize, JsonSchema)]
struct DeskMessagesView {
    session_id: String,
    status: &'static str,
    /// Messages and notes, oldest first.
    results: Vec<DeskMessageRow>,
    /// Whether there are more messages in the direction of the window.
    has_more: bool,
    last_seq: i64,
    /// The highest id of the notes that the client has, if it has had `after_note` and this page; 0 without notes.
    last_note: i64,
    visitor_read_seq: i64,
    staff_read_seq: i64,
}

/// A message or a note. Ids of messages and ids of notes are independent of each other.
#[derive(Serialize, JsonSchema)]
pub(super) struct DeskMessageRow {
    id: i64,
    /// The position of a message. For a note, that of the message that it follows; 0 before the first one.
    seq: i64,
    #[schemars(extend("enum" = ["user", "bot", "agent", "note"]))]
    message_type: &'static str,
    content: Option<String>,
    /// The agent or admin who wrote it; null for visitor, bot and superadmin.
    sender_name: Option<String>,
    /// For a note `{"author"}`, the role of who wrote it.
    metadata: Value,
    timestamp: TimestampText,
    client_message_id: Option<String>,
    attachments: Vec<FileRow>,
}

impl DeskMessageRow {
    fn of_message(message: Message, links: &FileLinks<'_>) -> Self {
        let sender_name = match &message.detail {
            Detail::User { .. } | Detail::Bot { .. } => None,
            Detail::Agent { name, .. } | Detail::Admin { name, .. } => Some(name.clone()),
        };
        Self {
            id: message.id.get(),
            seq: message.seq,
            message_type: message.detail.sender().as_str(),
            sender_name,
            metadata: metadata(&message),
            timestamp: AsText(message.timestamp),
            attachments: message.attachments.iter().map(|file| FileRow::new(file, links)).collect(),
            content: message.content,
            client_message_id: message.client_message_id,
        }
    }

    pub(super) fn of_note(note: Note) -> Self {
        Self {
            id: note.id.get(),
            seq: note.new.after_seq,
            message_type: NOTE,
            content: Some(note.new.text),
            sender_name: note.new.name,
            metadata: json!({ "author": note.new.author.as_str() }),
            timestamp: AsText(note.at),
            client_message_id: note.new.client_message_id,
            attachments: Vec::new(),
        }
    }
}

impl DeskMessagesView {
    fn new(page: Annotated, seen: NoteId, links: &FileLinks<'_>) -> Self {
        let session = page.session;
        let last_note = page.notes.iter().map(|note| note.id).fold(seen, Ord::max).get();
        let mut results: Vec<_> =
            page.messages.into_iter().map(|message| DeskMessageRow::of_message(message, links)).collect();
        results.extend(page.notes.into_iter().map(DeskMessageRow::of_note));
        // The sort is stable, so a note comes after the message that it follows.
        results.sort_by_key(|row| row.seq);
        Self {
            session_id: session.id.as_str().to_owned(),
            status: session.status.as_str(),
            results,
            has_more: page.has_more,
            last_seq: session.last_seq,
            last_note,
            visitor_read_seq: session.visitor_read_seq,
            staff_read_seq: session.staff_read_seq,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct StaffReadView {
    staff_read_seq: i64,
}

/// The refusal of a window in both directions.
fn both() -> ApiError {
    ApiError::bad_request("after_seq and before_seq cannot be sent together")
}

/// Reads the window of a page, its length and the last note that the client has.
fn window(params: &Params) -> Result<(Window, i64, NoteId), ApiError> {
    let at_least = |name: &str, least: i64| match params.integer(name)? {
        Some(number) if number < least => Err(ApiError::invalid_parameter(name)),
        number => Ok(number),
    };
    let window = match (at_least("after_seq", 0)?, at_least("before_seq", 0)?) {
        (None, None) => Window::Newest,
        (Some(seq), None) => Window::After(seq),
        (None, Some(seq)) => Window::Before(seq),
        (Some(_), Some(_)) => return Err(both()),
    };
    let seen = NoteId::new(at_least("after_note", 0)?.unwrap_or(0));
    Ok((window, at_least("limit", 1)?.unwrap_or(USUAL), seen))
}

/// Shows messages of a session with the private notes of staff between them.
async fn messages(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    params: Params,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<DeskMessagesView>, ApiError> {
    let session = SessionId::parse(&path).map_err(|_| NoteError::SessionNotFound)?;
    let (window, limit, seen) = window(&params)?;
    let read = app
        .desk_read(staff, Place::Session(session), move |store| notes::annotated(store, session, window, limit, seen));
    let page = read.await?.flatten().ok_or(NoteError::SessionNotFound)?;
    Ok(Json(DeskMessagesView::new(page, seen, &app.file_links(&req, app.now()))))
}

/// Writes a private note about a session.
async fn write_note(
    Auth(staff): Auth<Staff>,
    path: web::Path<String>,
    req: HttpRequest,
    Valid(body): Valid<NoteBody>,
    app: web::Data<App>,
) -> Result<CreatedOnce<DeskMessageRow>, ApiError> {
    let session = SessionId::parse(&path).map_err(|_| NoteError::SessionNotFound)?;
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    let (text, now) = (neutralise(&body.text).into_owned(), app.now());
    let note = OutgoingNote { text, key, client_message_id: body.client_message_id };
    let written = app.desk_write(staff, Place::Session(session), Action::NoteWritten, move |store| {
        notes::write(store, session, note, now)
    });
    let written = written.await?.ok_or(NoteError::SessionNotFound)?;
    let replayed = matches!(written, Written::Replayed(_));
    Ok(CreatedOnce { replayed, reply: DeskMessageRow::of_note(written.into_note()) })
}

/// Notes how far staff have read a session.
async fn mark_read(
    Auth(desk): Auth<Desk>,
    path: web::Path<String>,
    Valid(body): Valid<StaffReadBody>,
    app: web::Data<App>,
) -> Result<Json<StaffReadView>, ApiError> {
    let session = SessionId::parse(&path).map_err(|_| NoteError::SessionNotFound)?;
    let marked = app.db.write(desk, move |store| live::mark_read_by_staff(store, session, body.seq));
    let staff_read_seq = marked.await?.ok_or(NoteError::SessionNotFound)?;
    Ok(Json(StaffReadView { staff_read_seq }))
}
