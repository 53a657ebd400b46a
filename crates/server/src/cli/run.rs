//! From arguments to the command that they name.

use std::process::ExitCode;

use clap::Parser as _;
use storage::Database;

use super::{Cli, Command, Failure, accounts, backup, check, demo, doctor, serve};
use crate::logging;

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
            if isolation {
                doctor::isolation(settings.clone())?;
            }
            if blobs { doctor::blobs(settings, delete) } else { Ok(()) }
        }
        Command::Backup { to, settings } => backup::backup(settings, &to),
        Command::Admin(command) => accounts::admin(command),
    }
}
