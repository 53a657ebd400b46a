//! `switchboard check`.

use std::{fs, path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret as _, SecretSlice};
use storage::{Database, Recorder, Target, integrity};

use super::{Failure, OtherSecret, must_exist};
use crate::{
    blobs::BlobPlace,
    clock::SystemClock,
    config::{SECRET_FILE, Settings},
    views::NO_MODEL,
};

/// From this size on, the command says how long reading the file may take.
const SLOW_MIB: u64 = 256;

#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("there is no secret yet that an audit log could have been written with")]
    NoSecret,
    #[error(
        "the secret is missing: this data was written with one, and there is no {}; restore the file or name \
         SWITCHBOARD_SECRET", .0.display()
    )]
    SecretGone(PathBuf),
    #[error("the audit log is not whole: broken chains {broken} of {chains}")]
    Broken { broken: u64, chains: u64 },
}

/// Checks the configuration and the database without changing anything.
///
/// It does not use the owner's connection, because opening with an owner migrates.
pub(super) fn check(settings: Settings, audit: bool, quick: bool) -> Result<(), Failure> {
    let settings = settings.complete()?;
    let (file, has_model) = (settings.folder().join(SECRET_FILE), settings.has_model());
    let place = settings.blobs()?;
    let (database, secret) = settings.inspect()?;
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
    match &secret {
        None if !fits(&database, &[])? => return Err(CheckError::SecretGone(file).into()),
        // A log that is not whole fits no secret; `--audit` says where it is broken.
        Some(secret) if !audit && !fits(&database, secret.expose_secret())? => return Err(OtherSecret.into()),
        None | Some(_) => {}
    }
    let kind = match database {
        Target::Sqlite(_) => "SQLite",
        Target::Postgres(_) => "PostgreSQL",
    };
    println!("configuration, {kind} and schema are in order");
    if let BlobPlace::Bucket(access) = &place {
        place.check()?;
        println!("files can be stored in {access}, read and deleted");
    }
    if !has_model {
        for company in Database::companies_with_model(&database)? {
            println!("{company} has answer_mode llm, but there is no model: {NO_MODEL}");
        }
    }
    if audit { verify(&database, secret) } else { Ok(()) }
}

/// Returns whether the audit log is empty or was written with this secret.
fn fits(database: &Target, secret: &[u8]) -> Result<bool, Failure> {
    Ok(Database::fits_audit(database, &Recorder::new(secret, Arc::new(SystemClock)))?)
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
