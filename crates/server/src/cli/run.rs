//! From arguments to the command that they name.

use std::process::ExitCode;

use clap::Parser as _;
use storage::Database;

use super::{Cli, Command, Failure, accounts, backup, check, demo, doctor, serve};
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
    if !matches!(command, Command::Serve(_) | Command::Demo { .. }) {
        for unknown in unknown_variables() {
            eprintln!("switchboard: {unknown}");
        }
    }
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
        Command::Doctor { isolation: true, settings } => doctor::isolation(settings),
        Command::Doctor { isolation: false, settings } => doctor::all(settings),
        Command::Backup { to, databases } => backup::backup(databases.settings, &to),
        Command::Admin(command) => accounts::admin(command),
    }
}
