//! Query strings.

use std::future;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use percent_encoding::percent_decode_str;
use tenancy::{Date, InvalidTime, Timestamp, Zone};

use crate::http::{describe::Argument, error::ApiError};

/// Ids and other integers are below this, so that every JSON parser keeps them exact.
pub(crate) const MAX_SAFE: i64 = 1 << 53;

/// The decoded parameters of a query string. Decoding never fails.
///
/// Invalid UTF-8 and U+0000, which not every database can compare, read as U+FFFD, which no stored value
/// contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params {
    given: Vec<(String, String)>,
}

impl Params {
    /// Reads a query string, without the `?`.
    pub(crate) fn parse(query: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (self::value(name), self::value(value))
        };
        Self { given: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect() }
    }

    /// Reads the query string of a request.
    pub(crate) fn of(req: &HttpRequest) -> Self {
        Self::parse(req.query_string())
    }

    /// Returns the last value of a parameter, decoded.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Returns the last value of a parameter, trimmed. A blank value counts as missing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Reads an integer. A blank value counts as missing.
    ///
    /// # Errors
    /// 400 with `{"error":"Invalid <name> parameter"}`.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.integer_or(name, || ApiError::invalid_parameter(name))
    }

    /// As [`Params::integer`], with an error that the endpoint makes itself.
    ///
    /// # Errors
    /// What `invalid` returns.
    pub(crate) fn integer_or(&self, name: &str, invalid: impl FnOnce() -> ApiError) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match value.parse() {
            Ok(number) if (1 - MAX_SAFE..MAX_SAFE).contains(&number) => Ok(Some(number)),
            _ => Err(invalid()),
        }
    }

    /// A code that begins with a plus, such as a calling code. A plus that was not percent-encoded arrives as a
    /// space. No code begins with a space, so here it is read as the plus that it was.
    pub(crate) fn code(&self, name: &str) -> Option<String> {
        let value = self.text(name)?;
        let is_bare = self.get(name).is_some_and(|sent| sent.starts_with(' '))
            && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        Some(if is_bare { format!("+{value}") } else { value.to_owned() })
    }

    /// The bounds that `created_from` and `created_to` set, both inclusive. Each is a day in the zone `tz`, or a
    /// moment.
    ///
    /// # Errors
    /// 400 for what is neither, and for a `tz` that is no IANA time zone.
    pub(crate) fn created(&self) -> Result<Created, ApiError> {
        let zone = self.zone()?;
        Ok(Created {
            from: self.bound("created_from", |day| zone.start_of(day), |at| at)?,
            // The precision is a microsecond.
            before: self.bound(
                "created_to",
                |day| zone.end_of(day),
                |at| Timestamp::from_micros(at.micros().saturating_add(1)),
            )?,
        })
    }

    /// Reads the parameter `name`, from which moment on: a day in the zone `tz`, or a moment.
    ///
    /// # Errors
    /// As [`Params::created`].
    pub(crate) fn since(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let zone = self.zone()?;
        self.bound(name, |day| zone.start_of(day), |at| at)
    }

    fn zone(&self) -> Result<Zone, ApiError> {
        match self.text("tz") {
            None => Ok(Zone::UTC),
            // As in `Etc/GMT+5`. No name has a space.
            Some(name) => Zone::parse(&name.replace(' ', "+")).map_err(|_| ApiError::not_a_zone("tz")),
        }
    }

    fn bound(
        &self,
        name: &str,
        of_day: impl FnOnce(Date) -> Timestamp,
        of_moment: impl FnOnce(Timestamp) -> Timestamp,
    ) -> Result<Option<Timestamp>, ApiError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        if let Ok(day) = Date::parse(value) {
            return Ok(Some(of_day(day)));
        }
        match Timestamp::parse(&with_plus(value)) {
            Ok(at) => Ok(Some(of_moment(at))),
            Err(InvalidTime) => Err(ApiError::not_a_date(name)),
        }
    }

    /// Returns whether any of these parameters was sent, even if blank.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(given, _)| names.contains(&given.as_str()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// When listed rows were created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Created {
    /// At this moment or later.
    pub(crate) from: Option<Timestamp>,
    /// Before this moment.
    pub(crate) before: Option<Timestamp>,
}

/// Restores the plus of an offset. Sent without percent-encoding, as in `..T10:00:00+01:00`, it arrives as a space.
fn with_plus(moment: &str) -> String {
    match moment.rsplit_once(' ') {
        Some((time, offset)) if time.contains(':') => format!("{time}+{offset}"),
        _ => moment.to_owned(),
    }
}

