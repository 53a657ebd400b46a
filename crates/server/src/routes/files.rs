//! `POST /api/chatbot/upload/`: a file arrives, streamed to where blobs are kept.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, http::header, web};
use attachments::{
    Attachment, BlobWriter, Blobs as _, Uploader,
    detect::Inspector,
    upload::{self, RegisterError},
};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use storage::Place;
use tenancy::{
    SessionId,
    access::{self, Refused, SessionAccess, Staff, Visitor},
};

use super::chat::company;
use crate::{
    app::{App, to_the_end},
    auth::Anyone,
    http::{
        body::Raw,
        error::ApiError,
        field_errors::{FieldError, FieldErrors},
        file_name,
        routes::at,
        rules::{Single, choice, text},
    },
    views::{Code, Shown, Ts},
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config.service(at("/api/chatbot/upload/").post(receive));
}

/// How many parts a form may have.
const PARTS: usize = 64;
/// How many bytes a form may have beside its file.
const OTHER_FIELDS: usize = 64 * 1024;
/// How much is read, and thrown away beyond the limit of a file, so that a client that sends too
/// much still hears why. More than this ends the connection.
const READ_AT_MOST: usize = 1 << 30;

/// What a form holds, with the file already on its way to the disk.
#[derive(Default)]
struct Form {
    session_id: Option<String>,
    company_id: Option<String>,
    message_context: Option<String>,
    uploader: Option<String>,
    file: Option<Received>,
}

/// A file that has arrived and has no name yet.
struct Received {
    name: String,
    inspector: Inspector,
    is_empty: bool,
    writer: Box<dyn BlobWriter>,
}

/// The fields of a form that was in order.
struct Checked {
    session: Option<SessionId>,
    company_id: Option<String>,
    uploader: Uploader,
    file: Received,
}

#[derive(Serialize)]
struct UploadReply {
    id: i64,
    file_id: i64,
    company_id: Code,
    session_id: String,
    uploader: &'static str,
    file_url: String,
    url: String,
    original_name: String,
    name: String,
    file_size: i64,
    size: i64,
    file_type: &'static str,
    mime_type: String,
    thumbnail: Option<String>,
    created_at: Ts,
    message: &'static str,
}

impl UploadReply {
    fn new(file: &Attachment, session: SessionId, file_url: String, base: &str) -> Self {
        Self {
            id: file.id.get(),
            file_id: file.id.get(),
            company_id: Shown(file.company),
            session_id: session.as_str().to_owned(),
            uploader: file.uploader.as_str(),
            url: format!("{base}{file_url}"),
            file_url,
            original_name: file.original_name.clone(),
            name: file.original_name.clone(),
            file_size: file.size,
            size: file.size,
            file_type: file.kind.as_str(),
            mime_type: file.content_type.clone(),
            thumbnail: None,
            created_at: Shown(file.uploaded_at),
            message: "File uploaded successfully",
        }
    }
}

/// Takes a file into a session. The blob is committed before the row, so a row without its
/// bytes never exists.
async fn receive(
    Anyone(staff): Anyone,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let form = read(&req, payload, &app).await?;
    let Checked { session, company_id, uploader, file } = check(form)?;
    // This endpoint knows sessions, not companies: one that is not there has no session either.
    let turned_away = |refused| match refused {
        Refused::CompanyNotFound => absent(),
        other => other.into(),
    };
    let company = company(company_id.as_deref(), staff.as_ref()).map_err(turned_away)?;
    let admitted = app.lobby(move |lobby| access::visitor(lobby, Some(company), session)).await;
    let visitor = admitted.map_err(turned_away)?;
    let session = visitor.session().ok_or_else(absent)?;
    let uploader = match uploader {
        Uploader::Agent if may_see(&app, staff, session).await? => Uploader::Agent,
        Uploader::Agent | Uploader::User => Uploader::User,
    };
    let now = app.now();
    let accepted = upload::accept(&session, &file.name, &file.inspector.finish(), uploader, now)
        .map_err(|refusal| ApiError::bad_request(format!("File upload failed: {refusal}")))?;
    let kept = app.clone();
    let stored = to_the_end(async move { keep(&kept, visitor, file.writer, accepted).await }).await??;
    let link = stored.link(&app.links, now);
    let base = app.public_url.of(&req);
    Ok(HttpResponse::Created().json(UploadReply::new(&stored, session.id(), link, &base)))
}

fn absent() -> ApiError {
    ApiError::not_found("Chat session not found or access denied")
}

/// Commits the blob, then its row.
async fn keep(
    app: &App,
    visitor: Visitor,
    writer: Box<dyn BlobWriter>,
    accepted: upload::Upload,
) -> Result<Attachment, ApiError> {
    let key = accepted.key().clone();
    writer.commit(&key).await?;
    match app.write(visitor, move |store| upload::register(store, &accepted)).await {
        Ok(stored) => Ok(stored),
        Err(RegisterError::SessionNotFound) => {
            app.blobs.delete_all(vec![key]).await;
            Err(absent())
        }
        // The row may be there for all we know, and a blob without a row is only space.
        Err(RegisterError::Store(error)) => Err(error.into()),
    }
}

