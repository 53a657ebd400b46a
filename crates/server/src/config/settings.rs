//! Settings as the operator gave them, and the checks that turn them into a configuration.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use actix_web::http::Uri;
use clap::Args;
use llm_client::openai::OpenAiConfig;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;
use storage::{Options, Target};

use super::{
    AtPath, BlobPlace, BlobSettings, Config, ConfigError, LimitSettings, ListenAddress, RedisServer, Switch,
    TrustedProxies,
    data_folder::{SECRET_BYTES, UPLOADS_FOLDER, create, has_uploads, load_or_generate_secret, read_secret},
};

/// The operator's settings. A missing setting has a default.
#[derive(Args, Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// TOML file with any of the settings below.
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Addresses to listen on, also `localhost:8000`, `8000` for this machine only, or `:8000` for all
    /// interfaces; repeat the flag or separate them with commas [default: 127.0.0.1:8000].
    #[arg(long, env = "SWITCHBOARD_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    listen: Option<Vec<ListenAddress>>,
    /// Database: sqlite:PATH, or postgres://.. as the runtime role [default: sqlite in the data folder].
    #[arg(long, env = "SWITCHBOARD_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// The same PostgreSQL database as the role that owns the tables; if set, `serve` migrates first.
    #[arg(long, env = "SWITCHBOARD_OWNER_DATABASE", value_name = "URL", hide_env_values = true)]
    owner_database: Option<String>,
    /// Redis server that several processes on one PostgreSQL database share, redis://..; limits are then counted for all.
    #[arg(long, env = "SWITCHBOARD_REDIS", value_name = "URL", hide_env_values = true)]
    redis: Option<String>,
    /// Time that a call waits for its turn at the database and for locks before it is refused, in seconds [default: 5].
    #[arg(long, env = "SWITCHBOARD_DATABASE_WAIT_SECONDS", value_name = "N")]
    database_wait_seconds: Option<u64>,
    /// Time after which a connection is closed that takes no bytes of a waiting answer, in seconds [default: 30].
    #[arg(long, env = "SWITCHBOARD_WRITE_WAIT_SECONDS", value_name = "N")]
    write_wait_seconds: Option<u64>,
    /// Folder for the SQLite file, the generated secret, and uploads if there is no bucket for them [default: ./switchboard-data].
    #[arg(long, env = "SWITCHBOARD_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where uploads are kept; in the file a table of its own.
    #[command(flatten)]
    blobs: BlobSettings,
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
    /// Time after a sign-in at which its last refresh token expires, in days [default: 90].
    #[arg(long, env = "SWITCHBOARD_SIGN_IN_DAYS", value_name = "N")]
    sign_in_days: Option<u64>,
    /// Time for which a password works that the server generated and that must be replaced first, in days
    /// [default: 7].
    #[arg(long, env = "SWITCHBOARD_TEMPORARY_PASSWORD_DAYS", value_name = "N")]
    temporary_password_days: Option<u64>,
    /// Whether the first password of a new admin must be replaced before the first sign-in [default: off].
    #[arg(
        long,
        env = "SWITCHBOARD_REQUIRE_FIRST_LOGIN",
        value_name = "on|off",
        num_args = 0..=1,
        default_missing_value = "on"
    )]
    require_first_login: Option<Switch>,
    /// Memory for knowledge indexes, in MiB [default: 256].
    #[arg(long, env = "SWITCHBOARD_INDEX_CACHE_MIB", value_name = "N")]
    index_cache_mib: Option<u64>,
    /// Whether entries and questions are compared by their meaning; `off` needs the least memory [default: on].
    #[arg(long, env = "SWITCHBOARD_ENCODER", value_name = "on|off")]
    encoder: Option<Switch>,
    /// Folder with one packed model, which compares meanings instead of the embedded one.
    #[arg(long, env = "SWITCHBOARD_MODEL_DIR", value_name = "DIR")]
    model_dir: Option<PathBuf>,
    /// Base URL of an OpenAI-compatible server, for companies with `answer_mode` `llm`.
    #[arg(long, env = "SWITCHBOARD_LLM_URL", value_name = "URL")]
    llm_url: Option<String>,
    /// Name of the model on that server.
    #[arg(long, env = "SWITCHBOARD_LLM_MODEL", value_name = "NAME")]
    llm_model: Option<String>,
    /// Time to wait for the model before the extractive answer is used, in seconds, at most 8 [default: 8].
    #[arg(long, env = "SWITCHBOARD_LLM_DEADLINE_SECONDS", value_name = "N")]
    llm_deadline_seconds: Option<u64>,
    /// Whether calls are limited and failed sign-ins throttled; `off` is for load tests [default: on].
    #[arg(long, env = "SWITCHBOARD_RATE_LIMITS", value_name = "on|off")]
    rate_limits: Option<Switch>,
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

