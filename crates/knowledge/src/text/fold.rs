//! Folds letters: what people type for a letter without its marks becomes the same as with them.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Appends a letter or digit in lower case and without marks.
///
/// Compatible forms count as equal (NFKD): full-width letters, ligatures, digits in circles. Marks are dropped where
/// people leave them out: accents of Latin, Greek and Cyrillic letters, and vowel marks of Arabic and Hebrew. In other
/// scripts, such as Devanagari, a mark is a letter and stays.
pub(super) fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    // A Hangul syllable would come apart into its letters.
    if matches!(c, '\u{ac00}'..='\u{d7a3}') {
        out.push(c);
        return;
    }
    for part in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(c)) {
        for lower in part.to_lowercase() {
            match undivided(lower) {
                Some(letters) => out.push_str(letters),
                None if is_dropped(lower) => {}
                None if lower.is_alphanumeric() || is_mark_that_stays(lower) => out.push(lower),
                None => {}
            }
        }
    }
}

/// Whether a mark is dropped: people leave it out, or type it or not as their keyboard has it.
const fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}' // accents
            | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' // Hebrew points
            | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' // Arabic marks
            | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' // more accents
    )
}

/// The sound marks of Japanese, which NFKD takes off their letters.
const fn is_mark_that_stays(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309a}')
}

/// What people type for letters that have no decomposition.
const fn undivided(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{df}' => "ss",
        '\u{e6}' => "ae",
        '\u{153}' => "oe",
        '\u{f8}' => "o",
        '\u{f0}' | '\u{111}' => "d",
        '\u{fe}' => "th",
        '\u{131}' => "i",
        '\u{142}' => "l",
        '\u{127}' => "h",
        '\u{167}' => "t",
        '\u{3c2}' => "\u{3c3}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> String {
        let mut out = String::new();
        text.chars().filter(|c| c.is_alphanumeric()).for_each(|c| fold(c, &mut out));
        out
    }

    #[test]
    fn letters_are_like_those_that_people_type_for_them() {
        let same = [
            ("\u{c9}t\u{e9}", "ete"),
            ("\u{17d}i\u{17e}ka", "zizka"),
            ("\u{141}\u{f3}d\u{17a}", "lodz"),
            ("Stra\u{df}e", "STRASSE"),
            ("\u{451}\u{43b}\u{43a}\u{430}", "\u{435}\u{43b}\u{43a}\u{430}"),
            ("Vi\u{1ec7}t \u{110}\u{1ed3}ng", "viet dong"),
            ("\u{130}stanbul", "istanbul"),
            ("k\u{131}rm\u{131}z\u{131}", "kirmizi"),
            ("\u{623}\u{62d}\u{645}\u{62f}", "\u{627}\u{62d}\u{645}\u{62f}"),
            ("\u{ff21}\u{ff22}\u{ff11}", "ab1"),
            ("\u{fb01}n", "fin"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}"),
        ];
        for (one, other) in same {
            assert_eq!(folded(one), folded(other), "{one}");
        }
    }

    #[test]
    fn marks_that_are_letters_stay() {
        assert_eq!(folded("\u{ac00}\u{d7a3}"), "\u{ac00}\u{d7a3}");
        assert_ne!(folded("\u{304c}"), folded("\u{304b}"));
        assert_ne!(folded("\u{439}"), "");
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,20}") {
            let once = folded(&text);
            let mut twice = String::new();
            once.chars().for_each(|c| fold(c, &mut twice));
            prop_assert_eq!(twice, once);
        }
    }
}
