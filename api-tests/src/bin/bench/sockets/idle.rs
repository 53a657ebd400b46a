//! What idle sockets hold, what it costs to open them, and how soon they are back after a restart.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream};

use super::{
    client::Tap,
    scene::{Bench, SESSIONS, micros, number},
};
use crate::{http::Connection, process::Server};

/// Number of connections.
pub(super) const SOCKETS: usize = 10_000;
/// Number of sockets that are being opened at the same time, at first.
const AT_ONCE: usize = 64;
/// The same after the restart. Clients come back within a moment, but not in the same millisecond.
pub(super) const AT_ONCE_AGAIN: usize = 1_000;

/// The measurements.
pub(super) struct Idle {
    /// Resident memory of a connection, in bytes.
    pub(super) bytes: f64,
    /// Processor time of opening one, in microseconds.
    pub(super) connect: f64,
    /// Processor time of opening one that is sent what it has missed, in microseconds.
    pub(super) resume: f64,
    /// Time from the start of the server until the last client had what it had missed.
    pub(super) caught_up: Duration,
}

/// Opens sockets, has something said while the server stops, and opens them again with the position that they had.
/// Returns the new server in `bench`.
pub(super) fn measure(bench: &mut Bench, folder: &Path) -> Idle {
    bench.server.until_quiet();
    let (memory, cpu) = (bench.server.resident_bytes(), bench.server.cpu());
    let taps = bench.runtime.block_on(async {
        let mut taps: Vec<(Tap, i64)> = Vec::with_capacity(SOCKETS);
        while taps.len() < SOCKETS {
            let from = taps.len();
            let group = (from..SOCKETS.min(from + AT_ONCE)).map(|number| bench.open(number % SESSIONS, None));
            taps.extend(join_all(group).await);
        }
        taps
    });
    bench.server.until_quiet();
    let connect = micros(bench.server.cpu() - cpu, SOCKETS);
    let bytes = (bench.server.resident_bytes() - memory) / number(SOCKETS);
    let heads: Vec<i64> = taps.iter().map(|(_, head)| *head).collect();
    drop(taps);
    let mut writer = Connection::open(bench.server.address());
    for visitor in 0..SESSIONS {
        writer.json(&bench.world.said_by_staff(visitor, "The part is here."));
    }
    bench.server.kill();
    bench.server = Server::start(folder);
    bench.server.until_quiet();
    let (started, cpu) = (Instant::now(), bench.server.cpu());
    let taps = bench.runtime.block_on(async {
        let clients = heads.iter().enumerate().map(async |(number, head)| {
            let (mut tap, _) = bench.open(number % SESSIONS, Some(*head)).await;
            tap.json_of("chat_message").await;
            tap
        });
        stream::iter(clients).buffer_unordered(AT_ONCE_AGAIN).collect::<Vec<_>>().await
    });
    let caught_up = started.elapsed();
    bench.server.until_quiet();
    let resume = micros(bench.server.cpu() - cpu, SOCKETS);
    drop(taps);
    bench.server.until_quiet();
    Idle { bytes, connect, resume, caught_up }
}
