//! Tickets: opaque stand-ins for an access token, for a socket's query string.
//!
//! A ticket works once and for [`LIFE`]. It carries nothing; what it stands for
//! is stored under its digest, so that the stored rows open nothing.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Staff, TokenVersion},
};

use crate::{ports::Tickets, tokens::Claims};

/// How long a ticket can be redeemed.
pub const LIFE: Duration = Duration::from_secs(60);

/// A ticket as its holder carries it: 256 random bits in 43 characters of base64url.
///
/// It has no dot, so it cannot be taken for a token.
pub struct Ticket(SecretString);

impl Ticket {
    fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into())
    }

    /// The readable text, to be shown this once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The digest that a ticket is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketHash([u8; 32]);

impl TicketHash {
    /// The digest of a text, whether or not it is a ticket.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The bytes, as rows hold them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a ticket stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketRecord {
    /// Whose ticket it is.
    pub user: UserId,
    /// The version of the token it stands in for.
    pub version: TokenVersion,
    /// From this moment on it is void.
    pub expires_at: Timestamp,
}

/// What presenting a ticket amounts to. Not an error where it is refused, because an error would
/// bring the used ticket back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Redemption {
    /// Its holder may act.
    Admitted {
        /// The holder, as the store knows it now.
        staff: Staff,
        /// The version the ticket was issued for, which is the account's.
        version: TokenVersion,
    },
    /// No such ticket, used, expired, or its account may not act any more.
    Refused,
}

/// Issues a ticket to the holder of a verified access token, in one lobby write.
///
/// The holder is admitted in the same step: a token that has been ended meanwhile gets none.
///
/// # Errors
/// [`Denied`]; nothing has changed then.
pub fn issue<S>(store: &mut S, claims: &Claims, now: Timestamp) -> Result<Ticket, Denied>
where
    S: Tickets + Directory,
{
    let staff = access::staff(store, claims.user, claims.version)?;
    let ticket = Ticket::random();
    let stub = TicketRecord { user: staff.user(), version: claims.version, expires_at: now.plus(LIFE) };
    store.insert_ticket(TicketHash::of(ticket.expose()), &stub, now)?;
    Ok(ticket)
}

/// Uses a ticket up, in one lobby write, and admits its holder.
///
/// # Errors
/// Only when the store fails.
pub fn redeem<S>(store: &mut S, text: &str, now: Timestamp) -> Result<Redemption, StoreError>
where
    S: Tickets + Directory,
{
    let Some(stub) = store.take_ticket(TicketHash::of(text))?.filter(|stub| stub.expires_at > now) else {
        return Ok(Redemption::Refused);
    };
    match access::staff(store, stub.user, stub.version) {
        Ok(staff) => Ok(Redemption::Admitted { staff, version: stub.version }),
        Err(Denied::Gone | Denied::Inactive | Denied::Outdated) => Ok(Redemption::Refused),
        Err(Denied::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
