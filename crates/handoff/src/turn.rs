//! One chat turn: a visitor writes, the bot answers or stays silent.
//!
//! The turn is a chain of steps, so that nothing slow happens in a transaction:
//!
//! ```text
//! begin (read) -> Pending -> look up knowledge, if wanted -> commit (write) -> Exchange
//!                    ^                                          |      |
//!                    +------------ the rows moved --------------+      +-> Composing -> ask the model -> finish (write) -> Exchange
//! ```
//!
//! `commit` compares the rows with what the plan stood on. If they moved it
//! plans again under the session's lock, and goes back to the caller only if
//! that plan wants knowledge that has to be looked up anew. The caller bounds
//! the chain by [`MAX_ATTEMPTS`] commits and then gives up with
//! [`TurnError::Busy`].

mod ask;
mod begin;
mod commit;
mod compose;
mod exchange;
mod pending;

use std::time::Duration;

use tenancy::{AttachmentId, StoreError};

pub use ask::Ask;
pub use begin::{Begun, begin};
pub use commit::{Committed, commit};
pub use compose::{Composing, finish};
pub use exchange::Exchange;
pub use pending::Pending;

/// How many commits a caller tries before it gives up.
pub const MAX_ATTEMPTS: usize = 5;

/// How long a model may compose before a repeat may finish the turn without it.
pub const LEASE: Duration = Duration::from_secs(30);

/// For how long a key finds the session that its first use made.
const OPENING_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Why a turn did not happen.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// Neither text nor files.
    #[error("neither text nor attachments were sent")]
    Empty,
    /// Not a file of this session.
    #[error("unknown attachment: {0}")]
    UnknownAttachment(AttachmentId),
    /// The idempotency key was used for another body.
    #[error("the idempotency key was used for another message")]
    KeyReused,
    /// Another call used the key or deleted the session meanwhile: the turn has
    /// to begin again.
    #[error("another call came first")]
    Raced,
    /// The rows kept moving; callers give up with it after [`MAX_ATTEMPTS`].
    #[error("the session kept changing")]
    Busy,
    /// The store failed.
    #[error("the turn could not be stored")]
    Store(#[from] StoreError),
}
