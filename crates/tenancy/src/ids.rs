//! Ids: newtypes with one field, so that one kind cannot stand in for another.

use std::{fmt, str::FromStr};

use arrayvec::ArrayString;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    kind: &'static str,
}

macro_rules! integer_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps an integer; whether a row has it is for a store to say.
            pub const fn new(id: i64) -> Self {
                Self(id)
            }

            /// The integer as it stands in JSON and in rows.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId { kind: stringify!($name) })
            }
        }
    )*};
}

integer_ids! {
    /// A signed-in account: superadmin, admin or agent.
    UserId;
    /// An agent of a company; not the id of the agent's account.
    AgentId;
    /// One stay of an agent, from sign-in to sign-out.
    AgentSessionId;
    /// A plan template.
    PlanId;
    /// One row of a company's subscription history.
    AssignmentId;
    /// The internal integer key of a session; the public one is [`SessionId`].
    SessionRowId;
    /// A visitor's profile.
    ProfileId;
    /// A stored message.
    MessageId;
    /// An uploaded file.
    AttachmentId;
    /// A handoff: at most one for each session.
    HandoffId;
    /// A change of agent on an open handoff.
    TransferId;
    /// A row of an agent's activity log.
    ActivityId;
    /// A document of a company's knowledge.
    DocumentId;
}

/// A company's code (`TES001`): its only id, compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyCode(ArrayString<20>);

impl CompanyCode {
    /// Reads a code: 1 to 20 ASCII capitals and digits.
    ///
    /// # Errors
    /// Any other text; no company can have it.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "CompanyCode" };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(invalid);
        }
        ArrayString::from(text).map(Self).map_err(|_| invalid)
    }

    /// The reserved company that owns the shared library. Issued codes end in
    /// digits, so no real company can be given this one.
    pub fn shared_library() -> Self {
        let mut code = ArrayString::new();
        code.push_str("SHARED");
        Self(code)
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CompanyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CompanyCode {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

/// A session's public id, `<company code>_<uuid>`: the visitor's only credential.
///
/// `Debug` and `Display` show a shortened form, so that a log line cannot leak
/// it; [`SessionId::as_str`] is the whole id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(ArrayString<64>);

impl SessionId {
    /// Makes a new id for a company, from a random version 4 UUID.
    pub fn generate(company: CompanyCode) -> Self {
        let mut uuid = [0; uuid::fmt::Hyphenated::LENGTH];
        let mut id = ArrayString::new();
        id.push_str(company.as_str());
        id.push('_');
        id.push_str(uuid::Uuid::new_v4().hyphenated().encode_lower(&mut uuid));
        Self(id)
    }

    /// Reads an id: 1 to 64 of `[A-Za-z0-9_-]`.
    ///
    /// # Errors
    /// Any other text; no session can have it.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "SessionId" };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(invalid);
        }
        ArrayString::from(text).map(Self).map_err(|_| invalid)
    }

    /// The whole id, for replies and rows. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The company code that it begins with. Only a session that exists proves it.
    pub fn company(&self) -> Option<CompanyCode> {
        self.0.split_once('_').and_then(|(code, _)| CompanyCode::parse(code).ok())
    }

    /// The first eight characters of the UUID part, as file paths carry them.
    pub fn short(&self) -> &str {
        let uuid = self.0.split_once('_').map_or(self.0.as_str(), |(_, uuid)| uuid);
        uuid.get(..8).unwrap_or(uuid)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let company = self.0.split_once('_').map_or("", |(company, _)| company);
        write!(f, "{company}_{}..", self.short())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_ascii_capitals_and_digits() {
        assert_eq!(CompanyCode::parse("TES001").unwrap().as_str(), "TES001");
        for bad in ["", "tes001", "TES 001", "TES001\u{0}", "T\u{c9}S001", "ABCDEFGHIJKLMNOPQRSTU"] {
            assert!(CompanyCode::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_session_id_carries_its_company_and_never_prints_whole() {
        let id = SessionId::generate(CompanyCode::parse("TES001").unwrap());
        assert!(id.as_str().starts_with("TES001_") && id.as_str().len() == 7 + 36);
        assert_eq!(SessionId::parse(id.as_str()), Ok(id));
        assert_eq!(id.to_string(), format!("TES001_{}..", &id.as_str()[7..15]));
        assert!(!format!("{id:?}").contains(id.as_str()));
    }
}
