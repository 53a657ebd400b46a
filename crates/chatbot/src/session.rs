//! A session: one visitor's conversation and how far its intake has come.

use serde::{Deserialize, Serialize};
use tenancy::{CompanyCode, ProfileId, SessionId, SessionRowId, Timestamp};

/// Who answers a session at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// The bot.
    Active,
    /// Nobody yet: it waits in the queue.
    Escalated,
    /// An agent.
    Assigned,
    /// The bot again, from the next visitor message on.
    Resolved,
}

impl SessionStatus {
    /// The word in JSON and in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Escalated => "escalated",
            Self::Assigned => "assigned",
            Self::Resolved => "resolved",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Escalated, Self::Assigned, Self::Resolved].into_iter().find(|s| s.as_str() == word)
    }

    /// Whether a handoff is open.
    pub const fn is_escalated(self) -> bool {
        matches!(self, Self::Escalated | Self::Assigned)
    }
}

/// What the intake waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The visitor's name.
    Name,
    /// The country of the phone number.
    CountryCode,
    /// The phone number.
    Phone,
    /// The e-mail address, or `skip`.
    Email,
    /// The postal address.
    Address,
    /// Nothing: there is a profile.
    Complete,
}

impl Step {
    /// The word in JSON and in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CountryCode => "country_code",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Address => "address",
            Self::Complete => "complete",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Name, Self::CountryCode, Self::Phone, Self::Email, Self::Address, Self::Complete]
            .into_iter()
            .find(|step| step.as_str() == word)
    }
}

/// What the intake has collected so far; the wire's `temp_data`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Set once the name was accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Set once the country was accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub country_code: Option<String>,
    /// Set once the phone number was accepted, in its stored form.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// Outer `None`: not asked yet. Inner `None`: skipped, shown as `null`.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "skipped")]
    pub email: Option<Option<String>>,
}

/// Keeps a `null` apart from an absent key.
mod skipped {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(email: &Option<Option<String>>, to: S) -> Result<S::Ok, S::Error> {
        email.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
}

/// A stored session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Internal key.
    pub key: SessionRowId,
    /// Public id.
    pub id: SessionId,
    /// Who answers.
    pub status: SessionStatus,
    /// What the intake waits for.
    pub step: Step,
    /// What the intake has so far; empty once complete.
    pub collected: Collected,
    /// The visitor's profile and its name, once there is one.
    pub profile: Option<(ProfileId, String)>,
    /// Whether the bot has written here before.
    pub welcomed: bool,
    /// Whether a person wrote since the last escalation.
    pub person_acted: bool,
    /// The highest `seq` of its messages; 0 without one.
    pub last_seq: i64,
    /// Raised by every human action: an answer planned before it is not said.
    pub bot_epoch: i64,
    /// Raised by every change of the row: what a conditional write compares.
    pub revision: i64,
    /// The highest `seq` that the visitor has read; clients say so over sockets.
    pub visitor_read_seq: i64,
    /// The highest `seq` that staff have read.
    pub staff_read_seq: i64,
    /// When the visitor last wrote or gave a profile; the profile's `last_used`.
    pub last_used: Timestamp,
    /// When the session was made.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

impl Session {
    /// A session that is not stored yet: its key is 0 and its revision 0.
    pub fn fresh(company: CompanyCode, now: Timestamp) -> Self {
        Self {
            key: SessionRowId::new(0),
            id: SessionId::generate(company),
            status: SessionStatus::Active,
            step: Step::Name,
            collected: Collected::default(),
            profile: None,
            welcomed: false,
            person_acted: false,
            last_seq: 0,
            bot_epoch: 0,
            revision: 0,
            visitor_read_seq: 0,
            staff_read_seq: 0,
            last_used: now,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the row exists.
    pub fn is_stored(&self) -> bool {
        self.revision > 0
    }

    /// Whether the visitor has a profile.
    pub fn profile_completed(&self) -> bool {
        self.step == Step::Complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_email_is_null_and_an_unasked_one_is_absent() {
        let mut collected = Collected { name: Some("Ann".into()), ..Collected::default() };
        let unasked = serde_json::to_string(&collected).unwrap();
        assert_eq!(unasked, r#"{"name":"Ann"}"#);
        assert_eq!(serde_json::from_str::<Collected>(&unasked).unwrap(), collected);

        collected.email = Some(None);
        let skipped = serde_json::to_string(&collected).unwrap();
        assert_eq!(skipped, r#"{"name":"Ann","email":null}"#);
        assert_eq!(serde_json::from_str::<Collected>(&skipped).unwrap(), collected);
    }
}
