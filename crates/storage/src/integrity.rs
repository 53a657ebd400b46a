//! Runs SQLite's own check of a database file.

use diesel::{ConnectionError, QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};

use crate::{
    conn::{Db, Purpose, open},
    target::Target,
};

/// The file is damaged, or could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// The connection failed.
    #[error("the database cannot be opened")]
    Unreachable(#[source] ConnectionError),
    /// The check itself failed, because the file is damaged or cannot be read.
    #[error("the database file is damaged or cannot be read; restore a backup")]
    Unreadable(#[source] diesel::result::Error),
    /// SQLite found damage.
    #[error("the database file is damaged; restore a backup: {0}")]
    Damaged(String),
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Checks a SQLite file page by page, and unless `is_quick` also its indexes against their tables.
///
/// It reads the whole file, while others may write. PostgreSQL verifies its pages as it reads them, so there is
/// nothing to do.
///
/// # Errors
/// [`IntegrityError`].
pub fn check(target: &Target, is_quick: bool) -> Result<(), IntegrityError> {
    if matches!(target, Target::Postgres(_)) {
        return Ok(());
    }
    let mut conn = open(target, Purpose::Read).map_err(|error| match error {
        ConnectionError::CouldntSetupConfiguration(error) => IntegrityError::Unreadable(error),
        error => IntegrityError::Unreachable(error),
    })?;
    let Db::Sqlite(conn) = &mut conn else { return Ok(()) };
    let pragma = if is_quick { "pragma_quick_check" } else { "pragma_integrity_check" };
    let column = if is_quick { "quick_check" } else { "integrity_check" };
    let query = sql_query(format!("SELECT {column} AS finding FROM {pragma} LIMIT 1"));
    let findings: Vec<Finding> = query.load(conn).map_err(IntegrityError::Unreadable)?;
    match findings.into_iter().next() {
        Some(Finding { finding }) if finding != "ok" => Err(IntegrityError::Damaged(finding)),
        _ => Ok(()),
    }
}
