//! Signed links: whoever has one may fetch its file until it runs out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tenancy::Timestamp;

/// Ties the key to its purpose: a key for anything else that is derived from
/// the same secret can never make a link.
const KEY_LABEL: &[u8] = b"switchboard file links v1";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// How many days past the beginning of its window a link lives.
const LIFE_DAYS: i64 = 8;

/// Signs paths of files and verifies what comes back.
#[derive(Clone)]
pub struct LinkSigner {
    keyed: Hmac<Sha256>,
}

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Made here, and still good.
    Valid,
    /// Made here, but run out.
    Expired,
    /// Not made here for this path and expiry.
    Wrong,
}

impl LinkSigner {
    /// Derives the key from the server's secret.
    ///
    /// How long a secret must be is for the configuration to say.
    pub fn new(secret: &[u8]) -> Self {
        let mut mac = keyed(secret);
        mac.update(KEY_LABEL);
        Self { keyed: keyed(&mac.finalize().into_bytes()) }
    }

    /// The path with its expiry and signature: `<path>?exp=<seconds>&sig=<base64url>`.
    ///
    /// The text changes once in 24 hours, counted from the upload, and is good
    /// for at least seven days from `now` on.
    pub fn sign(&self, path: &str, uploaded_at: Timestamp, now: Timestamp) -> String {
        let exp = expiry(uploaded_at, now).to_string();
        let sig = self.signature(path, &exp);
        format!("{path}?exp={exp}&sig={sig}")
    }

    /// Weighs the two query parameters of a link to a path, as they were sent.
    ///
    /// The time this takes tells nothing of the right signature.
    pub fn verify(&self, path: &str, exp: &str, sig: &str, now: Timestamp) -> Verdict {
        let right: bool = self.signature(path, exp).as_bytes().ct_eq(sig.as_bytes()).into();
        match exp.parse::<i64>() {
            // The whole last second counts: an expiry is the upload's moment rounded down.
            Ok(last) if right && now.seconds() <= last => Verdict::Valid,
            Ok(_) if right => Verdict::Expired,
            _ => Verdict::Wrong,
        }
    }

    fn signature(&self, path: &str, exp: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(path.as_bytes());
        // Neither a path nor a number has a line break, so no two pairs share a text.
        mac.update(b"\n");
        mac.update(exp.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("any key length")
}

fn expiry(uploaded_at: Timestamp, now: Timestamp) -> i64 {
    let whole_days = i64::try_from(now.since(uploaded_at).as_secs()).unwrap_or(i64::MAX) / DAY;
    uploaded_at.seconds().saturating_add((LIFE_DAYS + whole_days).saturating_mul(DAY))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const PATH: &str = "/media/uploads/TES001/7be419cd/TES001_20261123_025203_c426fdcf45b4_cv.pdf";

    fn signer() -> LinkSigner {
        LinkSigner::new(b"a secret of at least 32 bytes ...")
    }

    fn uploaded() -> Timestamp {
        Timestamp::parse("2026-11-23T02:52:03.458070Z").unwrap()
    }

    fn parts(link: &str) -> (&str, &str, &str) {
        let (path, query) = link.split_once("?exp=").unwrap();
        let (exp, sig) = query.split_once("&sig=").unwrap();
        (path, exp, sig)
    }

    fn weigh(link: &str, now: Timestamp) -> Verdict {
        let (path, exp, sig) = parts(link);
        signer().verify(path, exp, sig, now)
    }

    #[test]
    fn an_expiry_is_eight_days_and_the_whole_days_since_after_the_upload() {
        let first = uploaded().seconds() + 8 * DAY;
        for (hours, later_days) in [(0, 0), (23, 0), (24, 1), (47, 1), (48, 2), (24 * 365, 365)] {
            let link = signer().sign(PATH, uploaded(), uploaded().plus(Duration::from_hours(hours)));
            assert_eq!(parts(&link).1, (first + later_days * DAY).to_string(), "{hours}");
        }
        let early = signer().sign(PATH, uploaded(), uploaded().minus(Duration::from_hours(1)));
        assert_eq!(parts(&early).1, first.to_string());
    }

    #[test]
    fn a_link_runs_out_and_is_good_for_nothing_else() {
        let link = signer().sign(PATH, uploaded(), uploaded());
        let (path, exp, sig) = parts(&link);
        assert_eq!((path, sig.len()), (PATH, 43));
        assert_eq!(weigh(&link, uploaded()), Verdict::Valid);
        assert_eq!(weigh(&link, uploaded().plus(Duration::from_hours(8 * 24 + 1))), Verdict::Expired);
        let later = (exp.parse::<i64>().unwrap() + 1).to_string();
        for (path, exp, sig) in [
            ("/media/uploads/TES001/7be419cd/other.pdf", exp, sig),
            (PATH, later.as_str(), sig),
            (PATH, exp, &sig[1..]),
            (PATH, exp, ""),
            (PATH, "", sig),
            (PATH, "never", sig),
        ] {
            assert_eq!(signer().verify(path, exp, sig, uploaded()), Verdict::Wrong);
        }
        let other = LinkSigner::new(b"another secret of 32 bytes ......");
        assert_eq!(other.verify(path, exp, sig, uploaded()), Verdict::Wrong);
    }

    proptest! {
        #[test]
        fn a_link_is_the_same_text_within_a_window_and_another_in_the_next(
            micros in 0_i64..4_000_000_000_000_000,
            day in 0_u64..4_000,
            a in 0_u64..86_400_000_000,
            b in 0_u64..86_400_000_000,
        ) {
            let uploaded = Timestamp::from_micros(micros);
            let shown = |day, offset| {
                let now = uploaded.plus(Duration::from_hours(24 * day)).plus(Duration::from_micros(offset));
                signer().sign(PATH, uploaded, now)
            };
            prop_assert_eq!(shown(day, a), shown(day, b));
            prop_assert_ne!(shown(day, a), shown(day + 1, b));
        }

        #[test]
        fn a_link_is_valid_for_seven_days_and_at_most_eight(
            micros in 0_i64..4_000_000_000_000_000,
            age in 0_u64..400_000_000_000_000,
        ) {
            let uploaded = Timestamp::from_micros(micros);
            let now = uploaded.plus(Duration::from_micros(age));
            let link = signer().sign(PATH, uploaded, now);
            prop_assert_eq!(weigh(&link, now), Verdict::Valid);
            prop_assert_eq!(weigh(&link, now.plus(Duration::from_hours(7 * 24))), Verdict::Valid);
            prop_assert_eq!(weigh(&link, now.plus(Duration::from_hours(8 * 24 + 1))), Verdict::Expired);
        }
    }
}
