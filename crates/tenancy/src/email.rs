//! E-mail addresses. They are kept as typed and compared ignoring case.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use validator::ValidateEmail;

use crate::text;

/// An e-mail address.
///
/// It is displayed as typed and compared by its [`Email::key`].
#[derive(Clone)]
pub struct Email {
    typed: String,
    key: String,
}

/// The error for a text that is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid e-mail address")]
pub struct InvalidEmail;

impl Email {
    /// Parses an address and nothing else. [`Email::find`] takes an address out of a sentence.
    ///
    /// # Errors
    /// Fails if the text is not valid by [`Email::is_valid`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if Self::is_valid(text) { Ok(Self::from_stored(text.to_owned())) } else { Err(InvalidEmail) }
    }

    /// Returns whether a text is an address and nothing else: by the rule of the HTML standard, with
    /// letters, marks and digits of all scripts in both parts, and deliverable. The local part has no
    /// empty part between dots, and the domain has a dot, is `localhost`, or is an address literal.
    pub fn is_valid(text: &str) -> bool {
        let Some((local, domain)) = text.rsplit_once('@') else { return false };
        // The validator accepts any text in front of an address literal as part of the domain.
        let is_domain = domain.starts_with('[')
            || !domain.contains('[') && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost"));
        // The validator knows ASCII local parts only, so an ASCII letter takes the place of any other one.
        let ascii: String = local.chars().map(|c| if is_foreign_letter(c) { 'a' } else { c }).collect();
        is_domain
            && text::visible(text) == text
            && ascii.split('.').all(|part| !part.is_empty())
            && format!("{ascii}@{domain}").validate_email()
    }

    /// Returns the one address in a text, without invisible characters.
    ///
    /// Returns `None` if the text has no address or more than one. Repeating one address is fine.
    pub fn find(text: &str) -> Option<String> {
        let seen = text::visible(text);
        let whole = seen.trim();
        if Self::is_valid(whole) {
            return Some(whole.to_owned());
        }
        // Input methods of East Asia type their own forms of these two.
        let ascii = whole.replace(['\u{ff20}', '\u{fe6b}'], "@").replace(['\u{ff0e}', '\u{3002}'], ".");
        let mut found = ascii.split(ends_address).filter_map(address_in);
        let first = found.next()?;
        found.all(|other| Self::fold(other) == Self::fold(first)).then(|| first.to_owned())
    }

    /// Wraps an address read from a row. It was checked when it was stored.
    pub fn from_stored(typed: String) -> Self {
        let key = Self::fold(&typed);
        Self { typed, key }
    }

    /// Returns the form by which texts are compared and looked up as addresses: all of it in Unicode
    /// lower case. It is computed here so that it does not depend on the database.
    pub fn fold(text: &str) -> String {
        text.to_lowercase()
    }

    /// Returns the address as typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Returns the folded form, which is unique among accounts.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the part before the `@`, as typed.
    pub fn local_part(&self) -> &str {
        self.typed.rsplit_once('@').map_or(self.typed.as_str(), |(local, _)| local)
    }
}

/// Whether a local part may have this character in addition to those of ASCII.
fn is_foreign_letter(c: char) -> bool {
    const LETTERS: GeneralCategoryGroup =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::DecimalNumber);
    !c.is_ascii() && LETTERS.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether an address in a sentence ends before this character.
fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || "<>()[]{},;:\"\\|\u{3001}\u{ff0c}\u{ff1a}\u{201c}\u{201d}\u{201e}".contains(c)
}

