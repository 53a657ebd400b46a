//! Refreshing tokens. Each refresh token works once, and using one twice revokes its family.
//!
//! A family is the sequence of token pairs that began with one sign-in. It stores the claims of its
//! newest pair and the id of the refresh token that this pair replaced. A client that lost the reply can
//! therefore repeat the request within [`GRACE`] and gets the same reply, byte for byte, although no
//! token text is stored.

use std::time::Duration;

use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory},
    audit::{Action, AuditActor, Object, Register},
};

use crate::tokens::{FamilyId, Grant, Lifetimes, RefreshClaims, TokenId};

/// How long a spent token still gets the same new pair after its first use.
pub const GRACE: Duration = Duration::from_secs(10);

/// A stored family. Its id is part of the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The claims of the newest pair.
    pub newest: Grant,
    /// When the sign-in was that the family began with, in seconds since 1970.
    pub started_at: i64,
    /// The refresh token that the newest pair replaced; `None` before the first refresh.
    pub spent: Option<SpentToken>,
    /// Whether the family was revoked. None of its tokens work then, access tokens included.
    pub revoked: bool,
}

/// A refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentToken {
    /// The id of the token.
    pub id: TokenId,
    /// When the token was first used.
    pub at: Timestamp,
}

/// How a family answers a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is the newest token, which is unused. Issue a new pair.
    Rotate,
    /// It is the token before the newest, within the grace period, and the newest is unused. Return
    /// the newest pair again.
    Replay,
    /// It was spent earlier, so more than one client has it.
    Reuse,
    /// The family is revoked.
    Invalid,
}

/// The result of a refresh. The transaction commits in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Rotation {
    /// A new pair was issued, and the presented token is spent.
    Fresh(Grant),
    /// The pair that the presented token was exchanged for before is returned again.
    Replayed(Grant),
    /// The token was reused, so its family was revoked and the caller gets an error. This is not an
    /// error here, because an error would roll back the revocation.
    Reused,
}

/// Why a refresh token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The account was not admitted, for example because its tokens were ended. This is checked
    /// before the family.
    #[error("the account was not admitted")]
    Denied(#[source] Denied),
    /// The family was revoked or does not exist, or its sign-in is over.
    #[error("the refresh token is no longer valid")]
    Invalid,
    /// The store failed.
    #[error("the refresh token could not be exchanged")]
    Store(#[from] StoreError),
}

/// Refresh token families. Implemented for the lobby.
pub trait Families {
    /// Returns a family, revoked or not, and locks it (`FOR UPDATE`) until the transaction ends.
    fn family_for_update(&mut self, id: FamilyId) -> Result<Option<Family>, StoreError>;

    /// Stores a new family. It also deletes the families of the same account whose newest tokens have both
    /// expired by `now`: they can never be used again, and the table must not grow without bound.
    fn insert_family(&mut self, family: &Family, now: Timestamp) -> Result<(), StoreError>;

    /// Replaces all values of a stored family except its id.
    fn update_family(&mut self, family: &Family) -> Result<(), StoreError>;

    /// Revokes all families of an account.
    fn revoke_families(&mut self, user: UserId) -> Result<(), StoreError>;
}

impl Family {
    /// Returns the family of a new sign-in.
    pub fn new(grant: Grant) -> Self {
        Self { started_at: grant.issued_at, newest: grant, spent: None, revoked: false }
    }

    /// Returns the first second at which the sign-in is over, in seconds since 1970.
    fn end(&self, lifetimes: Lifetimes) -> i64 {
        self.started_at.saturating_add(i64::try_from(lifetimes.sign_in.as_secs()).unwrap_or(i64::MAX))
    }

    /// Decides how to answer a refresh token of this family.
    ///
    /// The token's signature, expiry and family have been verified. An id that the family does not
    /// store therefore belongs to a token that was spent earlier.
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
    let end = family.end(lifetimes);
    if now.seconds() >= end {
        return Err(RefreshError::Invalid);
    }
    match family.decide(claims.id, now) {
        Decision::Rotate => {
            family.spent = Some(SpentToken { id: claims.id, at: now });
            family.newest = Grant::new(&staff, claims.version, token.family, lifetimes, now).until(end);
            store.update_family(&family)?;
            Ok(Rotation::Fresh(family.newest))
        }
        Decision::Replay => Ok(Rotation::Replayed(family.newest)),
        Decision::Reuse => {
            family.revoked = true;
            store.update_family(&family)?;
            // The caller may be the owner of the account or a thief, so the actor is unknown.
            let object = Object::Account(claims.user);
            store.register(staff.company(), AuditActor::Anonymous, Action::RefreshReused, object);
            Ok(Rotation::Reused)
        }
        Decision::Invalid => Err(RefreshError::Invalid),
    }
}

#[cfg(test)]
mod tests;
