//! Why a configuration is refused.

use std::{io, path::PathBuf};

use storage::InvalidTarget;

use super::InvalidProxy;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file cannot be read")]
    Read(#[source] io::Error),
    /// The file is not TOML, or has keys that do not exist.
    #[error("the configuration file is not valid")]
    Parse(#[source] toml::de::Error),
    /// The database URL.
    #[error("the database url was refused")]
    Database(#[from] InvalidTarget),
    /// PostgreSQL without a secret and without a data folder to generate one into.
    #[error("PostgreSQL needs SWITCHBOARD_SECRET, or --data-dir to generate one into")]
    SecretMissing,
    /// The secret.
    #[error("SWITCHBOARD_SECRET must have at least 32 bytes")]
    SecretShort,
    /// The data folder.
    #[error("the data folder cannot be used")]
    DataDir(#[source] io::Error),
    /// The SQLite file is missing, but there are uploads that belong to one.
    #[error(
        "there are uploads in {} but no database at {}: restore it from a backup, or say --new to begin with an \
         empty one", uploads.display(), database.display()
    )]
    DatabaseMissing {
        /// The file that is missing.
        database: PathBuf,
        /// The folder of uploads.
        uploads: PathBuf,
    },
    /// An owner's URL where the database has no owner.
    #[error("--owner-database goes with a PostgreSQL --database, and is a PostgreSQL url itself")]
    Owner,
    /// The cost of hashes.
    #[error("the bcrypt cost must be 4 to 31")]
    Cost,
    /// A proxy that is neither an address nor a network.
    #[error("--trusted-proxies was refused")]
    Proxies(#[from] InvalidProxy),
    /// A model URL without a model name, or the other way round.
    #[error("--llm-url and --llm-model go together")]
    Model,
}
