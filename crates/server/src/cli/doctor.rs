//! `switchboard doctor`.

use storage::{Database, Target};

use super::{Failure, must_exist};
use crate::config::Settings;

#[derive(Debug, thiserror::Error)]
#[error("companies are not kept apart: found {0}")]
struct Gaps(usize);

/// Tries the walls between companies of the configured database, as the server's role, and prints
/// what was found. Nothing that it makes is committed.
pub(super) fn isolation(settings: Settings) -> Result<(), Failure> {
    let (database, _) = settings.complete()?.inspect()?;
    must_exist(&database)?;
    Database::check_schema(&database)?;
    let found = Database::inspect_isolation(&database)?;
    match database {
        Target::Sqlite(_) => {
            println!("SQLite has no row-level security; companies are kept apart by stores and by keys:");
            println!("- {} tables of companies, whose keys name the company", found.tables);
        }
        Target::Postgres(_) => {
            println!("PostgreSQL keeps companies apart by row-level security, under stores and keys:");
            println!("- {} tables of companies, their policies, keys and owner", found.tables);
            println!("- {} statements that two made-up companies tried on each other", found.statements);
        }
    }
    println!("- {} calls of ports by two made-up companies, with their own ids and with the other's", found.calls);
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