/// Returns the address in a word of a sentence, without the punctuation around it.
fn address_in(word: &str) -> Option<&str> {
    let starts = |c: char| c.is_alphanumeric() || is_foreign_letter(c) || "_+-".contains(c);
    // A link has a query or a path behind the domain.
    let at = word.find('@')?;
    let end = word.get(at..)?.find(['?', '/']).map_or(word.len(), |length| at + length);
    let (link, rest) = word.split_at_checked(end)?;
    let word = if rest.contains('@') { word } else { link };
    let word = word
        .trim_start_matches(|c: char| !starts(c))
        .trim_end_matches(|c: char| !(c.is_alphanumeric() || is_foreign_letter(c)));
    Email::is_valid(word).then_some(word)
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({:?})", self.typed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_keeps_its_case_and_compares_without_it() {
        let email = Email::parse("Ann.Ray@T\u{e9}sla.com").unwrap();
        assert_eq!(email.as_str(), "Ann.Ray@T\u{e9}sla.com");
        assert_eq!(email, Email::parse("ann.ray@T\u{c9}SLA.com").unwrap());
        assert_eq!(email.key(), "ann.ray@t\u{e9}sla.com");
        assert_eq!(email.local_part(), "Ann.Ray");
    }

    #[test]
    fn a_domain_has_two_parts_or_is_a_host() {
        for good in ["ann@t.com", "a.n.n+x@mail.t.com", "ann@localhost", "ann@[127.0.0.1]"] {
            assert!(Email::is_valid(good), "{good:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "ann",
            "@t.com",
            "ann@",
            "a nn@t.com",
            "ann@t .com",
            "ann@t.com\n",
            "a@b@c.com",
            "a@<b>[127.0.0.1]",
            "ann@t",
            ".ann@t.com",
            "ann.@t.com",
            "an..n@t.com",
            "ann@t.com\u{0}",
        ] {
            assert_eq!(Email::parse(bad).err(), Some(InvalidEmail), "{bad:?}");
        }
    }

    #[test]
    fn both_parts_may_be_of_any_script() {
        for good in [
            "j\u{fc}rgen@b\u{fc}cher.example",
            "\u{930}\u{93e}\u{92e}\u{94d}@\u{909}\u{926}\u{93e}\u{939}\u{930}\u{923}.\u{92d}\u{93e}\u{930}\u{924}",
            "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{516c}\u{53f8}",
            "ann@xn--bcher-kva.example",
        ] {
            assert!(Email::is_valid(good), "{good:?}");
            assert_eq!(Email::find(&format!("write to {good}!")).as_deref(), Some(good));
        }
    }

    #[test]
    fn the_one_address_is_taken_out_of_its_sentence() {
        for (text, address) in [
            ("my email is anna@gmail.com", "anna@gmail.com"),
            ("Anna Ray <anna@gmail.com>", "anna@gmail.com"),
            ("it's anna.ray+work@mail.gmail.com.", "anna.ray+work@mail.gmail.com"),
            ("mailto:anna@gmail.com?subject", "anna@gmail.com"),
            ("\"anna@gmail.com\", thanks", "anna@gmail.com"),
            ("e-mail:anna@gmail.com\u{1f600}", "anna@gmail.com"),
            ("'anna@gmail.com'", "anna@gmail.com"),
            ("o'neil@gmail.com", "o'neil@gmail.com"),
            ("an\u{200b}na@gmail\u{ad}.com\u{feff}", "anna@gmail.com"),
            ("anna\u{ff20}gmail\u{ff0e}com", "anna@gmail.com"),
            ("anna@gmail.com, I repeat: Anna@gmail.com", "anna@gmail.com"),
            ("  ann@[127.0.0.1] ", "ann@[127.0.0.1]"),
        ] {
            let found = Email::find(text);
            assert_eq!(found.as_deref(), Some(address), "{text:?}");
        }
    }

    #[test]
    fn two_addresses_or_none_are_not_one() {
        for text in [
            "",
            "anna@@gmail.com",
            "anna at gmail.com",
            "anna@gmail",
            "@anna",
            "anna@gmail.com or bob@gmail.com",
            "a b@c",
            "anna @ gmail.com",
            "anna@gmail.com/bob@gmail.com",
            "anna@gmail.c*m",
        ] {
            assert_eq!(Email::find(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_an_address_that_is_found_again(
            text in "\\PC{0,40}|[a-z@. <>,\u{200b}\u{e9}]{0,30}|[a-z]{1,5}@[a-z]{1,5}\\.[a-z]{2,4}",
        ) {
            if let Some(address) = Email::find(&text) {
                prop_assert!(Email::is_valid(&address), "{:?}", address);
                prop_assert_eq!(Email::find(&address), Some(address));
            }
        }

        #[test]
        fn words_around_an_address_do_not_change_it(
            before in "([a-z]{1,8} ){0,4}",
            address in "[a-z0-9]{1,8}([.+][a-z0-9]{1,5})?@[a-z]{1,8}\\.[a-z]{2,5}",
            after in "[.!?,]?( [a-z]{1,8}){0,4}",
        ) {
            prop_assert_eq!(Email::find(&format!("{before}{address}{after}")), Some(address));
        }
    }
}
