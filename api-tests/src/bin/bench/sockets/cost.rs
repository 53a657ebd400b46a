//! What a message costs over a socket, next to the same message over REST.

use futures_util::future::join_all;

use super::{
    client::Tap,
    scene::{Bench, frame, micros},
};
use crate::load::Load;

/// Number of messages on their way at the same time.
const AT_ONCE: usize = 64;
/// Number of sessions that take turns in one of those places.
const IN_TURN: usize = 7;
/// Number of messages in each place and round.
const MESSAGES: usize = 28;
/// Number of rounds of each kind, alternating.
const ROUNDS: usize = 5;

/// Returns the server's processor time for each message over a socket and over REST, in microseconds.
pub(super) fn measure(bench: &Bench) -> (f64, f64) {
    let mut places: Vec<Vec<Tap>> = bench.runtime.block_on(join_all((0..AT_ONCE).map(async |place| {
        let mut taps = Vec::with_capacity(IN_TURN);
        for turn in 0..IN_TURN {
            taps.push(bench.open(place + AT_ONCE * turn, None).await.0);
        }
        taps
    })));
    let sockets = |places: &mut Vec<Vec<Tap>>| {
        let before = bench.server.cpu();
        bench.runtime.block_on(join_all(places.iter_mut().map(async |taps| {
            for number in 0..MESSAGES {
                let tap = &mut taps[number % IN_TURN];
                tap.send(&frame(number)).await;
                let told = tap.json().await;
                assert_eq!(told["type"], "chat_message", "{told}");
            }
        })));
        micros(bench.server.cpu() - before, AT_ONCE * MESSAGES)
    };
    let calls = || {
        let load = Load { address: bench.server.address(), connections: AT_ONCE, requests: AT_ONCE * MESSAGES };
        load.run(&bench.server, &|place, number| bench.world.said(place + AT_ONCE * (number % IN_TURN), number))
            .cpu_micros
    };
    // Unmeasured, so that one-time costs are not counted.
    sockets(&mut places);
    let over_sockets: Vec<f64> = (0..ROUNDS).map(|_| sockets(&mut places)).collect();
    // Nobody else may listen to a call.
    drop(places);
    calls();
    let over_rest: Vec<f64> = (0..ROUNDS).map(|_| calls()).collect();
    (median(over_sockets), median(over_rest))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
