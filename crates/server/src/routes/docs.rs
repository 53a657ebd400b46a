//! The OpenAPI document and a page that shows it.

use std::{
    borrow::Cow,
    io::{Cursor, Read as _},
    sync::OnceLock,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{self, Bytes},
};
use serde_json::Value;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{ZipArchive, result::ZipError};

use super::endpoint::{Endpoint, at};
use crate::{
    http::{compress, describe::Argument, error::ApiError},
    limits::Scope,
};

/// The page. It replaces the archive's own, which shows a sample document.
const FRONT: &str = include_str!("../../assets/docs/index.html");
const START: &str = include_str!("../../assets/docs/start.js");

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/openapi.json/")
            .limited(Scope::Public)
            .get("Shows this document.", document)
            .replies::<Value>(StatusCode::OK),
        at("/docs/").limited(Scope::Public).get("Shows a page for reading this document.", front).replies_file(),
        at("/docs/{file}/")
            .limited(Scope::Public)
            .get("Serves the files of that page.", part)
            .replies_file()
            .refuses(ApiError::detail_404()),
    ]
}

/// The OpenAPI document, rendered and compressed at the first request for it.
pub(crate) struct Document {
    make: fn() -> Value,
    rendered: OnceLock<(Bytes, Option<Bytes>)>,
}

impl Document {
    /// Takes the function that makes the document.
    pub(crate) fn new(make: fn() -> Value) -> Self {
        Self { make, rendered: OnceLock::new() }
    }

    /// Returns the document, and the same compressed. All requests share the bytes.
    fn rendered(&self) -> &(Bytes, Option<Bytes>) {
        self.rendered.get_or_init(|| {
            let text = Bytes::from((self.make)().to_string());
            let compressed = compress::gzip(&text);
            (text, compressed)
        })
    }
}

impl Argument for web::Data<Document> {}

/// Serves the document.
async fn document(req: HttpRequest, document: web::Data<Document>) -> HttpResponse {
    let (text, compressed) = document.rendered();
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    match compressed {
        Some(compressed) if compress::takes_gzip(req.headers()) => {
            response.insert_header((header::VARY, HeaderValue::from_static("Accept-Encoding")));
            response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            response.body(compressed.clone())
        }
        _ => response.body(text.clone()),
    }
}

/// Serves the page.
async fn front() -> HttpResponse {
    shown("text/html; charset=utf-8", FRONT.into())
}

/// Serves one of the page's files, all of which are in the binary.
async fn part(file: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let kind = match file.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "png")) => "image/png",
        _ => return Err(ApiError::detail_404()),
    };
    let bytes = if *file == "start.js" { START.into() } else { unpacked(&file)? };
    Ok(shown(kind, bytes))
}

fn shown(kind: &str, bytes: Bytes) -> HttpResponse {
    let policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                  frame-ancestors 'none'";
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")))
        .body(bytes)
}

/// Returns a file of the archive's `dist` folder.
fn unpacked(file: &str) -> Result<Bytes, ApiError> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).map_err(ApiError::internal)?;
    let suffix = format!("/dist/{file}");
    let name = archive.file_names().filter_map(Result::ok).find(|name| name.ends_with(&suffix)).map(Cow::into_owned);
    let mut entry = match archive.by_name(&name.ok_or_else(ApiError::detail_404)?) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => return Err(ApiError::detail_404()),
        Err(error) => return Err(ApiError::internal(error)),
    };
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(ApiError::internal)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_the_page_names_is_in_the_program() {
        let parts: Vec<_> = FRONT.split('"').filter_map(|text| text.strip_prefix("/docs/")).collect();
        assert_eq!(parts.len(), 4);
        for part in parts.into_iter().filter(|part| *part != "start.js") {
            assert!(!unpacked(part).unwrap().is_empty(), "{part}");
        }
        assert!(!FRONT.contains("://") && !START.contains("://"), "the page works without a network");
    }
}
