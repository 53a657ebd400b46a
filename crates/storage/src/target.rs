//! Where the database is, as the operator wrote it.

use std::{net::IpAddr, path::PathBuf};

use url::{Host, Url};

/// A database that was named and may be used.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    Sqlite(SqliteTarget),
    /// A PostgreSQL server.
    Postgres(PostgresUrl),
}

/// A SQLite file and how sure its commits are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteTarget {
    /// The file; its folder must exist.
    pub path: PathBuf,
    /// When a commit counts as done.
    pub durability: Durability,
}

/// When a SQLite commit counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the disk has it.
    #[default]
    Full,
    /// When the operating system has it; for tests and throw-away data.
    Off,
}

/// A PostgreSQL URL that passed [`Target::parse`]. Never printed: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Url);

/// Why a database URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Neither of the schemes below.
    #[error("a database url starts with sqlite:, postgres: or postgresql:")]
    Scheme,
    /// Not a URL.
    #[error("the database url cannot be read")]
    Syntax(#[source] url::ParseError),
    /// The URL names no file.
    #[error("the sqlite url names no file")]
    NoFile,
    /// This build cannot encrypt, and the URL does not say that it need not.
    #[error(
        "this build has no TLS for PostgreSQL: use a build with the feature postgres-tls, a server on this machine, \
         or say sslmode=disable in the url"
    )]
    Unencrypted,
}

impl Target {
    /// A SQLite file whose commits are durable.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite(SqliteTarget { path: path.into(), durability: Durability::Full })
    }

    /// Reads `sqlite:PATH` (also `sqlite://PATH`) or a PostgreSQL URL.
    ///
    /// # Errors
    /// [`InvalidTarget`]; without the feature `postgres-tls` that includes every
    /// server on another machine whose URL does not say `sslmode=disable`.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        match text.split_once(':') {
            Some(("sqlite", rest)) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() { Err(InvalidTarget::NoFile) } else { Ok(Self::sqlite(path)) }
            }
            Some(("postgres" | "postgresql", _)) => {
                let mut url = Url::parse(text).map_err(InvalidTarget::Syntax)?;
                if cfg!(feature = "postgres-tls") || stays_here(&url) || says_disable(&url) {
                    bound_waiting(&mut url);
                    Ok(Self::Postgres(PostgresUrl(url)))
                } else {
                    Err(InvalidTarget::Unencrypted)
                }
            }
            _ => Err(InvalidTarget::Scheme),
        }
    }
}

/// A server that does not answer must not hold requests for libpq's minutes: without other
/// wishes in the URL, 2 s to connect and 5 s for sent data to be acknowledged.
fn bound_waiting(url: &mut Url) {
    for (key, value) in [("connect_timeout", "2"), ("tcp_user_timeout", "5000")] {
        if !url.query_pairs().any(|(given, _)| given == key) {
            url.query_pairs_mut().append_pair(key, value);
        }
    }
}

/// Whether the connection never leaves the machine. `host` and `hostaddr` in the query win
/// over the authority, as they do in libpq; a list of hosts stays only if all do.
fn stays_here(url: &Url) -> bool {
    let is_local = |host: &str| {
        host.is_empty()
            || host.starts_with('/')
            || host.starts_with('@')
            || host == "localhost"
            || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    };
    let named: Vec<_> = url.query_pairs().filter(|(key, _)| key == "host" || key == "hostaddr").collect();
    if !named.is_empty() {
        return named.iter().all(|(_, hosts)| hosts.split(',').all(is_local));
    }
    match url.host() {
        None => true,
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => {
            let decoded = name.replace("%2F", "/").replace("%2f", "/");
            decoded.split(',').all(is_local)
        }
    }
}

fn says_disable(url: &Url) -> bool {
    url.query_pairs().any(|(key, value)| key == "sslmode" && value == "disable")
}

impl PostgresUrl {
    /// The URL with its password, for libpq.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The role that the URL signs in as.
    pub(crate) fn role(&self) -> &str {
        self.0.username()
    }

    /// The same server and role, another database.
    #[cfg(feature = "testing")]
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(name);
        Self(url)
    }

    /// The same server and database, another role.
    #[cfg(feature = "testing")]
    pub(crate) fn with_role(&self, role: &str, password: &str) -> Self {
        let mut url = self.0.clone();
        // DualBackend fail only for URLs without a host, and parsing let none through.
        let _ = url.set_username(role).and_then(|()| url.set_password(Some(password)));
        Self(url)
    }
}

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "postgres://{}{}", self.0.host_str().unwrap_or(""), self.0.path())
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(sqlite) => sqlite.fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database() {
        assert_eq!(Target::parse("sqlite:data/a.db"), Ok(Target::sqlite("data/a.db")));
        assert_eq!(Target::parse("sqlite:///var/a.db"), Ok(Target::sqlite("/var/a.db")));
        assert!(matches!(Target::parse("postgres://app@localhost/switchboard"), Ok(Target::Postgres(_))));
        assert_eq!(Target::parse("data/a.db"), Err(InvalidTarget::Scheme));
        assert_eq!(Target::parse("sqlite:"), Err(InvalidTarget::NoFile));
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[test]
    fn without_tls_another_machine_must_be_named_unencrypted() {
        for here in [
            "postgres://app@127.0.0.1:5433/db",
            "postgresql://app@[::1]/db",
            "postgres:///db?host=/run/postgresql",
            "postgres://app@%2Frun%2Fpostgresql/db",
        ] {
            assert!(Target::parse(here).is_ok(), "{here}");
        }
        for away in [
            "postgres://app@db.example.com/db",
            "postgres://app@10.0.0.5/db",
            "postgres://app@localhost/db?host=db.example.com",
            "postgres:///db?hostaddr=10.0.0.5",
        ] {
            assert_eq!(Target::parse(away), Err(InvalidTarget::Unencrypted), "{away}");
            let separator = if away.contains('?') { '&' } else { '?' };
            assert!(Target::parse(&format!("{away}{separator}sslmode=disable")).is_ok(), "{away}");
        }
    }

    #[test]
    fn waiting_is_bounded_unless_the_url_says_how() {
        let query = |url: &str| match Target::parse(url) {
            Ok(Target::Postgres(url)) => url.0.query().unwrap_or("").to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(query("postgres://app@localhost/db"), "connect_timeout=2&tcp_user_timeout=5000");
        assert_eq!(query("postgres://app@localhost/db?connect_timeout=9"), "connect_timeout=9&tcp_user_timeout=5000");
    }

    #[test]
    fn a_password_is_never_printed() {
        let target = Target::parse("postgres://app:hunter22@localhost/db").unwrap();
        assert!(!format!("{target:?}").contains("hunter22"));
    }
}
