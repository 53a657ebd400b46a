//! Copies a SQLite database while it is in use.

use std::{fs::File, io, path::Path};

use diesel::{ConnectionError, RunQueryDsl as _, sql_types::Text};

use crate::{
    conn::{Db, Purpose, open},
    target::Target,
};

/// The database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is on PostgreSQL, which has its own programs for this.
    #[error("a PostgreSQL database is saved with pg_dump")]
    Postgres,
    /// The path is not UTF-8, which SQLite requires.
    #[error("the path of the copy is not UTF-8")]
    Path,
    /// The connection failed.
    #[error("the database cannot be opened")]
    Unreachable(#[source] ConnectionError),
    /// Reading failed, or there is no space for the copy.
    #[error("the database could not be copied")]
    Failed(#[source] diesel::result::Error),
    /// The copy was written but may not be on the disk.
    #[error("the copy could not be synced to the disk")]
    Sync(#[source] io::Error),
}

/// Copies the state of the database at one moment into a file that is new or empty. Other readers and writers
/// do not wait for it.
///
/// # Errors
/// [`BackupError`]. A partial file may remain.
pub fn save(target: &Target, copy: &Path) -> Result<(), BackupError> {
    if matches!(target, Target::Postgres(_)) {
        return Err(BackupError::Postgres);
    }
    let path = copy.to_str().ok_or(BackupError::Path)?;
    // Opened for writing, because `query_only` would forbid the statements that fill the copy.
    let mut conn = open(target, Purpose::Write).map_err(BackupError::Unreachable)?;
    if let Db::Sqlite(conn) = &mut conn {
        // SQLite's backup API would start over whenever another process writes.
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(conn).map_err(BackupError::Failed)?;
    }
    // `VACUUM INTO` does not sync the file.
    File::open(copy).and_then(|file| file.sync_all()).map_err(BackupError::Sync)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::Database, testing::Scratch};

    #[test]
    fn a_copy_is_whole_while_the_database_is_open() {
        let scratch = Scratch::sqlite();
        let db = scratch.open();
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("it's a copy.db");
        save(&scratch.options.target, &copy).unwrap();
        drop(db);
        let copied = Target::sqlite(&copy);
        Database::check_schema(&copied).unwrap();
        assert!(
            matches!(save(&scratch.options.target, &copy), Err(BackupError::Failed(_))),
            "the copy was overwritten"
        );
    }

    #[test]
    fn a_postgres_database_is_left_to_its_own_programs() {
        let target = Target::parse("postgres://app@localhost/db").unwrap();
        assert!(matches!(save(&target, Path::new("x")), Err(BackupError::Postgres)));
    }
}
