//! The query of a visitor's read.

use std::time::Duration;

use handoff::visitor::{MOST_MESSAGES, Window};
use serde_json::json;

use crate::http::{
    describe::{Parameter, parameter},
    error::ApiError,
    params::Params,
};

/// Number of messages without `limit`.
const USUAL: i64 = 100;
/// The longest wait, in seconds. Proxies end requests that take 30 seconds.
const LONGEST_WAIT: u64 = 25;

/// What a visitor asked for.
pub(super) struct Asked {
    pub(super) window: Window,
    pub(super) limit: i64,
    /// How long to wait for news.
    pub(super) wait: Duration,
    /// The version of the session that the visitor knows.
    pub(super) version: Option<String>,
}

impl Asked {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 for a number that cannot be read or is out of range, and for `after` together with `before`.
    pub(super) fn read(params: &Params) -> Result<Self, ApiError> {
        let at_least = |name: &str, least: i64| match params.integer(name)? {
            Some(number) if number < least => Err(ApiError::invalid_parameter(name)),
            number => Ok(number),
        };
        let window = match (at_least("after", 0)?, at_least("before", 1)?) {
            (Some(_), Some(_)) => return Err(both()),
            (Some(seq), None) => Window::After(seq),
            (None, Some(seq)) => Window::Before(seq),
            (None, None) => Window::Newest,
        };
        let limit = at_least("limit", 1)?.unwrap_or(USUAL).min(MOST_MESSAGES);
        let wait = at_least("wait", 0)?.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default();
        if wait > LONGEST_WAIT {
            return Err(ApiError::invalid_parameter("wait"));
        }
        let version = params.text("version").map(str::to_owned);
        Ok(Self { window, limit, wait: Duration::from_secs(wait), version })
    }

    /// Describes the query.
    pub(super) fn parameters() -> [Parameter; 5] {
        let integer = |least: i64| json!({ "type": "integer", "minimum": least });
        [
            parameter("after", "Shows the first messages with a higher `seq`.", integer(0)),
            parameter("before", "Shows the last messages with a lower `seq`.", integer(1)),
            parameter(
                "limit",
                "How many messages to show, at most 500.",
                json!({ "type": "integer", "minimum": 1, "default": USUAL }),
            ),
            parameter(
                "wait",
                "How long to wait for news, in seconds.",
                json!({ "type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0 }),
            ),
            parameter(
                "version",
                "The `version` of the session in the last answer. With another version now, the answer comes at once.",
                json!({ "type": "string" }),
            ),
        ]
    }
}

/// 400 for both ends of a window.
pub(super) fn both() -> ApiError {
    ApiError::bad_request("after and before cannot be sent together")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Asked, String> {
        Asked::read(&Params::parse(query)).map_err(|error| error.message().into_owned())
    }

    #[test]
    fn a_query_has_defaults_and_bounds() {
        let asked = read("").unwrap();
        assert_eq!((asked.window, asked.limit, asked.wait), (Window::Newest, 100, Duration::ZERO));
        let asked = read("after=0&limit=9000&wait=25&version=ab").unwrap();
        assert_eq!((asked.window, asked.limit, asked.wait), (Window::After(0), 500, Duration::from_secs(25)));
        assert_eq!(asked.version.as_deref(), Some("ab"));
        assert_eq!(read("before=1&after=").unwrap().window, Window::Before(1));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for (query, name) in [
            ("after=-1", "after"),
            ("after=x", "after"),
            ("before=0", "before"),
            ("limit=0", "limit"),
            ("limit=1.5", "limit"),
            ("wait=26", "wait"),
            ("wait=-1", "wait"),
        ] {
            assert_eq!(read(query).err(), Some(format!("Invalid {name} parameter")), "{query}");
        }
        assert_eq!(read("after=1&before=3").err(), Some("after and before cannot be sent together".to_owned()));
    }
}
