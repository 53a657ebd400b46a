//! The command line.

mod accounts;
mod backup;
mod check;
mod demo;
mod doctor;
mod models;
mod run;
mod serve;

use std::{error::Error, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder, Target};

pub use self::run::run;
use crate::{
    clock::SystemClock,
    config::{ListenAddress, Settings},
};

/// A multi-tenant support chatbot server.
#[derive(Parser)]
#[command(name = "switchboard", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server; migrates the database first.
    Serve {
        /// Begin with an empty database, although there are uploads.
        #[arg(long)]
        new: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Serve a temporary database with two sample companies, and print commands to try.
    Demo {
        /// Address to listen on; if its port is taken, the next free one [default: 127.0.0.1:8000].
        #[arg(long, value_name = "ADDR")]
        listen: Option<ListenAddress>,
    },
    /// Manage accounts and companies.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Migrate the database to this version of the program.
    Migrate(Databases),
    /// Check the configuration, the database and its schema.
    Check {
        /// Also verify every row of the audit log; exit code 1 if it is not whole.
        #[arg(long)]
        audit: bool,
        /// Do not compare the indexes of a SQLite file with its tables, which takes most of the time.
        #[arg(long)]
        quick: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Run all tests of the installation, or only those named, and report; exit code 1 if there is a gap.
    // Its own `--blobs` is older than the setting of that name.
    #[command(mut_arg("url", |place| place.long("blobs-url")))]
    Doctor {
        /// Only test whether a company could see, change or add data of another company.
        #[arg(long)]
        isolation: bool,
        /// List uploaded files that the database does not know and that are older than an hour.
        #[arg(long)]
        blobs: bool,
        /// Delete those files. Not after restoring an older database: the newer uploads would be lost.
        #[arg(long, requires = "blobs")]
        delete: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// List the models that a server with these settings uses.
    Models(Settings),
    /// Copy a SQLite database, the uploads and the generated secret into a folder; the server may keep running.
    Backup {
        /// Target folder; must be empty, and is created if it is missing.
        #[arg(value_name = "DIR")]
        to: std::path::PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create the account of a superadmin.
    CreateSuperadmin {
        /// Name to sign in with.
        #[arg(long)]
        username: String,
        /// E-mail address, which can also be used to sign in.
        #[arg(long)]
        email: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Succeed without a change if that superadmin already exists.
        #[arg(long)]
        if_missing: bool,
        #[command(flatten)]
        databases: Databases,
    },
    /// Set an account's password; the password policy does not apply.
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
        /// The new status.
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

/// The settings of commands that use the database without a server.
#[derive(Args)]
struct Databases {
    /// Begin with an empty database, although there are uploads.
    #[arg(long)]
    new: bool,
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
    /// Reads the whole configuration. Unless told so, the command must not create a database beside uploads.
    fn complete(self) -> Result<Settings, Failure> {
        let settings = self.settings.complete()?;
        if !self.new {
            settings.expect_database()?;
        }
        Ok(settings)
    }

    /// Returns the options to open the database with, and the cost of password hashes.
    ///
    /// Migrates the database; PostgreSQL without an owner is only checked. The commands write to the
    /// audit log, so the secret must be the one that it was written with.
    fn options_and_cost(self) -> Result<(Options, u32), Failure> {
        let config = self.complete()?.check()?;
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
#[error("there is no database yet at {}: switchboard migrate makes it, and so does serve", .0.display())]
struct NoDatabase(std::path::PathBuf);

/// Fails if the SQLite file does not exist. Opening the database would create it.
fn must_exist(database: &Target) -> Result<(), NoDatabase> {
    match database {
        Target::Sqlite(file) if !file.path.exists() => Err(NoDatabase(file.path.clone())),
        _ => Ok(()),
    }
}
