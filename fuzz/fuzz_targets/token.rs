//! Tokens: nothing that was not signed here passes, whatever is done to its text, and whatever
//! claims stand behind the right signature are either refused or ours.
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
    // The key is unknown to whoever makes the input, so it can be no token.
    assert!(SIGNER.verify_access(&text, NOW).is_err());
    assert!(SIGNER.verify_refresh(&text, NOW).is_err());
    // The same bytes as claims, with the right header and signature.
    let signed = corpus::signed(SECRET, input);
    if let Ok(claims) = SIGNER.verify_access(&signed, NOW) {
        assert!(claims.expires_at > NOW.seconds());
        assert!(SIGNER.verify_refresh(&signed, NOW).is_err(), "one token is of one type");
        assert!(text.starts_with(r#"{"token_type":"access""#), "{text}");
    } else if let Ok(token) = SIGNER.verify_refresh(&signed, NOW) {
        assert!(token.claims.expires_at > NOW.seconds());
        assert!(text.starts_with(r#"{"token_type":"refresh""#), "{text}");
    }
});
