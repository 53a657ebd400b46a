//! What sockets cost: deliveries to many, idle connections, their beginning, a client that does not read, and
//! messages at a high rate.

pub(crate) mod bare;
mod client;
mod cost;
mod fan_out;
mod idle;
mod rate;
mod scene;
mod stuck;

use std::{fs, process::ExitCode, time::Duration};

use self::scene::{Bench, SESSIONS};
use crate::{process::Server, world::World};

/// Open files that the load and the server need each.
const FILES: u64 = 11_000;

/// The figures so far.
#[derive(Default)]
struct Figures {
    missed: usize,
}

impl Figures {
    fn print(&mut self, is_met: bool, line: &str) {
        println!("{} {line}", if is_met { "met   " } else { "MISSED" });
        self.missed += usize::from(!is_met);
    }
}

/// Measures, and fails if a target is missed.
pub(crate) fn run() -> ExitCode {
    assert!(open_files() >= FILES, "each process needs {FILES} open files: ulimit -n {FILES}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    let mut world = World::open(server.address(), "Bench", SESSIONS);
    world.take_over(server.address());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut bench = Bench { server, world, runtime };
    let mut figures = Figures::default();

    let idle = idle::measure(&mut bench, folder.path());
    let sockets = idle::SOCKETS;
    figures.print(
        idle.bytes <= 8_192.0,
        &format!("idle connection: {:.1} KB of resident memory each at {sockets} (target <= 8)", idle.bytes / 1_024.0),
    );
    let us = "us of processor time";
    figures.print(idle.connect <= 100.0, &format!("connect: {:.1} {us} (target <= 100)", idle.connect));
    figures.print(idle.resume <= 100.0, &format!("resume: {:.1} {us} (target <= 100)", idle.resume));
    let seconds = idle.caught_up.as_secs_f64();
    figures.print(
        seconds <= 5.0,
        &format!(
            "restart: {sockets} clients caught up after {seconds:.2} s, {} at once (target <= 5)",
            idle::AT_ONCE_AGAIN
        ),
    );

    let (socket, rest) = cost::measure(&bench);
    figures.print(
        socket <= rest * 1.1,
        &format!(
            "message: {socket:.1} {us} over a socket, {rest:.1} over REST: {:.2} x (target <= 1.1)",
            socket / rest
        ),
    );

    let stuck = stuck::measure(&bench);
    let (ratio, most) = stuck.ratios();
    let [one, other] = stuck.alone.map(millis);
    figures.print(
        ratio <= most,
        &format!(
            "stuck client: p99 of the others {:.2} ms, without one {one:.2} and {other:.2} ms: {ratio:.2} x (target <= \
             1.1, with the noise {most:.2})",
            millis(stuck.next_to)
        ),
    );

    for (sockets, messages) in [(1_000, 300), (10_000, 30)] {
        let (delivery, bare) = fan_out::measure(&bench, sockets, messages);
        figures.print(
            delivery <= bare * 1.3,
            &format!(
                "fan-out to {sockets}: {delivery:.2} {us} for a delivery, a bare write {bare:.2}: {:.2} x (target <= 1.3)",
                delivery / bare
            ),
        );
    }

    for (number, rate) in rate::measure(&bench).into_iter().enumerate() {
        let line = format!(
            "delivery at {} messages/s over {SESSIONS} sessions: p50 {:.1} ms, p99 {:.1} ms (target <= {:.0})",
            rate.per_second,
            millis(rate.p50),
            millis(rate.p99),
            millis(rate::TARGET)
        );
        // Lower rates than the first one only say what the machine can do.
        if number == 0 { figures.print(rate.is_in_time(), &line) } else { println!("       {line}") }
    }
    if figures.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Returns how many files this process may open.
fn open_files() -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a limit of open files");
    line.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(u64::MAX)
}
