//! Ids: one newtype for each kind, so that ids of different kinds cannot be confused.

use std::{fmt, str::FromStr};

use arrayvec::ArrayString;

/// The error for a text that is not an id of the expected kind.
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
            /// Wraps an integer. There may be no row with this id.
            pub const fn new(id: i64) -> Self {
                Self(id)
            }

            /// Returns the integer, as used in JSON and in rows.
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
    /// An agent of a company. It differs from the id of the agent's account.
    AgentId;
    /// An agent session: the time from an agent's sign-in to its sign-out.
    AgentSessionId;
    /// A plan.
    PlanId;
    /// One row of a company's subscription history.
    AssignmentId;
    /// The internal row id of a session. The public id is [`SessionId`].
    SessionRowId;
    /// A visitor's profile.
    ProfileId;
    /// A stored message.
    MessageId;
    /// An uploaded file.
    AttachmentId;
    /// A private note of staff.
    NoteId;
    /// A saved reply of staff.
    SavedReplyId;
    /// A handoff. A session has at most one.
    HandoffId;
    /// A change of agent on an open handoff.
    TransferId;
    /// A row of an agent's activity log.
    ActivityId;
    /// A document in a company's knowledge base.
    DocumentId;
    /// A question of a visitor that was not answered well.
    MissId;
    /// A golden question of a company.
    GoldenId;
}

/// A company's code, such as `TES001`. It is the company's only id, and is compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyCode(ArrayString<20>);

impl CompanyCode {
    /// Parses a code: 1 to 20 ASCII capital letters and digits.
    ///
    /// # Errors
    /// Fails for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "CompanyCode" };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(invalid);
        }
        ArrayString::from(text).map(Self).map_err(|_| invalid)
    }

    /// Returns the code of the reserved company that owns the shared library. Issued codes end in
    /// digits, so this code is never issued to a customer.
    pub fn shared_library() -> Self {
        let mut code = ArrayString::new();
        code.push_str("SHARED");
        Self(code)
    }

    /// Returns the code as text.
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

/// The id of a refresh token family: of all tokens that go back to one sign-in.
///
/// 122 random bits, written as 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId(u128);

impl FamilyId {
    /// Returns a new random id.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().as_u128())
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for FamilyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let is_hex = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let bits = u128::from_str_radix(text, 16).ok().filter(|_| is_hex);
        bits.map(Self).ok_or(InvalidId { kind: "FamilyId" })
    }
}

/// A session's public id, `<company code>_<uuid>`. It is the visitor's only credential.
///
/// `Debug` and `Display` print a shortened form, so that a log line cannot leak the id.
/// [`SessionId::as_str`] returns the whole id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(ArrayString<64>);

impl SessionId {
    /// Generates a new id for a company, with a random version 4 UUID.
    pub fn generate(company: CompanyCode) -> Self {
        let mut uuid = [0; uuid::fmt::Hyphenated::LENGTH];
        let mut id = ArrayString::new();
        id.push_str(company.as_str());
        id.push('_');
        id.push_str(uuid::Uuid::new_v4().hyphenated().encode_lower(&mut uuid));
        Self(id)
    }

    /// Parses an id: 1 to 64 characters of `[A-Za-z0-9_-]`.
    ///
    /// # Errors
    /// Fails for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "SessionId" };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(invalid);
        }
        ArrayString::from(text).map(Self).map_err(|_| invalid)
    }

    /// Returns the whole id, for replies and rows. It must not be logged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the company code at the start of the id. It proves nothing until the session has been
    /// found in the store.
    pub fn company(&self) -> Option<CompanyCode> {
        self.0.split_once('_').and_then(|(code, _)| CompanyCode::parse(code).ok())
    }

    /// Returns the first eight characters of the UUID part, as used in file paths.
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
    fn a_family_id_is_32_lower_case_hex_digits() {
        let id = FamilyId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(FamilyId::random(), id);
        assert_eq!(FamilyId(5).to_string().len(), 32);
        for bad in ["", "1", &"A".repeat(32), &format!("+{}", "1".repeat(31)), &"1".repeat(33)] {
            assert!(bad.parse::<FamilyId>().is_err(), "{bad}");
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
