//! The visitor's name.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use tenancy::text;

/// The joiners that Indic and Persian names need. [`text::visible`] removes all others.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Two spellings of a word of a name differ by at most this many letters.
const SPELLINGS: usize = 2;

/// Why a text is not accepted as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAName {
    /// Fewer than 2 characters.
    Short,
    /// More than 100 characters.
    Long,
    /// Characters that names do not have.
    Characters,
}

/// Reads a name, trims it and removes its invisible characters.
pub(crate) fn read(text: &str) -> Result<Cow<'_, str>, NotAName> {
    let name = match text::visible(text) {
        Cow::Borrowed(seen) => Cow::Borrowed(seen.trim()),
        Cow::Owned(seen) => Cow::Owned(seen.trim().to_owned()),
    };
    if name.chars().nth(1).is_none() {
        return Err(NotAName::Short);
    }
    if name.chars().nth(100).is_some() {
        return Err(NotAName::Long);
    }
    if name.chars().all(is_name_char) { Ok(name) } else { Err(NotAName::Characters) }
}

/// Returns a name after a correction. One word that is nearly a word of the name replaces that word only.
pub(crate) fn corrected(before: &str, new: &str) -> String {
    let is_near = |word: &&str| {
        let (word, new) = (word.to_lowercase(), new.to_lowercase());
        word.chars().next() == new.chars().next() && strsim::osa_distance(&word, &new) <= SPELLINGS
    };
    let words: Vec<&str> = before.split(' ').collect();
    match words.iter().filter(|word| is_near(word)).count() {
        1 if !new.contains(' ') => {
            words.into_iter().map(|word| if is_near(&word) { new } else { word }).collect::<Vec<_>>().join(" ")
        }
        _ => new.to_owned(),
    }
}

fn is_name_char(c: char) -> bool {
    const LETTERS: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark);
    match c {
        '-' | '.' | '\'' | '\u{2019}' | '(' | ')' => true,
        _ if c.is_ascii() => c.is_ascii_alphabetic() || c.is_whitespace(),
        // `char::is_alphabetic` excludes marks that Indic names need, and includes circled letters.
        _ => {
            c.is_whitespace()
                || JOINERS.contains(&c)
                || LETTERS.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in [
            "Al",
            "John Doe",
            "Mary-Jane O'Neil Jr.",
            "D\u{2019}Arcy",
            "Jos\u{e9}",
            "Jose\u{301}",
            "\u{935}\u{93f}\u{937}\u{94d}\u{923}\u{941}",
            "\u{674e}\u{660e}",
            &"\u{e9}".repeat(100),
        ] {
            assert_eq!(read(&format!(" {name}\n")).as_deref(), Ok(name));
        }
    }

    #[test]
    fn invisible_characters_are_no_part_of_a_name() {
        assert_eq!(read("\u{202e}Ann\u{200b} Ray\u{feff}").as_deref(), Ok("Ann Ray"));
        assert_eq!(read("\u{200b}A"), Err(NotAName::Short));
        let with_joiner = "\u{917}\u{930}\u{94d}\u{200d}\u{92f}\u{94b}";
        assert_eq!(read(with_joiner).as_deref(), Ok(with_joiner));
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, why) in [
            ("", NotAName::Short),
            (" A ", NotAName::Short),
            (&"a".repeat(101), NotAName::Long),
            ("Ann2", NotAName::Characters),
            ("<b>Ann", NotAName::Characters),
            ("ann@example.com", NotAName::Characters),
            ("Ann, Bob", NotAName::Characters),
            ("\u{24b6}nn", NotAName::Characters),
            ("Ann \u{1f600}", NotAName::Characters),
            ("A\u{0}n", NotAName::Characters),
        ] {
            assert_eq!(read(text), Err(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_plain_and_bounded(text in "\\PC{0,110}|[a-z<>&{}. ]{0,20}") {
            if let Ok(name) = read(&text) {
                prop_assert!((2..=100).contains(&name.chars().count()));
                prop_assert_eq!(name.as_ref(), name.trim());
                let unsafe_in_html = name.contains(['<', '>', '&', '{', '}', '\0']);
                prop_assert!(!unsafe_in_html);
            }
        }
    }
}
