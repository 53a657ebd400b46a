//! Settings as the operator wrote them, and the checks that turn them into a configuration.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use llm_client::openai::OpenAiConfig;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;
use storage::{Options, Target};

use super::{
    Config, ConfigError, LimitSettings, RateLimits, TrustedProxies,
    data_folder::{SECRET_BYTES, UPLOADS_FOLDER, has_uploads, kept_secret, make, read_secret},
};

/// What the operator said, in one place; what is missing has a default.
#[derive(Args, Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// TOML file with any of the settings below.
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Addresses to listen on; repeat the flag or separate them with commas [default: 127.0.0.1:8000].
    #[arg(long, env = "SWITCHBOARD_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    listen: Option<Vec<SocketAddr>>,
    /// Database: sqlite:PATH, or postgres://.. as the runtime role [default: sqlite in the data folder].
    #[arg(long, env = "SWITCHBOARD_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// The same PostgreSQL database as the role that owns the tables; if set, `serve` migrates first.
    #[arg(long, env = "SWITCHBOARD_OWNER_DATABASE", value_name = "URL", hide_env_values = true)]
    owner_database: Option<String>,
    /// Time that a call waits for its turn at the database and for locks before it is refused, in seconds [default: 5].
    #[arg(long, env = "SWITCHBOARD_DATABASE_WAIT_SECONDS", value_name = "N")]
    database_wait_seconds: Option<u64>,
    /// Time after which a connection is closed that takes no bytes of a waiting answer, in seconds [default: 30].
    #[arg(long, env = "SWITCHBOARD_WRITE_WAIT_SECONDS", value_name = "N")]
    write_wait_seconds: Option<u64>,
    /// Folder for uploads, the SQLite file and the generated secret [default: ./switchboard-data].
    #[arg(long, env = "SWITCHBOARD_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Start of absolute links, such as `https://chat.example.com`.
    #[arg(long, env = "SWITCHBOARD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Host headers that absolute links may be made from if there is no public URL.
    #[arg(long, env = "SWITCHBOARD_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    allowed_hosts: Option<Vec<String>>,
    /// Cost of password hashes, 4 to 31; each step doubles the time [default: 12].
    #[arg(long, env = "SWITCHBOARD_BCRYPT_COST", value_name = "N")]
    bcrypt_cost: Option<u32>,
    /// Lifetime of an access token, in minutes [default: 15].
    #[arg(long, env = "SWITCHBOARD_ACCESS_MINUTES", value_name = "N")]
    access_minutes: Option<u64>,
    /// Lifetime of a refresh token, in days [default: 7].
    #[arg(long, env = "SWITCHBOARD_REFRESH_DAYS", value_name = "N")]
    refresh_days: Option<u64>,
    /// Memory for knowledge indexes, in MiB [default: 256].
    #[arg(long, env = "SWITCHBOARD_INDEX_CACHE_MIB", value_name = "N")]
    index_cache_mib: Option<u64>,
    /// Base URL of an OpenAI-compatible server, for companies with `answer_mode` `llm`.
    #[arg(long, env = "SWITCHBOARD_LLM_URL", value_name = "URL")]
    llm_url: Option<String>,
    /// Name of the model on that server.
    #[arg(long, env = "SWITCHBOARD_LLM_MODEL", value_name = "NAME")]
    llm_model: Option<String>,
    /// Time to wait for the model before the extractive answer is used, in seconds, at most 8 [default: 8].
    #[arg(long, env = "SWITCHBOARD_LLM_DEADLINE_SECONDS", value_name = "N")]
    llm_deadline_seconds: Option<u64>,
    /// Whether calls are limited and failed sign-ins throttled [default: on].
    #[arg(long, env = "SWITCHBOARD_RATE_LIMITS", value_name = "on|off")]
    rate_limits: Option<RateLimits>,
    /// How often callers may call; in the file a table of its own.
    #[command(flatten)]
    limits: LimitSettings,
    /// Addresses and networks of proxies whose `X-Forwarded-For` header is trusted.
    #[arg(long, env = "SWITCHBOARD_TRUSTED_PROXIES", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxies: Option<Vec<String>>,
    /// Which log lines to write, in the syntax of `RUST_LOG` [default: info].
    #[arg(long, env = "SWITCHBOARD_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// The key for that server; environment `SWITCHBOARD_LLM_KEY` or file.
    #[arg(skip)]
    llm_key: Option<SecretString>,
    /// At least 32 bytes that tokens and links are signed with; environment
    /// `SWITCHBOARD_SECRET` or file.
    #[arg(skip)]
    secret: Option<SecretString>,
}

