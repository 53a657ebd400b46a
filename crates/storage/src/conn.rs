//! One connection type over both databases.

use std::time::Duration;

use diesel::{
    ConnectionError,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    prelude::*,
    result::{ConnectionResult, QueryResult},
};

use crate::target::{Durability, SqliteTarget, Target};

pub(crate) use derived::Db;

#[expect(
    clippy::disallowed_methods,
    reason = "the derived `establish` calls those of both databases, but it is never called"
)]
mod derived {
    /// A connection to either database.
    ///
    /// Opened by [`open`](super::open) only. The derived `establish` tries one database after the other, and
    /// SQLite accepts any text as a file name.
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

/// Runs an expression on the inner connection: for statements that the derived connection has no types for (batch inserts,
/// `FOR UPDATE`), and for those of most requests. The derived connection writes the text of a statement anew, twice,
/// each time that it runs one, which costs as much as running a short one.
macro_rules! each_db {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::conn::Db::Pg($c) => $body,
            $crate::conn::Db::Sqlite($c) => $body,
        }
    };
}
pub(crate) use each_db;

/// How long SQLite waits for another connection to release its lock.
const BUSY: Duration = Duration::from_secs(5);

/// What a SQLite connection will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading. Writing through the connection is an error.
    Read,
    /// Reading and writing.
    Write,
}

/// Opens a connection to the target.
pub(crate) fn open(target: &Target, purpose: Purpose) -> ConnectionResult<Db> {
    open_within(target, purpose, BUSY)
}

/// As [`open`], with another time that SQLite waits for a lock.
#[expect(clippy::disallowed_methods, reason = "the one place where connections are opened")]
pub(crate) fn open_within(target: &Target, purpose: Purpose, busy: Duration) -> ConnectionResult<Db> {
    match target {
        Target::Postgres(url) => diesel::PgConnection::establish(url.as_str()).map(Db::Pg),
        Target::Sqlite(sqlite) => {
            #[cfg(unix)]
            if purpose == Purpose::Write {
                make_private(&sqlite.path);
            }
            let named = |error| match error {
                ConnectionError::BadConnection(why) => {
                    ConnectionError::BadConnection(format!("{}: {why}", sqlite.path.display()))
                }
                other => other,
            };
            let mut conn = diesel::SqliteConnection::establish(&sqlite.path.to_string_lossy()).map_err(named)?;
            conn.batch_execute(&pragmas(sqlite, purpose, busy)).map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(Db::Sqlite(conn))
        }
    }
}

/// Creates the file, if it does not exist, with access for its owner only. SQLite gives the same mode to the files
/// that it creates next to it. Errors are ignored, because SQLite reports them when it opens the file.
#[cfg(unix)]
fn make_private(path: &std::path::Path) {
    use std::os::unix::fs::OpenOptionsExt as _;

    // SQLite does not take these for file names.
    let text = path.to_string_lossy();
    if !text.starts_with("file:") && !text.starts_with(':') {
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}

/// Returns the statements that set a connection up. `busy_timeout` comes first, because the others may have to
/// wait.
fn pragmas(sqlite: &SqliteTarget, purpose: Purpose, busy: Duration) -> String {
    let synchronous = match sqlite.durability {
        Durability::Full => "FULL",
        Durability::Off => "OFF",
    };
    // The journal mode is stored in the file, and a reader must not write even that.
    // Only a writer frees pages, which `secure_delete` overwrites with zeros.
    let (query_only, journal) = match purpose {
        Purpose::Read => ("ON", ""),
        Purpose::Write => ("OFF", "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON;"),
    };
    format!(
        "PRAGMA busy_timeout = {}; {journal} PRAGMA foreign_keys = ON; \
         PRAGMA synchronous = {synchronous}; PRAGMA query_only = {query_only};",
        busy.as_millis()
    )
}

impl Db {
    /// Begins a transaction with the given statement. On PostgreSQL settings may follow it, in the same round
    /// trip.
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

    /// Returns how many transactions and savepoints are open, or `None` once the transaction manager is broken and
    /// the connection must not be used again.
    pub(crate) fn depth(&mut self) -> Option<u32> {
        let status = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self);
        match status.transaction_depth() {
            Ok(depth) => Some(depth.map_or(0, std::num::NonZero::get)),
            Err(_) => None,
        }
    }

    /// Returns whether this is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Pg(_))
    }
}
