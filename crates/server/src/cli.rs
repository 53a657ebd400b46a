//! The command line.

mod accounts;
mod backup;
mod check;
mod demo;
mod doctor;
mod run;
mod serve;

use std::{error::Error, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder, Target};

pub use self::run::run;
use crate::{clock::SystemClock, config::Settings};

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
    Check {
        /// Also verify the audit log, row by row; exit code 1 if it is not whole.
        #[arg(long)]
        audit: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Try the walls between companies in the configured database, and report; exit code 1 if there is a gap.
    Doctor {
        /// Whether one company could see, change or add what is another's.
        #[arg(long, required = true)]
        isolation: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Copy a SQLite database, the uploads and the generated secret into a folder; a server may be running meanwhile.
    Backup {
        /// Where to; must be empty, and is made if it is missing.
        #[arg(value_name = "DIR")]
        to: std::path::PathBuf,
        #[command(flatten)]
        databases: Databases,
    },
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

#[derive(Debug, thiserror::Error)]
#[error(
    "this is not the secret that the audit log was written with: name SWITCHBOARD_SECRET or --data-dir as for `serve`"
)]
struct OtherSecret;

impl Databases {
    /// For what is recorded, so the secret must be the server's. Also the cost of password hashes.
    fn options_and_cost(self) -> Result<(Options, u32), Failure> {
        let config = self.settings.complete()?.check()?;
        let recorder = Recorder::new(config.secret.expose_secret(), Arc::new(SystemClock));
        let options = Options { owner: config.owner_database, ..Options::new(config.database, recorder) };
        match (&options.target, &options.owner) {
            (Target::Postgres(_), None) => Database::check_schema(&options.target)?,
            (target, owner) => Database::migrate(target, owner.as_ref())?,
        }
        if Database::fits_audit(&options.target, &options.recorder)? {
            Ok((options, config.bcrypt_cost))
        } else {
            Err(OtherSecret.into())
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no database yet: switchboard migrate makes it, and so does serve")]
struct NoDatabase;

/// Refuses a SQLite file that is not there, which opening would make.
fn must_exist(database: &Target) -> Result<(), NoDatabase> {
    match database {
        Target::Sqlite(file) if !file.path.exists() => Err(NoDatabase),
        _ => Ok(()),
    }
}
