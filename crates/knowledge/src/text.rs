//! Splits and normalises texts, so that they can be compared.

mod fold;
mod language;
mod stop_words;

use std::borrow::Cow;

pub(crate) use frostem::Algorithm;
use frostem::Stemmer;
use icu_properties::{CodePointMapData, props::GeneralCategory};

use fold::fold;

pub(crate) use language::Languages;

/// Words are cut at about this length, in bytes.
const MAX_WORD: usize = 40;

/// Returns the normal form of a question. Two questions with the same form count as equal.
///
/// The form has only letters and digits, in lower case and without the marks that people
/// leave out. So case, accents, punctuation and spacing do not matter. It is empty if the text has
/// no letters and digits.
pub fn normal_form(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            fold(c, &mut form);
        }
    }
    form
}

/// Returns the form in which a text is compared with section titles and quick replies.
///
/// The form is trimmed and in lower case, without leading characters that are neither
/// letters nor digits, and with inner white space collapsed to one space.
pub fn normalize(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.trim_start_matches(|c: char| !c.is_alphanumeric()).split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
    }
    key
}

/// Splits a text into folded words and calls `each` with them, in order.
///
/// A word is a run of letters and digits. Apostrophes inside a word are dropped, so
/// `don't` becomes `dont`. In scripts that are written without spaces, each character is
/// a word.
pub(crate) fn words(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            let unspaced = is_unspaced(c);
            if unspaced && !word.is_empty() {
                each(&word);
                word.clear();
            }
            if word.len() < MAX_WORD {
                fold(c, &mut word);
            }
            if unspaced {
                each(&word);
                word.clear();
            }
        } else if !is_ignored(c) && !word.is_empty() {
            each(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        each(&word);
    }
}

/// Returns a word in its folded form.
pub(crate) fn fold_word(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    word.chars().filter(|&c| !is_ignored(c)).for_each(|c| fold(c, &mut folded));
    folded
}

/// Returns the stem of a folded word.
pub(crate) fn stem(word: &str) -> Cow<'_, str> {
    Stemmer::new(Algorithm::English).stem(word)
}

/// Turns folded words of one language into terms, which are stems.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    stemmer: Stemmer,
}

impl Terms {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self { stemmer: Stemmer::new(algorithm) }
    }

    /// Returns the term of a word, `None` for a stop word.
    pub(crate) fn of<'w>(&self, word: &'w str) -> Option<Cow<'w, str>> {
        if stop_words::contains(word) {
            return None;
        }
        Some(hangul_noun(word).map_or_else(|| self.stemmer.stem(word), Cow::Borrowed))
    }
}

/// Korean particles, which are written together with the noun before them, longer ones first.
const PARTICLES: [&str; 22] = [
    "\u{c5d0}\u{c11c}",
    "\u{c5d0}\u{ac8c}",
    "\u{d55c}\u{d14c}",
    "\u{ae4c}\u{c9c0}",
    "\u{bd80}\u{d130}",
    "\u{c73c}\u{b85c}",
    "\u{cc98}\u{b7fc}",
    "\u{bcf4}\u{b2e4}",
    "\u{c740}",
    "\u{b294}",
    "\u{c774}",
    "\u{ac00}",
    "\u{c744}",
    "\u{b97c}",
    "\u{c5d0}",
    "\u{c758}",
    "\u{c640}",
    "\u{acfc}",
    "\u{b3c4}",
    "\u{b85c}",
    "\u{b9cc}",
    "\u{c694}",
];

/// Returns a Korean word without its particle; `None` for words of other scripts. At least two syllables are left,
/// since shorter nouns end in the same syllables as particles.
fn hangul_noun(word: &str) -> Option<&str> {
    let is_hangul = |c| matches!(c, '\u{ac00}'..='\u{d7a3}');
    if !word.chars().next().is_some_and(is_hangul) {
        return None;
    }
    let nouns = PARTICLES.iter().filter_map(|particle| word.strip_suffix(particle));
    Some(nouns.into_iter().find(|noun| noun.chars().count() >= 2).unwrap_or(word))
}

/// Tells whether a character is an apostrophe or a mark, neither of which ends a word.
fn is_ignored(c: char) -> bool {
    let is_mark = |c| {
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
    };
    matches!(c, '\'' | '\u{2019}') || !c.is_ascii() && is_mark(c)
}

/// Tells whether a character is Chinese, Japanese or Thai, which are written without spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(text, |word| found.extend(Terms::new(Algorithm::English).of(word).map(Cow::into_owned)));
        found
    }

    #[test]
    fn a_text_becomes_stems_without_stop_words() {
        assert_eq!(terms("How do I get my refunds, please?"), ["refund"]);
        assert_eq!(terms("Caf\u{e9} cafe\u{301} CAFE"), ["cafe", "cafe", "cafe"]);
        assert_eq!(terms("The visitor's 2nd order #42"), ["visitor", "2nd", "order", "42"]);
        assert_eq!(terms("\u{9000}\u{6b3e}fee"), ["\u{9000}", "\u{6b3e}", "fee"]);
    }

    #[test]
    fn words_of_other_scripts_are_whole() {
        assert_eq!(terms("\u{915}\u{94d}\u{92f}\u{93e} \u{939}\u{948}").len(), 2);
        assert_eq!(
            terms("\u{d658}\u{bd88}\u{c744} \u{d658}\u{bd88}\u{c740} \u{d658}\u{bd88}"),
            vec!["\u{d658}\u{bd88}"; 3]
        );
        assert_eq!(terms("\u{d68c}\u{c758}\u{b97c} \u{d68c}\u{c758}"), vec!["\u{d68c}\u{c758}"; 2]);
        assert_eq!(
            terms("\u{645}\u{64e}\u{643}\u{62a}\u{628} \u{645}\u{643}\u{62a}\u{628}").first(),
            Some(&"\u{645}\u{643}\u{62a}\u{628}".to_owned())
        );
    }

    #[test]
    fn case_punctuation_and_spacing_do_not_make_another_question() {
        assert_eq!(normal_form("What's  YOUR e-mail?"), normal_form("whats your email"));
        assert_ne!(normal_form("Room 12"), normal_form("Room 13"));
        assert_eq!(normal_form("?!"), "");
    }

    #[test]
    fn a_key_drops_leading_symbols_and_collapses_spaces() {
        assert_eq!(normalize("\u{1f4da}  Browse \t Topics "), "browse topics");
        assert_eq!(normalize("Is it open?"), "is it open?");
        assert_eq!(normalize("---"), "");
    }

    proptest! {
        #[test]
        fn words_are_bounded_and_never_empty(text in "\\PC{0,200}") {
            words(&text, |word| assert!(!word.is_empty() && word.len() < MAX_WORD + 16));
        }

        #[test]
        fn a_normal_form_ignores_what_stands_between(text in "[a-zA-Z0-9]{0,30}") {
            let spaced: String = text.chars().flat_map(|c| [' ', c.to_ascii_uppercase(), '!']).collect();
            prop_assert_eq!(normal_form(&spaced), normal_form(&text));
        }
    }
}
