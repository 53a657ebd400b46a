//! Tells whether an idempotency key is unguessable, so that it may find the session it opened.
//!
//! Two visitors behind one address may send the same guessable key. If it opened a session, the second
//! visitor would read the first one's conversation.

/// Bits that a key must hold, unless it is a UUID.
const ENOUGH_BITS: usize = 128;

/// Says whether a key may find the session that it opened: a UUID, or a text that holds at least 128 bits
/// of what looks random.
pub(crate) fn is_unguessable(key: &str) -> bool {
    is_uuid(key) || random_bits(key) >= ENOUGH_BITS
}

/// Says whether a text is a UUID with hyphens, other than the nil and the max UUID.
fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_formed = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_formed && bytes.iter().any(|byte| *byte != b'-' && Some(byte) != bytes.first())
}

/// Estimates the bits of randomness in a text, from below.
///
/// A part between separators counts if it mixes digits and letters without a pattern. Several parts
/// together count only as base64, since words are also joined by separators.
fn random_bits(text: &str) -> usize {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).map(bits_of_part);
    parts.max().unwrap_or_default().max(bits_of_base64(text))
}

fn bits_of_part(part: &str) -> usize {
    let has = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
    let mixes_case = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let tenths = if part.bytes().all(|byte| byte.is_ascii_digit()) {
        33
    } else if !has(u8::is_ascii_digit) {
        // Letters alone may be words.
        0
    } else if mixes_case {
        59
    } else if part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        40
    } else {
        50
    };
    if has_pattern(part) { 0 } else { part.len() * tenths / 10 }
}

fn bits_of_base64(text: &str) -> usize {
    let text = text.trim_end_matches('=');
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_base64 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/".contains(&byte));
    let separators = text.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    if is_base64 && is_mixed && separators * 8 <= text.len() && !has_pattern(text) { text.len() * 59 / 10 } else { 0 }
}

/// Says whether an ASCII text shows what random text hardly ever does: few different characters, parts
/// that come again, runs such as `abc` or `777`, or words and numbers instead of a mixture.
fn has_pattern(text: &str) -> bool {
    let bytes = text.as_bytes();
    let distinct = bytes.iter().enumerate().filter(|(at, byte)| bytes.iter().position(|b| b == *byte) == Some(*at));
    let is_digits = bytes.iter().all(u8::is_ascii_digit);
    if distinct.count() < if is_digits { 7 } else { 9 } {
        return true;
    }
    let triples = || bytes.windows(3).enumerate();
    let again = triples().filter(|(at, triple)| bytes.windows(3).take(*at).any(|earlier| earlier == *triple)).count();
    let pairs = || bytes.iter().zip(bytes.iter().skip(1));
    let steps = pairs().filter(|(one, next)| one.abs_diff(**next) <= 1).count();
    let changes = pairs().filter(|(one, next)| class(**one) != class(**next)).count();
    again * 8 > bytes.len() || steps * 2 > bytes.len() || !is_digits && changes * 5 < bytes.len()
}

fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_and_random_texts_are_unguessable() {
        for key in [
            "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10",
            "9B2F6C1E-0D6C-4A8E-B6A5-5D7F0C3E2A10",
            "019adcb7-27f2-7c31-9d0f-2b63c1d5f7aa",
            "3f9a1c07e5b84d26a0917fce42d8b563",
            "msg_3f9a1c07e5b84d26a0917fce42d8b563",
            "V1StGXR8Z5jdHi6BmyT0pQ",
            "V1StGXR8_Z5jdHi6B-myT0",
            "q83vEjRWeJCrze8SNFZ4kA==",
            "01JDV3X7QK9M2C8RZ5T4WB6HYN",
        ] {
            assert!(is_unguessable(key), "{key}");
        }
    }

    #[test]
    fn counters_words_and_patterns_are_guessable() {
        for key in [
            "",
            "m-1",
            "visit-1-message-7",
            "0123456789abcdef",
            "0123456789abcdef0123456789abcdef",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "1732838400000",
            "1732838400000-1732838400000-1732838400000",
            "a-key-of-sixteen-characters",
            "a key that is long enough for every one of the visitors",
            "CustomerHelloMessageNumberOneOfTheWidget",
            "Customer-42-Page-3-Message-17-Try-2",
            "customer-42-page-3-message-17-try-2-of-the-widget",
            "order20261128customer42page3message",
            "msg1msg2msg3msg4msg5msg6msg7msg8msg9",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
            "000000000000000000000000000000000000000000000001",
            "abc123abc123abc123abc123abc123abc123",
            "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a1",
            "3f9a1c07e5b84d26",
            "\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
        ] {
            assert!(!is_unguessable(key), "{key}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_uuid_is_unguessable(bits: u128) {
            proptest::prop_assume!(bits != 0 && bits != u128::MAX);
            let hex = format!("{bits:032x}");
            let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
            let uuid = format!("{a}-{b}-{c}-{d}-{e}");
            let is_repeated = hex.bytes().all(|byte| Some(&byte) == hex.as_bytes().first());
            proptest::prop_assert!(is_unguessable(&uuid) || is_repeated);
        }

        #[test]
        fn no_short_text_is_unguessable(key in ".{0,21}") {
            proptest::prop_assert!(!is_unguessable(&key));
        }
    }
}