/// Decodes a value of a query, where a plus is a space.
fn value(text: &str) -> String {
    decode(&text.replace('+', " "))
}

/// Decodes a percent-encoded text. Invalid UTF-8 and U+0000 read as U+FFFD.
pub(crate) fn decode(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    if decoded.contains('\0') { decoded.replace('\0', "\u{fffd}") } else { decoded.into_owned() }
}

impl FromRequest for Params {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        future::ready(Ok(Self::parse(req.query_string())))
    }
}

impl Argument for Params {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_wins_and_is_decoded() {
        let params = Params::parse("code=%2B977&code=%2B91&&name=a+b&flag&x=%00%FF");
        assert_eq!(params.get("code"), Some("+91"));
        assert_eq!(params.get("name"), Some("a b"));
        assert_eq!((params.get("flag"), params.text("flag"), params.get("none")), (Some(""), None, None));
        assert_eq!(params.get("x"), Some("\u{fffd}\u{fffd}"));
        assert!(params.has_any(&["flag"]) && !params.has_any(&["none"]));
    }

    #[test]
    fn a_number_that_does_not_parse_is_refused() {
        let params = Params::parse("a=12&b=x&c=&f=9007199254740992&g=1.0");
        assert_eq!(params.integer("a").unwrap(), Some(12));
        assert_eq!(params.integer("c").unwrap(), None);
        for (bad, message) in [("b", "Invalid b parameter"), ("f", "Invalid f parameter"), ("g", "Invalid g parameter")]
        {
            assert_eq!(params.integer(bad).unwrap_err().message(), message);
        }
    }

    #[test]
    fn a_bare_plus_before_a_code_is_a_plus() {
        let params = Params::parse("a=+977&b=%2B977&c=977&d=+&e=+x&f=%20+1-684");
        let read = ["a", "b", "c", "d", "e", "f", "g"].map(|name| params.code(name));
        let expected = [Some("+977"), Some("+977"), Some("977"), None, Some("x"), Some("+1-684"), None];
        assert_eq!(read, expected.map(|code| code.map(str::to_owned)));
    }

    fn created(query: &str) -> Result<[Option<String>; 2], String> {
        let read = Params::parse(query).created().map_err(|error| error.message().into_owned())?;
        Ok([read.from, read.before].map(|at| at.map(|at| at.to_string())))
    }

    #[test]
    fn a_bound_is_a_day_in_its_zone_or_a_moment() {
        let none = Ok([None, None]);
        for (query, expected) in [
            ("", none.clone()),
            ("created_from=&created_to=+&tz=", none),
            (
                "created_from=2026-02-28&created_to=2026-02-28",
                Ok([Some("2026-02-28T00:00:00.000000Z"), Some("2026-03-01T00:00:00.000000Z")]),
            ),
            (
                "created_from=2026-02-28&created_to=2026-02-28&tz=asia/kathmandu",
                Ok([Some("2026-02-27T18:15:00.000000Z"), Some("2026-02-28T18:15:00.000000Z")]),
            ),
            ("created_from=2026-02-28&tz=Etc/GMT+5", Ok([Some("2026-02-28T05:00:00.000000Z"), None])),
            (
                "created_from=2026-02-28T10:00:00%2B01:00&created_to=2026-02-28T10:00:00.5+01:00&tz=Asia/Tokyo",
                Ok([Some("2026-02-28T09:00:00.000000Z"), Some("2026-02-28T09:00:00.500001Z")]),
            ),
        ] {
            assert_eq!(created(query), expected.map(|bounds| bounds.map(|at| at.map(str::to_owned))), "{query}");
        }
    }

    #[test]
    fn a_bound_that_is_no_date_is_refused() {
        for bad in
            ["2026-02-30", "yesterday", "2026-2-3", "1772236800", "2026-02-28T24:00:00Z", "2026-02-28+10:00", "%00"]
        {
            for name in ["created_from", "created_to"] {
                let message = created(&format!("{name}={bad}")).unwrap_err();
                assert!(message.starts_with(&format!("Invalid {name} parameter.")), "{bad}: {message}");
            }
        }
        for bad in ["Mars/Phobos", "%2B05:45", "local"] {
            assert!(created(&format!("tz={bad}")).unwrap_err().starts_with("Invalid tz parameter."), "{bad}");
        }
    }
}
