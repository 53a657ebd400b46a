//! Comparing messages with the phrases that a company configured.

use std::borrow::Cow;

/// Returns the normalized form of a text, in which texts are compared.
///
/// It is lower-cased and trimmed, without leading characters that are neither letters nor digits,
/// and with inner white space collapsed to one space.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if is_normalized(text) { Cow::Borrowed(text) } else { Cow::Owned(knowledge::text::normalize(text)) }
}

/// Whether a phrase equals a normalized text. A text without letters and digits equals no phrase.
pub fn equals(normalized: &str, phrase: &str) -> bool {
    !normalized.is_empty() && normalize(phrase) == normalized
}

/// Whether a normalized text contains a phrase. No text contains a phrase without letters and digits.
pub fn contains(normalized: &str, phrase: &str) -> bool {
    let phrase = normalize(phrase);
    !phrase.is_empty() && normalized.contains(&*phrase)
}

/// Whether a text is normalized already, as most phrases are.
///
/// Only ASCII texts are recognised, so that one pass over the bytes is enough.
fn is_normalized(text: &str) -> bool {
    let mut before = b' ';
    let plain = text.bytes().all(|b| {
        let fits = match b {
            b' ' => before != b' ',
            _ => b.is_ascii_graphic() && !b.is_ascii_uppercase(),
        };
        before = b;
        fits
    });
    plain && before != b' ' && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chip_with_a_symbol_has_the_key_of_its_words() {
        for text in ["Browse topics", "\u{1f4da} Browse Topics", "  browse \t\n topics ", "-- BROWSE TOPICS"] {
            assert_eq!(normalize(text), "browse topics", "{text:?}");
        }
        assert_eq!(normalize("Browse topics!"), "browse topics!");
        assert_eq!(normalize("\u{c9}COLE"), "\u{e9}cole");
    }

    #[test]
    fn a_phrase_counts_inside_a_key() {
        assert!(contains(&normalize("Please let me  TALK to a person now"), "Talk to a person"));
        assert!(!contains(&normalize("talk to the person"), "talk to a person"));
    }

    #[test]
    fn texts_without_letters_match_nothing() {
        assert_eq!(normalize(" ?! "), "");
        assert!(!equals("", "?!") && !contains("anything", "\u{1f44b}") && !contains("", ""));
    }

    proptest! {
        #[test]
        fn the_short_way_leads_to_the_same_key(text in "[a-cA-C ?\u{e9}\u{c9}\t-]{0,8}|\\PC{0,20}") {
            let normalized = knowledge::text::normalize(&text);
            prop_assert_eq!(&normalize(&text), &normalized);
            prop_assert_eq!(&normalize(&normalized), &normalized);
        }
    }
}