/// Maximum time a model may take, in seconds. The first byte of a reply is due after 10 s.
const LLM_DEADLINE: u64 = 8;

impl Settings {
    /// Creates settings that name only a data folder.
    pub fn in_folder(data_dir: PathBuf) -> Self {
        Self { data_dir: Some(data_dir), ..Self::default() }
    }

    /// Sets the addresses to listen on.
    #[must_use]
    pub fn listening(self, listen: Vec<SocketAddr>) -> Self {
        Self { listen: Some(listen.into_iter().map(ListenAddress::from).collect()), ..self }
    }

    /// Sets whether calls are counted.
    #[must_use]
    pub fn rate_limited(self, rate_limits: Switch) -> Self {
        Self { rate_limits: Some(rate_limits), ..self }
    }

    /// Returns which log lines to write.
    pub fn log_filter(&self) -> &str {
        self.log.as_deref().unwrap_or("info")
    }

    /// Adds the secrets of the environment, and the file's settings for those that neither a flag nor the
    /// environment set.
    ///
    /// # Errors
    /// The file cannot be read or is not valid.
    #[expect(clippy::disallowed_methods, reason = "this is the config module")]
    pub fn complete(mut self) -> Result<Self, ConfigError> {
        let secret_of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(SecretString::from);
        self.secret = self.secret.or_else(|| secret_of("SWITCHBOARD_SECRET"));
        self.llm_key = self.llm_key.or_else(|| secret_of("SWITCHBOARD_LLM_KEY"));
        self.blobs.secret_key = self.blobs.secret_key.or_else(|| secret_of("SWITCHBOARD_BLOBS_SECRET_KEY"));
        let Some(path) = &self.config else { return Ok(self) };
        let text = fs::read_to_string(path).map_err(AtPath::of(path)).map_err(ConfigError::Read)?;
        let file: Self = toml::from_str(&text).map_err(AtPath::of(path)).map_err(ConfigError::Parse)?;
        Ok(Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            database: self.database.or(file.database),
            owner_database: self.owner_database.or(file.owner_database),
            redis: self.redis.or(file.redis),
            database_wait_seconds: self.database_wait_seconds.or(file.database_wait_seconds),
            write_wait_seconds: self.write_wait_seconds.or(file.write_wait_seconds),
            data_dir: self.data_dir.or(file.data_dir),
            blobs: self.blobs.or(file.blobs),
            public_url: self.public_url.or(file.public_url),
            allowed_hosts: self.allowed_hosts.or(file.allowed_hosts),
            bcrypt_cost: self.bcrypt_cost.or(file.bcrypt_cost),
            access_minutes: self.access_minutes.or(file.access_minutes),
            refresh_days: self.refresh_days.or(file.refresh_days),
            sign_in_days: self.sign_in_days.or(file.sign_in_days),
            temporary_password_days: self.temporary_password_days.or(file.temporary_password_days),
            require_first_login: self.require_first_login.or(file.require_first_login),
            index_cache_mib: self.index_cache_mib.or(file.index_cache_mib),
            encoder: self.encoder.or(file.encoder),
            model_dir: self.model_dir.or(file.model_dir),
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

    /// Returns the database and the one of its owner, for commands that need no other settings.
    ///
    /// # Errors
    /// An invalid URL, or a data folder that cannot be created.
    pub fn databases(&self) -> Result<(Target, Option<Target>), ConfigError> {
        let targets = self.targets()?;
        if self.database.is_none() {
            create(&self.folder())?;
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
            (Target::Sqlite(sqlite), _) if !sqlite.path.exists() && self.blobs.is_local() && has_uploads(&uploads) => {
                Err(ConfigError::DatabaseMissing { database: sqlite.path, uploads })
            }
            _ => Ok(()),
        }
    }

    /// Checks all settings, and creates the data folder and the secret in it if they are missing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(self) -> Result<Config, ConfigError> {
        let config = self.build(|folder| {
            create(folder)?;
            load_or_generate_secret(folder)
        })?;
        create(&config.data_dir)?;
        Ok(config)
    }

    /// Checks all settings as [`Settings::check`] does, but creates nothing. Returns the database, and the
    /// secret if there is one.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(crate) fn inspect(self) -> Result<(Target, Option<SecretSlice<u8>>), ConfigError> {
        let mut has_secret = true;
        let config = self.build(|folder| {
            let secret = read_secret(folder)?;
            has_secret = secret.is_some();
            // A secret that is yet to be generated will be long enough.
            Ok(secret.unwrap_or_else(|| vec![0; SECRET_BYTES].into()))
        })?;
        Ok((config.database, has_secret.then_some(config.secret)))
    }

    /// Parses the URLs of the database and of its owner.
    ///
    /// # Errors
    /// An invalid URL.
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

