//! The memory of visitors who wait for news, and how soon they get it.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::{http::Connection, process::Server, world::World};

const VISITORS: usize = 5_000;
/// The highest growth of the server's memory with which the benchmark succeeds, in MB.
const TARGET: f64 = 60.0;
/// Number of visitors who are woken.
const WOKEN: usize = 200;

/// Measures, and fails if the memory exceeds the target.
pub(crate) fn run() -> ExitCode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    let world = World::open(server.address(), "Bench", VISITORS);
    let before = server.resident_bytes();
    let mut waiting: Vec<Connection> = (0..VISITORS)
        .map(|visitor| {
            let mut connection = Connection::open(server.address());
            connection.send(&world.poll(visitor));
            connection
        })
        .collect();
    let began = Instant::now();
    server.until_quiet();
    let added = (server.resident_bytes() - before) / 1e6;
    println!("{VISITORS} visitors wait with {added:.1} MB of added memory (target <= {TARGET} MB)");

    let mut writer = Connection::open(server.address());
    let mut times: Vec<Duration> = (0..WOKEN)
        .map(|visitor| {
            writer.call(&world.turn(visitor, 0));
            let stored = Instant::now();
            let (status, _) = waiting[visitor].receive();
            assert_eq!(status, 200);
            stored.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "news of a message: p50 {:.2} ms, p99 {:.2} ms after its reply; measured {:.1} s after the first poll",
        times[WOKEN / 2].as_secs_f64() * 1e3,
        times[WOKEN * 99 / 100].as_secs_f64() * 1e3,
        began.elapsed().as_secs_f64()
    );
    if added <= TARGET { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
