//! Characters that cannot be seen in a text, and texts that differ in case and accents only.

use std::borrow::Cow;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{CanonicalCombiningClass, DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, JoiningType},
};

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// The braille pattern without dots, which is a symbol and no space.
const BLANK_BRAILLE: char = '\u{2800}';

/// Returns a text without its invisible characters: bidirectional controls, zero-width characters and
/// line separators.
///
/// Joiners stay where they change what is seen: after a virama (Nepali, Hindi), between joining
/// letters (Persian) and inside an emoji. Variation selectors stay too, because they choose between
/// two visible forms.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_invisible(c) || joins(kept.chars().next_back(), c, chars.peek().copied()) {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

/// Returns a text without case, accents, compatibility forms and characters that are not shown.
///
/// Case is folded character by character, down, up and down again. So all forms of one letter become one: `ß` and
/// `ẞ` become `ss`, the four letters i of Turkish become `i`, and a final sigma becomes an ordinary one.
pub fn folded(text: &str) -> String {
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_dropped = |c: &char| {
        matches!(
            category.get(*c),
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::Format
        )
    };
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars())
        .filter(|c| !is_dropped(c))
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether nothing of a text can be seen. White space cannot be seen either.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c) || is_variation_selector(c) || c == BLANK_BRAILLE)
}

/// Whether a character takes no space on a line and selects no form of its neighbour, or is a line
/// separator.
fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && match c {
            // These are no default ignorables: Unicode leaves it to programs to interpret them.
            '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
            _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) && !is_variation_selector(c),
        }
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character is a joiner that changes how its neighbours are drawn.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before.filter(|_| matches!(c, NON_JOINER | JOINER)) else { return false };
    if CodePointMapData::<CanonicalCombiningClass>::new().get(before) == CanonicalCombiningClass::Virama {
        return true;
    }
    let Some(after) = after else { return false };
    let joining = CodePointMapData::<JoiningType>::new();
    if c == NON_JOINER {
        return joining.get(before) == JoiningType::DualJoining
            && matches!(joining.get(after), JoiningType::DualJoining | JoiningType::RightJoining);
    }
    let pictures = CodePointSetData::new::<ExtendedPictographic>();
    let modifies = is_variation_selector(before) || matches!(before, '\u{1f3fb}'..='\u{1f3ff}');
    (pictures.contains(before) || modifies) && pictures.contains(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_removed() {
        for (typed, seen) in [
            ("Ann Ray", "Ann Ray"),
            ("\u{202e}fdp.exe", "fdp.exe"),
            ("A\u{200b}n\u{feff}n\u{2060}", "Ann"),
            ("Ann\u{2028}Ray\u{2029}", "AnnRay"),
            ("\u{2066}Ann\u{2069}\u{200e}\u{200f}\u{61c}", "Ann"),
            ("soft\u{ad}hyphen \u{3164}filler\u{115f}", "softhyphen filler"),
            ("An\u{200d}n \u{200c}Ray", "Ann Ray"),
            ("\u{e0001}\u{e0041}Ann\u{fff9}", "Ann"),
        ] {
            assert_eq!(visible(typed), seen, "{typed:?}");
        }
    }

    #[test]
    fn joiners_stay_where_scripts_and_emoji_need_them() {
        for name in [
            "\u{917}\u{930}\u{94d}\u{200d}\u{92f}\u{94b}",
            "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}.png",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
        ] {
            assert_eq!(visible(name), name, "{name:?}");
        }
    }

    #[test]
    fn a_folded_text_has_neither_case_nor_accents() {
        for (text, plain) in [
            ("Tesla", "tesla"),
            ("\u{c9}lan \u{dc}nal", "elan unal"),
            ("E\u{301}lan", "elan"),
            ("Stra\u{df}e \u{1e9e}", "strasse ss"),
            ("\u{130}\u{131}Ii", "iiii"),
            ("\u{3a3}\u{3bf}\u{3c2}", "\u{3c3}\u{3bf}\u{3c3}"),
            ("\u{ff34}es\u{200b}la", "tesla"),
        ] {
            assert_eq!(folded(text), plain, "{text:?}");
        }
    }

    #[test]
    fn a_text_of_invisible_characters_is_blank() {
        for blank in ["", " \t\n", "\u{200b}\u{202e} \u{2028}\u{feff}", "\u{3164}", "\u{fe0f}", "\u{2800}", "\u{200d}"]
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        for text in ["a", "\u{200b}.", "\u{1f600}", "\u{301}x"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn removing_is_idempotent_and_keeps_the_rest(text in any::<String>()) {
            let seen = visible(&text).into_owned();
            prop_assert_eq!(visible(&seen), seen.as_str());
            let plain = |text: &str| text.chars().filter(|&c| !is_invisible(c)).collect::<String>();
            prop_assert_eq!(plain(&seen), plain(&text));
            prop_assert_eq!(is_blank(&seen), is_blank(&text));
        }
    }
}
