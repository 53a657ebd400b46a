//! Texts that are no good tokens, each with what is wrong with it: one table for this crate's own
//! tests, for those over HTTP, and for the seeds of the fuzz target.
//!
//! Everything is made from one good token and the installation's secret, so that of most rows only
//! one thing is wrong. Many are signed with the right key: a caller can have none of those, but
//! they show that the signature is not the only thing looked at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{EagerHash, Hmac, Mac};
use sha2::Sha256;

mod claims;
mod headers;
mod shapes;
mod signatures;

/// What a bad token has to be taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No token of this installation.
    Malformed,
    /// Past its time.
    Expired,
    /// The other token of a pair.
    WrongType,
    /// A whole token, of a version that its account does not have.
    Outdated,
    /// A whole token of an account that is not there.
    Gone,
}

/// One bad token.
#[derive(Debug, Clone)]
pub struct Bad {
    /// What is wrong with it.
    pub what: String,
    /// Its text.
    pub token: String,
    /// What it has to be taken for.
    pub verdict: Verdict,
}

/// What a corpus is made from.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// The installation's secret.
    pub secret: &'a [u8],
    /// A good token of the wanted type.
    pub good: &'a str,
    /// The other token of a pair.
    pub other: &'a str,
    /// An account of another version.
    pub stranger: i64,
    /// Seconds since 1970.
    pub now: i64,
}

/// The header of every token made here.
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// All bad tokens there are of a sample.
pub fn bad_tokens(sample: &Sample<'_>) -> Vec<Bad> {
    let forge = Forge::new(sample);
    let mut rows = Vec::new();
    headers::add(&forge, &mut rows);
    signatures::add(&forge, &mut rows);
    shapes::add(&forge, &mut rows);
    claims::add(&forge, sample, &mut rows);
    rows.push(Bad::new("the other token of the pair", sample.other, Verdict::WrongType));
    // A signature without `-` and `_` reads the same in both alphabets.
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(row.token.clone()));
    rows
}

/// The token with other claims and the right signature, if the sample's is a token at all.
pub fn resigned(sample: &Sample<'_>, claim: &str, value: &str) -> String {
    let forge = Forge::new(sample);
    forge.sign(HEADER, forge.with(claim, value))
}

/// Any claims behind the right header, with the right signature.
pub fn signed(secret: &[u8], claims: &[u8]) -> String {
    let key = mac::<Sha256>(secret, super::KEY_LABEL);
    seal::<Sha256>(&key, &format!("{}.{}", encode(HEADER), encode(claims)))
}

impl Bad {
    fn new(what: impl Into<String>, token: impl Into<String>, verdict: Verdict) -> Self {
        Self { what: what.into(), token: token.into(), verdict }
    }

    fn malformed(what: impl Into<String>, token: impl Into<String>) -> Self {
        Self::new(what, token, Verdict::Malformed)
    }

    /// Whether it can be sent behind `Bearer `: one word of printable ASCII, not too long for a
    /// header.
    pub fn fits_a_header(&self) -> bool {
        self.token.len() < 100_000 && !self.token.is_empty() && self.token.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// A good token taken apart, and the key to put it together again.
struct Forge<'a> {
    secret: &'a [u8],
    key: Vec<u8>,
    good: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    claims: Vec<(String, String)>,
}

impl<'a> Forge<'a> {
    fn new(sample: &Sample<'a>) -> Self {
        let mut parts = sample.good.split('.');
        let mut part = || parts.next().unwrap_or_default();
        let (header, payload, signature) = (part(), part(), part());
        let text = URL_SAFE_NO_PAD.decode(payload).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_default();
        // Claims made here hold no comma and no colon but those between them.
        let claims = text.trim_matches(['{', '}']).split(',').filter_map(|claim| claim.split_once(':'));
        let claims = claims.map(|(key, value)| (key.trim_matches('"').to_owned(), value.to_owned())).collect();
        let key = mac::<Sha256>(sample.secret, super::KEY_LABEL);
        Self { secret: sample.secret, key, good: sample.good, header, payload, signature, claims }
    }

    /// The claims as they are.
    fn text(&self) -> String {
        let claims: Vec<_> = self.claims.iter().map(|(key, value)| format!(r#""{key}":{value}"#)).collect();
        format!("{{{}}}", claims.join(","))
    }

    /// The claims, one with another value, which is written as it is.
    fn with(&self, claim: &str, value: &str) -> String {
        let old = format!(r#""{claim}":{}"#, self.value(claim));
        self.text().replace(&old, &format!(r#""{claim}":{value}"#))
    }

    /// The claims without one.
    fn without(&self, claim: &str) -> String {
        let kept = self.claims.iter().filter(|(key, _)| key != claim);
        let kept: Vec<_> = kept.map(|(key, value)| format!(r#""{key}":{value}"#)).collect();
        format!("{{{}}}", kept.join(","))
    }

    /// The claims and something behind them.
    fn and(&self, more: &str) -> String {
        format!("{},{more}}}", self.text().trim_end_matches('}'))
    }

    fn value(&self, claim: &str) -> &str {
        self.claims.iter().find(|(key, _)| key == claim).map_or("", |(_, value)| value)
    }

    /// Signs any header and claims with the right key, as HS256.
    fn sign(&self, header: &str, claims: impl AsRef<[u8]>) -> String {
        self.sign_with::<Sha256>(&self.key, header, claims)
    }

    fn sign_with<D: EagerHash>(&self, key: &[u8], header: &str, claims: impl AsRef<[u8]>) -> String
    where
        Hmac<D>: Mac + hmac::KeyInit,
    {
        seal::<D>(key, &format!("{}.{}", encode(header), encode(claims)))
    }
}

/// A signature of this text behind it.
fn seal<D: EagerHash>(key: &[u8], text: &str) -> String
where
    Hmac<D>: Mac + hmac::KeyInit,
{
    format!("{text}.{}", encode(mac::<D>(key, text.as_bytes())))
}

fn mac<D: EagerHash>(key: &[u8], text: &[u8]) -> Vec<u8>
where
    Hmac<D>: Mac + hmac::KeyInit,
{
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<D> as hmac::KeyInit>::new_from_slice(key).expect("any key length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