async fn may_see(app: &App, staff: Option<Staff>, session: SessionAccess) -> Result<bool, ApiError> {
    let Some(staff) = staff else { return Ok(false) };
    let id = session.id();
    let seen = app.desk_read(staff, Place::Session(id), move |store| handoff::reading::may_see(store, id));
    Ok(seen.await?.unwrap_or(false))
}

async fn read(req: &HttpRequest, payload: web::Payload, app: &App) -> Result<Form, ApiError> {
    let mut form = Form::default();
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    match kind.split(';').next().unwrap_or_default().trim() {
        kind if kind.eq_ignore_ascii_case("multipart/form-data") => {}
        // The other encodings carry no files.
        "" | "application/json" | "application/x-www-form-urlencoded" => return Ok(form),
        other => return Err(ApiError::unsupported_media_type(other)),
    }
    let mut payload = payload.into_inner();
    let mut parts = Multipart::from_request(req, &mut payload).await.map_err(|_| malformed())?;
    let (mut read, mut others, mut count) = (0_usize, 0_usize, 0_usize);
    while let Some(mut part) = parts.try_next().await.map_err(unreadable)? {
        count += 1;
        if count > PARTS {
            return Err(ApiError::payload_too_large());
        }
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = file_name::of(&part);
        match (name.as_str(), file_name) {
            ("file", Some(file_name)) => {
                let file = stream(&mut part, file_name, &mut read, app).await?;
                // What a browser sends for an empty file input.
                if !(file.name.is_empty() && file.is_empty) {
                    form.file = Some(file);
                }
            }
            (field, _) => {
                let bytes = collect(&mut part, &mut others).await?;
                let slot = match field {
                    "session_id" => &mut form.session_id,
                    "company_id" => &mut form.company_id,
                    "message_context" => &mut form.message_context,
                    "uploader" => &mut form.uploader,
                    _ => continue,
                };
                *slot = Some(String::from_utf8(bytes).map_err(|_| malformed())?);
            }
        }
    }
    Ok(form)
}

/// Writes a part to the disk as it comes, as far as the limit of a file goes.
async fn stream(part: &mut Field, name: String, read: &mut usize, app: &App) -> Result<Received, ApiError> {
    let mut received =
        Received { name, inspector: Inspector::new(), is_empty: true, writer: app.blobs.create().await? };
    while let Some(chunk) = part.try_next().await.map_err(unreadable)? {
        *read = read.saturating_add(chunk.len());
        if *read > READ_AT_MOST {
            return Err(ApiError::payload_too_large());
        }
        received.is_empty &= chunk.is_empty();
        received.inspector.push(&chunk);
        if !received.inspector.too_large() {
            received.writer.append(&chunk).await?;
        }
    }
    Ok(received)
}

async fn collect(part: &mut Field, read: &mut usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.try_next().await.map_err(unreadable)? {
        *read = read.saturating_add(chunk.len());
        if *read > OTHER_FIELDS {
            return Err(ApiError::payload_too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn malformed() -> ApiError {
    ApiError::parse_error("Multipart form parse error - the body cannot be read.")
}

/// Whatever is wrong with a multipart body is its sender's doing.
fn unreadable(_: MultipartError) -> ApiError {
    malformed()
}

/// Looks at every field before it refuses any.
fn check(form: Form) -> Result<Checked, ApiError> {
    let mut errors = FieldErrors::default();
    let file = match form.file {
        None => Err(FieldError::new("No file was submitted.")),
        Some(file) if file.is_empty => Err(FieldError::new("The submitted file is empty.")),
        Some(file) => Ok(file),
    };
    let file = errors.keep("file", file);
    let session_id = match form.session_id {
        None => Err(FieldError::new("This field is required.")),
        Some(id) => text().max(100).accept(Raw::Text(id)),
    };
    let session_id = errors.keep("session_id", session_id);
    let company_id = optional(&mut errors, "company_id", form.company_id, &text().max(20));
    optional(&mut errors, "message_context", form.message_context, &text().max(500).lenient());
    let uploader = optional(&mut errors, "uploader", form.uploader, &choice(Uploader::parse));
    match (file, session_id) {
        (Some(file), Some(session_id)) if errors.is_empty() => Ok(Checked {
            session: SessionId::parse(&session_id).ok(),
            company_id,
            uploader: uploader.unwrap_or(Uploader::User),
            file,
        }),
        _ => Err(ApiError::fields(errors)),
    }
}

fn optional<R: Single>(
    errors: &mut FieldErrors,
    name: &'static str,
    sent: Option<String>,
    rule: &R,
) -> Option<R::Value> {
    errors.keep(name, rule.accept(Raw::Text(sent?)))
}
