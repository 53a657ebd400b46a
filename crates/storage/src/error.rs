//! Turns Diesel's errors into the one opaque error of the ports.

use std::cell::Cell;

use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use tenancy::{Fault, StoreError};

/// Turns Diesel's results into results of the ports.
pub(crate) trait IntoStoreError<T> {
    /// Wraps the error with its fault.
    fn into_store_error(self) -> Result<T, StoreError>;
}

impl<T> IntoStoreError<T> for QueryResult<T> {
    fn into_store_error(self) -> Result<T, StoreError> {
        self.map_err(store_error)
    }
}

/// Wraps an error of Diesel, and classifies it as passing or permanent.
pub(crate) fn store_error(error: Error) -> StoreError {
    let message = if let Error::DatabaseError(_, info) = &error { info.message() } else { "" };
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let before = SEEN.get();
    SEEN.set(Seen { is_blocked: before.is_blocked || has(&BLOCKED), is_damaged: before.is_damaged || has(&DAMAGED) });
    StoreError::new(fault(&error), error)
}

/// What the errors that were wrapped on a thread say about the database.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// A lock was not released in time.
    pub(crate) is_blocked: bool,
    /// The file is damaged.
    pub(crate) is_damaged: bool,
}

thread_local! {
    /// Jobs wrap errors into types of their own, in which a lane cannot look for the cause.
    static SEEN: Cell<Seen> = const { Cell::new(Seen { is_blocked: false, is_damaged: false }) };
}

/// Returns what was seen on this thread since the last call.
pub(crate) fn take_seen() -> Seen {
    SEEN.take()
}

/// Parts of messages about locks that were not released in time.
const BLOCKED: [&str; 3] =
    ["database is locked", "canceling statement due to lock timeout", "canceling statement due to statement timeout"];

/// Parts of messages with which the databases report a damaged file.
const DAMAGED: [&str; 5] = [
    "database disk image is malformed",
    "file is not a database",
    "malformed database schema",
    "invalid page in block",
    "could not read block",
];

/// Parts of messages with which libpq and SQLite report a lost connection or a failure of the machine. Diesel
/// has no error kind for most of them.
const PASSING: [&str; 18] = [
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
    "canceling statement due to lock timeout",
    "canceling statement due to statement timeout",
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
        Error::DatabaseError(_, info) if PASSING.iter().any(|part| info.message().contains(part)) => Fault::Unavailable,
        Error::RollbackErrorOnCommit { commit_error, .. } => fault(commit_error),
        _ => Fault::Broken,
    }
}

/// A row holds a value that this version of the program does not know.
#[derive(Debug, thiserror::Error)]
#[error("a row holds an unknown {0}")]
struct UnknownValue(&'static str);

/// Unwraps a value that was read from a column. If it could not be parsed, the error names `what` it should be.
pub(crate) fn decode_enum<T>(read: Option<T>, what: &'static str) -> Result<T, StoreError> {
    read.ok_or_else(|| StoreError::new(Fault::Broken, UnknownValue(what)))
}
