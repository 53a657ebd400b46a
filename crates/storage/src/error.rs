//! From Diesel's errors to the one opaque error of the ports.

use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use tenancy::{Fault, StoreError};

/// Turns Diesel's results into those of the ports.
pub(crate) trait IntoStoreError<T> {
    /// Wraps the error, classified.
    fn into_store_error(self) -> Result<T, StoreError>;
}

impl<T> IntoStoreError<T> for QueryResult<T> {
    fn into_store_error(self) -> Result<T, StoreError> {
        self.map_err(store_error)
    }
}

/// Wraps an error of Diesel, telling trouble that passes from trouble that stays.
pub(crate) fn store_error(error: Error) -> StoreError {
    StoreError::new(fault(&error), error)
}

/// What libpq and SQLite say when a connection or the machine below is gone:
/// Diesel has no kind for most of it.
const PASSING: [&str; 16] = [
    "server closed the connection",
    "terminating connection",
    "connection to server",
    "no connection to the server",
    "connection not open",
    "could not connect",
    "could not receive data",
    "could not send data",
    "the database system is",
    "too many clients",
    "database is locked",
    "disk is full",
    "disk I/O error",
    "deadlock detected",
    "SSL SYSCALL error",
    "SSL connection has been closed",
];

fn fault(error: &Error) -> Fault {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure,
            _,
        )
        | Error::BrokenTransactionManager => Fault::Unavailable,
        Error::DatabaseError(_, info) if PASSING.iter().any(|words| info.message().contains(words)) => {
            Fault::Unavailable
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => fault(commit_error),
        _ => Fault::Broken,
    }
}

/// A row that does not say what this version of the program understands.
#[derive(Debug, thiserror::Error)]
#[error("a row holds an unknown {0}")]
struct UnknownWord(&'static str);

/// Reads a word of a row, which a check constraint or this program wrote.
pub(crate) fn decode_enum<T>(read: Option<T>, what: &'static str) -> Result<T, StoreError> {
    read.ok_or_else(|| StoreError::new(Fault::Broken, UnknownWord(what)))
}
