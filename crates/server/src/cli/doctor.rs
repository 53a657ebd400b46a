//! `switchboard doctor`.

use storage::{Database, Target};

use super::{Failure, must_exist};
use crate::config::Settings;

#[derive(Debug, thiserror::Error)]
#[error("companies are not kept apart: found {0}")]
struct Gaps(usize);

/// Runs all tests, which at present are those of isolation.
pub(super) fn all(settings: Settings) -> Result<(), Failure> {
    isolation(settings)
}

/// Tests the isolation of companies in the configured database, as the server's role, and prints
/// the results. Nothing is committed.
pub(super) fn isolation(settings: Settings) -> Result<(), Failure> {
    let (database, _) = settings.complete()?.inspect()?;
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
