//! Detects HTML and SVG, which a browser could execute even if the file is named like an image.

/// How many bytes are kept, from the first one that is not white space.
const LEAD: usize = 8 * 1024;

/// Elements that an HTML or SVG document can begin with.
const ELEMENTS: [&str; 38] = [
    "a", "article", "audio", "b", "base", "body", "br", "button", "center", "div", "embed", "font", "form", "frameset",
    "h1", "h2", "h3", "head", "html", "iframe", "img", "input", "link", "main", "marquee", "math", "meta", "object",
    "p", "script", "section", "span", "style", "svg", "table", "template", "title", "video",
];

/// The byte-order marks of UTF-8 and of both variants of UTF-16.
const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"];

/// The beginning of a stream: the byte-order mark, and the text from the first character
/// that is not white space.
#[derive(Debug, Default)]
pub(super) struct Lead(Vec<u8>);

impl Lead {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            if self.0.len() >= LEAD {
                return;
            }
            let mark = mark(&self.0);
            let blank = byte.is_ascii_whitespace() && self.0.len() == mark.len();
            // In UTF-16, every ASCII character comes with a NUL byte.
            let filler = byte == 0 && mark.len() == 2;
            if !blank && !filler {
                self.0.push(byte);
            }
        }
    }

    /// Tells whether it is HTML or SVG.
    ///
    /// A beginning that consists only of comments and prolog counts as markup, because
    /// no image begins that way.
    pub(super) fn is_markup(&self) -> bool {
        let mut rest = self.0.get(mark(&self.0).len()..).unwrap_or_default();
        loop {
            rest = rest.trim_ascii_start();
            let after = if let Some(comment) = rest.strip_prefix(b"<!") {
                if comment.starts_with(b"--") { after(comment, b"-->") } else { after_doctype(comment) }
            } else if rest.starts_with(b"<?") {
                after(rest, b">")
            } else {
                return is_element(rest);
            };
            match after {
                Some(after) => rest = after,
                None => return true,
            }
        }
    }
}

fn mark(bytes: &[u8]) -> &'static [u8] {
    MARKS.into_iter().find(|mark| bytes.starts_with(mark)).unwrap_or_default()
}

/// Returns what follows the first `end`. For a comment the search includes the opening
/// dashes, because browsers take `<!-->` for a whole comment.
fn after<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(end.len()).position(|window| window == end)?;
    text.get(at + end.len()..)
}

/// Returns what follows a document type declaration, `None` if it declares HTML or SVG or does not
/// end.
fn after_doctype(declaration: &[u8]) -> Option<&[u8]> {
    let rest = strip_word(declaration, b"doctype").map(<[u8]>::trim_ascii_start);
    if rest.is_some_and(|name| strip_word(name, b"html").is_some() || strip_word(name, b"svg").is_some()) {
        return None;
    }
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, &byte) in declaration.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => return declaration.get(at + 1..),
            (None, _) => {}
        }
    }
    None
}

fn strip_word<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

/// Tells whether the text begins with an opening tag of HTML or SVG, with or without a namespace prefix.
fn is_element(text: &[u8]) -> bool {
    let Some(tag) = text.strip_prefix(b"<") else { return false };
    let end = tag.iter().position(|&b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).unwrap_or(tag.len());
    let name = tag.get(..end).unwrap_or_default();
    let local = name.rsplit(|&b| b == b':').next().unwrap_or(name);
    ELEMENTS.iter().any(|element| local.eq_ignore_ascii_case(element.as_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::detect;

    fn is_markup(bytes: &[u8]) -> bool {
        detect::whole(bytes).markup
    }

    #[test]
    fn html_and_svg_are_found_behind_what_may_precede_them() {
        for text in [
            "<html>",
            "<HTML lang=en>",
            "<!DOCTYPE html>",
            " \r\n\t\x0c<!doctype HTML public \"x\">",
            "\u{feff}<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "\u{feff} \n<svg/>",
            "<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\">",
            "<!-- a --><!-- b -->\n<svg>",
            "<!--><script>alert(1)</script>",
            "<!-- <p> --> <body>",
            "<?xml version=\"1.0\"?><svg>",
            "<?xml version=\"1.0\"?>\n<!-- x -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"a\">\n<svg>",
            "<!DOCTYPE x [<!ENTITY a \"]>\"> <!ENTITY b '<c>'>]><svg>",
            "<script>",
            "<img src=x onerror=alert(1)>",
            "<!-- never closed",
            "<svg",
        ] {
            assert!(is_markup(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_content_is_no_markup() {
        for bytes in [
            &b""[..],
            b"   ",
            b"hello <html>",
            b"<3",
            b"<price>5</price>",
            b"<?xml version=\"1.0\"?><rss version=\"2.0\">",
            b"<!DOCTYPE plist PUBLIC \"a\" \"b\"><plist>",
            b"<htmlx>",
            b"\x89PNG\r\n\x1a\n<svg>",
            b"\xff\xd8\xff\xe0<html>",
            b"GIF89a<script>",
            b"\xff<svg>",
        ] {
            assert!(!is_markup(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn two_byte_characters_hide_nothing() {
        for mark in [[0xff, 0xfe], [0xfe, 0xff]] {
            let text = "  <!-- a --><svg onload='x'>".encode_utf16();
            let bytes = text.flat_map(|unit| if mark[0] == 0xff { unit.to_le_bytes() } else { unit.to_be_bytes() });
            assert!(is_markup(&mark.into_iter().chain(bytes).collect::<Vec<_>>()), "{mark:?}");
        }
    }

    #[test]
    fn padding_hides_nothing() {
        assert!(is_markup(format!("{}<svg>", " ".repeat(300_000)).as_bytes()));
        assert!(is_markup(format!("<!--{}--><svg>", "x".repeat(300_000)).as_bytes()));
        assert!(is_markup("<!-- x -->".repeat(30_000).as_bytes()));
        assert!(!is_markup(" ".repeat(300_000).as_bytes()));
    }
}
