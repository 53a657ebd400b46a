//! Forms with a file, which is written to disk as it arrives.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest,
    http::header,
    web::{self, Bytes},
};
use attachments::{BlobWriter, Blobs, detect::Inspector, policy};
use futures_util::TryStreamExt as _;

use crate::{
    app::App,
    http::{
        body::{self, Body, Fields, Raw, Upload},
        error::ApiError,
        file_name,
        part_headers::cleaned,
    },
};

/// Maximum number of parts of a form.
const PARTS: usize = 64;
/// Maximum size of a form without its file, in bytes.
const OTHER_FIELDS: usize = 64 * 1024;
/// Maximum number of bytes of files that are read. Bytes beyond the limit of a file are discarded, so
/// that the client still gets the answer. A larger form ends the connection.
const READ_AT_MOST: usize = 1 << 30;

/// The field that holds the file.
const FILE: &str = "file";

/// A file that has arrived and has no blob key yet.
pub(crate) struct Received {
    /// The file name as the client sent it.
    pub(crate) name: String,
    /// Inspects the content as it arrives.
    pub(crate) inspector: Inspector,
    /// Writes the content to the blob store.
    pub(crate) writer: Box<dyn BlobWriter>,
    is_empty: bool,
}

/// Reads a form whose field `file` holds a file. Bodies in the other encodings have no file, but
/// their fields are read too.
///
/// # Errors
/// 400 with a message for each refused field, or for a body that cannot be read; 413, 415.
pub(super) async fn read<T: Body>(
    req: &HttpRequest,
    payload: web::Payload,
    app: &App,
) -> Result<(T, Option<Received>), ApiError> {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Ok((body::whole(req, payload.into_inner()).await?, None));
    }
    let (mut fields, file) = parts(req, payload, &*app.blobs, T::NAMES).await?;
    if let Some(file) = &file {
        // The rule of the field only checks whether the file is empty.
        let bytes = if file.is_empty { Bytes::new() } else { Bytes::from_static(b"...") };
        fields.push(FILE.into(), Raw::File(Upload { name: file.name.clone(), bytes }));
    }
    let read = T::read(fields).map_err(ApiError::fields)?;
    Ok((read, file))
}

/// Reads the fields of a form, and its file, which is written to `blobs` as it arrives.
pub(crate) async fn parts(
    req: &HttpRequest,
    payload: web::Payload,
    blobs: &dyn Blobs,
    names: Option<&[&str]>,
) -> Result<(Fields<'static>, Option<Received>), ApiError> {
    let (mut fields, mut received) = (Fields::default(), None);
    let mut parts = Multipart::new(req.headers(), cleaned(req, payload));
    let (mut read, mut others, mut count) = (0_usize, 0_usize, 0_usize);
    while let Some(mut part) = parts.try_next().await.map_err(unreadable)? {
        count += 1;
        if count > PARTS {
            return Err(ApiError::payload_too_large());
        }
        let name = part.name().unwrap_or_default().to_owned();
        match (name.as_str(), file_name::of(&part)) {
            (FILE, Some(file_name)) => {
                let file = stream(&mut part, file_name, &mut read, blobs).await?;
                // A browser sends this for an empty file input.
                if !(file.name.is_empty() && file.is_empty) {
                    received = Some(file);
                }
            }
            _ => {
                let bytes = collect(&mut part, &mut others).await?;
                if name != FILE && names.is_none_or(|names| names.contains(&name.as_str())) {
                    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
                    fields.push(name.into(), Raw::Text(text));
                }
            }
        }
    }
    Ok((fields, received))
}

/// Writes a part to disk as it arrives, up to the limit of a file.
async fn stream(part: &mut Field, name: String, read: &mut usize, blobs: &dyn Blobs) -> Result<Received, ApiError> {
    let mut received =
        Received { name, inspector: Inspector::new(policy::MAX_SIZE), is_empty: true, writer: blobs.create().await? };
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

/// Every fault in a multipart body is the client's.
fn unreadable(_: MultipartError) -> ApiError {
    malformed()
}
