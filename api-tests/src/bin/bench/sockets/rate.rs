//! How soon messages are delivered when many visitors write.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    client::Tap,
    scene::{Bench, SESSIONS, frame},
};

/// Messages a second: the one that is wanted, and lower ones that are tried until one is delivered in time.
const RATES: [u32; 7] = [2_000, 1_750, 1_500, 1_250, 1_000, 750, 500];
/// How late the 99th percentile may be.
pub(super) const TARGET: Duration = Duration::from_millis(50);
/// How long a rate is kept up before it is measured, and how long it is measured.
const SPANS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(6)];

/// A rate, and how late the messages were.
pub(super) struct Rate {
    pub(super) per_second: u32,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Rate {
    pub(super) fn is_in_time(&self) -> bool {
        self.p99 <= TARGET
    }
}

/// Returns the rates that were tried. Only the last one may be in time.
pub(super) fn measure(bench: &Bench) -> Vec<Rate> {
    let mut tried = Vec::new();
    for per_second in RATES {
        tried.push(at(bench, per_second));
        if tried.last().is_some_and(Rate::is_in_time) {
            break;
        }
    }
    tried
}

fn at(bench: &Bench, per_second: u32) -> Rate {
    let sessions = u32::try_from(SESSIONS).expect("a small number");
    let period = Duration::from_secs(1) * sessions / per_second;
    let mut late = bench.runtime.block_on(async {
        let mut taps = Vec::with_capacity(SESSIONS);
        for visitor in 0..SESSIONS {
            taps.push(bench.open(visitor, None).await.0);
        }
        let begin = Instant::now();
        let writers =
            taps.iter_mut().zip(0..).map(|(tap, visitor)| write(tap, begin + period * visitor / sessions, period));
        join_all(writers).await.into_iter().flatten().collect::<Vec<_>>()
    });
    late.sort_unstable();
    let share = |percent: usize| late[(late.len() - 1) * percent / 100];
    Rate { per_second, p50: share(50), p99: share(99) }
}

/// Writes a message each period, and returns how long after the time for it each one came back.
async fn write(tap: &mut Tap, begin: Instant, period: Duration) -> Vec<Duration> {
    let [warm, measured] = SPANS;
    let mut late = Vec::new();
    for number in 0.. {
        let due = begin + period * u32::try_from(number).expect("a small number");
        if due > begin + warm + measured {
            break;
        }
        tokio::time::sleep_until(due).await;
        tap.send(&frame(number)).await;
        let told = tap.text().await;
        assert!(told.starts_with(br#"{"type":"chat_message""#), "{}", String::from_utf8_lossy(told));
        if due > begin + warm {
            late.push(due.elapsed());
        }
    }
    late
}
