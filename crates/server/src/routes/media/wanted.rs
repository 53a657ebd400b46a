//! What a request asks for of a file that the caller may already have.

use std::{
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{
            self, ByteRangeSpec, EntityTag, Header as _, HttpDate, IfMatch, IfModifiedSince, IfNoneMatch, IfRange,
            IfUnmodifiedSince,
        },
    },
};

/// What is sent of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Part(Range<u64>),
    /// Nothing: the caller has it.
    Known,
    /// Nothing: it is not the file that the caller means.
    Other,
    /// Nothing: it has none of the bytes.
    Beyond,
}

/// A file as it is compared with what callers say of it.
pub(super) struct Version {
    /// Its strong tag.
    pub(super) tag: EntityTag,
    /// When it was stored.
    pub(super) changed: SystemTime,
    /// Its size in bytes.
    pub(super) size: u64,
}

impl Version {
    /// Returns what a request asks for, in the order of RFC 9110, section 13.2.2.
    pub(super) fn wanted(&self, req: &HttpRequest) -> Wanted {
        if !self.is_meant(req) {
            Wanted::Other
        } else if self.is_known(req) {
            Wanted::Known
        } else if *req.method() == Method::GET && self.allows_part(req) {
            self.part(req)
        } else {
            Wanted::Whole
        }
    }

    fn is_meant(&self, req: &HttpRequest) -> bool {
        if req.headers().contains_key(header::IF_MATCH) {
            return match IfMatch::parse(req) {
                Ok(IfMatch::Any) => true,
                Ok(IfMatch::Items(tags)) => tags.iter().any(|tag| tag.strong_eq(&self.tag)),
                Err(_) => false,
            };
        }
        IfUnmodifiedSince::parse(req).map_or(true, |IfUnmodifiedSince(since)| self.is_unchanged_since(since))
    }

    fn is_known(&self, req: &HttpRequest) -> bool {
        if req.headers().contains_key(header::IF_NONE_MATCH) {
            return match IfNoneMatch::parse(req) {
                Ok(IfNoneMatch::Any) => true,
                Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
                Err(_) => false,
            };
        }
        IfModifiedSince::parse(req).is_ok_and(|IfModifiedSince(since)| self.is_unchanged_since(since))
    }

    /// Whether a range applies to this version of the file.
    fn allows_part(&self, req: &HttpRequest) -> bool {
        if !req.headers().contains_key(header::IF_RANGE) {
            return true;
        }
        match IfRange::parse(req) {
            Ok(IfRange::EntityTag(tag)) => tag.strong_eq(&self.tag),
            Ok(IfRange::Date(date)) => seconds(date.into()) == seconds(self.changed),
            Err(_) => false,
        }
    }

    /// Returns the first of the ranges that has a byte. A header that is no list of byte ranges is ignored.
    fn part(&self, req: &HttpRequest) -> Wanted {
        match header::Range::parse(req) {
            Ok(header::Range::Bytes(ranges)) if !ranges.is_empty() => {
                let within = |range: &ByteRangeSpec| range.to_satisfiable_range(self.size);
                match ranges.iter().find_map(within) {
                    Some((first, last)) => Wanted::Part(first..last.saturating_add(1)),
                    None => Wanted::Beyond,
                }
            }
            Ok(_) | Err(_) => Wanted::Whole,
        }
    }

    fn is_unchanged_since(&self, date: HttpDate) -> bool {
        seconds(self.changed) <= seconds(date.into())
    }
}

/// HTTP has whole seconds.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::test::TestRequest;

    use super::*;

    /// Sunday, 9 September 2001, 01:46:40 UTC and a half second.
    const CHANGED: Duration = Duration::from_millis(1_000_000_000_500);
    const AT: &str = "Sun, 09 Sep 2001 01:46:40 GMT";
    const BEFORE: &str = "Sun, 09 Sep 2001 01:46:39 GMT";

    fn wanted(headers: &[(&str, &str)]) -> Wanted {
        let version = Version { tag: EntityTag::new_strong("a".to_owned()), changed: UNIX_EPOCH + CHANGED, size: 10 };
        let mut req = TestRequest::get();
        for header in headers {
            req = req.append_header(*header);
        }
        version.wanted(&req.to_http_request())
    }

    #[test]
    fn a_file_that_the_caller_has_is_not_sent() {
        for (headers, expected) in [
            ([("if-none-match", "\"a\"")], Wanted::Known),
            ([("if-none-match", "\"b\", W/\"a\"")], Wanted::Known),
            ([("if-none-match", "*")], Wanted::Known),
            ([("if-none-match", "\"b\"")], Wanted::Whole),
            ([("if-modified-since", AT)], Wanted::Known),
            ([("if-modified-since", BEFORE)], Wanted::Whole),
            ([("if-modified-since", "yesterday")], Wanted::Whole),
        ] {
            assert_eq!(wanted(&headers), expected, "{headers:?}");
        }
        // A tag counts more than a time.
        assert_eq!(wanted(&[("if-none-match", "\"b\""), ("if-modified-since", AT)]), Wanted::Whole);
    }

    #[test]
    fn another_file_than_the_caller_means_is_refused() {
        for (headers, expected) in [
            ([("if-match", "\"a\"")], Wanted::Whole),
            ([("if-match", "*")], Wanted::Whole),
            ([("if-match", "W/\"a\"")], Wanted::Other),
            ([("if-match", "\"b\"")], Wanted::Other),
            ([("if-unmodified-since", AT)], Wanted::Whole),
            ([("if-unmodified-since", BEFORE)], Wanted::Other),
        ] {
            assert_eq!(wanted(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_part_is_cut_to_what_there_is() {
        for (range, expected) in [
            ("bytes=2-4", Wanted::Part(2..5)),
            ("bytes=7-", Wanted::Part(7..10)),
            ("bytes=-2", Wanted::Part(8..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=5-99", Wanted::Part(5..10)),
            ("bytes=0-0,4-5", Wanted::Part(0..1)),
            ("bytes=20-30,4-5", Wanted::Part(4..6)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("lines=1-2", Wanted::Whole),
            ("bytes", Wanted::Whole),
        ] {
            assert_eq!(wanted(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn a_part_of_another_version_is_not_sent() {
        for (condition, expected) in [
            ("\"a\"", Wanted::Part(0..1)),
            ("W/\"a\"", Wanted::Whole),
            ("\"b\"", Wanted::Whole),
            (AT, Wanted::Part(0..1)),
            (BEFORE, Wanted::Whole),
        ] {
            assert_eq!(wanted(&[("range", "bytes=0-0"), ("if-range", condition)]), expected, "{condition}");
        }
    }
}
