//! How the words of a text are stemmed, which depends on its language.

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

/// Finds out how words are stemmed.
pub(crate) struct Languages {
    detector: Detector,
}

impl Languages {
    pub(crate) fn new() -> Self {
        Self { detector: Detector::with_allowlist(LANGUAGES.iter().map(|(lang, _)| *lang).collect()) }
    }

    /// Returns how the words of a text are stemmed. `None` if the text is too short to tell its language.
    pub(crate) fn algorithm(&self, text: &str) -> Option<Algorithm> {
        let text = text.char_indices().nth(ENOUGH).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
        let (mut all, mut english) = (0_usize, 0_usize);
        words(text, |word| {
            all += 1;
            english += usize::from(stop_words::contains(word));
        });
        if english > 0 && english * ENGLISH >= all {
            return Some(Algorithm::English);
        }
        let found = self.detector.detect(text).filter(whatlang::Info::is_reliable)?;
        LANGUAGES.iter().find(|(lang, _)| *lang == found.lang()).map(|(_, algorithm)| *algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_an_entry_is_found() {
        let languages = Languages::new();
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
}
