//! Tokens: signed claims that a caller carries, and nothing more than claims.
//!
//! Whoever a token names is admitted by [`tenancy::access::staff`] from what the
//! store has, never from the claims.

use std::{fmt, str::FromStr, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tenancy::{
    CompanyCode, Timestamp, UserId,
    access::{Staff, TokenVersion},
};

use self::wire::{Kind, Text, Wire};
use crate::accounts::Role;

#[cfg(any(test, feature = "testing"))]
pub mod corpus;
mod wire;

/// Ties the key to its purpose: a key for anything else that is derived from
/// the same secret can never make a token.
const KEY_LABEL: &[u8] = b"switchboard token signing v1";

/// How long the two tokens of a pair live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of the access token; 15 minutes by default.
    pub access: Duration,
    /// Of the refresh token; 7 days by default.
    pub refresh: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { access: Duration::from_mins(15), refresh: Duration::from_hours(7 * 24) }
    }
}

macro_rules! random_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// 128 random bits, written as 32 lower-case hex digits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// A new one.
            pub fn random() -> Self {
                Self(rand::random())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;

            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                let well_formed = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !well_formed {
                    return Err(InvalidHex);
                }
                u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidHex)
            }
        }
    )*};
}

random_ids! {
    /// The id of one token, its `jti`.
    TokenId;
    /// A chain of refresh tokens that began with one sign-in.
    FamilyId;
}

/// A text that is not 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 32 hex digits")]
pub struct InvalidHex;

/// The claims of one pair of tokens: signed again, it gives the same two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose tokens these are.
    pub user: UserId,
    /// The role when they were made; a label for clients.
    pub role: Role,
    /// The company when they were made; a label for clients.
    pub company: Option<CompanyCode>,
    /// The account's token version when they were made.
    pub version: TokenVersion,
    /// The family the refresh token belongs to.
    pub family: FamilyId,
    /// Id of the access token.
    pub access_id: TokenId,
    /// Id of the refresh token.
    pub refresh_id: TokenId,
    /// Seconds since 1970.
    pub issued_at: i64,
    /// Seconds since 1970; from this second on the access token is expired.
    pub access_expires: i64,
    /// Seconds since 1970; from this second on the refresh token is expired.
    pub refresh_expires: i64,
}

impl Grant {
    /// New claims for a caller that the store has just admitted with this
    /// version.
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
            refresh_expires: now.plus(lifetimes.refresh).seconds(),
        }
    }
}

/// The two texts a client carries. No `Debug`: they are credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// For the `Authorization` header.
    pub access: String,
    /// For one refresh.
    pub refresh: String,
}

/// What a token of the wanted type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub user: UserId,
    /// The version to compare with the account's.
    pub version: TokenVersion,
    /// The token's own id.
    pub id: TokenId,
    /// Seconds since 1970; from this second on it is expired.
    pub expires_at: i64,
}

/// What a refresh token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshClaims {
    /// What every token says.
    pub claims: Claims,
    /// The family it belongs to.
    pub family: FamilyId,
}

/// Why a text is no token of the wanted type. In order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token that this installation signed.
    #[error("token is malformed")]
    Malformed,
    /// Past its time.
    #[error("token has expired")]
    Expired,
    /// A refresh token where an access token is wanted, or the other way round.
    #[error("token has wrong type")]
    WrongType,
}

/// Claims that could not be signed; none are known that cannot.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError(#[source] jsonwebtoken::errors::Error);

/// Signs and verifies tokens; made once, its keys are ready for use.
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
}

impl Signer {
    /// A signer whose key is derived from the installation's secret.
    ///
    /// How long a secret must be is for the configuration to say.
    pub fn new(secret: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key length");
        mac.update(KEY_LABEL);
        let key = mac.finalize().into_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        // Time is an argument here; the library would read the machine's clock.
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
    pub fn sign(&self, grant: &Grant) -> Result<Pair, SignError> {
        let access = Wire::of(grant, Kind::Access);
        let refresh = Wire::of(grant, Kind::Refresh);
        Ok(Pair { access: self.encode(&access)?, refresh: self.encode(&refresh)? })
    }

    /// Reads an access token.
    ///
    /// # Errors
    /// [`TokenError`], in its order.
    pub fn verify_access(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let wire = self.decode(token, now)?;
        match wire.token_type {
            Kind::Access => Ok(wire.claims()),
            Kind::Refresh => Err(TokenError::WrongType),
        }
    }

    /// Reads a refresh token.
    ///
    /// # Errors
    /// [`TokenError`], in its order.
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
        // Any other header was not made here, whatever algorithm it names, and claims that are no
        // object cannot pass for one.
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
