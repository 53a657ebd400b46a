//! Replacing the placeholders of a text by names.

use std::borrow::Cow;

use knowledge::markup;

use crate::{BotSettings, Session, understanding::Language};

/// The names that replace the placeholders, as plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'a> {
    /// The visitor's name; empty while it is unknown.
    pub name: &'a str,
    /// The bot's name.
    pub bot_name: &'a str,
    /// The company's display name.
    pub company_name: &'a str,
    /// The English name of the language that the bot answers in.
    pub language: &'a str,
}

impl<'a> Names<'a> {
    /// The name for a placeholder.
    fn of(&self, placeholder: &str) -> Option<&'a str> {
        match placeholder {
            "name" => Some(self.name),
            "bot_name" => Some(self.bot_name),
            "company_name" => Some(self.company_name),
            "language" => Some(self.language),
            _ => None,
        }
    }
}

impl BotSettings {
    /// Returns the names for the texts of a session.
    pub(crate) fn names<'a>(&'a self, session: &'a Session, company_name: &'a str) -> Names<'a> {
        let name = session.visitor_name().unwrap_or_default();
        Names { name, bot_name: &self.bot_name, company_name, language: Language::English.name() }
    }

    /// Says which language the bot answers in: in the visitor's language unless the company has a text of its own.
    pub(crate) fn language_sentence(&self, session: &Session, company_name: &str, language: Language) -> String {
        if self.language_text == Self::default().language_text {
            return language.sentence().to_owned();
        }
        fill(&self.language_text, &self.names(session, company_name))
    }
}

/// Replaces `{name}`, `{bot_name}`, `{company_name}` and `{language}` in a text.
///
/// A name never becomes markup, and placeholders inside a name are not replaced.
pub fn fill(text: &str, names: &Names<'_>) -> String {
    filled(text, names, &[]).into_owned()
}

/// Works as [`fill`] does, but copies only texts with a `{`. `values` are further placeholders with what replaces them,
/// and have precedence over the names.
pub(super) fn filled<'t>(text: &'t str, names: &Names<'_>, values: &[(&str, &str)]) -> Cow<'t, str> {
    if !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let of = |word: &str| values.iter().find(|(known, _)| *known == word).map(|(_, value)| *value).or(names.of(word));
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let filled = after.split_once('}').and_then(|(word, after)| Some((of(word)?, after)));
        match filled {
            Some((value, after)) => {
                out.push_str(&markup::neutralise(value));
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    // A `<` in the text is harmless, but together with the name after it, it may be a tag.
    match markup::neutralise_keeping_breaks(&out) {
        Cow::Borrowed(_) => Cow::Owned(out),
        Cow::Owned(safe) => Cow::Owned(safe),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::BotSettings;

    const NAMES: Names<'_> = Names { name: "Ann", bot_name: "Kit", company_name: "Tesla Motors", language: "English" };

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(
            fill(&BotSettings::default().welcome_text, &NAMES),
            "Hello! I'm Kit at Tesla Motors.<br><br>To get started, what's your full name?"
        );
        assert_eq!(fill("{name}{name} {{name}} {Name} {n {}", &NAMES), "AnnAnn {Ann} {Name} {n {}");
        assert_eq!(fill("{other {name}", &NAMES), "{other Ann");
    }

    #[test]
    fn a_name_is_neither_markup_nor_a_placeholder() {
        let names = Names { name: "<img src=x> {bot_name}", bot_name: "b>x", company_name: "<br>", language: "" };
        assert_eq!(fill("Hi {name}", &names), "Hi < img src=x> {bot_name}");
        assert_eq!(fill("Hi <{bot_name}", &names), "Hi < b>x");
        assert_eq!(fill("a<br>{company_name}", &names), "a<br>< br>");
    }

    #[test]
    fn further_placeholders_have_precedence_and_their_values_are_plain() {
        let values = [("text", "<b>{name}{other}"), ("name", "Bo {text}")];
        assert_eq!(
            filled("{text}, {name} of {company_name}", &NAMES, &values),
            "< b>{name}{other}, Bo {text} of Tesla Motors"
        );
        assert_eq!(filled("<{text}", &NAMES, &[("text", "b>")]), "< b>");
        assert_eq!(filled("{text} {unknown}", &NAMES, &[]), "{text} {unknown}");
    }

    proptest! {
        #[test]
        fn a_filled_text_has_no_tag_but_breaks(
            text in "([<>/a-c ]|<br>|\\{name\\}|\\{company_name\\}|[{}]){0,12}",
            name in "[<>/!{}a-z ]{0,12}",
        ) {
            let text = markup::neutralise_keeping_breaks(&text).into_owned();
            let names = Names { name: &name, bot_name: "Kit", company_name: &name, language: "" };
            let filled = fill(&text, &names);
            prop_assert_eq!(markup::neutralise_keeping_breaks(&filled), filled.as_str());
            let other = Names { name: "", company_name: "", ..names };
            let values = [("name", name.as_str()), ("company_name", name.as_str())];
            prop_assert_eq!(super::filled(&text, &other, &values), filled);
        }
    }
}
