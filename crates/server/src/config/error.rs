//! The error of a configuration.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

use storage::InvalidTarget;

use super::{InvalidPlace, InvalidProxy, InvalidRedis};

/// An error at a file or folder.
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
pub struct AtPath<E: Error + 'static> {
    path: PathBuf,
    source: E,
}

impl<E: Error + 'static> AtPath<E> {
    /// Returns a function that adds the path to an error, for `map_err`.
    pub(crate) fn of(path: &Path) -> impl FnOnce(E) -> Self {
        |source| Self { path: path.to_owned(), source }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file cannot be read")]
    Read(#[source] AtPath<io::Error>),
    /// The file is not TOML, or has keys that do not exist.
    #[error("the configuration file is not valid")]
    Parse(#[source] AtPath<toml::de::Error>),
    /// The database URL is not valid.
    #[error("the database url was refused")]
    Database(#[from] InvalidTarget),
    /// PostgreSQL without a secret and without a data folder to generate one into.
    #[error("PostgreSQL needs SWITCHBOARD_SECRET, or --data-dir to generate one into")]
    SecretMissing,
    /// The secret is too short.
    #[error("SWITCHBOARD_SECRET must have at least 32 bytes")]
    SecretShort,
    /// The data folder cannot be read or written.
    #[error("the data folder cannot be used")]
    DataDir(#[source] AtPath<io::Error>),
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
    /// An owner's URL for a database without owner, or one that is not PostgreSQL.
    #[error("--owner-database goes with a PostgreSQL --database, and is a PostgreSQL url itself")]
    Owner,
    /// The URL of the Redis server is not valid.
    #[error(transparent)]
    Redis(#[from] InvalidRedis),
    /// A Redis server for a database that only one process uses.
    #[error("--redis goes with a PostgreSQL --database")]
    RedisAlone,
    /// The place of uploads is not valid.
    #[error(transparent)]
    Blobs(#[from] InvalidPlace),
    /// A bucket without the key to sign its requests with.
    #[error("--blobs needs --blobs-access-key and SWITCHBOARD_BLOBS_SECRET_KEY")]
    BlobsKey,
    /// Settings of a bucket without one.
    #[error("{0} goes with --blobs")]
    BlobsMissing(&'static str),
    /// A public URL that links cannot begin with.
    #[error("--public-url needs a scheme and a host, such as https://chat.example.com, not {0:?}")]
    PublicUrl(String),
    /// The cost of password hashes is out of range.
    #[error("the bcrypt cost must be 4 to 31")]
    Cost,
    /// A trusted proxy is neither an address nor a network.
    #[error("--trusted-proxies was refused")]
    Proxies(#[from] InvalidProxy),
    /// There is a model URL without a model name, or a name without a URL.
    #[error("--llm-url and --llm-model go together")]
    Model,
}
