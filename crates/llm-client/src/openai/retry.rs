use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::ModelError;

/// Maximum pause before the first retry. It doubles with each further retry.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Upper limit of the doubled pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Returns how long to wait before the next attempt, `None` if another attempt is pointless or would start too late.
///
/// `failed` is the number of retries so far, `left` the time until the deadline. `jitter` scales the pause between half
/// of its length (0) and its full length (255), so that calls that failed together do not retry together.
pub(super) fn pause(error: &ModelError, failed: u32, jitter: u8, left: Duration) -> Option<Duration> {
    let asked = match error {
        ModelError::Unreachable(_) => Duration::ZERO,
        ModelError::Overloaded { status: 429 | 500 | 502 | 503 | 504, retry_after } => retry_after.unwrap_or_default(),
        _ => return None,
    };
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(failed).unwrap_or(u32::MAX));
    let half = doubled.min(LONGEST_PAUSE) / 2;
    let pause = (half + half * u32::from(jitter) / u32::from(u8::MAX)).max(asked);
    (pause < left).then_some(pause)
}

/// Returns a random jitter for [`pause`]. The random keys of the hasher are good enough and need no further crate.
pub(super) fn jitter() -> u8 {
    let [byte, ..] = RandomState::new().hash_one(()).to_le_bytes();
    byte
}

/// Reads `Retry-After` in seconds. A date is ignored, because the endpoint's clock may differ from ours.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    const AMPLE: Duration = Duration::from_secs(60);

    fn overloaded(status: u16, retry_after: Option<Duration>) -> ModelError {
        ModelError::Overloaded { status, retry_after }
    }

    fn millis(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let error = overloaded(503, None);
        let longest = [0, 1, 2, 3, 4, 5, 40].map(|failed| pause(&error, failed, 255, AMPLE));
        assert_eq!(
            longest,
            [millis(100), millis(200), millis(400), millis(800), millis(1600), millis(2000), millis(2000)]
        );
        assert_eq!(pause(&error, 0, 0, AMPLE), millis(50));
    }

    #[test]
    fn the_endpoint_may_ask_for_a_longer_pause_but_not_past_the_deadline() {
        let error = overloaded(429, Some(Duration::from_secs(7)));
        assert_eq!(pause(&error, 0, 0, AMPLE), millis(7000));
        assert_eq!(pause(&error, 0, 0, Duration::from_secs(7)), None);
        assert_eq!(pause(&overloaded(429, Some(Duration::ZERO)), 0, 255, AMPLE), millis(100));
        assert_eq!(pause(&overloaded(429, Some(Duration::MAX)), 0, 255, AMPLE), None);
    }

    #[test]
    fn only_failures_that_may_heal_are_repeated() {
        for status in [429, 500, 502, 503, 504] {
            assert!(pause(&overloaded(status, None), 0, 0, AMPLE).is_some(), "{status}");
        }
        assert!(pause(&ModelError::Unreachable("reset".into()), 0, 0, AMPLE).is_some());
        for error in
            [overloaded(501, None), ModelError::Refused { status: 404 }, ModelError::Empty, ModelError::Timeout]
        {
            assert_eq!(pause(&error, 0, 0, AMPLE), None, "{error}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        for (value, expected) in [("3", millis(3000)), (" 0 ", millis(0)), ("-1", None), ("soon", None)] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
