//! `GET /media/..`: files, for callers with a valid link and for staff who may see the session.

use std::{io, path::PathBuf};

use actix_files::NamedFile;
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        self, Charset, ContentDisposition, ContentType, DispositionParam, DispositionType, ExtendedValue, HeaderValue,
    },
    web,
};
use attachments::{AttachmentDirectory as _, Attachments as _, BlobKey, Blobs as _, Disposition, Download, Verdict};
use serde_json::json;
use storage::{FairnessKey, Place};
use tenancy::{CompanyCode, Fault, StoreError, access::Staff};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::signed_in,
    http::{bearer, code::Code, describe::parameter, error::ApiError, params::Params},
    limits::Scope,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/media/{path:.*}/")
            .limited(Scope::Media)
            .get("Serves a file to callers with a valid link and to staff who may see its session.", serve)
            .about("`Range`, `If-None-Match` and `If-Range` are supported.")
            .reads_token(true)
            .query(parameter("exp", "When the link expires, in Unix seconds.", json!({ "type": "string" })))
            .query(parameter("sig", "The link's signature.", json!({ "type": "string" })))
            .replies_file()
            .refuses(invalid_link())
            .refuses(ApiError::detail_404()),
    ]
}

fn invalid_link() -> ApiError {
    ApiError::forbidden(Code::LinkInvalid, "This link is not valid or has run out")
}

/// Serves a file: whole, in part, or 304 for a caller who already has it.
async fn serve(
    req: HttpRequest,
    path: web::Path<String>,
    params: Params,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    // The router decodes an encoded slash, and a blob key must have only one spelling.
    if req.uri().path().to_ascii_lowercase().contains("%2f") {
        return Err(ApiError::detail_404());
    }
    let key =
        path.strip_prefix("uploads/").and_then(|key| BlobKey::parse(key).ok()).ok_or_else(ApiError::detail_404)?;
    let verdict = match (params.get("exp"), params.get("sig")) {
        (Some(exp), Some(sig)) => Some(app.links.verify(&key.path(), exp, sig, app.now())),
        (Some(_), None) | (None, Some(_)) => Some(Verdict::Wrong),
        (None, None) => None,
    };
    let download = match verdict {
        Some(Verdict::Valid) => {
            // The link is signed, so the company in the blob key can be trusted.
            let fairness_key =
                company_of(&key).map_or_else(|| app.db.fairness_key(&key.as_str()), FairnessKey::Company);
            let key = key.clone();
            let found = app.db.lobby_in(fairness_key, move |lobby| lobby.by_key(&key));
            found.await.map_err(|error: StoreError| ApiError::from(error))?
        }
        Some(Verdict::Expired | Verdict::Wrong) if !bearer::is_sent(&req) => {
            return Err(invalid_link());
        }
        Some(Verdict::Expired | Verdict::Wrong) | None => visible_to(&app, signed_in(&req).await?, &key).await?,
    };
    let download = download.ok_or_else(ApiError::detail_404)?;
    let path = app.blobs.file(&key).await?.ok_or_else(ApiError::detail_404)?;
    let file = open(path).await.map_err(|error| match error.kind() {
        // The file was deleted since it was found.
        io::ErrorKind::NotFound => ApiError::detail_404(),
        _ => StoreError::new(Fault::Broken, error).into(),
    })?;
    let stored = file.metadata().len();
    if i64::try_from(stored) != Ok(download.size) {
        return Err(StoreError::new(Fault::Broken, WrongSize { stored, expected: download.size }).into());
    }
    Ok(respond(&req, file, &download))
}

/// The disk has lost a part of the file, or somebody changed it.
#[derive(Debug, thiserror::Error)]
#[error("the stored file has {stored} bytes instead of {expected}")]
struct WrongSize {
    stored: u64,
    expected: i64,
}

async fn open(path: PathBuf) -> io::Result<NamedFile> {
    let file = tokio::fs::File::open(&path).await?.into_std().await;
    NamedFile::from_file(file, path)
}

/// Returns the company that a blob key starts with.
fn company_of(key: &BlobKey) -> Option<CompanyCode> {
    key.as_str().split('/').next().and_then(|code| CompanyCode::parse(code).ok())
}

/// Returns the file if the caller may see its session.
async fn visible_to(app: &App, staff: Staff, key: &BlobKey) -> Result<Option<Download>, ApiError> {
    let Some(company) = company_of(key) else { return Ok(None) };
    let key = key.clone();
    let found = app.desk_read(staff, Place::Company(company), move |store| {
        let Some((file, session)) = store.by_key(&key)? else { return Ok(None) };
        let seen = handoff::reading::may_see(store, session)?;
        Ok::<_, StoreError>(seen.then(|| Download::from(file)))
    });
    Ok(found.await?.flatten())
}

fn respond(req: &HttpRequest, file: NamedFile, download: &Download) -> HttpResponse {
    let kind = download.content_type.parse().unwrap_or(ContentType::octet_stream().0);
    let file = file
        .set_content_type(kind)
        .set_content_disposition(disposition(download))
        .use_etag(true)
        .use_last_modified(true)
        .prefer_utf8(false);
    let mut response = file.into_response(req);
    let is_refused = response.status().is_client_error();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    if !is_refused {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    response
}

/// Returns the disposition with the original name, which is sent in two encodings if it is not ASCII.
fn disposition(download: &Download) -> ContentDisposition {
    let name = &download.original_name;
    let ascii = name.replace(|c: char| !c.is_ascii(), "_");
    let mut parameters = vec![DispositionParam::Filename(ascii)];
    if !name.is_ascii() {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.clone().into_bytes(),
        }));
    }
    ContentDisposition {
        disposition: match download.disposition() {
            Disposition::Inline => DispositionType::Inline,
            Disposition::Attachment => DispositionType::Attachment,
        },
        parameters,
    }
}
