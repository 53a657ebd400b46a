//! The command line.

mod accounts;
mod demo;
mod serve;

use std::{error::Error, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use storage::{Database, Options, Target};

use crate::{config::Settings, logging};

/// A multi-tenant support chatbot server.
#[derive(Parser)]
#[command(name = "switchboard", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server; migrates first.
    Serve(Settings),
    /// Serve a throw-away database with two sample companies, and print what to try.
    Demo {
        /// Address to listen on; the next free port if it is taken [default: 127.0.0.1:8000].
        #[arg(long, value_name = "ADDR")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Accounts and companies.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Bring the database up to this version of the program.
    Migrate(Databases),
    /// Look whether configuration, database and schema are as they must be.
    Check(Settings),
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make the account of a superadmin.
    CreateSuperadmin {
        /// Name to sign in with.
        #[arg(long)]
        username: String,
        /// E-mail address, which signs in too.
        #[arg(long)]
        email: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Succeed without a change if that superadmin exists.
        #[arg(long)]
        if_missing: bool,
        #[command(flatten)]
        databases: Databases,
    },
    /// Set an account's password, without the policy that people are held to.
    SetPassword {
        /// Username or e-mail address.
        #[arg(long)]
        login: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        databases: Databases,
    },
    /// Suspend, close or reactivate a company.
    Company {
        /// The company's code.
        code: String,
        /// What it is to be.
        #[arg(long)]
        status: Status,
        #[command(flatten)]
        databases: Databases,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Status {
    Active,
    Suspended,
    Closed,
}

/// Where the data is: for commands that need nothing else.
#[derive(Args)]
struct Databases {
    #[command(flatten)]
    settings: Settings,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Databases {
    fn options(self) -> Result<Options, Failure> {
        self.options_and_cost().map(|(options, _)| options)
    }

    /// Also the cost of password hashes.
    fn options_and_cost(self) -> Result<(Options, u32), Failure> {
        let settings = self.settings.complete()?;
        let cost = settings.cost()?;
        let (target, owner) = settings.databases()?;
        Ok((Options { owner, ..Options::new(target) }, cost))
    }
}

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
            Database::migrate(&databases.options()?)?;
            println!("the database is up to date");
            Ok(())
        }
        Command::Check(settings) => check(settings),
        Command::Admin(command) => accounts::admin(command),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no database yet: switchboard migrate makes it, and so does serve")]
struct NoDatabase;

/// Changes nothing, so it neither opens with an owner, which would migrate, nor opens
/// a SQLite file that is not there, which would make it.
fn check(settings: Settings) -> Result<(), Failure> {
    let database = settings.complete()?.inspect()?;
    if matches!(&database, Target::Sqlite(file) if !file.path.exists()) {
        return Err(NoDatabase.into());
    }
    Database::check_schema(&database)?;
    let kind = match database {
        Target::Sqlite(_) => "SQLite",
        Target::Postgres(_) => "PostgreSQL",
    };
    println!("configuration, {kind} and schema are in order");
    Ok(())
}
