//! Kills servers while many clients write and read, and takes sessions over while the bot composes its answers.
//!
//! - `just torture [MESSAGES] [KILLS] [SEED]` lets 200 clients send this many messages on each database, and kills a
//!   server this many times. On PostgreSQL there are two.
//! - `just torture takeovers [COUNT] [SEED]` takes sessions over this many times on each database.
//!
//! PostgreSQL takes part if `SWITCHBOARD_TEST_DATABASE_URL` names a server.
#![expect(clippy::expect_used, reason = "a failed run stops the program and reports where")]

use std::{process::ExitCode, time::Instant};

use api_tests::torture::{self, Plan};
use storage::{Target, testing::Scratch};

/// Numbers of the long form.
const MESSAGES: usize = 100_000;
const KILLS: usize = 50;
const SESSIONS: usize = 40;
const TAKEOVERS: usize = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: usize| match arguments.get(at) {
        Some(text) => text.parse().expect("a number"),
        None => usual,
    };
    let seed = |at: usize| match arguments.get(at) {
        Some(text) => text.parse().expect("a seed"),
        None => uuid::Uuid::new_v4().as_u64_pair().0,
    };
    match arguments.first().map(String::as_str) {
        Some("serve") => torture::serve(arguments.get(1..).unwrap_or_default()),
        Some("takeovers") => takeovers(number(1, TAKEOVERS), seed(2)),
        _ => run(number(0, MESSAGES), number(1, KILLS), seed(2)),
    }
}

fn name(database: &Scratch) -> &'static str {
    match database.options.target {
        Target::Sqlite(_) => "SQLite",
        Target::Postgres(_) => "PostgreSQL",
    }
}

fn run(messages: usize, kills: usize, seed: u64) -> ExitCode {
    let program = std::env::current_exe().expect("this program");
    let plan = Plan { seed, messages, kills, sessions: SESSIONS, program };
    let mut is_kept = true;
    for (database, processes) in torture::databases() {
        println!("{}, {processes} server processes", name(&database));
        let since = Instant::now();
        let report = torture::run(&plan, &database, processes);
        println!("{report}{:.0} s", since.elapsed().as_secs_f64());
        is_kept &= report.violations().is_empty() && report.has_interrupted();
    }
    if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn takeovers(count: usize, seed: u64) -> ExitCode {
    let program = std::env::current_exe().expect("this program");
    let mut is_kept = true;
    for (database, processes) in torture::databases() {
        println!("{}, {processes} server processes", name(&database));
        let since = Instant::now();
        let found = torture::takeovers(seed, count, &program, &database, processes);
        println!(
            "seed {seed}: {} takeovers before the bot had answered, {} after, {} violations, {:.0} s",
            found.silenced,
            found.answered,
            found.violations.len(),
            since.elapsed().as_secs_f64()
        );
        for violation in &found.violations {
            println!("seed {seed}: {violation}");
        }
        is_kept &= found.violations.is_empty();
    }
    if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
