//! Headers of requests that are kept for long.

use std::mem;

use actix_web::http::header::{HeaderMap, HeaderValue};

/// Gives headers memory of their own, and no more than they need. As they are read, they have room for sixteen names,
/// which is 7 KB, and their values keep the buffer that they were read into.
pub(crate) fn own(headers: &mut HeaderMap) {
    let mut own = HeaderMap::with_capacity(headers.len_keys());
    for (name, value) in mem::take(headers) {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap_or(value);
        own.append(name, value);
    }
    *headers = own;
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;

    use super::*;

    #[test]
    fn no_header_is_lost() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("x"));
        headers.append(header::COOKIE, HeaderValue::from_static("a=1"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        own(&mut headers);
        assert_eq!(headers.get(header::HOST).unwrap(), "x");
        assert_eq!(headers.get_all(header::COOKIE).collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(headers.len(), 3);
    }
}
