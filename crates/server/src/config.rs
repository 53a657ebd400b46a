//! Configuration: defaults < file < environment < flags, read once at start.
//!
//! Every setting is a flag of `serve`, an environment variable
//! (`SWITCHBOARD_..`) and a key of the TOML file that `--config` names. Secrets
//! have no flag, since the machine's process list shows flags.

mod data_folder;
mod error;
mod limits;
mod settings;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use llm_client::openai::OpenAiConfig;
use secrecy::SecretSlice;
use storage::Target;

pub(crate) use self::data_folder::{SECRET_FILE, UPLOADS_FOLDER};
pub use self::{
    error::ConfigError,
    limits::{LimitSettings, Limits, RateLimits},
    settings::Settings,
};
pub use crate::client::{InvalidProxy, TrustedProxies};

/// Everything the server needs to know, checked.
pub struct Config {
    /// Addresses to listen on; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// The database, as the runtime role.
    pub database: Target,
    /// The database as the owner of its tables.
    pub owner_database: Option<Target>,
    /// How long a call waits for the database.
    pub database_wait: Duration,
    /// How long a client may take no bytes of an answer.
    pub write_wait: Duration,
    /// Where uploads live.
    pub data_dir: PathBuf,
    /// At least 32 bytes.
    pub secret: SecretSlice<u8>,
    /// Without a final slash.
    pub public_url: Option<String>,
    /// Lower-case.
    pub allowed_hosts: Vec<String>,
    /// 4 to 31.
    pub bcrypt_cost: u32,
    /// Life of an access token.
    pub access_life: Duration,
    /// Life of a refresh token.
    pub refresh_life: Duration,
    /// Bytes of memory for knowledge indexes.
    pub index_cache: u64,
    /// The model, if there is one.
    pub llm: Option<OpenAiConfig>,
    /// How often callers may call; `None` if calls are not counted.
    pub limits: Option<Limits>,
    /// Whose word on the caller's address counts.
    pub trusted_proxies: TrustedProxies,
}