/// Longest time a model may take: the first byte of a reply is due after 10 s.
const LLM_DEADLINE: u64 = 8;

impl Settings {
    /// Settings that name a data folder and nothing else.
    pub fn in_folder(data_dir: PathBuf) -> Self {
        Self { data_dir: Some(data_dir), ..Self::default() }
    }

    /// The same settings, listening elsewhere.
    #[must_use]
    pub fn listening(self, listen: Vec<SocketAddr>) -> Self {
        Self { listen: Some(listen), ..self }
    }

    /// The same settings, with calls counted or not.
    #[must_use]
    pub fn rate_limited(self, rate_limits: RateLimits) -> Self {
        Self { rate_limits: Some(rate_limits), ..self }
    }

    /// Which log lines to write.
    pub fn log_filter(&self) -> &str {
        self.log.as_deref().unwrap_or("info")
    }

    /// Adds the secrets of the environment and what the file says where neither flag
    /// nor environment did.
    ///
    /// # Errors
    /// The file cannot be read or is not valid.
    #[expect(clippy::disallowed_methods, reason = "this is the config module")]
    pub fn complete(mut self) -> Result<Self, ConfigError> {
        let secret_of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(SecretString::from);
        self.secret = self.secret.or_else(|| secret_of("SWITCHBOARD_SECRET"));
        self.llm_key = self.llm_key.or_else(|| secret_of("SWITCHBOARD_LLM_KEY"));
        let Some(path) = &self.config else { return Ok(self) };
        let file: Self =
            toml::from_str(&fs::read_to_string(path).map_err(ConfigError::Read)?).map_err(ConfigError::Parse)?;
        Ok(Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            database: self.database.or(file.database),
            owner_database: self.owner_database.or(file.owner_database),
            database_wait_seconds: self.database_wait_seconds.or(file.database_wait_seconds),
            write_wait_seconds: self.write_wait_seconds.or(file.write_wait_seconds),
            data_dir: self.data_dir.or(file.data_dir),
            public_url: self.public_url.or(file.public_url),
            allowed_hosts: self.allowed_hosts.or(file.allowed_hosts),
            bcrypt_cost: self.bcrypt_cost.or(file.bcrypt_cost),
            access_minutes: self.access_minutes.or(file.access_minutes),
            refresh_days: self.refresh_days.or(file.refresh_days),
            index_cache_mib: self.index_cache_mib.or(file.index_cache_mib),
            llm_url: self.llm_url.or(file.llm_url),
            llm_model: self.llm_model.or(file.llm_model),
            llm_deadline_seconds: self.llm_deadline_seconds.or(file.llm_deadline_seconds),
            rate_limits: self.rate_limits.or(file.rate_limits),
            limits: self.limits.or(file.limits),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies),
            log: self.log.or(file.log),
            llm_key: self.llm_key.or(file.llm_key),
            secret: self.secret.or(file.secret),
        })
    }

    /// The two databases, without anything that only a server needs.
    ///
    /// # Errors
    /// A refused URL, or a data folder that cannot be made.
    pub fn databases(&self) -> Result<(Target, Option<Target>), ConfigError> {
        let targets = self.targets()?;
        if self.database.is_none() {
            make(&self.folder())?;
        }
        Ok(targets)
    }

    /// Fails if there are uploads but the SQLite file that belongs to them is missing. It would be created empty.
    ///
    /// # Errors
    /// [`ConfigError::DatabaseMissing`], and as [`Settings::inspect`] for the URLs.
    pub(crate) fn expect_database(&self) -> Result<(), ConfigError> {
        let uploads = self.folder().join(UPLOADS_FOLDER);
        match self.targets()? {
            (Target::Sqlite(sqlite), _) if !sqlite.path.exists() && has_uploads(&uploads) => {
                Err(ConfigError::DatabaseMissing { database: sqlite.path, uploads })
            }
            _ => Ok(()),
        }
    }

    /// Checks everything and makes what is missing: the data folder, and a secret in it.
    ///
    /// # Errors
    /// The first thing that cannot be used.
    pub fn check(self) -> Result<Config, ConfigError> {
        let config = self.build(|folder| {
            make(folder)?;
            kept_secret(folder)
        })?;
        make(&config.data_dir)?;
        Ok(config)
    }

    /// As [`Settings::check`], but what is missing stays so. Answers the database, and the secret if
    /// there is one.
    ///
    /// # Errors
    /// The first thing that cannot be used.
    pub(crate) fn inspect(self) -> Result<(Target, Option<SecretSlice<u8>>), ConfigError> {
        let mut is_there = true;
        let config = self.build(|folder| {
            let kept = read_secret(folder)?;
            is_there = kept.is_some();
            // A secret that is not there yet will be long enough.
            Ok(kept.unwrap_or_else(|| vec![0; SECRET_BYTES].into()))
        })?;
        Ok((config.database, is_there.then_some(config.secret)))
    }

    /// The two databases, looked at only as texts.
    ///
    /// # Errors
    /// A refused URL.
    pub(crate) fn targets(&self) -> Result<(Target, Option<Target>), ConfigError> {
        let owner = self.owner_database.as_deref().map(Target::parse).transpose()?;
        let database = match &self.database {
            Some(url) => Target::parse(url)?,
            None => Target::sqlite(self.folder().join("switchboard.db")),
        };
        match (&database, &owner) {
            (Target::Sqlite(_), Some(_)) | (Target::Postgres(_), Some(Target::Sqlite(_))) => Err(ConfigError::Owner),
            _ => Ok((database, owner)),
        }
    }

    /// The cost of password hashes. The command line uses it too: hashes of another cost would
    /// show in the time that a sign-in takes.
    ///
    /// # Errors
    /// A cost that bcrypt does not have.
    pub fn cost(&self) -> Result<u32, ConfigError> {
        let cost = self.bcrypt_cost.unwrap_or(identity::Hasher::DEFAULT_COST);
        if (4..=31).contains(&cost) { Ok(cost) } else { Err(ConfigError::Cost) }
    }

    /// The data folder, which may not be there yet.
    pub(crate) fn folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from("switchboard-data"))
    }

    /// `kept` gives the secret of the data folder, when none was named and that folder may have one.
    fn build(self, kept: impl FnOnce(&Path) -> Result<SecretSlice<u8>, ConfigError>) -> Result<Config, ConfigError> {
        let (database, owner_database) = self.targets()?;
        let data_dir = self.folder();
        let bcrypt_cost = self.cost()?;
        let deadline = Duration::from_secs(self.llm_deadline_seconds.unwrap_or(LLM_DEADLINE).min(LLM_DEADLINE));
        let llm = match (self.llm_url, self.llm_model) {
            (Some(url), Some(model)) => {
                Some(OpenAiConfig { api_key: self.llm_key, deadline, ..OpenAiConfig::new(url, model) })
            }
            (None, None) => None,
            _ => return Err(ConfigError::Model),
        };
        let secret = match &self.secret {
            Some(secret) => SecretSlice::from(secret.expose_secret().as_bytes().to_vec()),
            None if self.data_dir.is_some() || matches!(database, Target::Sqlite(_)) => kept(&data_dir)?,
            None => return Err(ConfigError::SecretMissing),
        };
        if secret.expose_secret().len() < SECRET_BYTES {
            return Err(ConfigError::SecretShort);
        }
        let proxies = self.trusted_proxies.unwrap_or_default();
        let trusted_proxies = TrustedProxies::parse(proxies.iter().map(String::as_str))?;
        let limits = (self.rate_limits != Some(RateLimits::Off)).then(|| self.limits.build());
        Ok(Config {
            listen: self.listen.unwrap_or_else(|| vec![SocketAddr::from(([127, 0, 0, 1], 8000))]),
            database,
            owner_database,
            write_wait: Duration::from_secs(self.write_wait_seconds.unwrap_or(30).clamp(1, 3600)),
            database_wait: self
                .database_wait_seconds
                .map_or(Options::WAIT, |seconds| Duration::from_secs(seconds.clamp(1, 60))),
            data_dir,
            secret,
            public_url: self.public_url.map(|url| url.trim_end_matches('/').to_owned()),
            allowed_hosts: self.allowed_hosts.unwrap_or_default().iter().map(|host| host.to_lowercase()).collect(),
            bcrypt_cost,
            access_life: Duration::from_mins(self.access_minutes.unwrap_or(15).clamp(1, 60 * 24 * 365)),
            refresh_life: Duration::from_hours(self.refresh_days.unwrap_or(7).clamp(1, 3650) * 24),
            index_cache: self.index_cache_mib.unwrap_or(256).saturating_mul(1 << 20),
            llm,
            limits,
            trusted_proxies,
        })
    }
}

#[cfg(test)]
mod tests;
