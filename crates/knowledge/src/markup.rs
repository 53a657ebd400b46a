//! Makes stored texts safe for clients that render them as HTML.
//!
//! Some clients render plain text as HTML. A `<` opens a tag only if a letter, `/`, `!`
//! or `?` follows it directly. So one space after it disarms the tag without changing
//! what a reader sees. Escaping to `&lt;` would not work, because other clients show
//! texts as they are.

use std::borrow::Cow;

/// Disarms every tag. Used for staff messages, names and FAQ questions.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    disarm(text, |_| false)
}

/// Disarms every tag except `<br>`. Used for answers and bot settings.
pub fn neutralise_keeping_breaks(text: &str) -> Cow<'_, str> {
    disarm(text, |rest| rest.starts_with("br>"))
}

/// Returns an answer with a space in place of each `<br>`, for use other than showing it.
pub fn without_breaks(text: &str) -> String {
    text.replace("<br>", " ")
}

/// Returns the length of a text in Unicode scalar values, without the spaces that disarm tags. A text that was read
/// before is as long as when it was read first.
pub fn length(text: &str) -> usize {
    let spaces = text.split('<').skip(1).filter(|piece| piece.strip_prefix(' ').is_some_and(opens));
    text.chars().count() - spaces.count()
}

fn disarm(text: &str, keep: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let mut pieces = text.split('<');
    let first = pieces.next().unwrap_or_default();
    let mut safe = String::new();
    let mut done = first.len();
    let mut copied = 0;
    for piece in pieces {
        done += 1;
        if opens(piece) && !keep(piece) {
            safe.push_str(text.get(copied..done).unwrap_or_default());
            safe.push(' ');
            copied = done;
        }
        done += piece.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    safe.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(safe)
}

/// Whether a `<` directly before this text opens a tag.
fn opens(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tag_gets_one_space() {
        assert_eq!(neutralise("a <b>bold</b> <!-- --> <?php"), "a < b>bold< /b> < !-- --> < ?php");
        assert_eq!(neutralise("1 < 2 <3 << x <"), "1 < 2 <3 << x <");
        assert_eq!(neutralise("<<script>"), "<< script>");
        assert_eq!(neutralise("a<br>b"), "a< br>b");
    }

    #[test]
    fn a_line_break_stays_where_it_may() {
        assert_eq!(neutralise_keeping_breaks("a<br>b<br/>c<brx>"), "a<br>b< br/>c< brx>");
    }

    #[test]
    fn a_space_that_disarms_does_not_count() {
        assert_eq!(length("a < b>b< /b> 1 < 2 < 3"), "a <b>b</b> 1 < 2 < 3".len());
    }

    #[test]
    fn breaks_become_spaces() {
        assert_eq!(without_breaks("a<br>b<br><br>c < d"), "a b  c < d");
    }

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(neutralise("1 < 2"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn the_rule_applied_twice_changes_nothing_more(text in "[<br>/!? a-z\u{e9}]{0,40}") {
            let once = neutralise(&text).into_owned();
            prop_assert_eq!(neutralise(&once), once.as_str());
            let once = neutralise_keeping_breaks(&text).into_owned();
            prop_assert_eq!(neutralise_keeping_breaks(&once), once.as_str());
        }
    }
}
