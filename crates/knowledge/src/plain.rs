//! Turns the HTML of texts that come from other systems, or from editors of web pages, into plain text.

mod entities;
mod tags;

use serde_json::{Map, Value};

use tags::{Tag, Token};

/// A longer text is left as it is. No text of an entry is as long, with its tags.
const LONGEST: usize = 200_000;

/// Returns a question, a title or another text of one line without tags and entities.
pub fn line(html: &str) -> String {
    plain(html, " ")
}

/// Returns an answer without tags and entities. It keeps line breaks as `<br>`.
pub fn answer(html: &str) -> String {
    plain(html, "<br>")
}

/// Turns tags and entities in the texts of an item into plain text, as [`line()`] and [`answer`] do.
pub(crate) fn item(mut item: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in &mut item {
        match (key.as_str(), value) {
            ("answer", Value::String(text)) => *text = answer(text),
            ("question" | "section" | "document", Value::String(text)) => *text = line(text),
            ("alternatives", Value::Array(texts)) => {
                let texts =
                    texts.iter_mut().filter_map(|text| if let Value::String(text) = text { Some(text) } else { None });
                texts.for_each(|text| *text = line(text));
            }
            _ => {}
        }
    }
    item
}

/// Returns the text of a piece of HTML. A text without tags keeps its white space.
fn plain(html: &str, line_break: &str) -> String {
    if html.len() > LONGEST || !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let tokens: Vec<Token<'_>> = tags::tokens(html).collect();
    let has_blocks = tokens.iter().any(|token| matches!(token, Token::Tag(tag) if tag.breaks() > 0));
    let mut text = Text { written: String::new(), line_break, breaks: 0, collapses: has_blocks, link: None };
    for token in tokens {
        match token {
            Token::Text(piece) => text.push(&entities::decoded(piece)),
            Token::Tag(tag) => text.tag(&tag),
        }
    }
    text.written
}

/// A text under construction.
struct Text<'l> {
    written: String,
    line_break: &'l str,
    /// Breaks before the next visible text.
    breaks: usize,
    /// Whether white space is only a space, as HTML with blocks is laid out.
    collapses: bool,
    /// The target of the link that is open, and where its text begins.
    link: Option<(String, usize)>,
}

impl Text<'_> {
    fn push(&mut self, piece: &str) {
        if !self.collapses {
            self.written.push_str(piece);
            return;
        }
        for (at, word) in piece.split(char::is_whitespace).enumerate() {
            if at > 0 && !self.is_at_start() && !self.written.ends_with(' ') {
                self.written.push(' ');
            }
            self.word(word);
        }
    }

    fn is_at_start(&self) -> bool {
        self.breaks > 0 || self.written.is_empty()
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.breaks > 0 && !self.written.is_empty() {
            self.written.truncate(self.written.trim_end().len());
            self.written.push_str(&self.line_break.repeat(self.breaks));
        }
        self.breaks = 0;
        self.written.push_str(word);
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "br" => self.breaks += 1,
            "a" if tag.is_closing => self.close_link(),
            "a" => self.link = tag.target().map(|target| (entities::decoded(target), self.written.len())),
            "td" | "th" if tag.is_closing && !self.is_at_start() => self.written.push(' '),
            _ => self.breaks = self.breaks.max(tag.breaks()),
        }
        if tag.name == "li" && !tag.is_closing {
            self.word("- ");
        }
    }

    /// Adds the target of a link, unless its text is the target.
    fn close_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let shown = target.trim_start_matches("mailto:").trim_start_matches("tel:");
        let bare = shown.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        if !self.written.get(start..).is_some_and(|text| text.contains(bare)) {
            self.word(&format!(" ({shown})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_and_breaks_become_line_breaks() {
        for (html, text) in [
            ("<p>One\n  two.</p>\n<p>Three.</p>", "One two.<br><br>Three."),
            ("One<br>two<br />three<BR/>", "One<br>two<br>three"),
            ("<ul>\n<li>One</li>\n<li><b>Two</b> and a half</li>\n</ul>", "- One<br>- Two and a half"),
            ("<div class=\"a > b\">One</div><div>Two</div>", "One<br>Two"),
            ("<h2>Title</h2>Text", "Title<br><br>Text"),
            ("<table><tr><td>A</td><td>B</td></tr><tr><td>C</td></tr></table>", "A B<br>C"),
            ("One<!-- <p>hidden</p> --><script>if (a < b) {}</script><style>p {}</style> two<p></p>", "One two"),
        ] {
            assert_eq!(answer(html).trim_end(), text, "{html}");
        }
    }

    #[test]
    fn a_link_keeps_its_target() {
        for (html, text) in [
            (
                "See <a href='https://a.example/b?x=1&amp;y=2' rel=x>our page</a>.",
                "See our page (https://a.example/b?x=1&y=2).",
            ),
            ("<a href=\"https://a.example/\">a.example</a>", "a.example"),
            ("<a href=mailto:ann@a.example>Write</a>", "Write (ann@a.example)"),
            ("<a href=\"javascript:alert(1)\">x</a><a name=y>z</a>", "xz"),
        ] {
            assert_eq!(answer(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_no_html_stays() {
        for text in [
            "a < b and c > d",
            "List<String>",
            "<ann@a.example>",
            "one\n\n two",
            "AT&T & you; &nosuch;",
            "<b",
            "a <",
            "&#0;",
        ] {
            assert_eq!(answer(text), text);
        }
        assert_eq!(
            answer("one\n<b>two</b>  &amp; &euro;5 &#8211; caf&eacute;&#x21;"),
            "one\ntwo  & \u{20ac}5 \u{2013} caf\u{e9}!"
        );
    }

    #[test]
    fn all_texts_of_an_item_become_plain() {
        let read = json!({"question": "<b>When</b>?<br>Now", "answer": "A<br>B", "alternatives": ["&amp;"], "page": 1});
        let Value::Object(read) = read else { panic!("no object") };
        let expected = json!({"question": "When? Now", "answer": "A<br>B", "alternatives": ["&"], "page": 1});
        assert_eq!(Value::Object(item(read)), expected);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r#"(<|>|/|!--|-->|br|p|a href=|script|'|"|&|amp;|#|x|9|;| |\n|\PC){0,60}"#) {
            prop_assert!(plain(&text, "<br>").len() <= text.len() * 8 + 8);
        }
    }
}
