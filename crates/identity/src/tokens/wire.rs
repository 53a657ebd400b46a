//! The claims in the JSON of a token.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserializer, Serializer, de};

use super::{Claims, CompanyCode, Deserialize, FamilyId, Grant, Serialize, Timestamp, TokenId, TokenVersion, UserId};
use crate::accounts::Role;

/// The beginning of every token: the whole header, `{"typ":"JWT","alg":"HS256"}`, and the beginning of
/// the claims, `{"token_type":"`.
pub(super) const BEGINNING: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoi";

/// How much the clocks of two servers of one installation may differ, in seconds.
const SKEW: i64 = 60;

/// The last second that a [`Timestamp`] can represent.
const LAST_SECOND: i64 = i64::MAX / 1_000_000;

/// The type of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Access,
    Refresh,
}

/// The claims in the order in which they are signed.
///
/// Signing stored claims again must give the same bytes, so their order and format are fixed. Reading
/// requires every claim in its one format and allows no others.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) token_type: Kind,
    pub(super) exp: i64,
    iat: i64,
    jti: Text<TokenId>,
    user_id: i64,
    role: RoleWord,
    // Without this attribute, serde would accept a missing claim as null.
    #[serde(deserialize_with = "Option::deserialize")]
    company_id: Option<Text<CompanyCode>>,
    ver: i64,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    pub(super) family: Option<Text<FamilyId>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum RoleWord {
    Superadmin,
    Admin,
    Agent,
}

/// A value that is written as text in JSON. Reading does not copy the text.
#[derive(Clone, Copy)]
pub(super) struct Text<T>(pub(super) T);

impl Wire {
    pub(super) fn of(grant: &Grant, kind: Kind) -> Self {
        let (exp, jti) = match kind {
            Kind::Access => (grant.access_expires, grant.access_id),
            Kind::Refresh => (grant.refresh_expires, grant.refresh_id),
        };
        let role = match grant.role {
            Role::Superadmin => RoleWord::Superadmin,
            Role::Admin => RoleWord::Admin,
            Role::Agent => RoleWord::Agent,
        };
        Self {
            token_type: kind,
            exp,
            iat: grant.issued_at,
            jti: Text(jti),
            user_id: grant.user.get(),
            role,
            company_id: grant.company.map(Text),
            ver: grant.version.0,
            family: Some(Text(grant.family)),
        }
    }

    /// Returns whether this installation can have signed these claims by `now`: the times are in order,
    /// and a refresh token has a family.
    pub(super) fn is_plausible(&self, now: Timestamp) -> bool {
        let issued = (0..=now.seconds().saturating_add(SKEW)).contains(&self.iat);
        let ends = self.iat < self.exp && self.exp <= LAST_SECOND;
        issued && ends && (self.token_type == Kind::Access || self.family.is_some())
    }

    pub(super) fn claims(&self) -> Claims {
        Claims {
            user: UserId::new(self.user_id),
            version: TokenVersion(self.ver),
            id: self.jti.0,
            expires_at: self.exp,
        }
    }
}

fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<T>, E> {
        text.parse().map(Text).map_err(E::custom)
    }
}
