//! Cleans the names that clients give to files.

use tenancy::text;

/// Maximum length of a stored name, in characters.
const MAX_ORIGINAL: usize = 255;

/// Maximum length of a clean name, before a lost extension is appended.
const MAX_CLEAN: usize = 50;

/// Maximum length of an extension that is kept when a name is cut, without its dot.
const MAX_EXTENSION: usize = 16;

/// Returns the name to store and show: the part after the last `/` or `\`, without control and
/// invisible characters, at most 255 characters.
///
/// A name that is too long is cut before its extension. Without the extension, the
/// policy would reject the file.
pub fn original(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or(sent);
    let printable: String = last.chars().filter(|c| !c.is_control()).collect();
    let name = text::visible(&printable).into_owned();
    if name.chars().count() <= MAX_ORIGINAL {
        return name;
    }
    let ending = match name.rsplit_once('.') {
        Some((_, extension)) if extension.chars().count() <= MAX_EXTENSION => format!(".{extension}"),
        _ => String::new(),
    };
    let stem = MAX_ORIGINAL - ending.chars().count();
    name.chars().take(stem).chain(ending.chars()).collect()
}

/// Returns the part after the last dot in lower case, empty if there is no dot.
pub fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
}

/// Returns the name for use in a path: only ASCII letters, digits, `.`, `_` and `-`, without leading
/// dots and runs of dots, cut to 50 characters.
///
/// If the extension was lost, it is appended.
pub fn clean(original: &str) -> String {
    let mut clean = String::with_capacity(MAX_CLEAN);
    for c in original.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
        let dot_too_many = c == '.' && (clean.is_empty() || clean.ends_with('.'));
        if !dot_too_many {
            clean.push(c);
        }
        if clean.len() == MAX_CLEAN {
            break;
        }
    }
    let wanted: String = extension(original).chars().filter(char::is_ascii_alphanumeric).take(MAX_EXTENSION).collect();
    if !wanted.is_empty() && extension(&clean) != wanted {
        clean.truncate(clean.trim_end_matches('.').len());
        clean.push('.');
        clean.push_str(&wanted);
    }
    if clean.is_empty() { "file".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_original_name_is_what_follows_the_last_separator() {
        for (sent, kept) in [
            ("cv.pdf", "cv.pdf"),
            ("/home/ann/cv.pdf", "cv.pdf"),
            ("C:\\fakepath\\cv.pdf", "cv.pdf"),
            ("a/b\\c/d.txt", "d.txt"),
            ("../../etc/passwd", "passwd"),
            ("c\0v\r\n\u{7f}\u{85}.pdf", "cv.pdf"),
            ("R\u{e9}sum\u{e9} final.pdf", "R\u{e9}sum\u{e9} final.pdf"),
            ("folder/", ""),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("c\u{200b}v.p\u{2060}df\u{feff}\u{2028}", "cv.pdf"),
        ] {
            assert_eq!(original(sent), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_keeps_its_extension() {
        let kept = original(&format!("{}.pdf", "\u{e9}".repeat(300)));
        assert_eq!(kept, format!("{}.pdf", "\u{e9}".repeat(251)));
        assert_eq!(original(&"x".repeat(300)), "x".repeat(255));
        assert_eq!(original(&format!("a.{}", "x".repeat(300))).chars().count(), 255);
    }

    #[test]
    fn the_extension_follows_the_last_dot_in_lower_case() {
        for (name, wanted) in [("a.PDF", "pdf"), ("a.tar.gz", "gz"), (".png", "png"), ("a.", ""), ("a", ""), ("", "")] {
            assert_eq!(extension(name), wanted, "{name:?}");
        }
    }

    #[test]
    fn a_clean_name_is_ascii_with_its_extension() {
        for (name, wanted) in [
            ("cv.pdf", "cv.pdf"),
            ("my cv (2).pdf", "mycv2.pdf"),
            ("R\u{e9}sum\u{e9}.PDF", "Rsum.PDF"),
            ("...a....b.png", "a.b.png"),
            ("\u{444}\u{430}\u{439}\u{43b}.pdf", "pdf.pdf"),
            ("..", "file"),
        ] {
            assert_eq!(clean(name), wanted, "{name:?}");
        }
        assert_eq!(clean(&format!("{}.jpeg", "x".repeat(60))), format!("{}.jpeg", "x".repeat(50)));
        assert_eq!(clean(&format!("{}.b.jpeg", "x".repeat(49))), format!("{}.jpeg", "x".repeat(49)));
    }

    proptest! {
        #[test]
        fn an_original_name_is_short_and_harmless(sent in any::<String>(), tail in "[a-z/\\\\.\0]{0,400}") {
            let name = original(&format!("{sent}{tail}"));
            prop_assert!(name.chars().count() <= 255);
            prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control));
            prop_assert_eq!(original(&name), name);
        }

        #[test]
        fn a_clean_name_fits_a_path(stem in "[\\PC.]{0,80}", ending in "(pdf|PNG|tar\\.gz|docx)") {
            let name = format!("{stem}.{ending}");
            let clean = clean(&name);
            prop_assert!(clean.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)));
            prop_assert!(!clean.starts_with('.') && !clean.contains("..") && clean.len() <= 55);
            prop_assert_eq!(extension(&clean), extension(&name));
        }
    }
}
