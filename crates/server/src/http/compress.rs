//! Compresses answers for clients that take gzip.
//!
//! Only whole bodies in memory are compressed: files are streamed, and their ranges count bytes of the file. No secret
//! is at risk from sizes of compressed answers, because a browser sends tokens only from scripts that have them, and no
//! cookies exist.

use std::io::Write as _;

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody as _},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};

/// Smaller answers gain nothing that a network packet would show.
const MIN_BYTES: usize = 1024;

/// Returns whether the client takes gzip: `Accept-Encoding` names it, or `*`, with a weight above 0.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    for value in headers.get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok()) {
        for coding in value.split(',') {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let is_refused = parts.any(|part| {
                let weight = part.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("q"));
                weight.is_some_and(|(_, weight)| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0))
            });
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                return !is_refused;
            }
            any |= name == "*" && !is_refused;
        }
    }
    any
}

/// Compresses the body of a response if that is worth it and the client takes it. Responses that would be compressed
/// for another client say so with `Vary`.
pub(crate) fn compress(response: HttpResponse<BoxBody>, is_taken: bool) -> HttpResponse<BoxBody> {
    if !is_compressible(&response) {
        return response;
    }
    let (mut response, body) = response.into_parts();
    let bytes = match body.try_into_bytes() {
        Ok(bytes) if bytes.len() > MIN_BYTES => bytes,
        Ok(bytes) => return response.set_body(BoxBody::new(bytes)),
        Err(body) => return response.set_body(body),
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    match is_taken.then(|| gzip(&bytes)).flatten() {
        Some(compressed) => {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(BoxBody::new(compressed))
        }
        None => response.set_body(BoxBody::new(bytes)),
    }
}

fn is_compressible(response: &HttpResponse<BoxBody>) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    response.status() != StatusCode::PARTIAL_CONTENT
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::ETAG)
        && (kind.starts_with("application/json") || kind.starts_with("text/"))
}

/// Compresses bytes. `None` if that fails, which memory does not.
pub(crate) fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn accepting(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        takes_gzip(&headers)
    }

    #[test]
    fn gzip_is_taken_if_it_is_named_or_anything_is() {
        for taken in ["gzip", "br, GZIP;q=0.5", "*", "x-gzip", "identity, *;q=0.1"] {
            assert!(accepting(taken), "{taken}");
        }
        for refused in ["", "br", "gzip;q=0", "*;q=0", "identity", "*, gzip; q=0.000"] {
            assert!(!accepting(refused), "{refused}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[actix_web::test]
    async fn long_texts_are_compressed_and_all_else_stays_as_it_is() {
        let json = |length| HttpResponse::Ok().content_type("application/json").body("x".repeat(length));
        let long = compress(json(5000), true);
        assert_eq!(long.headers().get(header::CONTENT_ENCODING).unwrap(), "gzip");
        assert_eq!(long.headers().get(header::VARY).unwrap(), "Accept-Encoding");
        let compressed = long.into_body().try_into_bytes().unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&compressed[..]).read_to_string(&mut text).unwrap();
        assert!(text == "x".repeat(5000) && compressed.len() < 500);

        let refused = compress(json(5000), false);
        assert!(
            refused.headers().contains_key(header::VARY) && !refused.headers().contains_key(header::CONTENT_ENCODING)
        );
        let etag = HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((header::ETAG, "\"a\""))
            .body("x".repeat(5000));
        let part = HttpResponse::PartialContent().content_type("text/plain").body("x".repeat(5000));
        let image = HttpResponse::Ok().content_type("image/png").body("x".repeat(5000));
        for same in [json(1024), etag, part, image] {
            let same = compress(same, true);
            assert!(
                !same.headers().contains_key(header::CONTENT_ENCODING) && !same.headers().contains_key(header::VARY)
            );
        }
    }
}
