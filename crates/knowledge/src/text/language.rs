//! How the words of a text are stemmed, which depends on its language.

use std::collections::HashMap;

use frostem::Algorithm;
use whatlang::{Detector, Lang};

use super::{stop_words, words};

/// The languages whose words are stemmed by rules of their own. Words of all others are stemmed as English ones.
const LANGUAGES: [(Lang, Algorithm); 17] = [
    (Lang::Eng, Algorithm::English),
    (Lang::Dan, Algorithm::Danish),
    (Lang::Nld, Algorithm::Dutch),
    (Lang::Fin, Algorithm::Finnish),
    (Lang::Fra, Algorithm::French),
    (Lang::Deu, Algorithm::German),
    (Lang::Hun, Algorithm::Hungarian),
    (Lang::Ita, Algorithm::Italian),
    (Lang::Nob, Algorithm::Norwegian),
    (Lang::Pol, Algorithm::Polish),
    (Lang::Por, Algorithm::Portuguese),
    (Lang::Ron, Algorithm::Romanian),
    (Lang::Rus, Algorithm::Russian),
    (Lang::Spa, Algorithm::Spanish),
    (Lang::Swe, Algorithm::Swedish),
    (Lang::Tur, Algorithm::Turkish),
    (Lang::Ukr, Algorithm::Ukrainian),
];

/// A text is English if at least one of this many words is an English stop word. That is cheaper to find out than the
/// language of any text.
const ENGLISH: usize = 4;

/// How many characters of a text are enough to tell its language.
const ENOUGH: usize = 200;

/// At least one of this many words of a text must be known from earlier texts of one language only, so that the text
/// counts as one of that language.
const LEARNED: usize = 2;

/// At least this many words of a text must be known so.
const FEWEST: usize = 4;

/// For this many known words of the language there may be one known word of other languages.
const FOREIGN: usize = 4;

/// Finds out how words are stemmed.
///
/// Detecting a language by the letters of a text is slow. The entries of a company are mostly in one language and share
/// many words. So the words of each text whose language was detected are kept, and a text with enough of them gets that
/// language without detection.
pub(crate) struct Languages {
    detector: Detector,
    /// The languages that texts were found to have.
    found: Vec<Algorithm>,
    /// The words of these texts, each with the place of its language in `found`; `None` if it is in several.
    learned: HashMap<Box<str>, Option<usize>>,
}

impl Languages {
    pub(crate) fn new() -> Self {
        let detector = Detector::with_allowlist(LANGUAGES.iter().map(|(lang, _)| *lang).collect());
        Self { detector, found: Vec::new(), learned: HashMap::new() }
    }

    /// Returns how the words of a text are stemmed. `None` if the text is too short to tell its language.
    pub(crate) fn algorithm(&mut self, text: &str) -> Option<Algorithm> {
        let text = text.char_indices().nth(ENOUGH).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
        let (mut all, mut english) = (0_usize, 0_usize);
        let mut known = vec![0_usize; self.found.len()];
        words(text, |word| {
            all += 1;
            english += usize::from(stop_words::contains(word));
            if let Some(count) = self.learned.get(word).and_then(|&at| known.get_mut(at?)) {
                *count += 1;
            }
        });
        if english > 0 && english * ENGLISH >= all {
            return Some(Algorithm::English);
        }
        if let Some(at) = told(&known, all) {
            return self.found.get(at).copied();
        }
        let found = self.detector.detect(text).filter(whatlang::Info::is_reliable)?;
        let (_, algorithm) = LANGUAGES.iter().find(|(lang, _)| *lang == found.lang())?;
        self.learn(*algorithm, text);
        Some(*algorithm)
    }

    fn learn(&mut self, algorithm: Algorithm, text: &str) {
        let at = self.found.iter().position(|found| *found == algorithm).unwrap_or_else(|| {
            self.found.push(algorithm);
            self.found.len() - 1
        });
        words(text, |word| match self.learned.get_mut(word) {
            Some(known) if *known != Some(at) => *known = None,
            Some(_) => {}
            None => drop(self.learned.insert(word.into(), Some(at))),
        });
    }
}

/// Returns the place of a text's language in the list of languages. `known` has the number of its known words of each
/// language, `all` the number of all its words.
fn told(known: &[usize], all: usize) -> Option<usize> {
    let (at, &most) = known.iter().enumerate().max_by_key(|&(_, count)| count)?;
    let others = known.iter().sum::<usize>() - most;
    (most >= FEWEST && most * LEARNED >= all && others * FOREIGN <= most).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_an_entry_is_found() {
        let mut languages = Languages::new();
        for (text, expected) in [
            ("When are you open? Monday to Friday from 9 to 5.", Algorithm::English),
            ("Do you sell gift cards? Yes, at the till and online.", Algorithm::English),
            (
                "Wann habt ihr ge\u{f6}ffnet? Montag bis Freitag von 9 bis 17 Uhr, am Wochenende nicht.",
                Algorithm::German,
            ),
            (
                "Quels sont vos horaires ? Nous sommes ouverts du lundi au vendredi de 9 h \u{e0} 17 h.",
                Algorithm::French,
            ),
            ("\u{bf}Cu\u{e1}les son sus horarios? Abrimos de lunes a viernes de 9 a 17 horas.", Algorithm::Spanish),
            ("Wat zijn jullie openingstijden? Wij zijn open van maandag tot en met vrijdag.", Algorithm::Dutch),
        ] {
            assert_eq!(languages.algorithm(text), Some(expected), "{text}");
        }
        assert_eq!(languages.algorithm("iPhone 15 Pro"), None);
        assert_eq!(languages.algorithm(""), None);
    }

    #[test]
    fn a_text_of_words_that_were_learned_has_their_language_and_another_one_its_own() {
        let mut languages = Languages::new();
        let german = |number: usize| {
            format!(
                "Wie \u{e4}ndere ich die Lieferadresse der Bestellung {number}? Das geht, bis das Paket verlassen hat."
            )
        };
        for number in 0..50 {
            assert_eq!(languages.algorithm(&german(number)), Some(Algorithm::German));
        }
        // Only the first text was looked at by its letters.
        assert!(languages.learned.contains_key("0") && !languages.learned.contains_key("49"));
        let french = "Quels sont vos horaires ? Nous sommes ouverts du lundi au vendredi de 9 h \u{e0} 17 h.";
        assert_eq!(languages.algorithm(french), Some(Algorithm::French));
        assert_eq!(languages.algorithm("Do you sell gift cards? Yes, at the till."), Some(Algorithm::English));
        assert_eq!(languages.algorithm(&german(7)), Some(Algorithm::German));
        assert_eq!(languages.algorithm("Paket 15"), None);
    }

    #[test]
    fn words_of_several_languages_tell_none() {
        assert_eq!(told(&[], 5), None);
        assert_eq!(told(&[3, 0], 4), None);
        assert_eq!(told(&[4, 0], 9), None);
        assert_eq!(told(&[4, 1], 8), Some(0));
        assert_eq!(told(&[2, 7], 14), None);
        assert_eq!(told(&[1, 7], 14), Some(1));
    }
}
