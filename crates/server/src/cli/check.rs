//! `switchboard check`.

use std::{fs, sync::Arc};

use secrecy::{ExposeSecret as _, SecretSlice};
use storage::{Database, Recorder, Target, integrity};

use super::{Failure, must_exist};
use crate::{clock::SystemClock, config::Settings};

/// From this size on, the command says how long reading the file may take.
const SLOW_MIB: u64 = 256;

#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("there is no secret yet that an audit log could have been written with")]
    NoSecret,
    #[error("the audit log is not whole: broken chains {broken} of {chains}")]
    Broken { broken: u64, chains: u64 },
}

/// Checks the configuration and the database without changing anything.
///
/// It does not use the owner's connection, because opening with an owner migrates.
pub(super) fn check(settings: Settings, audit: bool, quick: bool) -> Result<(), Failure> {
    let (database, secret) = settings.complete()?.inspect()?;
    must_exist(&database)?;
    if let Target::Sqlite(sqlite) = &database {
        let mib = fs::metadata(&sqlite.path)?.len() >> 20;
        if mib >= SLOW_MIB {
            eprintln!("reading the whole file of {mib} MiB; this takes up to a minute per GiB, and less with --quick");
        }
    }
    // Before the schema, which cannot be read from a damaged file.
    integrity::check(&database, quick)?;
    Database::check_schema(&database)?;
    let kind = match database {
        Target::Sqlite(_) => "SQLite",
        Target::Postgres(_) => "PostgreSQL",
    };
    println!("configuration, {kind} and schema are in order");
    if audit { verify(&database, secret) } else { Ok(()) }
}

/// Verifies the audit log, and prints the first broken row of each broken chain.
fn verify(database: &Target, secret: Option<SecretSlice<u8>>) -> Result<(), Failure> {
    let secret = secret.ok_or(CheckError::NoSecret)?;
    let recorder = Recorder::new(secret.expose_secret(), Arc::new(SystemClock));
    let verified = Database::verify_audit(database, &recorder, |broken| println!("audit log, {broken}"))?;
    match verified.broken {
        0 => {
            println!("the audit log is whole: {} entries in {} chains", verified.entries, verified.chains);
            Ok(())
        }
        broken => Err(CheckError::Broken { broken, chains: verified.chains }.into()),
    }
}
