//! Signed links. The holder of a link may fetch its file until the link expires.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tenancy::Timestamp;

/// Binds the signing key to its purpose. Another key that is derived from the same
/// secret cannot sign links.
const KEY_LABEL: &[u8] = b"switchboard file links v1";

/// A day in seconds.
const DAY: i64 = 86_400;

/// Lifetime of a link in days, from the beginning of its window.
const LIFE_DAYS: i64 = 8;

/// Signs the paths of files and verifies signatures.
#[derive(Clone)]
pub struct LinkSigner {
    keyed: Hmac<Sha256>,
}

/// The result of verifying a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is right, and the link has not expired.
    Valid,
    /// The signature is right, but the link has expired.
    Expired,
    /// The signature is not right for this path and expiry.
    Wrong,
}

impl LinkSigner {
    /// Derives the signing key from the server's secret. The configuration checks its length.
    pub fn new(secret: &[u8]) -> Self {
        let mut mac = keyed(secret);
        mac.update(KEY_LABEL);
        Self { keyed: keyed(&mac.finalize().into_bytes()) }
    }

    /// Returns the path with its expiry and signature: `<path>?exp=<seconds>&sig=<base64url>`.
    ///
    /// The text changes every 24 hours, counted from the upload. It is valid for at
    /// least seven days from `now` on.
    pub fn sign(&self, path: &str, uploaded_at: Timestamp, now: Timestamp) -> String {
        let exp = expiry(uploaded_at, now).to_string();
        let sig = self.signature(path, &exp);
        format!("{path}?exp={exp}&sig={sig}")
    }

    /// Verifies the query parameters `exp` and `sig` of a link, as they were sent.
    ///
    /// The comparison takes constant time, so its duration reveals nothing about the right signature.
    pub fn verify(&self, path: &str, exp: &str, sig: &str, now: Timestamp) -> Verdict {
        let right: bool = self.signature(path, exp).as_bytes().ct_eq(sig.as_bytes()).into();
        match exp.parse::<i64>() {
            // The expiry is in whole seconds, rounded down, so the link is valid during that last second.
            Ok(last) if right && now.seconds() <= last => Verdict::Valid,
            Ok(_) if right => Verdict::Expired,
            _ => Verdict::Wrong,
        }
    }

    fn signature(&self, path: &str, exp: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(path.as_bytes());
        // Neither part contains a line break, so two different pairs never give the same text.
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

    fn verify(link: &str, now: Timestamp) -> Verdict {
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
        assert_eq!(verify(&link, uploaded()), Verdict::Valid);
        assert_eq!(verify(&link, uploaded().plus(Duration::from_hours(8 * 24 + 1))), Verdict::Expired);
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
            prop_assert_eq!(verify(&link, now), Verdict::Valid);
            prop_assert_eq!(verify(&link, now.plus(Duration::from_hours(7 * 24))), Verdict::Valid);
            prop_assert_eq!(verify(&link, now.plus(Duration::from_hours(8 * 24 + 1))), Verdict::Expired);
        }
    }
}
