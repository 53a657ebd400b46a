//! Uploads of visitors and agents, streamed to the blob store.

mod form;

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use attachments::{
    Attachment, BlobKey, Uploader,
    policy::UploadRefusal,
    upload::{self, RegisterError},
};
use handoff::{
    EventKind, Outbox as _, reading,
    uploading::{self, UploadError},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::Place;
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{self, Agent, Caller as _, Refused, SessionAccess, Staff},
};

use super::{
    chat::company,
    endpoint::{Endpoint, at},
};
use crate::{
    app::{App, run_to_completion},
    auth::{Anyone, Auth},
    blobs,
    http::{
        body::{Upload, body},
        created::Created,
        describe::session_id,
        error::ApiError,
        params::Params,
        rules::{choice, file, text},
    },
    limits::{self, BucketName, Scope},
    views::{AsText, CompanyId, FileRow, TimestampText},
};
use form::Received;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use form::parts;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/upload/")
            .limited(Scope::Upload)
            .post("Uploads a file to a session. A later message attaches it by its id.", receive)
            .reads::<UploadBody>()
            .refuses(UploadRefusal::TooLarge)
            .refuses(Refused::CompanySuspended)
            .refuses(absent()),
        at("/api/chat/upload/")
            .limited(Scope::Upload)
            .post("Uploads a file to a session, as `chatbot/upload/` does.", receive)
            .about("Existing widgets call this path.")
            .reads::<UploadBody>()
            .refuses(UploadRefusal::TooLarge)
            .refuses(Refused::CompanySuspended)
            .refuses(absent()),
        at("/api/chatbot/files/")
            .get("Lists the files of a session, oldest first, also those that no message carries.", list)
            .query(session_id())
            .refuses(ApiError::required("session_id"))
            .refuses(Refused::SessionNotFound),
        at("/api/human-handoff/agent/upload/")
            .limited(Scope::Upload)
            .post("Uploads a file of an agent to a session that is assigned to the agent.", receive_from_agent)
            .about("No message is stored. A later message attaches the file by its id.")
            .reads::<AgentUploadBody>()
            .refuses(incomplete())
            .refuses(UploadError::SessionNotFound)
            .refuses(UploadError::NotEscalated)
            .refuses(UploadError::NotAssigned),
    ]
}

body! {
    /// A visitor's file.
    #[expect(dead_code, reason = "the file is streamed, and the other fields are not stored")]
    struct UploadBody {
        file: Upload = file(),
        session_id: String = text().max(100),
        company_id: Option<String> = text().max(20).optional(),
        message_context: Option<String> = text().max(500).optional(),
        uploader: Option<Uploader> = choice(Uploader::parse, Uploader::WORDS).optional(),
    }
}

