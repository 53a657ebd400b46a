//! Why a turn fails.

use tenancy::{AttachmentId, StoreError};

/// Why a turn was not stored.
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
    /// Another call used the idempotency key or deleted the session meanwhile. The
    /// turn has to begin again.
    #[error("another call came first")]
    Raced,
    /// The rows changed before each of [`MAX_ATTEMPTS`](super::MAX_ATTEMPTS)
    /// commits. Only callers use it.
    #[error("the session kept changing")]
    Busy,
    /// The store failed.
    #[error("the turn could not be stored")]
    Store(#[from] StoreError),
}
