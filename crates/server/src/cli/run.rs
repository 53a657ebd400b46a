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
        Command::Serve(settings) => serve::serve(settings),
        Command::Demo { listen } => demo::demo(listen),
        Command::Migrate(databases) => {
            let (target, owner) = databases.settings.complete()?.databases()?;
            Database::migrate(&target, owner.as_ref())?;
            println!("the database is up to date");
            Ok(())
        }
        Command::Check { audit, settings } => check::check(settings, audit),
        Command::Doctor { isolation: _, settings } => doctor::isolation(settings),
        Command::Backup { to, databases } => backup::backup(databases.settings, &to),
        Command::Admin(command) => accounts::admin(command),
    }
}