body! {
    /// An agent's file.
    #[expect(dead_code, reason = "the file is streamed, and the other fields are not stored")]
    struct AgentUploadBody {
        file: Option<Upload> = file().optional(),
        session_id: Option<String> = text().max(100).optional(),
        message_context: Option<String> = text().max(500).optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct UploadReply {
    id: i64,
    file_id: i64,
    company_id: CompanyId,
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
    created_at: TimestampText,
    message: &'static str,
}

impl UploadReply {
    fn created(file: &Attachment, session: SessionId, app: &App, req: &HttpRequest, now: Timestamp) -> Created<Self> {
        let links = app.file_links(req, now);
        let file_url = links.relative(file);
        Created(Self {
            id: file.id.get(),
            file_id: file.id.get(),
            company_id: AsText(file.company),
            session_id: session.as_str().to_owned(),
            uploader: file.uploader.as_str(),
            url: links.absolute(&file_url),
            file_url,
            original_name: file.original_name.clone(),
            name: file.original_name.clone(),
            file_size: file.size,
            size: file.size,
            file_type: file.kind.as_str(),
            mime_type: file.content_type.clone(),
            thumbnail: None,
            created_at: AsText(file.uploaded_at),
            message: "File uploaded successfully",
        })
    }
}

#[derive(Serialize, JsonSchema)]
struct FilesView {
    files: Vec<FileRow>,
    count: usize,
}

/// Lists the files of a session that the caller may see.
async fn list(
    Auth(staff): Auth<Staff>,
    params: Params,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<FilesView>, ApiError> {
    let session = params.text("session_id").ok_or_else(|| ApiError::required("session_id"))?;
    let session = SessionId::parse(session).map_err(|_| Refused::SessionNotFound)?;
    let found = app.desk_read(staff, Place::Session(session), move |store| reading::files(store, session));
    let files = found.await?.flatten().ok_or(Refused::SessionNotFound)?;
    let links = app.file_links(&req, app.now());
    let files: Vec<_> = files.iter().map(|file| FileRow::new(file, &links)).collect();
    Ok(Json(FilesView { count: files.len(), files }))
}

/// Stores a visitor's file in a session.
async fn receive(
    Anyone(staff): Anyone,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<Created<UploadReply>, ApiError> {
    let (body, file) = form::read::<UploadBody>(&req, payload, &app).await?;
    let file = file.ok_or_else(|| ApiError::field("file", "No file was submitted."))?;
    let id = SessionId::parse(&body.session_id).ok();
    // This endpoint reports missing sessions, not missing companies.
    let turned_away = |refused| match refused {
        Refused::CompanyNotFound => absent(),
        other => other.into(),
    };
    let named = body.company_id.as_deref().filter(|code| !code.is_empty());
    let company = company(named, staff.as_ref()).map_err(turned_away)?;
    let admitted = app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), id)).await;
    let visitor = admitted.map_err(turned_away)?;
    let session = visitor.session().ok_or_else(absent)?;
    limits::count(&req, BucketName::UploadSession(session.id())).await?;
    limits::count(&req, BucketName::UploadCompany(company)).await?;
    let uploader = match body.uploader {
        Some(Uploader::Agent) if may_see(&app, staff, session).await? => Uploader::Agent,
        Some(_) | None => Uploader::User,
    };
    let now = app.now();
    let accepted = accept(&session, &file, uploader, now)?;
    let (key, kept) = (accepted.key().clone(), app.clone());
    let register = async move {
        let registered = kept.db.write(visitor, move |store| {
            let file = upload::register(store, &accepted)?;
            store.emit(session.id(), EventKind::FileShared(Box::new(file.clone())));
            Ok::<_, RegisterError>(file)
        });
        let registered = registered.await;
        registered.map_err(|error| match error {
            RegisterError::SessionNotFound => Unkept::Refused(absent()),
            RegisterError::Store(error) => Unkept::Failed(error),
        })
    };
    let stored = keep(&app, file, key, register).await?;
    Ok(UploadReply::created(&stored, session.id(), &app, &req, now))
}

/// Stores an agent's file in a session that is assigned to the agent.
async fn receive_from_agent(
    Auth(agent): Auth<Agent>,
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<Created<UploadReply>, ApiError> {
    let (body, file) = form::read::<AgentUploadBody>(&req, payload, &app).await?;
    let (Some(id), Some(file)) = (body.session_id.filter(|id| !id.is_empty()), file) else {
        return Err(incomplete());
    };
    let id = SessionId::parse(&id).map_err(|_| UploadError::SessionNotFound)?;
    app.db.read(agent.clone(), move |store| uploading::allowed(store, id)).await?;
    let company = agent.scope().company();
    let visitor = app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), Some(id))).await?;
    let session = visitor.session().ok_or(UploadError::SessionNotFound)?;
    limits::count(&req, BucketName::UploadSession(session.id())).await?;
    limits::count(&req, BucketName::UploadCompany(company)).await?;
    let now = app.now();
    let accepted = accept(&session, &file, Uploader::Agent, now)?;
    let (key, kept) = (accepted.key().clone(), app.clone());
    let register = async move {
        let registered = kept.db.write(agent, move |store| uploading::register(store, &accepted)).await;
        registered.map_err(|error| match error {
            UploadError::Store(error) => Unkept::Failed(error),
            refusal => Unkept::Refused(refusal.into()),
        })
    };
    let stored = keep(&app, file, key, register).await?;
    Ok(UploadReply::created(&stored, session.id(), &app, &req, now))
}

fn absent() -> ApiError {
    ApiError::not_found("Chat session not found or access denied")
}

fn incomplete() -> ApiError {
    ApiError::bad_request("session_id and file are required")
}

fn accept(
    session: &SessionAccess,
    file: &Received,
    uploader: Uploader,
    now: Timestamp,
) -> Result<upload::Upload, ApiError> {
    Ok(upload::accept(session, &file.name, &file.inspector.finish(), uploader, now)?)
}

/// Why a file's row was not stored.
enum Unkept {
    /// The session no longer exists or is no longer the caller's.
    Refused(ApiError),
    /// The store failed.
    Failed(StoreError),
}

/// Commits the blob, then its row, so that a row without its bytes never exists. Completes even if
/// the caller disconnects.
async fn keep(
    app: &web::Data<App>,
    file: Received,
    key: BlobKey,
    register: impl Future<Output = Result<Attachment, Unkept>> + 'static,
) -> Result<Attachment, ApiError> {
    let app = app.clone();
    let kept = async move {
        file.writer.commit(&key).await?;
        match register.await {
            Ok(stored) => Ok(stored),
            Err(Unkept::Refused(refusal)) => {
                blobs::delete_all(&*app.blobs, vec![key]).await;
                Err(refusal)
            }
            // The row may have been stored. A blob without a row only takes space.
            Err(Unkept::Failed(error)) => Err(error.into()),
        }
    };
    run_to_completion(kept).await?
}

async fn may_see(app: &App, staff: Option<Staff>, session: SessionAccess) -> Result<bool, ApiError> {
    let Some(staff) = staff else { return Ok(false) };
    let id = session.id();
    let seen = app.desk_read(staff, Place::Session(id), move |store| handoff::reading::may_see(store, id));
    Ok(seen.await?.unwrap_or(false))
}
