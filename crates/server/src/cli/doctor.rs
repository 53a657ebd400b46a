//! `switchboard doctor`.

use storage::{Database, Target};

use super::{Failure, must_exist};
use crate::{blobs::block_on, config::Settings, orphans};

#[derive(Debug, thiserror::Error)]
#[error("companies are not kept apart: found {0}")]
struct Gaps(usize);

/// Runs all tests, and reports the files that [`blobs`] finds without deleting them.
pub(super) fn all(settings: Settings) -> Result<(), Failure> {
    isolation(settings.clone())?;
    blobs(settings, false)
}

#[derive(Debug, thiserror::Error)]
#[error("the database does not know {0} uploaded files; --delete removes them")]
struct Orphans(usize);

/// Lists, and deletes if asked to, the uploaded files that have no row.
pub(super) fn blobs(settings: Settings, delete: bool) -> Result<(), Failure> {
    let place = settings.blobs()?;
    let (database, _) = settings.inspect()?;
    must_exist(&database)?;
    Database::check_schema(&database)?;
    place.check()?;
    let found = orphans::find(&database, &place)?;
    let blobs = place.open_beside()?;
    for orphan in &found {
        println!("not in the database: {} ({} bytes)", orphan.key.as_str(), orphan.size);
        if delete {
            block_on(blobs.delete(&orphan.key))??;
        }
    }
    match (found.len(), delete) {
        (0, _) => println!("every uploaded file is in the database"),
        (count, true) => println!("deleted {count} files"),
        (count, false) => return Err(Orphans(count).into()),
    }
    Ok(())
}

/// Tests the isolation of companies in the configured database, as the server's role, and prints
/// the results. Nothing is committed.
pub(super) fn isolation(settings: Settings) -> Result<(), Failure> {
    let (database, _) = settings.inspect()?;
    must_exist(&database)?;
    Database::check_schema(&database)?;
    let found = Database::inspect_isolation(&database)?;
    match database {
        Target::Sqlite(_) => {
            println!("SQLite has no row-level security; stores and composite keys keep companies apart:");
            println!("- {} company tables, whose keys include the company", found.tables);
        }
        Target::Postgres(_) => {
            println!(
                "PostgreSQL keeps companies apart with row-level security, in addition to stores and composite keys:"
            );
            println!("- {} company tables, with their policies, keys and owner", found.tables);
            println!("- {} statements that two test companies tried on each other", found.statements);
        }
    }
    println!("- {} port calls of two test companies, with their own ids and with each other's", found.calls);
    for gap in &found.gaps {
        println!("gap: {gap}");
    }
    if found.gaps.is_empty() {
        println!("no gaps");
        Ok(())
    } else {
        Err(Gaps(found.gaps.len()).into())
    }
}
