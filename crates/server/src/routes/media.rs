//! `GET /media/..`: files, for callers with a valid link and for staff who may see the session.

mod wanted;

use std::time::{Duration, UNIX_EPOCH};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{
        Method, StatusCode,
        header::{
            self, Charset, ContentDisposition, ContentType, DispositionParam, DispositionType, ETag, EntityTag,
            ExtendedValue, LastModified,
        },
    },
    web::{self, Bytes},
};
use attachments::{AttachmentDirectory as _, Attachments as _, BlobKey, BlobReader, Disposition, Download, Verdict};
use futures_util::{Stream, stream};
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
use wanted::{Version, Wanted};

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
    send(&req, &app, &key, &download).await
}

/// Sends what a request asks for of a file that the caller may have.
async fn send(req: &HttpRequest, app: &App, key: &BlobKey, download: &Download) -> Result<HttpResponse, ApiError> {
    let size = u64::try_from(download.size).map_err(|error| StoreError::new(Fault::Broken, error))?;
    // A blob never changes, and no other one has its key.
    let tag = EntityTag::new_strong(key.file_name().to_owned());
    let micros = u64::try_from(download.uploaded_at.micros()).unwrap_or(0);
    let version = Version { tag, changed: UNIX_EPOCH + Duration::from_micros(micros), size };
    let wanted = version.wanted(req);
    let mut response = head(download, &version);
    let range = match wanted {
        Wanted::Whole => None,
        Wanted::Part(range) => {
            let (first, last) = (range.start, range.end.saturating_sub(1));
            response.status(StatusCode::PARTIAL_CONTENT);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
            Some(range)
        }
        Wanted::Known => return Ok(response.status(StatusCode::NOT_MODIFIED).finish()),
        Wanted::Other => return Ok(refuse(response, StatusCode::PRECONDITION_FAILED)),
        Wanted::Beyond => {
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
            return Ok(refuse(response, StatusCode::RANGE_NOT_SATISFIABLE));
        }
    };
    if *req.method() == Method::HEAD {
        let stored = app.blobs.size(key).await?.ok_or_else(ApiError::detail_404)?;
        expect_size(stored, size)?;
        return Ok(response.body(SizedStream::new(size, stream::empty::<Result<Bytes, StoreError>>())));
    }
    let length = range.as_ref().map_or(size, |range| range.end.saturating_sub(range.start));
    let blob = app.blobs.open(key, range).await?.ok_or_else(ApiError::detail_404)?;
    expect_size(blob.size, size)?;
    Ok(response.body(SizedStream::new(length, pieces(blob.reader))))
}

/// Streams a blob. The head is sent by then, so a failure can only end the connection.
fn pieces(reader: Box<dyn BlobReader>) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(reader, async |mut reader| match reader.next().await {
        Ok(piece) => Ok(piece.map(|piece| (Bytes::from(piece), reader))),
        Err(error) => {
            tracing::error!(error = crate::logging::chain(&error), "file broken off");
            Err(error)
        }
    })
}

fn expect_size(stored: u64, expected: u64) -> Result<(), StoreError> {
    if stored == expected { Ok(()) } else { Err(StoreError::new(Fault::Broken, WrongSize { stored, expected })) }
}

/// The store has lost a part of the file, or somebody changed it.
#[derive(Debug, thiserror::Error)]
#[error("the stored file has {stored} bytes instead of {expected}")]
struct WrongSize {
    stored: u64,
    expected: u64,
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

/// Returns a response with the headers that every answer about a file has.
fn head(download: &Download, version: &Version) -> HttpResponseBuilder {
    let kind = download.content_type.parse().unwrap_or(ContentType::octet_stream().0);
    let mut response = HttpResponse::Ok();
    response
        .insert_header(ContentType(kind))
        .insert_header(disposition(download))
        .insert_header(ETag(version.tag.clone()))
        .insert_header(LastModified(version.changed.into()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "private"));
    response
}

fn refuse(mut response: HttpResponseBuilder, status: StatusCode) -> HttpResponse {
    let mut response = response.status(status).finish();
    response.headers_mut().remove(header::CACHE_CONTROL);
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
