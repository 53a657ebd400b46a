//! The visitor's e-mail address. The question may be skipped.

/// Texts that skip the question, case ignored.
const SKIPS: [&str; 4] = ["skip", "no", "no thanks", "pass"];

/// Reads a trimmed text. Returns the address as typed, `Some(None)` for a text that skips the
/// question, and `None` for any other text.
pub(super) fn read(text: &str) -> Option<Option<String>> {
    if SKIPS.iter().any(|skip| text.eq_ignore_ascii_case(skip)) {
        return Some(None);
    }
    (text.contains('@') && text.contains('.')).then(|| Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_typed_or_skipped() {
        for (text, read_as) in [
            ("Ann@Example.com", Some(Some("Ann@Example.com"))),
            ("@.", Some(Some("@."))),
            ("skip", Some(None)),
            ("No Thanks", Some(None)),
            ("PASS", Some(None)),
            ("no", Some(None)),
            ("nope", None),
            ("ann@example", None),
            ("example.com", None),
        ] {
            assert_eq!(read(text), read_as.map(|email| email.map(str::to_owned)), "{text}");
        }
    }
}
