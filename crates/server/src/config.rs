//! Configuration: defaults < file < environment < flags, read once at start.
//!
//! Every setting is a flag of `serve`, an environment variable (`SWITCHBOARD_..`) and a key of the TOML
//! file that `--config` names. Secrets have no flag, because flags are visible in the process list.

mod blobs;
mod data_folder;
mod error;
mod limits;
mod listen;
mod redis;
mod settings;
mod switch;
mod variables;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use llm_client::openai::OpenAiConfig;
use secrecy::SecretSlice;
use storage::Target;

pub use self::{
    blobs::BlobSettings,
    error::{AtPath, ConfigError},
    limits::{LimitSettings, Limits},
    listen::{InvalidListenAddress, ListenAddress},
    redis::{InvalidRedis, RedisServer},
    settings::Settings,
    switch::Switch,
};
pub(crate) use self::{
    data_folder::{SECRET_FILE, UPLOADS_FOLDER},
    variables::unknown_variables,
};
pub use crate::{
    blobs::{BlobPlace, BucketAccess, InvalidPlace},
    client::{InvalidProxy, TrustedProxies},
};

/// The checked configuration of a server.
pub struct Config {
    /// Addresses to listen on. Port 0 picks a free port.
    pub listen: Vec<SocketAddr>,
    /// The database, as the runtime role.
    pub database: Target,
    /// The database as the owner of its tables.
    pub owner_database: Option<Target>,
    /// What several processes share in addition to the database.
    pub redis: Option<RedisServer>,
    /// How long a call waits for the database.
    pub database_wait: Duration,
    /// How long a client may take no bytes of an answer.
    pub write_wait: Duration,
    /// The folder for uploads that are kept on this machine, and a generated secret.
    pub data_dir: PathBuf,
    /// Where uploads are kept.
    pub blobs: BlobPlace,
    /// The key that tokens and links are signed with, at least 32 bytes.
    pub secret: SecretSlice<u8>,
    /// What absolute links start with, without a final slash.
    pub public_url: Option<String>,
    /// Hosts that absolute links may use if there is no public URL, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Cost of password hashes, 4 to 31.
    pub bcrypt_cost: u32,
    /// Lifetime of an access token.
    pub access_life: Duration,
    /// Lifetime of a refresh token.
    pub refresh_life: Duration,
    /// How long a sign-in lasts, however often its tokens are refreshed.
    pub sign_in_life: Duration,
    /// How long a temporary password works after it was handed out.
    pub temporary_password_life: Duration,
    /// Whether the first password of an admin must be replaced before the first sign-in.
    pub require_first_login: bool,
    /// Memory for knowledge indexes, in bytes.
    pub index_cache: u64,
    /// Whether texts are turned into vectors, to find entries by their meaning.
    pub encoder: bool,
    /// The folder with the model that is used instead of the embedded one.
    pub model_dir: Option<PathBuf>,
    /// The model that composes answers, if there is one.
    pub llm: Option<OpenAiConfig>,
    /// Rate limits; `None` if calls are not counted.
    pub limits: Option<Limits>,
    /// The proxies that are trusted to name the caller's address.
    pub trusted_proxies: TrustedProxies,
}
