//! Searching, with the same results on both databases. SQLite folds only ASCII, so case is folded here.

use std::time::Duration;

use tenancy::{Date, Timestamp};

/// Maximum length of a searched part, in Unicode scalar values. No stored text is longer, so a longer part matches
/// nothing anyway. SQLite refuses patterns of more than 50,000 bytes.
const LONGEST: usize = 5_000;

/// Folds case. A final sigma becomes an ordinary one, because a searched part may end in the middle of a word,
/// where the stored text has an ordinary sigma.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase().replace('\u{3c2}', "\u{3c3}")
}

/// Returns the LIKE pattern for folded texts that contain `part`. Its escape character is the backslash.
pub(super) fn contains(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in folded(part).chars().take(LONGEST) {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Returns the first moment after a day.
pub(super) fn end_of(day: Date) -> Timestamp {
    day.start().plus(Duration::from_hours(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_folded_as_the_whole_is() {
        for part in ["\u{39f}\u{394}\u{3a5}\u{3a3}", "\u{3c3}\u{3b5}\u{3a5}\u{3c2}", "\u{3a3}"] {
            let whole = folded("\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}");
            assert!(whole.contains(&folded(part)), "{part} in {whole}");
        }
    }

    #[test]
    fn wildcards_stand_for_themselves() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
    }

    #[test]
    fn the_longest_pattern_is_within_the_limit_of_sqlite() {
        for long in ["%", "\u{1f600}"] {
            assert!(contains(&long.repeat(100_000)).len() < 50_000);
        }
    }
}
