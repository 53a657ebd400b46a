//! Measures CPU per request and latency of a server from outside.
//!
//! - `just bench answers` measures what answers by meaning cost: turns, the index, the encoding of entries, the start.
//! - `just bench chat` measures chat turns.
//! - `just bench growth [SIZES]` measures lists of companies with the given numbers of sessions, such as
//!   `1000,100000,1000000`.
//! - `just bench neighbours` measures how one company's load affects another company.
//! - `just bench waiting` measures the memory of 5,000 visitors who wait for news, and how soon they get it.
//! - `just bench sockets` measures what sockets cost, and fails if a target is missed. It needs 11,000 open files.
//! - `just bench rls` measures what PostgreSQL's policies cost a turn.
//!
//! The server runs as a separate process (this binary, started again), on SQLite with `synchronous=FULL`.
//! So the measured user and system time is the server's alone, without the load's. Compare figures only
//! as ratios to `/healthz` within the same run.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed measurement stops the program and reports where"
)]

mod answers;
mod growth;
mod http;
mod load;
mod neighbours;
mod process;
mod rls;
mod sockets;
mod waiting;
mod world;

use std::{process::ExitCode, time::Instant};

use load::{Load, Measured};
use process::Server;
use world::World;

/// Default numbers of sessions of the companies whose lists are compared.
const SIZES: &str = "1000,100000,1000000";
/// Number of turns after which the resident memory is read.
const MANY_TURNS: usize = 100_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", folder, limited, encoder, databases @ ..] => process::serve(folder, limited, encoder, databases),
        ["answers"] => answers::run(),
        ["chat"] => {
            chat();
            ExitCode::SUCCESS
        }
        ["neighbours"] => neighbours::run(),
        ["rls"] => rls::run(),
        ["bare", count, length] => sockets::bare::serve(count, length),
        ["sockets"] => sockets::run(),
        ["waiting"] => waiting::run(),
        ["growth"] => grow(SIZES),
        ["growth", sizes] => grow(sizes),
        _ => {
            eprintln!("usage: bench answers | chat | growth [SIZE,SIZE,..] | neighbours | rls | sockets | waiting");
            ExitCode::FAILURE
        }
    }
}

fn grow(sizes: &str) -> ExitCode {
    let sizes: Vec<u32> = sizes.split(',').map(|size| size.parse().expect("numbers of sessions")).collect();
    growth::run(&sizes);
    ExitCode::SUCCESS
}

fn chat() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    let world = World::build(server.address());
    let run = |name, connections, requests, request: &(dyn Fn(usize, usize) -> Vec<u8> + Sync)| {
        let load = Load { address: server.address(), connections, requests };
        let measured = load.run(&server, request);
        measured.print(name);
        measured
    };

    println!("{:<34} {:>9} {:>10} {:>9} {:>9} {:>9}", "request", "count", "cpu us/req", "p50 ms", "p99 ms", "req/s");
    // Warm up unmeasured, so that one-time costs are not counted.
    let warm = Load { address: server.address(), connections: 8, requests: 2_000 };
    warm.run(&server, &|_, _| http::get("/healthz/", None));
    warm.run(&server, &|visitor, turn| world.turn(visitor, turn));

    let health = run("GET /healthz", 64, 40_000, &|_, _| http::get("/healthz/", None));
    let profile = run("GET profile (token checked)", 64, 20_000, &|_, _| world.profile());
    let turns = run("POST chat, 64 visitors", 64, 20_000, &|visitor, turn| world.turn(visitor, turn));
    let keyed = run("POST chat with a key, 64 visitors", 64, 20_000, &|visitor, turn| world.keyed_turn(visitor, turn));
    let login = run("POST login (bcrypt cost 12)", 2, 24, &|_, _| world.login());

    let ratio = |measured: &Measured| measured.cpu_micros / health.cpu_micros;
    println!();
    println!("profile  {:>6.1} x /healthz   (target <= 8)", ratio(&profile));
    println!("chat     {:>6.1} x /healthz   (target <= 30)", ratio(&turns));
    println!("keyed    {:>6.1} x /healthz", ratio(&keyed));
    println!("login    {:>6.0} x /healthz", ratio(&login));
    println!("chat     {:>6.0} turns/s with 64 visitors on SQLite FULL (target >= 3000)", turns.per_second);

    let done = 2_000 + 20_000 + 20_000;
    let started = Instant::now();
    let rest = Load { address: server.address(), connections: 64, requests: MANY_TURNS - done };
    rest.run(&server, &|visitor, turn| world.turn(visitor, turn));
    println!(
        "memory   {:>6.1} MB resident after {MANY_TURNS} turns (target <= 40; the last {} took {:.1} s)",
        server.resident_bytes() / 1e6,
        MANY_TURNS - done,
        started.elapsed().as_secs_f64()
    );
}
