//! Folds letters: lower case, and Latin letters without accents.

/// The base letters of U+00C0 to U+017F, with a space for characters without one.
const BASES: &str = concat!(
    "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy yaaaaaaccccccccddddeeeeeeeeeegggg",
    "gggghhhhiiiiiiiiii  jjkk llllll  llnnnnnn   oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs",
);

/// Appends a letter or digit in lower case and, if it is Latin, without its accent.
pub(super) fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    let base =
        u32::from(c).checked_sub(0xc0).and_then(|at| usize::try_from(at).ok()).and_then(|at| BASES.as_bytes().get(at));
    match base {
        Some(&base) if base != b' ' => out.push(char::from(base)),
        _ => out.extend(c.to_lowercase().filter(|c| c.is_alphanumeric())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut out = String::new();
        text.chars().for_each(|c| fold(c, &mut out));
        out
    }

    #[test]
    fn latin_letters_lose_case_and_accent() {
        assert_eq!(
            folded("\u{c9}T\u{c9} \u{e7}a \u{d1}and\u{fa} \u{17d}i\u{17e}ka \u{141}\u{f3}d\u{17a}"),
            "ete ca nandu zizka lodz"
        );
        assert_eq!(folded("\u{c0}\u{ff}\u{100}\u{178}\u{17e}\u{17f}\u{149}\u{138}"), "ayayzs\u{149}\u{138}");
    }

    #[test]
    fn other_letters_are_lower_cased_only() {
        assert_eq!(folded("\u{416}\u{df}\u{d8}\u{3a9}"), "\u{436}\u{df}o\u{3c9}");
    }
}
