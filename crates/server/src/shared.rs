//! What the processes of an installation share in a Redis server: pokes, the counts of rate limits, and who is
//! connected.
//!
//! Nothing depends on it: without the server, pokes are found by [`recheck`](crate::realtime::recheck), and each process
//! counts for itself and knows its own connections.

mod buckets;
mod relay;
mod roster;

use std::time::Duration;

use redis::{Connection, RedisResult};
use sha2::{Digest as _, Sha256};
use tenancy::{Fault, StoreError};

pub(crate) use self::{buckets::SharedBuckets, relay::RedisRelay, roster::RedisRoster};
use crate::config::RedisServer;

/// Binds the names of an installation to their purpose, and makes them differ from those of other installations.
const LABEL: &[u8] = b"switchboard names in Redis v1";

/// An installation's part of a Redis server.
#[derive(Debug, Clone)]
pub(crate) struct RedisSpace {
    server: RedisServer,
    names: Names,
}

/// Makes the names that an installation uses in Redis. They show nothing of what they are made from, such as addresses
/// and logins.
#[derive(Clone)]
struct Names(Sha256);

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names(..)")
    }
}

impl RedisSpace {
    /// Prepares to use a server. All processes with one secret share what they keep there.
    pub(crate) fn new(server: RedisServer, secret: &[u8]) -> Self {
        // A key of its own, so that nothing is known of what else is derived from the secret.
        let key = Sha256::new().chain_update(LABEL).chain_update(Sha256::digest(secret)).finalize();
        Self { server, names: Names(Sha256::new().chain_update(key)) }
    }

    /// Connects within `wait`, and lets each call wait as long.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses the password.
    fn connect(&self, wait: Duration) -> RedisResult<Connection> {
        let connection = self.server.client().get_connection_with_timeout(wait)?;
        connection.set_read_timeout(Some(wait))?;
        connection.set_write_timeout(Some(wait))?;
        Ok(connection)
    }
}

impl Names {
    /// Returns the name for a text in one kind of names.
    fn name(&self, kind: &str, text: &str) -> String {
        let digest = self.0.clone().chain_update(kind).chain_update([0]).chain_update(text).finalize();
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("switchboard:{kind}:{hex}")
    }
}

/// Maps an error of the server. Every one of them may pass.
fn unavailable(error: redis::RedisError) -> StoreError {
    StoreError::new(Fault::Unavailable, error)
}

#[cfg(test)]
mod tests;
