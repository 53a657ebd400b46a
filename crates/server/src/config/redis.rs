//! The address of a Redis server.

use std::fmt;

use ::redis::{Client, ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion};

/// A Redis server that the processes of an installation share. Its URL may hold a password, so it is never shown.
#[derive(Clone)]
pub struct RedisServer(Client);

/// The text is no URL of a Redis server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("--redis needs a URL such as redis://:PASSWORD@127.0.0.1:6379/0; there is no TLS")]
pub struct InvalidRedis;

impl RedisServer {
    /// Parses a URL, `redis://[USER][:PASSWORD@]HOST[:PORT][/DATABASE]`. No connection is made.
    ///
    /// # Errors
    /// [`InvalidRedis`].
    pub fn parse(url: &str) -> Result<Self, InvalidRedis> {
        let info = url.into_connection_info().map_err(|_| InvalidRedis)?;
        if !matches!(info.addr(), ConnectionAddr::Tcp(..)) {
            return Err(InvalidRedis);
        }
        // What comes unasked, such as messages of a channel, has a form of its own only there.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Client::open(info.set_redis_settings(settings)).map(Self).map_err(|_| InvalidRedis)
    }

    /// Returns what opens connections.
    pub(crate) fn client(&self) -> &Client {
        &self.0
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisServer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_redis_url_and_its_password_is_not_shown() {
        for url in ["redis://127.0.0.1", "redis://127.0.0.1:6380/2", "redis://user:secret@redis.example.com"] {
            let shown = format!("{:?}", RedisServer::parse(url).unwrap());
            assert!(!shown.contains("secret"), "{shown}");
        }
        for wrong in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://", "rediss://127.0.0.1", "unix:///run/redis"] {
            assert!(RedisServer::parse(wrong).is_err(), "{wrong}");
        }
    }
}
