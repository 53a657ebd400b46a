//! Who is connected to which process, in Redis.
//!
//! Each process writes under a key that soon expires, and reads what the others have written.

use std::time::Duration;

use redis::{Connection, RedisResult, pipe};
use tenancy::StoreError;

use super::{RedisSpace, unavailable};
use crate::realtime::roster::{LIFE, Roster};

/// How long the server may take to answer.
const WAIT: Duration = Duration::from_secs(1);

/// A process in the list of all.
pub(crate) struct RedisRoster {
    space: RedisSpace,
    process: String,
    connection: Connection,
}

impl RedisRoster {
    /// Connects as a process, whose name no other has.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub(crate) fn open(space: &RedisSpace, process: String) -> Result<Self, StoreError> {
        let connection = space.connect(WAIT).map_err(unavailable)?;
        Ok(Self { space: space.clone(), process, connection })
    }

    fn list(&self) -> String {
        self.space.names.name("processes", "")
    }

    fn key(&self, process: &str) -> String {
        self.space.names.name("presence", process)
    }

    fn try_exchange(&mut self, connected: &str) -> RedisResult<Vec<String>> {
        let (list, key) = (self.list(), self.key(&self.process));
        let life = u64::try_from(LIFE.as_millis()).unwrap_or(u64::MAX);
        let (processes,): (Vec<String>,) = pipe()
            .pset_ex(key, connected, life)
            .ignore()
            .sadd(&list, &self.process)
            .ignore()
            .smembers(&list)
            .query(&mut self.connection)?;
        let others: Vec<_> = processes.into_iter().filter(|process| *process != self.process).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let mut ask = pipe();
        for other in &others {
            ask.get(self.key(other));
        }
        let told: Vec<Option<String>> = ask.query(&mut self.connection)?;
        let gone: Vec<_> =
            others.iter().zip(&told).filter(|(_, told)| told.is_none()).map(|(other, _)| other).collect();
        if !gone.is_empty() {
            pipe().srem(&list, gone).ignore().exec(&mut self.connection)?;
        }
        Ok(told.into_iter().flatten().collect())
    }
}

impl Roster for RedisRoster {
    fn exchange(&mut self, connected: &str) -> Result<Vec<String>, StoreError> {
        self.try_exchange(connected).map_err(unavailable)
    }

    fn leave(mut self) -> Result<(), StoreError> {
        let (list, key) = (self.list(), self.key(&self.process));
        pipe().del(key).srem(list, &self.process).exec(&mut self.connection).map_err(unavailable)
    }
}
