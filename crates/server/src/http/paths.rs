//! One spelling for every path, and ids in paths.

use std::future;

use actix_web::{
    FromRequest, HttpRequest,
    dev::{Payload, ServiceRequest},
    http::{Method, Uri, uri::PathAndQuery},
};

use crate::http::{
    describe::Argument,
    error::ApiError,
    params::{MAX_SAFE, decode},
};

/// Rewrites the path and method of a request before it is routed; see docs/compatibility.md, Paths.
///
/// Routes are registered with a final slash. A missing slash is added, one repeated `/api` or `/ws` is
/// dropped, and HEAD is routed as GET. The edge drops the body of the response.
pub(crate) fn normalise(req: &mut ServiceRequest) {
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    if let Some(uri) = canonical(req.uri()) {
        req.match_info_mut().get_mut().update(&uri);
        req.head_mut().uri = uri;
    }
}

/// Returns the canonical form of a target, or `None` if it is canonical already.
fn canonical(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let short = match path {
        _ if path.starts_with("/api/api/") => path.get("/api".len()..)?,
        _ if path.starts_with("/ws/ws/") => path.get("/ws".len()..)?,
        _ => path,
    };
    let slash = if short.ends_with('/') || !short.starts_with('/') { "" } else { "/" };
    if short.len() == path.len() && slash.is_empty() {
        return None;
    }
    let target = match uri.query() {
        Some(query) => format!("{short}{slash}?{query}"),
        None => format!("{short}{slash}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// The first `{..}` segment of a path as an integer id.
///
/// Routes accept only digits. A number too large for an id is read as an id that no row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathId(pub(crate) i64);

impl FromRequest for PathId {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let segment = req.match_info().iter().next().map_or("", |(_, segment)| segment);
        future::ready(id(segment).map(Self).ok_or_else(ApiError::detail_404))
    }
}

impl Argument for PathId {}

/// The first `{..}` segment of a path as a text, decoded. It is read as [`Params`](crate::http::params::Params) are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathText(pub(crate) String);

impl FromRequest for PathText {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let segment = req.match_info().iter().next().map_or("", |(_, segment)| segment);
        future::ready(Ok(Self(decode(segment).trim().to_owned())))
    }
}

impl Argument for PathText {}

fn id(segment: &str) -> Option<i64> {
    let digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| segment.parse().unwrap_or(MAX_SAFE).min(MAX_SAFE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_one_spelling() {
        for (given, wanted) in [
            ("/api/auth/login", "/api/auth/login/"),
            ("/api/auth/login?a=/b", "/api/auth/login/?a=/b"),
            ("/api/api/auth/login/", "/api/auth/login/"),
            ("/api/api/auth/login?x", "/api/auth/login/?x"),
            ("/ws/ws/agents", "/ws/agents/"),
            ("/api/x%2Fy", "/api/x%2Fy/"),
        ] {
            assert_eq!(canonical(&given.parse().unwrap()).unwrap().to_string(), wanted);
        }
        for same in ["/", "/api/auth/login/", "/api/api%2Fauth/", "/apiapi/", "*"] {
            assert_eq!(canonical(&same.parse().unwrap()), None, "{same}");
        }
    }

    #[test]
    fn ids_are_digits_and_those_beyond_every_id_are_one() {
        assert_eq!((id("1"), id("0")), (Some(1), Some(0)));
        assert_eq!(id("9007199254740991"), Some(MAX_SAFE - 1));
        assert_eq!((id("9007199254740993"), id("99999999999999999999")), (Some(MAX_SAFE), Some(MAX_SAFE)));
        for bad in ["", "-1", "+1", "abc", "1.0", "\u{661}"] {
            assert_eq!(id(bad), None, "{bad:?}");
        }
    }
}
