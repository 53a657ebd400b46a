//! Tokens: signed claims that a caller presents.
//!
//! Claims only name an account and a token version. [`tenancy::access::bearer`] admits the account from
//! what the store says, never from the role or the company in the claims.

use std::{fmt, str::FromStr, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
pub use tenancy::FamilyId;
use tenancy::{
    CompanyCode, Timestamp, UserId,
    access::{Staff, TokenVersion},
};

use self::wire::{Kind, Text, Wire};
use crate::accounts::Role;

#[cfg(any(test, feature = "testing"))]
pub mod corpus;
mod hs256;
mod wire;

/// Ties the signing key to its purpose, so that a key for another purpose, derived from the same secret,
/// cannot sign tokens.
const KEY_LABEL: &[u8] = b"switchboard token signing v1";

/// How long tokens and sign-ins last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Lifetime of the access token; 15 minutes by default.
    pub access: Duration,
    /// Lifetime of the refresh token; 7 days by default.
    pub refresh: Duration,
    /// How long after a sign-in its last refresh token expires, however often it was refreshed; 90 days by
    /// default.
    pub sign_in: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(days * 24);
        Self { access: Duration::from_mins(15), refresh: days(7), sign_in: days(90) }
    }
}

/// The id of one token, its claim `jti`.
///
/// 128 random bits, written as 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(u128);

impl TokenId {
    /// Returns a new random id.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for TokenId {
    type Err = InvalidHex;

    fn from_str(text: &str) -> Result<Self, InvalidHex> {
        let well_formed = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(InvalidHex);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidHex)
    }
}

/// The error for a text that is not 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 32 lower-case hex digits")]
pub struct InvalidHex;

/// The claims of one pair of tokens. Signing the same grant again gives the same two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The account.
    pub user: UserId,
    /// The role when the pair was issued. Informational, for clients only.
    pub role: Role,
    /// The company when the pair was issued. Informational, for clients only.
    pub company: Option<CompanyCode>,
    /// The account's token version when the pair was issued.
    pub version: TokenVersion,
    /// The family that both tokens belong to.
    pub family: FamilyId,
    /// Id of the access token.
    pub access_id: TokenId,
    /// Id of the refresh token.
    pub refresh_id: TokenId,
    /// When the pair was issued, in seconds since 1970.
    pub issued_at: i64,
    /// The first second at which the access token is expired, in seconds since 1970.
    pub access_expires: i64,
    /// The first second at which the refresh token is expired, in seconds since 1970.
    pub refresh_expires: i64,
}

impl Grant {
    /// Returns new claims for a caller that was just admitted with this version.
    pub fn new(staff: &Staff, version: TokenVersion, family: FamilyId, lifetimes: Lifetimes, now: Timestamp) -> Self {
        let role = match staff {
            Staff::Superadmin(_) => Role::Superadmin,
            Staff::Admin(_) => Role::Admin,
            Staff::Agent(_) => Role::Agent,
        };
        Self {
            user: staff.user(),
            role,
            company: staff.company(),
            version,
            family,
            access_id: TokenId::random(),
            refresh_id: TokenId::random(),
            issued_at: now.seconds(),
            access_expires: now.plus(lifetimes.access).seconds(),
            refresh_expires: now.plus(lifetimes.refresh.min(lifetimes.sign_in)).seconds(),
        }
    }

    /// Returns the grant with a refresh token that expires at `end` at the latest, in seconds since 1970.
    pub(crate) fn until(self, end: i64) -> Self {
        Self { refresh_expires: self.refresh_expires.min(end), ..self }
    }
}

/// The texts of two tokens. It has no `Debug`, because they are credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token, for the `Authorization` header.
    pub access: String,
    /// The refresh token, for one refresh.
    pub refresh: String,
}

/// The claims of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub user: UserId,
    /// The token version, to be compared with the account's.
    pub version: TokenVersion,
    /// The id of the token.
    pub id: TokenId,
    /// The first second at which the token is expired, in seconds since 1970.
    pub expires_at: i64,
}

/// The claims of a verified access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// The claims that every token has.
    pub claims: Claims,
    /// The family that the token belongs to. Earlier versions of the program signed access tokens without one.
    pub family: Option<FamilyId>,
}

/// The claims of a verified refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The claims that every token has.
    pub claims: Claims,
    /// The family that the token belongs to.
    pub family: FamilyId,
}

/// Why a text is not a valid token of the expected type, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The text is not a token that this installation signed.
    #[error("token is malformed")]
    Malformed,
    /// The token has expired.
    #[error("token has expired")]
    Expired,
    /// The token is a refresh token and an access token is expected, or the other way round.
    #[error("token has wrong type")]
    WrongType,
}

/// The error of signing. No claims are known to cause it.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError(#[source] jsonwebtoken::errors::Error);

/// Signs and verifies tokens. It is created once, because it derives its keys.
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
}

impl Signer {
    /// Returns a signer whose key is derived from the installation's secret.
    ///
    /// The configuration checks the length of the secret.
    pub fn new(secret: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key length");
        mac.update(KEY_LABEL);
        let key = mac.finalize().into_bytes();
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        // The current time is an argument here. The library would read the system clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            header: Header::new(Algorithm::HS256),
            validation,
        }
    }

    /// Signs both tokens of a grant. The same grant gives the same texts.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, grant: &Grant) -> Result<TokenPair, SignError> {
        let access = Wire::of(grant, Kind::Access);
        let refresh = Wire::of(grant, Kind::Refresh);
        Ok(TokenPair { access: self.encode(&access)?, refresh: self.encode(&refresh)? })
    }

    /// Verifies an access token.
    ///
    /// # Errors
    /// The first [`TokenError`] that applies, in its order.
    pub fn verify_access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let wire = self.decode(token, now)?;
        match wire.token_type {
            Kind::Access => {
                let family = wire.family.map(|Text(family)| family);
                Ok(AccessClaims { claims: wire.claims(), family })
            }
            Kind::Refresh => Err(TokenError::WrongType),
        }
    }

    /// Verifies a refresh token.
    ///
    /// # Errors
    /// The first [`TokenError`] that applies, in its order.
    pub fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<RefreshClaims, TokenError> {
        let wire = self.decode(token, now)?;
        match (wire.token_type, &wire.family) {
            (Kind::Access, _) => Err(TokenError::WrongType),
            (Kind::Refresh, None) => Err(TokenError::Malformed),
            (Kind::Refresh, Some(Text(family))) => Ok(RefreshClaims { family: *family, claims: wire.claims() }),
        }
    }

    fn encode(&self, wire: &Wire) -> Result<String, SignError> {
        jsonwebtoken::encode(&self.header, wire, &self.encoding).map_err(SignError)
    }

    fn decode(&self, token: &str, now: Timestamp) -> Result<Wire, TokenError> {
        // Every token that this installation signs begins with these bytes. The check rejects every
        // other header, whichever algorithm it names, and claims that are not a JSON object.
        if !token.starts_with(wire::BEGINNING) {
            return Err(TokenError::Malformed);
        }
        let wire = jsonwebtoken::decode::<Wire>(token, &self.decoding, &self.validation)
            .map_err(|_| TokenError::Malformed)?
            .claims;
        if !wire.is_plausible(now) {
            return Err(TokenError::Malformed);
        }
        if wire.exp <= now.seconds() { Err(TokenError::Expired) } else { Ok(wire) }
    }
}

#[cfg(test)]
mod tests;
