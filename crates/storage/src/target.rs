//! The location of the database, as the operator configures it.

use std::{net::IpAddr, path::PathBuf};

use url::{Host, Url};

/// The location of a database.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    Sqlite(SqliteTarget),
    /// A PostgreSQL server.
    Postgres(PostgresUrl),
}

/// A SQLite file and the durability of its commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteTarget {
    /// The path of the file. Its folder must exist.
    pub path: PathBuf,
    /// When a commit counts as done.
    pub durability: Durability,
}

/// When a SQLite commit counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the data is on the disk.
    #[default]
    Full,
    /// When the operating system has the data. For tests and throw-away data.
    Off,
}

/// A PostgreSQL URL that passed [`Target::parse`]. It may hold a password, so `Debug` does not print it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Url);

/// The database URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// The scheme is not supported.
    #[error("a database url starts with sqlite:, postgres: or postgresql:")]
    Scheme,
    /// The text is not a URL.
    #[error("the database url cannot be read")]
    Syntax(#[source] url::ParseError),
    /// The URL names no file.
    #[error("the sqlite url names no file")]
    NoFile,
    /// This build has no TLS, the server is on another machine, and the URL does not allow unencrypted
    /// connections.
    #[error(
        "this build has no TLS for PostgreSQL: use a build with the feature postgres-tls, a server on this machine, \
         or say sslmode=disable in the url"
    )]
    Unencrypted,
}

impl Target {
    /// Returns a SQLite file with durable commits.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite(SqliteTarget { path: path.into(), durability: Durability::Full })
    }

    /// Parses `sqlite:PATH` (also `sqlite://PATH`) or a PostgreSQL URL.
    ///
    /// # Errors
    /// [`InvalidTarget`]. Without the feature `postgres-tls`, a server on another machine needs `sslmode=disable` in
    /// its URL.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        match text.split_once(':') {
            Some(("sqlite", rest)) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() { Err(InvalidTarget::NoFile) } else { Ok(Self::sqlite(path)) }
            }
            Some(("postgres" | "postgresql", _)) => {
                let mut url = Url::parse(text).map_err(InvalidTarget::Syntax)?;
                if cfg!(feature = "postgres-tls") || is_local(&url) || disables_tls(&url) {
                    set_timeouts(&mut url);
                    Ok(Self::Postgres(PostgresUrl(url)))
                } else {
                    Err(InvalidTarget::Unencrypted)
                }
            }
            _ => Err(InvalidTarget::Scheme),
        }
    }
}

/// Sets timeouts, unless the URL has its own: 2 s to connect, and 5 s until sent data is acknowledged. With
/// libpq's defaults a server that does not answer would block requests for minutes.
fn set_timeouts(url: &mut Url) {
    for (key, value) in [("connect_timeout", "2"), ("tcp_user_timeout", "5000")] {
        if !url.query_pairs().any(|(given, _)| given == key) {
            url.query_pairs_mut().append_pair(key, value);
        }
    }
}

/// Returns whether the server is on this machine. `host` and `hostaddr` in the query take precedence over the
/// authority, as in libpq. Of a list of hosts, all must be local.
fn is_local(url: &Url) -> bool {
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

fn disables_tls(url: &Url) -> bool {
    url.query_pairs().any(|(key, value)| key == "sslmode" && value == "disable")
}

impl PostgresUrl {
    /// Returns the URL with its password, for libpq.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the role that the URL signs in as.
    pub(crate) fn role(&self) -> &str {
        self.0.username()
    }

    /// Returns the same server and role with another database.
    #[cfg(feature = "testing")]
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(name);
        Self(url)
    }

    /// Returns the same server and database with another role.
    #[cfg(feature = "testing")]
    pub(crate) fn with_role(&self, role: &str, password: &str) -> Self {
        let mut url = self.0.clone();
        // These fail only for URLs without a host, which cannot have a role.
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
        for local in [
            "postgres://app@127.0.0.1:5433/db",
            "postgresql://app@[::1]/db",
            "postgres:///db?host=/run/postgresql",
            "postgres://app@%2Frun%2Fpostgresql/db",
        ] {
            assert!(Target::parse(local).is_ok(), "{local}");
        }
        for remote in [
            "postgres://app@db.example.com/db",
            "postgres://app@10.0.0.5/db",
            "postgres://app@localhost/db?host=db.example.com",
            "postgres:///db?hostaddr=10.0.0.5",
        ] {
            assert_eq!(Target::parse(remote), Err(InvalidTarget::Unencrypted), "{remote}");
            let separator = if remote.contains('?') { '&' } else { '?' };
            assert!(Target::parse(&format!("{remote}{separator}sslmode=disable")).is_ok(), "{remote}");
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
