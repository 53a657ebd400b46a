//! Texts that are not valid tokens, each with what is wrong with it. This crate's tests, the tests over
//! HTTP and the seeds of the fuzz target share this table.
//!
//! Every text is made from one valid token and the installation's secret, so that most have exactly one
//! fault. Many are signed with the right key. A client cannot produce those, but they show that the
//! signature is not the only thing that is checked.

use sha2::Sha256;

mod claims;
mod forge;
mod headers;
mod shapes;
mod signatures;

pub use forge::{BadToken, Sample, Verdict};

use self::forge::{Forge, HEADER, encode, mac, seal};

/// Returns all bad tokens for a sample.
pub fn bad_tokens(sample: &Sample<'_>) -> Vec<BadToken> {
    let forge = Forge::new(sample);
    let mut rows = Vec::new();
    headers::add(&forge, &mut rows);
    signatures::add(&forge, &mut rows);
    shapes::add(&forge, &mut rows);
    claims::add(&forge, sample, &mut rows);
    rows.push(BadToken::new("the other token of the pair", sample.other, Verdict::WrongType));
    // A signature without `-` and `_` is the same text in both base64 alphabets.
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(row.token.clone()));
    rows
}

/// Returns the sample's token with another value for a claim, signed with the right key.
pub fn resigned(sample: &Sample<'_>, claim: &str, value: &str) -> String {
    let forge = Forge::new(sample);
    forge.sign(HEADER, forge.with(claim, value))
}

/// Returns the sample's token without its family, which is how earlier versions of the program signed access
/// tokens.
pub fn without_family(sample: &Sample<'_>) -> String {
    let forge = Forge::new(sample);
    forge.sign(HEADER, forge.without("family"))
}

/// Returns a token of any claims, with the right header and signature.
pub fn signed(secret: &[u8], claims: &[u8]) -> String {
    let key = mac::<Sha256>(secret, super::KEY_LABEL);
    seal::<Sha256>(&key, &format!("{}.{}", encode(HEADER), encode(claims)))
}
