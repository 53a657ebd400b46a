//! The `RateLimit` headers of responses.

use actix_web::{
    HttpMessage as _, HttpRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};

use super::buckets::Level;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Notes the level of a bucket that this request was counted in. Only the tightest one is kept.
pub(crate) fn note(req: &HttpRequest, level: Level) {
    let mut extensions = req.extensions_mut();
    let tighter = |kept: &Level| (level.remaining, kept.reset) < (kept.remaining, level.reset);
    if extensions.get::<Level>().is_none_or(tighter) {
        extensions.insert(level);
    }
}

/// Writes the level of the tightest bucket into the response. A request that was not counted gets no headers.
pub(crate) fn stamp(req: &HttpRequest, headers: &mut HeaderMap) {
    let Some(level) = req.extensions().get::<Level>().copied() else { return };
    headers.insert(LIMIT, HeaderValue::from(level.limit));
    headers.insert(REMAINING, HeaderValue::from(level.remaining));
    let seconds = level.reset.as_millis().div_ceil(1000);
    headers.insert(RESET, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::test::TestRequest;

    use super::*;

    fn level(limit: u32, remaining: u32, millis: u64) -> Level {
        Level { limit, remaining, reset: Duration::from_millis(millis) }
    }

    #[test]
    fn the_tightest_bucket_is_shown_whichever_comes_first() {
        let (wide, narrow) = (level(300, 100, 59_000), level(60, 7, 1_001));
        for order in [[wide, narrow], [narrow, wide]] {
            let req = TestRequest::default().to_http_request();
            order.into_iter().for_each(|level| note(&req, level));
            let mut headers = HeaderMap::new();
            stamp(&req, &mut headers);
            let shown = [LIMIT, REMAINING, RESET].map(|name| headers.get(name).unwrap().to_str().unwrap().to_owned());
            assert_eq!(shown, ["60", "7", "2"]);
        }
    }

    #[test]
    fn of_two_equally_tight_ones_the_slower_is_shown() {
        let req = TestRequest::default().to_http_request();
        for level in [level(10, 0, 1_000), level(20, 0, 900_000), level(30, 0, 2_000)] {
            note(&req, level);
        }
        assert_eq!(req.extensions().get::<Level>().unwrap().limit, 20);
    }

    #[test]
    fn a_request_that_was_not_counted_has_no_headers() {
        let mut headers = HeaderMap::new();
        stamp(&TestRequest::default().to_http_request(), &mut headers);
        assert!(headers.is_empty());
    }
}
