//! Headers that tell browsers and caches what not to do with a response.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Nothing that is not a page or a file is ever a page, and nobody may frame it.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// A year, for this host alone: what else its owner serves beside it is not known here.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Puts them on a response that has not said otherwise.
///
/// Replies are kept by nobody, since nearly all hold somebody's words or tokens. They may be read
/// from any origin, as `Access-Control-Allow-Origin: *` says: there are no cookies, so a page
/// elsewhere gets nothing that its own server could not. Links leave no trace of session ids and
/// signatures that stand in addresses.
pub(crate) fn stamp(headers: &mut HeaderMap, is_https: bool) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    unless_said(headers, header::CONTENT_SECURITY_POLICY, NO_PAGE);
    unless_said(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}

fn unless_said(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handler_said_stays_and_the_rest_is_added() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
        stamp(&mut headers, false);
        let said = |name| headers.get_all(name).collect::<Vec<_>>();
        assert_eq!(said(header::CACHE_CONTROL), ["private"]);
        assert_eq!(said(header::CONTENT_SECURITY_POLICY), [NO_PAGE]);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn browsers_are_sent_to_https_only_where_the_server_is_known_to_be_there() {
        let mut headers = HeaderMap::new();
        stamp(&mut headers, true);
        assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY), Some(&HTTPS_ONLY));
    }
}
