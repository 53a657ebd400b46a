//! One connection type over both databases.

use std::time::Duration;

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    prelude::*,
    result::{ConnectionResult, QueryResult},
};

use crate::target::{Durability, SqliteTarget, Target};

pub(crate) use derived::Db;

#[expect(clippy::disallowed_methods, reason = "the derived `establish` calls those of both databases; nobody calls it")]
mod derived {
    /// A connection to either database.
    ///
    /// Opened by [`open`](super::open) only: the derived `establish` guesses the
    /// database by trying, and SQLite takes any text for a file name.
    #[derive(diesel::MultiConnection)]
    pub enum Db {
        /// PostgreSQL.
        Pg(diesel::PgConnection),
        /// SQLite.
        Sqlite(diesel::SqliteConnection),
    }
}

/// The backend of [`Db`].
pub(crate) type AnyBackend = <Db as Connection>::Backend;

/// Runs an expression on the inner connection, for statements that the
/// derived connection cannot type (batch inserts, `FOR UPDATE`).
macro_rules! each_db {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::conn::Db::Pg($c) => $body,
            $crate::conn::Db::Sqlite($c) => $body,
        }
    };
}
pub(crate) use each_db;

/// How long SQLite waits for another process to release the file.
const BUSY: Duration = Duration::from_secs(5);

/// What a SQLite connection will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads only; writing through it is an error.
    Read,
    /// Reads and writes.
    Write,
}

/// Opens a connection to the target.
#[expect(clippy::disallowed_methods, reason = "the one place where connections are opened")]
pub(crate) fn open(target: &Target, purpose: Purpose) -> ConnectionResult<Db> {
    match target {
        Target::Postgres(url) => diesel::PgConnection::establish(url.as_str()).map(Db::Pg),
        Target::Sqlite(sqlite) => {
            #[cfg(unix)]
            if purpose == Purpose::Write {
                make_private(&sqlite.path);
            }
            let mut conn = diesel::SqliteConnection::establish(&sqlite.path.to_string_lossy())?;
            conn.batch_execute(&pragmas(sqlite, purpose))
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(Db::Sqlite(conn))
        }
    }
}

/// Makes the file, if there is none, for its owner alone; the files that SQLite makes beside it get its
/// mode. What goes wrong here goes wrong again when SQLite opens it, which says so.
#[cfg(unix)]
fn make_private(path: &std::path::Path) {
    use std::os::unix::fs::OpenOptionsExt as _;

    // What SQLite does not take for the name of a file.
    let text = path.to_string_lossy();
    if !text.starts_with("file:") && !text.starts_with(':') {
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}

/// `busy_timeout` stands first: the others may already have to wait.
fn pragmas(sqlite: &SqliteTarget, purpose: Purpose) -> String {
    let synchronous = match sqlite.durability {
        Durability::Full => "FULL",
        Durability::Off => "OFF",
    };
    // The journal mode stays with the file; a reader must not write even that.
    let (query_only, journal) = match purpose {
        Purpose::Read => ("ON", ""),
        Purpose::Write => ("OFF", "PRAGMA journal_mode = WAL;"),
    };
    format!(
        "PRAGMA busy_timeout = {}; {journal} PRAGMA foreign_keys = ON; \
         PRAGMA synchronous = {synchronous}; PRAGMA query_only = {query_only};",
        BUSY.as_millis()
    )
}

impl Db {
    /// Begins a transaction with the given statement, which on PostgreSQL may be
    /// followed by settings in the same round trip.
    pub(crate) fn begin(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sql),
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sql),
        }
    }

    /// Begins a savepoint inside the transaction, named by its depth.
    pub(crate) fn savepoint(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::begin_transaction(self)
    }

    /// Commits the innermost transaction or savepoint.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::commit_transaction(self)
    }

    /// Rolls the innermost transaction or savepoint back.
    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::rollback_transaction(self)
    }

    /// How many transactions and savepoints are open; `None` once the
    /// connection has lost count and must not be used again.
    pub(crate) fn depth(&mut self) -> Option<u32> {
        let status = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self);
        match status.transaction_depth() {
            Ok(depth) => Some(depth.map_or(0, std::num::NonZero::get)),
            Err(_) => None,
        }
    }

    /// Whether this is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Pg(_))
    }
}
