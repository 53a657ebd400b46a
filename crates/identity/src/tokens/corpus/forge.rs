//! Taking a valid token apart and signing altered ones.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{EagerHash, Hmac, Mac};
use sha2::Sha256;

use crate::tokens::KEY_LABEL;

/// How the server must answer a bad token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not a token of this installation.
    Malformed,
    /// It has expired.
    Expired,
    /// It is the other token of the pair.
    WrongType,
    /// It is a valid token with a version that its account does not have.
    Outdated,
    /// It is a valid token of an account that does not exist.
    Gone,
}

/// One bad token.
#[derive(Debug, Clone)]
pub struct BadToken {
    /// What is wrong with the token.
    pub what: String,
    /// The text of the token.
    pub token: String,
    /// How the server must answer it.
    pub verdict: Verdict,
}

/// The input of a corpus.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// The installation's secret.
    pub secret: &'a [u8],
    /// A valid token of the expected type.
    pub good: &'a str,
    /// The other token of its pair.
    pub other: &'a str,
    /// The id of an account with another token version.
    pub stranger: i64,
    /// The current time, in seconds since 1970.
    pub now: i64,
}

/// The header of every token of an installation.
pub(super) const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

impl BadToken {
    pub(super) fn new(what: impl Into<String>, token: impl Into<String>, verdict: Verdict) -> Self {
        Self { what: what.into(), token: token.into(), verdict }
    }

    pub(super) fn malformed(what: impl Into<String>, token: impl Into<String>) -> Self {
        Self::new(what, token, Verdict::Malformed)
    }

    /// Returns whether the token can be sent after `Bearer `: it is one word of printable ASCII, and not
    /// too long for a header.
    pub fn fits_a_header(&self) -> bool {
        self.token.len() < 100_000 && !self.token.is_empty() && self.token.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// A valid token taken apart, and the key to sign altered ones.
pub(super) struct Forge<'a> {
    pub(super) secret: &'a [u8],
    pub(super) key: Vec<u8>,
    pub(super) good: &'a str,
    pub(super) header: &'a str,
    pub(super) payload: &'a str,
    pub(super) signature: &'a str,
    pub(super) claims: Vec<(String, String)>,
}

impl<'a> Forge<'a> {
    pub(super) fn new(sample: &Sample<'a>) -> Self {
        let mut parts = sample.good.split('.');
        let mut part = || parts.next().unwrap_or_default();
        let (header, payload, signature) = (part(), part(), part());
        let text = URL_SAFE_NO_PAD.decode(payload).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_default();
        // The claims of a valid token contain no comma and no colon except as separators.
        let claims = text.trim_matches(['{', '}']).split(',').filter_map(|claim| claim.split_once(':'));
        let claims = claims.map(|(name, value)| (name.trim_matches('"').to_owned(), value.to_owned())).collect();
        let key = mac::<Sha256>(sample.secret, KEY_LABEL);
        Self { secret: sample.secret, key, good: sample.good, header, payload, signature, claims }
    }

    /// Returns the claims unchanged, as JSON.
    pub(super) fn text(&self) -> String {
        let claims: Vec<_> = self.claims.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
        format!("{{{}}}", claims.join(","))
    }

    /// Returns the claims with another value for one of them, which is written as given.
    pub(super) fn with(&self, claim: &str, value: &str) -> String {
        let old = format!(r#""{claim}":{}"#, self.value(claim));
        self.text().replace(&old, &format!(r#""{claim}":{value}"#))
    }

    /// Returns the claims without one of them.
    pub(super) fn without(&self, claim: &str) -> String {
        let kept = self.claims.iter().filter(|(name, _)| name != claim);
        let kept: Vec<_> = kept.map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
        format!("{{{}}}", kept.join(","))
    }

    /// Returns the claims with more of them at the end.
    pub(super) fn and(&self, more: &str) -> String {
        format!("{},{more}}}", self.text().trim_end_matches('}'))
    }

    pub(super) fn value(&self, claim: &str) -> &str {
        self.claims.iter().find(|(name, _)| name == claim).map_or("", |(_, value)| value)
    }

    /// Signs any header and claims with the right key, as HS256.
    pub(super) fn sign(&self, header: &str, claims: impl AsRef<[u8]>) -> String {
        self.sign_with::<Sha256>(&self.key, header, claims)
    }

    pub(super) fn sign_with<D: EagerHash>(&self, key: &[u8], header: &str, claims: impl AsRef<[u8]>) -> String
    where
        Hmac<D>: Mac + hmac::KeyInit,
    {
        seal::<D>(key, &format!("{}.{}", encode(header), encode(claims)))
    }
}

/// Appends the signature of a text to it.
pub(super) fn seal<D: EagerHash>(key: &[u8], text: &str) -> String
where
    Hmac<D>: Mac + hmac::KeyInit,
{
    format!("{text}.{}", encode(mac::<D>(key, text.as_bytes())))
}

pub(super) fn mac<D: EagerHash>(key: &[u8], text: &[u8]) -> Vec<u8>
where
    Hmac<D>: Mac + hmac::KeyInit,
{
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<D> as hmac::KeyInit>::new_from_slice(key).expect("any key length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
