//! Looks whether companies are kept apart in this database, as this role.
//!
//! Two synthetic companies are made in a transaction that is always rolled back. Their ids are below
//! zero, so that no counter moves. On PostgreSQL each then tries to see, change, delete and insert what
//! is the other's, in every company table; on both databases the ports are called with ids of the other.
//! Before that the catalogue is read: a policy that is missing shows nothing, so no statement finds it.

mod policies;
mod ports;
mod probes;
mod rows;
mod walls;

use diesel::connection::SimpleConnection as _;

use crate::{
    conn::{Db, Purpose, open},
    scope::Door,
    target::Target,
};

/// Why it is not certain that companies are kept apart.
#[derive(Debug, thiserror::Error)]
pub enum IsolationError {
    /// No connection.
    #[error("the database cannot be reached")]
    Unreachable(#[source] diesel::ConnectionError),
    /// The test itself failed.
    #[error("the self-test of isolation could not be run")]
    Failed(#[source] diesel::result::Error),
    /// A port failed, instead of answering.
    #[error("the self-test of the doors could not be run")]
    Store(#[source] tenancy::StoreError),
    /// There are gaps. Each names a table or a role.
    #[error("found {}: {}", .0.len(), .0.join("; "))]
    Gaps(Vec<String>),
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// Company tables.
    pub tables: usize,
    /// Statements that two companies tried on each other; none on SQLite, which has no policies.
    pub statements: usize,
    /// Calls of ports with ids of another company, each beside the same call by its owner.
    pub calls: usize,
    /// What is not as it must be, each with the name of a table, role or port.
    pub gaps: Vec<String>,
}

/// The wall of the database alone, as at every start. SQLite has none.
///
/// # Errors
/// [`IsolationError`].
pub(crate) fn run(target: &Target) -> Result<(), IsolationError> {
    if matches!(target, Target::Sqlite(_)) {
        return Ok(());
    }
    let mut conn = open(target, Purpose::Write).map_err(IsolationError::Unreachable)?;
    let gaps = walls::gaps(&mut conn).map_err(IsolationError::Failed)?;
    refuse(gaps)?;
    let (_, gaps) = rolled_back(&mut conn, probes::gaps).map_err(IsolationError::Failed)?;
    refuse(gaps)
}

fn refuse(gaps: Vec<String>) -> Result<(), IsolationError> {
    if gaps.is_empty() { Ok(()) } else { Err(IsolationError::Gaps(gaps)) }
}

/// All walls that this database has, and the ports before them.
///
/// # Errors
/// [`IsolationError`] when the test cannot be run; gaps are part of the report.
pub(crate) fn inspect(target: &Target) -> Result<Isolation, IsolationError> {
    let mut conn = open(target, Purpose::Write).map_err(IsolationError::Unreachable)?;
    let mut gaps = walls::gaps(&mut conn).map_err(IsolationError::Failed)?;
    let mut statements = 0;
    if conn.is_postgres() {
        let (tried, found) = rolled_back(&mut conn, probes::gaps).map_err(IsolationError::Failed)?;
        statements = tried;
        gaps.extend(found);
    }
    let (calls, found) = rolled_back(&mut conn, |conn| Ok(ports::gaps(conn)))
        .map_err(IsolationError::Failed)?
        .map_err(IsolationError::Store)?;
    gaps.extend(found);
    Ok(Isolation { tables: rows::TABLES.len(), statements, calls, gaps })
}

/// Makes the companies and runs a test on them, and leaves nothing. A lock that somebody holds, such
/// as another server's self-test, is waited for a moment.
fn rolled_back<T>(conn: &mut Db, test: impl FnOnce(&mut Db) -> diesel::QueryResult<T>) -> diesel::QueryResult<T> {
    conn.begin(if conn.is_postgres() { "BEGIN; SET LOCAL lock_timeout = '5s'" } else { "BEGIN IMMEDIATE" })?;
    let done = fill(conn).and_then(|()| test(conn));
    let ended = conn.rollback();
    let done = done?;
    ended?;
    Ok(done)
}

fn fill(conn: &mut Db) -> diesel::QueryResult<()> {
    let dialect = if conn.is_postgres() { rows::POSTGRES } else { rows::SQLITE };
    let enter = |conn: &mut Db, settings: String| {
        if conn.is_postgres() { conn.batch_execute(&settings) } else { Ok(()) }
    };
    for number in 0..rows::CODES.len() {
        for row in rows::OTHERS {
            enter(conn, format!("SET LOCAL app.door = '{}'", row.door))?;
            conn.batch_execute(&row.insert(dialect, number))?;
        }
        for table in rows::TABLES.iter().filter(|table| table.is_companies()) {
            enter(conn, Door::Platform.settings())?;
            conn.batch_execute(&table.insert(dialect, number))?;
        }
        if let Some(code) = rows::codes().get(number) {
            enter(conn, Door::Company(*code).settings())?;
        }
        let inside = rows::TABLES.iter().filter(|table| !table.is_companies());
        let inserts: Vec<_> = inside.map(|table| table.insert(dialect, number)).collect();
        conn.batch_execute(&inserts.join("; "))?;
    }
    // On since staff was made.
    enter(conn, "SET LOCAL app.logins = 'off'".to_owned())
}
