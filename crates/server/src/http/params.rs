//! Query strings.

use std::future;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use percent_encoding::percent_decode_str;
use tenancy::Date;

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
            (decode(name), decode(value))
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

    /// Reads a date. Any other value counts as missing.
    pub(crate) fn date(&self, name: &str) -> Option<Date> {
        self.text(name).and_then(|value| Date::parse(value).ok())
    }

    /// Returns whether any of these parameters was sent, even if blank.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(given, _)| names.contains(&given.as_str()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
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
    fn a_number_that_does_not_parse_is_refused_and_a_bad_day_ignored() {
        let params = Params::parse("a=12&b=x&c=&d=2026-02-30&e=2026-02-28&f=9007199254740992&g=1.0");
        assert_eq!(params.integer("a").unwrap(), Some(12));
        assert_eq!(params.integer("c").unwrap(), None);
        for (bad, message) in [("b", "Invalid b parameter"), ("f", "Invalid f parameter"), ("g", "Invalid g parameter")]
        {
            assert_eq!(params.integer(bad).unwrap_err().message(), message);
        }
        assert_eq!(params.date("d"), None);
        assert_eq!(params.date("e"), Date::parse("2026-02-28").ok());
    }
}
