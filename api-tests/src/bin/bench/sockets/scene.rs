//! What the measurements of sockets share.

use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;

use super::client::Tap;
use crate::{
    process::Server,
    world::{World, message},
};

/// Number of sessions, each of which an agent has taken over.
pub(super) const SESSIONS: usize = 500;

/// The measured server, and what the measurements share.
pub(super) struct Bench {
    pub(super) server: Server,
    pub(super) world: World,
    pub(super) runtime: Runtime,
}

impl Bench {
    /// Opens a socket of a visitor. Returns it with the position of the session's last message.
    pub(super) async fn open(&self, visitor: usize, after: Option<i64>) -> (Tap, i64) {
        let mut tap = Tap::open(self.server.address(), &self.world.socket(visitor, after)).await;
        let first = tap.json().await;
        let head = first["head_seq"].as_i64();
        (tap, head.unwrap_or_else(|| panic!("{first}")))
    }
}

/// Returns a frame with a visitor's message.
pub(super) fn frame(number: usize) -> String {
    json!({ "type": "chat_message", "message": message(number) }).to_string()
}

/// Returns the time for one of `count`, in microseconds.
pub(super) fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / number(count)
}

/// Returns a count as a number to divide by.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map(f64::from).expect("a count below 2^32")
}
