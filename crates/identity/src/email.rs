//! E-mail addresses. They are kept as typed and compared ignoring case.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use validator::ValidateEmail;

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
    /// Parses an address that a client sent.
    ///
    /// # Errors
    /// Fails if the text is not valid by [`Email::is_valid`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if Self::is_valid(text) { Ok(Self::from_stored(text.to_owned())) } else { Err(InvalidEmail) }
    }

    /// Returns whether a text is an address by the rule of the HTML standard, and can be delivered to:
    /// the local part has no empty part between dots, and the domain has a dot, is `localhost`, or is
    /// an address literal.
    pub fn is_valid(text: &str) -> bool {
        let Some((local, domain)) = text.rsplit_once('@') else { return false };
        // The validator accepts any text in front of an address literal as part of the domain.
        let is_domain = domain.starts_with('[')
            || !domain.contains('[') && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost"));
        is_domain && local.split('.').all(|part| !part.is_empty()) && text.validate_email()
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
}
