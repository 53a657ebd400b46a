//! The cost of row-level security for a chat turn: CPU of the server and of PostgreSQL's processes, measured
//! alternately with and without the policies in one run.

use std::{fs, process::ExitCode};

use storage::testing::Scratch;

use crate::{
    load::Load,
    process::{Limited, Server},
    world::World,
};

/// Number of measurements of each kind.
const ROUNDS: usize = 12;
/// Number of turns in each measurement.
const TURNS: usize = 2_000;
/// Number of unmeasured turns after each switch, in which every connection prepares its statements again.
const WARM: usize = 400;
const VISITORS: usize = 16;
/// The highest overhead with which the benchmark succeeds.
const TARGET: f64 = 0.15;

/// CPU time of a turn, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    server: f64,
    database: f64,
}

/// Measures, and fails if the overhead exceeds the target.
pub(crate) fn run() -> ExitCode {
    let Some(scratch) = Scratch::postgres() else { return ExitCode::FAILURE };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start_limited(folder.path(), Some(scratch.urls()), Limited::Off);
    let world = World::build(server.address());
    let turns = |requests| {
        let load = Load { address: server.address(), connections: VISITORS, requests };
        load.run(&server, &|visitor, turn| world.turn(visitor, turn))
    };
    turns(TURNS);

    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // On, off, off, on: a drift of the machine affects both kinds equally.
        for on in [round % 2 == 0, round % 2 == 1] {
            switch(&scratch, on);
            turns(WARM);
            let before = backends(&scratch);
            let measured = turns(TURNS);
            let count = u32::try_from(measured.count).map(f64::from).expect("a count below 2^32");
            let database = (backends(&scratch) - before) / 1e3 / count;
            let cost = Cost { server: measured.cpu_micros, database };
            if on { &mut with } else { &mut without }.push(cost);
        }
    }
    switch(&scratch, true);

    println!("CPU us for a turn, medians of {ROUNDS} measurements of {TURNS} turns, {VISITORS} visitors");
    println!("{:<20} {:>8} {:>11} {:>8}", "row-level security", "server", "PostgreSQL", "both");
    let [on, off] = [("on", &with), ("off", &without)].map(|(name, costs)| {
        let [server, database, both] =
            [|cost: &Cost| cost.server, |cost: &Cost| cost.database, |cost: &Cost| cost.server + cost.database]
                .map(|part| median(costs.iter().map(part).collect()));
        println!("{name:<20} {server:>8.1} {database:>11.1} {both:>8.1}");
        both
    });
    let overhead = on / off - 1.0;
    println!("overhead {:.1} % (target <= {:.0} %)", overhead * 100.0, TARGET * 100.0);
    if overhead <= TARGET { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Turns the policies of every table on or off.
fn switch(scratch: &Scratch, on: bool) {
    let to = if on { "ENABLE" } else { "DISABLE" };
    let statements = format!(
        "SELECT format('ALTER TABLE %s {to} ROW LEVEL SECURITY', polrelid::regclass) AS line \
         FROM pg_policy GROUP BY polrelid ORDER BY polrelid::regclass::text"
    );
    scratch.execute(&scratch.lines(&statements).join("; ")).expect("the owner may");
}

/// Returns the CPU time of the PostgreSQL processes behind the server's connections, in nanoseconds.
fn backends(scratch: &Scratch) -> f64 {
    let (server, _) = scratch.urls();
    let role = server.split("//").nth(1).and_then(|rest| rest.split(':').next()).expect("a role");
    let pids = scratch.lines(&format!(
        "SELECT CAST(pid AS TEXT) AS line FROM pg_stat_activity \
         WHERE datname = current_database() AND usename = '{role}'"
    ));
    let ran = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("PostgreSQL runs on this machine");
        stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).expect("nanoseconds")
    };
    pids.iter().map(ran).sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
