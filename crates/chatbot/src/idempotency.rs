//! Idempotency keys: a request that is repeated with the same key is executed once.

use std::net::IpAddr;

use tenancy::{SessionRowId, StoreError, Timestamp};

tenancy::word_enum! {
    /// A side of a session.
    pub enum Side {
        /// The visitor.
        Visitor => "visitor",
        /// Agents and admins of the company.
        Staff => "staff",
    }
}

/// The progress of the request that used an idempotency key first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// The visitor's message is stored and the answer is being composed.
    Running {
        /// After this time a repeated request may finish the work.
        lease_until: Timestamp,
    },
    /// The request was answered.
    Done {
        /// The position of the bot's message, if there is one.
        reply_seq: Option<i64>,
        /// The session's highest position when it was answered.
        last_seq: i64,
    },
}

/// A stored idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// SHA-256 over the parts of the body that a repeated request must not change.
    pub body_hash: [u8; 32],
    /// The position of the message that the first request stored.
    pub seq: i64,
    /// The progress of the first request.
    pub state: ClaimState,
}

/// Idempotency keys of the store's company. They are kept as long as their session.
pub trait IdempotencyKeys {
    /// Returns the claim of an idempotency key, if a request has used it.
    fn claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        idempotency_key: &str,
    ) -> Result<Option<IdempotencyClaim>, StoreError>;

    /// Stores a claim. Returns `false` and changes nothing if there is one already.
    fn insert_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        idempotency_key: &str,
        claim: &IdempotencyClaim,
    ) -> Result<bool, StoreError>;

    /// Changes the state of a stored claim.
    fn update_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        idempotency_key: &str,
        state: ClaimState,
    ) -> Result<(), StoreError>;

    /// Returns the session that a request with this idempotency key from this address created at
    /// `since` or later.
    fn opened(
        &mut self,
        ip: IpAddr,
        idempotency_key: &str,
        since: Timestamp,
    ) -> Result<Option<SessionRowId>, StoreError>;

    /// Records that a request with this idempotency key from this address created the session.
    ///
    /// A record from before `since` is replaced. If there is a later one, returns `false` and
    /// changes nothing.
    fn note_opened(
        &mut self,
        ip: IpAddr,
        idempotency_key: &str,
        session: SessionRowId,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<bool, StoreError>;
}
