//! Headers that tell browsers and caches what not to do with a response.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// For responses that are neither pages nor files: they must not be rendered as a page or framed.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// One year. Subdomains are not included, because other services may run there.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers to a response. A policy or cache header that the handler set is kept.
///
/// Responses must not be cached, because nearly all contain messages or tokens. They may be read from
/// any origin, as `Access-Control-Allow-Origin: *` says: there are no cookies, so a foreign page gets
/// nothing that its own server could not get. No referrer is sent, because addresses contain session ids
/// and signatures.
pub(crate) fn stamp(headers: &mut HeaderMap, is_https: bool) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    insert_unless_set(headers, header::CONTENT_SECURITY_POLICY, NO_PAGE);
    insert_unless_set(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}

fn insert_unless_set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
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
        let values = |name| headers.get_all(name).collect::<Vec<_>>();
        assert_eq!(values(header::CACHE_CONTROL), ["private"]);
        assert_eq!(values(header::CONTENT_SECURITY_POLICY), [NO_PAGE]);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn browsers_are_sent_to_https_only_where_the_server_is_known_to_be_there() {
        let mut headers = HeaderMap::new();
        stamp(&mut headers, true);
        assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY), Some(&HTTPS_ONLY));
    }
}
