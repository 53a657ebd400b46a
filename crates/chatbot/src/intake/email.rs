//! The visitor's e-mail address. The question may be skipped.

use tenancy::Email;

/// Texts that skip the question, case ignored.
const SKIPS: [&str; 4] = ["skip", "no", "no thanks", "pass"];

/// Reads a trimmed text. Returns the one address in it, `Some(None)` for a text that skips the
/// question, and `None` for any other text.
pub(super) fn read(text: &str) -> Option<Option<String>> {
    if SKIPS.iter().any(|skip| text.eq_ignore_ascii_case(skip)) {
        return Some(None);
    }
    Email::find(text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_out_of_its_sentence_or_skipped() {
        for (text, read_as) in [
            ("Ann@Example.com", Some(Some("Ann@Example.com"))),
            ("my email is anna@gmail.com", Some(Some("anna@gmail.com"))),
            ("anna@gmail.com\u{200b}", Some(Some("anna@gmail.com"))),
            ("skip", Some(None)),
            ("No Thanks", Some(None)),
            ("PASS", Some(None)),
            ("no", Some(None)),
            ("nope", None),
            ("@.", None),
            ("anna@@gmail.com", None),
            ("anna@gmail.com and bob@gmail.com", None),
            ("ann@example", None),
            ("example.com", None),
        ] {
            assert_eq!(read(text), read_as.map(|email| email.map(str::to_owned)), "{text}");
        }
    }
}
