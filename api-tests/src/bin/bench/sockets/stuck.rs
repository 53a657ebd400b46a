//! What a client that does not read does to the others in its session.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::LocalSet};

use super::{client::Tap, scene::Bench};
use crate::http::Connection;

/// Number of clients that read, in each session.
const READERS: usize = 100;
/// Number of messages to each session.
const MESSAGES: usize = 150;
/// Length of the texts that fill the buffers of a client that does not read.
const LONG: usize = 8_000;
/// Number of those texts: twice what the operating system keeps at most for a connection.
const FILLING: usize = 1_100;

/// The 99th percentile of the deliveries to clients that read.
pub(super) struct Stuck {
    /// In two sessions without a stuck client. Their difference is what the machine does.
    pub(super) alone: [Duration; 2],
    /// Next to a stuck client.
    pub(super) next_to: Duration,
}

impl Stuck {
    /// Returns the ratio of the percentiles, and what it may be: a tenth more, and as much again as two equal sessions
    /// differ.
    pub(super) fn ratios(&self) -> (f64, f64) {
        let [one, other] = self.alone.map(|p99| p99.as_secs_f64());
        (self.next_to.as_secs_f64() / ((one + other) / 2.0), 1.1 + (one / other - 1.0).abs())
    }
}

/// The clients of a session that read, and when each of them has received the newest message.
#[derive(Default)]
struct Readers {
    times: RefCell<Vec<Instant>>,
    all: Notify,
}

/// Writes to two sessions of clients that read, and to one in which another client does not.
pub(super) fn measure(bench: &Bench) -> Stuck {
    let mut writer = Connection::open(bench.server.address());
    let mut stuck = bench.runtime.block_on(Tap::open_narrow(bench.server.address(), &bench.world.socket(2, None)));
    let long = "word ".repeat(LONG / 5);
    for _ in 0..FILLING {
        writer.json(&bench.world.said_by_staff(2, &long));
    }
    let late = bench.runtime.block_on(async {
        let tasks = LocalSet::new();
        let mut sessions: Vec<(Rc<Readers>, Vec<Duration>)> = Vec::new();
        for visitor in 0..3 {
            let readers = Rc::new(Readers::default());
            for _ in 0..READERS {
                let (mut tap, _) = bench.open(visitor, None).await;
                let readers = Rc::clone(&readers);
                tasks.spawn_local(async move {
                    loop {
                        tap.text().await;
                        let mut times = readers.times.borrow_mut();
                        times.push(Instant::now());
                        if times.len() == READERS {
                            readers.all.notify_one();
                        }
                    }
                });
            }
            sessions.push((readers, Vec::new()));
        }
        for _ in 0..MESSAGES {
            // The sessions take turns, so that the rest of the machine affects them alike.
            for (visitor, (readers, late)) in sessions.iter_mut().enumerate() {
                let sent = Instant::now();
                writer.send(&bench.world.said_by_staff(visitor, "The part is here."));
                tasks.run_until(readers.all.notified()).await;
                late.extend(readers.times.take().iter().map(|at| *at - sent));
                let (status, _) = writer.receive();
                assert!((200..300).contains(&status), "{status}");
            }
        }
        sessions.into_iter().map(|(_, late)| late).collect::<Vec<_>>()
    });
    let [one, other, next_to] = late.try_into().map(|late: [Vec<Duration>; 3]| late.map(p99)).expect("three sessions");
    // The client was stuck if the server has dropped news for it.
    bench.runtime.block_on(stuck.json_of("resync"));
    Stuck { alone: [one, other], next_to }
}

fn p99(mut late: Vec<Duration>) -> Duration {
    late.sort_unstable();
    late[(late.len() - 1) * 99 / 100]
}
