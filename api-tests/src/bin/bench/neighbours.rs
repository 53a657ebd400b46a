//! How a company's latency changes while another company sends twenty times as many requests.
//!
//! The visitors of both companies write, wait for the answer, pause, and write again. The busy company
//! has twenty times as many visitors, ignores refusals, and also uploads files and loads knowledge. The
//! calm company's latency is measured alternately alone and next to the busy one, and the percentiles of
//! both kinds are compared. The busy company's callers run at low priority, because in production they
//! would run on other machines.
//!
//! The gate applies to a server with its default budgets. A second table shows a server without budgets,
//! where only the fair queues in front of the database protect the calm company. There the processor,
//! which the load uses too, is the limit.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use storage::{Durability, testing::Scratch};

use crate::{
    http::Connection,
    process::{Limited, Server},
    world::World,
};

/// Number of visitors of the calm company. With [`PAUSE`] they stay just within its default budget.
pub(crate) const CALM: usize = 9;
/// The load of the busy company, as a multiple of the calm one's.
const TIMES: usize = 20;
/// Number of the busy company's connections that upload.
const UPLOADERS: usize = 8;
/// Size of an upload, in bytes.
const FILE_BYTES: usize = 100_000;
/// Number of entries in each load of knowledge.
const ENTRIES: usize = 1_000;
/// Pause between two loads.
const LOAD_PAUSE: Duration = Duration::from_secs(1);
/// Average pause between an answer and the next message; actual pauses differ by up to a fifth.
const PAUSE: Duration = Duration::from_millis(100);
/// Duration of a measurement.
const SPAN: Duration = Duration::from_secs(6);
/// Number of measurements of each kind.
const ROUNDS: usize = 5;
/// The desired ratio of the 99th percentiles.
const TARGET: f64 = 1.5;
/// The highest ratio with which the benchmark succeeds.
const GATE: f64 = 3.0;

/// The replies to the busy company, by kind of request.
#[derive(Default)]
struct Busy {
    turns: AtomicUsize,
    uploads: AtomicUsize,
    loads: AtomicUsize,
    refused: AtomicUsize,
}

/// Measures on every database, with and without budgets.
pub(crate) fn run() -> ExitCode {
    println!(
        "A: {CALM} visitors, {} ms between an answer and the next message. B: {TIMES} times as many, {UPLOADERS} that \
         upload {} kB, and {ENTRIES} entries of knowledge a second. {ROUNDS} measurements of {} s of each kind, alternating.",
        PAUSE.as_millis(),
        FILE_BYTES / 1000,
        SPAN.as_secs()
    );
    println!(
        "\n{:<11} {:<8} {:>20} {:>20} {:>7} {:>9} {:>9} {:>7} {:>9}",
        "database",
        "budgets",
        "A alone p50/p99 ms",
        "A with B p50/p99 ms",
        "p99",
        "B turn/s",
        "B file/s",
        "B load",
        "refused/s"
    );
    let measure_each = |limited| {
        let sqlite = measure("SQLite", &Scratch::sqlite_with(Durability::Full), limited);
        Scratch::postgres().map_or(sqlite, |scratch| sqlite.max(measure("PostgreSQL", &scratch, limited)))
    };
    let worst = measure_each(Limited::Companies);
    measure_each(Limited::Off);
    println!("\nworst with budgets: {worst:.2} times (target {TARGET}, gate {GATE})");
    if worst <= GATE { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures and prints one row of the table; returns the ratio of the 99th percentiles.
fn measure(name: &str, database: &Scratch, limited: Limited) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start_limited(folder.path(), Some(database.urls()), limited);
    // The messages that fill the companies count as chat, so the busy company starts with its budget used up.
    let calm = World::open(server.address(), "Calm", CALM);
    let busy = World::open(server.address(), "Busy", CALM * TIMES);
    calm_turns(&server, &calm, SPAN / 3);
    let counts = Busy::default();
    let (mut alone, mut contended, mut spent) = (Vec::new(), Vec::new(), Duration::ZERO);
    for _ in 0..ROUNDS {
        alone.extend(calm_turns(&server, &calm, SPAN));
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for caller in 0..CALM * TIMES + UPLOADERS + 1 {
                let (server, busy, counts, stop) = (&server, &busy, &counts, &stop);
                scope.spawn(move || run_busy_caller(server, busy, caller, counts, stop));
            }
            let started = Instant::now();
            contended.extend(calm_turns(&server, &calm, SPAN));
            spent += started.elapsed();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let [alone, contended] = [alone, contended].map(percentiles);
    let ratio = contended[1] / alone[1];
    let rate = |count: &AtomicUsize| number(count.load(Ordering::Relaxed)) / spent.as_secs_f64();
    let pair = |[half, most]: [f64; 2]| format!("{half:.1} / {most:.1}");
    println!(
        "{name:<11} {:<8} {:>20} {:>20} {ratio:>6.2}x {:>9.0} {:>9.0} {:>7} {:>9.0}",
        if limited == Limited::Companies { "default" } else { "off" },
        pair(alone),
        pair(contended),
        rate(&counts.turns),
        rate(&counts.uploads),
        counts.loads.load(Ordering::Relaxed),
        rate(&counts.refused),
    );
    ratio
}

/// Runs the calm company's visitors for this long; returns the latencies of their turns.
pub(crate) fn calm_turns(server: &Server, calm: &World, span: Duration) -> Vec<Duration> {
    thread::scope(|scope| {
        let visitors: Vec<_> = (0..CALM)
            .map(|visitor| {
                scope.spawn(move || {
                    let mut connection = Connection::open(server.address());
                    let started = Instant::now();
                    let mut latencies = Vec::new();
                    while started.elapsed() < span {
                        let request = calm.turn(visitor, latencies.len());
                        let sent = Instant::now();
                        let (status, body) = connection.call(&request);
                        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
                        latencies.push(sent.elapsed());
                        thread::sleep(pause(visitor, latencies.len()));
                    }
                    latencies
                })
            })
            .collect();
        visitors.into_iter().flat_map(|visitor| visitor.join().expect("a visitor ends")).collect()
    })
}

/// Returns a varying pause, so that visitors who were answered at the same time do not stay in step.
fn pause(visitor: usize, turn: usize) -> Duration {
    let percent = u32::try_from((visitor * 31 + turn * 17) % 41).expect("below 41");
    PAUSE * (80 + percent) / 100
}

/// Returns the median and the 99th percentile, in milliseconds.
pub(crate) fn percentiles(mut latencies: Vec<Duration>) -> [f64; 2] {
    latencies.sort_unstable();
    [50, 99].map(|share| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1e3)
}

/// Runs one connection of the busy company. The first one loads knowledge, some upload, the others write.
fn run_busy_caller(server: &Server, busy: &World, caller: usize, counts: &Busy, stop: &AtomicBool) {
    // On Linux this sets the priority of the calling thread only.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
    let mut connection = Connection::open(server.address());
    let content = "The same words again. ".repeat(FILE_BYTES / 22);
    for time in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (request, done, pause) = match caller {
            0 => (busy.load(ENTRIES, time), &counts.loads, LOAD_PAUSE),
            1..=UPLOADERS => (busy.upload(caller, &content), &counts.uploads, PAUSE),
            _ => (busy.turn(caller, time), &counts.turns, PAUSE),
        };
        let count = match connection.call(&request).0 {
            200 | 201 => done,
            429 | 503 => &counts.refused,
            other => panic!("{other} for caller {caller}"),
        };
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(pause);
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map(f64::from).expect("a count below 2^32")
}
