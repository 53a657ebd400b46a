//! Refreshing: each refresh token works once, and using one twice ends them all.
//!
//! A family is the chain of pairs that began with one sign-in. It remembers the
//! claims of its newest pair and which token that pair replaced, so a reply that
//! got lost within [`GRACE`] can be given again, byte for byte, without any token
//! text being stored.

use std::time::Duration;

use tenancy::{
    StoreError, Timestamp,
    access::{self, Denied, Directory},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    ports::Families,
    tokens::{Grant, Lifetimes, RefreshClaims, TokenId},
};

/// How long after its first use a spent token still gets the same new pair.
pub const GRACE: Duration = Duration::from_secs(10);

/// A stored family; its id is its grant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The claims of the newest pair.
    pub newest: Grant,
    /// The refresh token that the newest pair replaced; none before the first
    /// refresh.
    pub spent: Option<Spent>,
    /// Whether reuse was detected: no token of it works any more.
    pub revoked: bool,
}

/// A refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Its id.
    pub id: TokenId,
    /// When it was first used.
    pub at: Timestamp,
}

/// What presenting a refresh token amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The newest token, first use: make a new pair.
    Rotate,
    /// The token before it, within the grace period, and the newest is unused:
    /// give the newest pair again.
    Replay,
    /// A token that was spent before that: somebody has a copy.
    Reuse,
    /// The family is revoked.
    Invalid,
}

/// What became of a refresh; every variant has changes to commit or none to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Rotation {
    /// A new pair; the presented token is spent.
    Fresh(Grant),
    /// The pair that the presented token was exchanged for before.
    Replayed(Grant),
    /// Reuse: the family is revoked now, and the caller is refused. Not an
    /// error, because an error would roll the revocation back.
    Reused,
}

/// Why a refresh token is refused.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The account may not act, or has ended its tokens. Looked at first.
    #[error("the account was not admitted")]
    Denied(#[source] Denied),
    /// The family is revoked or gone.
    #[error("the refresh token is not valid any more")]
    Invalid,
    /// The store failed.
    #[error("the refresh token could not be exchanged")]
    Store(#[from] StoreError),
}

impl Family {
    /// The family of a new sign-in.
    pub fn new(grant: Grant) -> Self {
        Self { newest: grant, spent: None, revoked: false }
    }

    /// Decides what presenting a token of this family amounts to.
    ///
    /// The token's signature, expiry and family were verified, so an id that the
    /// family does not remember is one that it has forgotten: spent longer ago.
    pub fn decide(&self, presented: TokenId, now: Timestamp) -> Decision {
        if self.revoked {
            return Decision::Invalid;
        }
        if presented == self.newest.refresh_id {
            return Decision::Rotate;
        }
        match self.spent {
            Some(spent) if spent.id == presented && now.since(spent.at) <= GRACE => Decision::Replay,
            _ => Decision::Reuse,
        }
    }
}

/// Exchanges a verified refresh token for a new pair, in one lobby write.
///
/// # Errors
/// [`RefreshError`]; nothing has changed then.
pub fn rotate<S>(
    store: &mut S,
    token: &RefreshClaims,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Result<Rotation, RefreshError>
where
    S: Families + Directory + Register,
{
    let claims = &token.claims;
    let staff = access::staff(store, claims.user, claims.version).map_err(|denied| match denied {
        Denied::Store(error) => RefreshError::Store(error),
        denied => RefreshError::Denied(denied),
    })?;
    let mut family = store
        .family_for_update(token.family)?
        .filter(|family| family.newest.user == claims.user)
        .ok_or(RefreshError::Invalid)?;
    match family.decide(claims.id, now) {
        Decision::Rotate => {
            family.spent = Some(Spent { id: claims.id, at: now });
            family.newest = Grant::new(&staff, claims.version, token.family, lifetimes, now);
            store.update_family(&family)?;
            Ok(Rotation::Fresh(family.newest))
        }
        Decision::Replay => Ok(Rotation::Replayed(family.newest)),
        Decision::Reuse => {
            family.revoked = true;
            store.update_family(&family)?;
            // Either of two holders may be the account's own.
            let object = Object::Account(claims.user);
            store.register(staff.company(), AuditActor::Nobody, Action::RefreshReused, object);
            Ok(Rotation::Reused)
        }
        Decision::Invalid => Err(RefreshError::Invalid),
    }
}

#[cfg(test)]
mod tests;