    /// Returns where uploads are kept.
    ///
    /// # Errors
    /// An invalid URL, or a setting that is missing.
    pub(crate) fn blobs(&self) -> Result<BlobPlace, ConfigError> {
        self.blobs.place(self.folder().join(UPLOADS_FOLDER))
    }

    /// Returns the cost of password hashes. Commands must use the server's cost too: a hash of another
    /// cost would be visible in the duration of a sign-in.
    ///
    /// # Errors
    /// A cost out of bcrypt's range.
    pub fn cost(&self) -> Result<u32, ConfigError> {
        let cost = self.bcrypt_cost.unwrap_or(identity::Hasher::DEFAULT_COST);
        if (4..=31).contains(&cost) { Ok(cost) } else { Err(ConfigError::Cost) }
    }

    /// Returns whether a model that can compose answers is configured.
    pub(crate) fn has_model(&self) -> bool {
        self.model().is_some()
    }

    /// Returns the name of the model that can compose answers, and the URL of its server.
    pub(crate) fn model(&self) -> Option<(&str, &str)> {
        self.llm_model.as_deref().zip(self.llm_url.as_deref())
    }

    /// Returns whether entries and questions are compared by their meaning.
    pub(crate) fn encodes(&self) -> bool {
        self.encoder != Some(Switch::Off)
    }

    /// Returns the folder with the model that is used instead of the embedded one.
    pub(crate) fn model_dir(&self) -> Option<&Path> {
        self.model_dir.as_deref()
    }

    /// Returns the data folder, which may not exist yet.
    pub(crate) fn folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from("switchboard-data"))
    }

    /// Builds the configuration. `secret_in` returns the secret in the data folder. It is called if no secret
    /// was set and the folder may have one.
    fn build(
        self,
        secret_in: impl FnOnce(&Path) -> Result<SecretSlice<u8>, ConfigError>,
    ) -> Result<Config, ConfigError> {
        let (database, owner_database) = self.targets()?;
        let redis = self.redis.as_deref().map(RedisServer::parse).transpose()?;
        if redis.is_some() && matches!(database, Target::Sqlite(_)) {
            return Err(ConfigError::RedisAlone);
        }
        let (data_dir, encoder, blobs) = (self.folder(), self.encodes(), self.blobs()?);
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
            None if self.data_dir.is_some() || matches!(database, Target::Sqlite(_)) => secret_in(&data_dir)?,
            None => return Err(ConfigError::SecretMissing),
        };
        if secret.expose_secret().len() < SECRET_BYTES {
            return Err(ConfigError::SecretShort);
        }
        let public_url = self.public_url.map(checked_url).transpose()?;
        let proxies = self.trusted_proxies.unwrap_or_default();
        let trusted_proxies = TrustedProxies::parse(proxies.iter().map(String::as_str))?;
        let limits = (self.rate_limits != Some(Switch::Off)).then(|| self.limits.build());
        Ok(Config {
            listen: match self.listen {
                Some(listen) => listen.into_iter().map(ListenAddress::socket).collect(),
                None => vec![ListenAddress::usual().socket()],
            },
            database,
            owner_database,
            redis,
            write_wait: Duration::from_secs(self.write_wait_seconds.unwrap_or(30).clamp(1, 3600)),
            database_wait: self
                .database_wait_seconds
                .map_or(Options::WAIT, |seconds| Duration::from_secs(seconds.clamp(1, 60))),
            data_dir,
            blobs,
            secret,
            public_url,
            allowed_hosts: self.allowed_hosts.unwrap_or_default().iter().map(|host| host.to_lowercase()).collect(),
            bcrypt_cost,
            access_life: Duration::from_mins(self.access_minutes.unwrap_or(15).clamp(1, 60 * 24 * 365)),
            refresh_life: days(self.refresh_days, 7),
            sign_in_life: days(self.sign_in_days, 90),
            temporary_password_life: days(self.temporary_password_days, 7),
            require_first_login: self.require_first_login == Some(Switch::On),
            index_cache: self.index_cache_mib.unwrap_or(256).saturating_mul(1 << 20),
            encoder,
            model_dir: self.model_dir,
            llm,
            limits,
            trusted_proxies,
        })
    }
}

/// Returns a setting in days, between a day and ten years, as a duration.
fn days(set: Option<u64>, default: u64) -> Duration {
    Duration::from_hours(set.unwrap_or(default).clamp(1, 3650) * 24)
}

/// Returns a public URL without a final slash, if absolute links can begin with it.
fn checked_url(url: String) -> Result<String, ConfigError> {
    let parsed = url.parse::<Uri>().ok();
    let is_web = parsed
        .as_ref()
        .and_then(Uri::scheme_str)
        .is_some_and(|scheme| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    let is_base =
        parsed.as_ref().is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none());
    if is_web && is_base && !url.contains('#') {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(ConfigError::PublicUrl(url))
    }
}

#[cfg(test)]
mod tests;
