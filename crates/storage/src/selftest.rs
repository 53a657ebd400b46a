//! Tests whether companies are kept apart in this database, for this role.
//!
//! Two synthetic companies are inserted in a transaction that is always rolled back. Their ids are below zero,
//! so that no sequence moves. On PostgreSQL each of them then tries to see, change, delete and insert rows of
//! the other one in every company table. On both databases the ports are called with ids of the other company.
//! Before that the catalogue is read, because a missing policy hides all rows, and so no statement detects it.

mod catalogue;
mod policies;
mod ports;
mod probes;
mod query;
mod reach;
mod rows;

use diesel::connection::SimpleConnection as _;

use crate::{
    conn::{Db, Purpose, open},
    scope::Door,
    target::Target,
};

/// Companies are not kept apart, or that could not be tested.
#[derive(Debug, thiserror::Error)]
pub enum IsolationError {
    /// The connection failed.
    #[error("the database cannot be reached")]
    Unreachable(#[source] diesel::ConnectionError),
    /// The test itself failed.
    #[error("the self-test of isolation could not be run")]
    Failed(#[source] diesel::result::Error),
    /// A port returned an error.
    #[error("the self-test of the doors could not be run")]
    Store(#[source] tenancy::StoreError),
    /// There are gaps. Each text names a table or a role.
    #[error("found {}: {}", .0.len(), .0.join("; "))]
    Gaps(Vec<String>),
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The number of company tables.
    pub tables: usize,
    /// The number of statements that the companies tried on each other; 0 on SQLite, which has no policies.
    pub statements: usize,
    /// The number of calls of ports, with ids of the other company and with the company's own.
    pub calls: usize,
    /// The gaps found. Each text names a table, a role or a port.
    pub gaps: Vec<String>,
}

/// Tests the policies of the database, as every start does. SQLite has none, so nothing is tested there.
///
/// # Errors
/// [`IsolationError`].
pub(crate) fn run(target: &Target) -> Result<(), IsolationError> {
    if matches!(target, Target::Sqlite(_)) {
        return Ok(());
    }
    let mut conn = open(target, Purpose::Write).map_err(IsolationError::Unreachable)?;
    let gaps = catalogue::gaps(&mut conn).map_err(IsolationError::Failed)?;
    refuse(gaps)?;
    let (_, gaps) = rolled_back(&mut conn, probes::gaps).map_err(IsolationError::Failed)?;
    refuse(gaps)
}

fn refuse(gaps: Vec<String>) -> Result<(), IsolationError> {
    if gaps.is_empty() { Ok(()) } else { Err(IsolationError::Gaps(gaps)) }
}

/// Reads the catalogue and tests the ports, and on PostgreSQL also the policies.
///
/// # Errors
/// [`IsolationError`] if the test cannot be run. Gaps are part of the result.
pub(crate) fn inspect(target: &Target) -> Result<Isolation, IsolationError> {
    let mut conn = open(target, Purpose::Write).map_err(IsolationError::Unreachable)?;
    let mut gaps = catalogue::gaps(&mut conn).map_err(IsolationError::Failed)?;
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

/// Inserts the companies, runs a test on them, and rolls everything back. It waits a few seconds for a lock that
/// another transaction holds, such as another server's self-test.
fn rolled_back<T>(conn: &mut Db, test: impl FnOnce(&mut Db) -> diesel::QueryResult<T>) -> diesel::QueryResult<T> {
    conn.begin(if conn.is_postgres() { "BEGIN; SET LOCAL lock_timeout = '5s'" } else { "BEGIN IMMEDIATE" })?;
    let result = fill(conn).and_then(|()| test(conn));
    let ended = conn.rollback();
    let output = result?;
    ended?;
    Ok(output)
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
    // The inserts of staff have enabled login names.
    enter(conn, "SET LOCAL app.logins = 'off'".to_owned())
}
