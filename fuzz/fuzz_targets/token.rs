//! Tokens: text that this server did not sign is never accepted, and claims with a valid signature
//! are either refused or have the form that this server writes.
#![no_main]

use std::sync::LazyLock;

use identity::tokens::{Signer, corpus};
use libfuzzer_sys::fuzz_target;
use tenancy::Timestamp;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::new(SECRET));

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    // The fuzzer does not know the key, so its input cannot be a valid token.
    assert!(SIGNER.verify_access(&text, NOW).is_err());
    assert!(SIGNER.verify_refresh(&text, NOW).is_err());
    // The same bytes as claims, with a valid header and signature.
    let signed = corpus::signed(SECRET, input);
    if let Ok(token) = SIGNER.verify_access(&signed, NOW) {
        assert!(token.claims.expires_at > NOW.seconds());
        assert!(SIGNER.verify_refresh(&signed, NOW).is_err(), "a token has exactly one type");
        assert!(text.starts_with(r#"{"token_type":"access""#), "{text}");
    } else if let Ok(token) = SIGNER.verify_refresh(&signed, NOW) {
        assert!(token.claims.expires_at > NOW.seconds());
        assert!(text.starts_with(r#"{"token_type":"refresh""#), "{text}");
    }
});
