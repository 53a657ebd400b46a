//! From arguments to the command that they name.

use std::process::ExitCode;

use clap::Parser as _;
use storage::Database;

use super::{Cli, Command, Failure, accounts, backup, check, demo, doctor, models, serve};
use crate::{config::unknown_variables, logging};

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("switchboard: {}", logging::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), Failure> {
    // `serve` logs them, and `demo` reads no settings.
    if !matches!(command, Command::Serve { .. } | Command::Demo { .. }) {
        for unknown in unknown_variables() {
            eprintln!("switchboard: {unknown}");
        }
    }
    match command {
        Command::Serve { new, settings } => serve::serve(settings, new),
        Command::Demo { listen } => demo::demo(listen),
        Command::Migrate(databases) => {
            let (target, owner) = databases.complete()?.databases()?;
            Database::migrate(&target, owner.as_ref())?;
            println!("the database is up to date");
            Ok(())
        }
        Command::Check { audit, quick, settings } => check::check(settings, audit, quick),
        Command::Doctor { isolation, blobs, delete, settings } => {
            let settings = settings.complete()?;
            match (isolation, blobs) {
                (false, false) => doctor::all(settings),
                (true, false) => doctor::isolation(settings),
                (false, true) => doctor::blobs(settings, delete),
                (true, true) => {
                    doctor::isolation(settings.clone())?;
                    doctor::blobs(settings, delete)
                }
            }
        }
        Command::Models(settings) => models::models(settings),
        Command::Backup { to, settings } => backup::backup(settings, &to),
        Command::Admin(command) => accounts::admin(command),
    }
}
