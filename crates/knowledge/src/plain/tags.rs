//! Splits HTML into texts and tags.

/// The longest tag. A longer one is text, so that a text of many `<` is read in one pass.
const LONGEST: usize = 2_000;

/// Elements whose tags are removed and do not break the line.
const INLINE: [&str; 30] = [
    "a", "abbr", "b", "big", "body", "cite", "code", "del", "em", "font", "head", "html", "i", "img", "ins", "kbd",
    "label", "mark", "meta", "s", "small", "span", "strike", "strong", "sub", "sup", "td", "th", "u", "wbr",
];
/// Elements that begin and end a line.
const BLOCKS: [&str; 22] = [
    "address", "article", "aside", "br", "dd", "div", "dl", "dt", "figure", "footer", "header", "hr", "li", "main",
    "nav", "ol", "section", "tbody", "thead", "tr", "ul", "table",
];
/// Elements with an empty line before and after them.
const PARAGRAPHS: [&str; 9] = ["blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre"];
/// Elements whose content is no text.
const HIDDEN: [&str; 3] = ["script", "style", "title"];

/// A part of HTML.
#[derive(Debug)]
pub(super) enum Token<'h> {
    /// A text, with its entities.
    Text(&'h str),
    /// The tag of a known element.
    Tag(Tag<'h>),
}

/// The tag of a known element.
#[derive(Debug)]
pub(super) struct Tag<'h> {
    pub(super) name: String,
    pub(super) is_closing: bool,
    attributes: &'h str,
}

impl<'h> Tag<'h> {
    /// Returns how many line breaks there are before and after the element.
    pub(super) fn breaks(&self) -> usize {
        let name = self.name.as_str();
        if PARAGRAPHS.contains(&name) { 2 } else { usize::from(BLOCKS.contains(&name)) }
    }

    /// Returns where a link leads, if that can be shown.
    pub(super) fn target(&self) -> Option<&'h str> {
        let at = self.attributes.to_ascii_lowercase().find("href=")?;
        let value = self.attributes.get(at + "href=".len()..)?;
        let value = match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split(quote).next()?,
            _ => value.split(char::is_whitespace).next()?,
        };
        let is_shown = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| value.starts_with(scheme));
        is_shown.then_some(value)
    }
}

/// Returns the parts of a text.
pub(super) fn tokens(html: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            if let Some(after) = comment(rest) {
                rest = after;
            } else if let Some((tag, after)) = tag(rest) {
                rest = after;
                if !HIDDEN.contains(&tag.name.as_str()) {
                    return Some(Token::Tag(tag));
                }
                if !tag.is_closing {
                    rest = after_element(rest, &tag.name);
                }
            } else {
                // The first character is text, whatever it is.
                let next = rest.char_indices().skip(1).find(|&(_, c)| c == '<').map_or(rest.len(), |(at, _)| at);
                let (text, after) = rest.split_at_checked(next)?;
                rest = after;
                return (!text.is_empty()).then_some(Token::Text(text));
            }
        }
    })
}

/// Returns what follows a comment. A comment that does not end has the rest of the text.
fn comment(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("<!--")?;
    Some(inside.split_once("-->").map_or("", |(_, after)| after))
}

fn after_element<'h>(text: &'h str, name: &str) -> &'h str {
    let closing = format!("</{name}");
    let end = text.as_bytes().windows(closing.len()).position(|part| part.eq_ignore_ascii_case(closing.as_bytes()));
    end.and_then(|end| text.get(end..)).unwrap_or_default()
}

/// Returns the tag at the start of a text, and what follows it.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let inside = text.strip_prefix('<')?;
    let (is_closing, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, rest) = inside.split_at_checked(end)?;
    let name = name.to_ascii_lowercase();
    let is_known = [&INLINE[..], &BLOCKS, &PARAGRAPHS, &HIDDEN].iter().any(|all| all.contains(&name.as_str()));
    if !is_known || !rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '/' | '>')) {
        return None;
    }
    let mut quote = None;
    for (at, c) in rest.char_indices().take(LONGEST) {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '>' => {
                let (attributes, after) = rest.split_at_checked(at)?;
                return Some((Tag { name, is_closing, attributes }, after.get(1..)?));
            }
            // Another tag begins before this one ends, so this is text. Going on would read a text of many tags without
            // an end many times.
            None if c == '<' => return None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_ends_before_the_next_one() {
        let shown = |html| {
            let shown = tokens(html).map(|token| match token {
                Token::Text(text) => text.to_owned(),
                Token::Tag(tag) => format!("[{}]", tag.name),
            });
            shown.collect::<Vec<_>>()
        };
        assert_eq!(shown("<b <i>x</i>"), ["<b ", "[i]", "x", "[i]"]);
        assert_eq!(shown("<a title=\"<i>\">x</a>"), ["[a]", "x", "[a]"]);
        assert_eq!(shown("<b <b <b"), ["<b ", "<b ", "<b"]);
    }
}
