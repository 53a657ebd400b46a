//! Pokes over a channel of Redis.

use std::{
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use redis::{Connection, Msg, PushInfo, cmd, pipe};
use tenancy::StoreError;
use ulid::Ulid;

use super::{RedisSpace, unavailable};
use crate::realtime::relay::{Poke, Relay, pack, unpack};

/// How long the server may take to answer.
const WAIT: Duration = Duration::from_secs(1);

/// Longest text of a message, in bytes, without its sender.
const LONGEST: usize = 64 * 1024;

/// A connection that sends pokes to a channel, and receives those of the other processes.
pub(crate) struct RedisRelay {
    connection: Connection,
    channel: String,
    /// Marks what this connection has sent, because it comes back.
    sender: String,
    arrived: Receiver<PushInfo>,
}

impl RedisRelay {
    /// Connects to the channel of an installation.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub(crate) fn open(space: &RedisSpace) -> Result<Self, StoreError> {
        let mut connection = space.connect(WAIT).map_err(unavailable)?;
        let (pushed, arrived) = mpsc::channel();
        connection.set_push_sender(pushed);
        let channel = space.names.name("pokes", "");
        connection.subscribe_resp3(&channel).map_err(unavailable)?;
        let mut relay = Self { connection, channel, sender: Ulid::generate().to_string(), arrived };
        relay.ping()?;
        Ok(relay)
    }

    /// Waits for an answer. What was pushed before it has arrived by then.
    fn ping(&mut self) -> Result<(), StoreError> {
        cmd("PING").exec(&mut self.connection).map_err(unavailable)
    }
}

impl Relay for RedisRelay {
    fn send(&mut self, pokes: &[Poke]) -> Result<(), StoreError> {
        let mut messages = pipe();
        for text in pack(pokes, LONGEST) {
            messages.cmd("PUBLISH").arg(&self.channel).arg(format!("{} {text}", self.sender)).ignore();
        }
        messages.exec(&mut self.connection).map_err(unavailable)
    }

    fn receive(&mut self) -> Result<Vec<Poke>, StoreError> {
        self.ping()?;
        let messages = self.arrived.try_iter().filter_map(Msg::from_push_info);
        let texts = messages.filter_map(|message| message.get_payload::<String>().ok());
        let of_others = texts.filter_map(|text| {
            let (sender, pokes) = text.split_once(' ')?;
            (sender != self.sender).then(|| unpack(pokes).collect::<Vec<_>>())
        });
        Ok(of_others.flatten().collect())
    }
}
