//! Tickets: opaque, short-lived replacements for an access token in the query string of a socket.
//!
//! A ticket works once, and for [`LIFE`]. It carries no data. Its record is stored under its digest, so
//! that tickets cannot be taken from the stored rows.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Staff, TokenVersion},
};

use crate::tokens::{AccessClaims, FamilyId};

/// How long a ticket can be redeemed.
pub const LIFE: Duration = Duration::from_secs(60);

/// The text of a ticket: 256 random bits in 43 characters of base64url.
///
/// It has no dot, so it cannot be mistaken for a token.
pub struct Ticket(SecretString);

impl Ticket {
    fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into())
    }

    /// Returns the readable text, which is shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The digest that a ticket is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketHash([u8; 32]);

impl TicketHash {
    /// Returns the digest of a text, whether or not it is a ticket.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Returns the bytes, as stored in rows.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is stored of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketRecord {
    /// The account that the ticket was issued to.
    pub user: UserId,
    /// The version of the access token that the ticket replaces.
    pub version: TokenVersion,
    /// The family of that token.
    pub family: Option<FamilyId>,
    /// From this moment on, the ticket is expired.
    pub expires_at: Timestamp,
}

/// The result of redeeming a ticket. A refusal is not an error, because an error would roll back the
/// deletion of the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Redemption {
    /// The caller is admitted.
    Admitted {
        /// The caller.
        staff: Staff,
        /// The version that the ticket was issued for, which is the account's current one.
        version: TokenVersion,
        /// The family of the token that the ticket replaced.
        family: Option<FamilyId>,
    },
    /// The ticket does not exist, was used or has expired, or its account is no longer admitted.
    Refused,
}

/// Tickets that were issued and not used. Implemented for the lobby.
pub trait Tickets {
    /// Stores a ticket, and deletes the tickets of the same account that have expired by `now`.
    fn insert_ticket(&mut self, hash: TicketHash, ticket: &TicketRecord, now: Timestamp) -> Result<(), StoreError>;

    /// Deletes a ticket, expired or not, and returns its record. Of two concurrent calls only one gets
    /// it.
    fn take_ticket(&mut self, hash: TicketHash) -> Result<Option<TicketRecord>, StoreError>;
}

/// Issues a ticket to the bearer of a verified access token, in one lobby write.
///
/// The bearer is admitted in the same step, so a token that has been ended gets no ticket.
///
/// # Errors
/// [`Denied`]; nothing has changed then.
pub fn issue<S>(store: &mut S, token: &AccessClaims, now: Timestamp) -> Result<Ticket, Denied>
where
    S: Tickets + Directory,
{
    let AccessClaims { claims, family } = token;
    let staff = access::bearer(store, claims.user, claims.version, *family)?;
    let ticket = Ticket::random();
    let record =
        TicketRecord { user: staff.user(), version: claims.version, family: *family, expires_at: now.plus(LIFE) };
    store.insert_ticket(TicketHash::of(ticket.expose()), &record, now)?;
    Ok(ticket)
}

/// Redeems a ticket, in one lobby write, and admits its bearer.
///
/// # Errors
/// Fails only when the store fails.
pub fn redeem<S>(store: &mut S, text: &str, now: Timestamp) -> Result<Redemption, StoreError>
where
    S: Tickets + Directory,
{
    let Some(record) = store.take_ticket(TicketHash::of(text))?.filter(|record| record.expires_at > now) else {
        return Ok(Redemption::Refused);
    };
    match access::bearer(store, record.user, record.version, record.family) {
        Ok(staff) => Ok(Redemption::Admitted { staff, version: record.version, family: record.family }),
        Err(Denied::Gone | Denied::Inactive | Denied::Outdated) => Ok(Redemption::Refused),
        Err(Denied::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
