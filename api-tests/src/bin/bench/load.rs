//! A load of many concurrent connections, and its cost to the server.

use std::{
    net::SocketAddr,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use crate::{http::Connection, process::Server};

/// A fixed number of requests over several connections.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) requests: usize,
}

/// The measurements of a load.
pub(crate) struct Measured {
    pub(crate) count: usize,
    /// User and system time of the server per request, in microseconds.
    pub(crate) cpu_micros: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Requests per second.
    pub(crate) per_second: f64,
}

impl Load {
    /// Runs the load. `request` makes the bytes of a connection's n-th request. Every reply must be a 200.
    pub(crate) fn run(&self, server: &Server, request: &(dyn Fn(usize, usize) -> Vec<u8> + Sync)) -> Measured {
        let each = self.requests / self.connections;
        let ready = Barrier::new(self.connections + 1);
        let (mut latencies, elapsed, cpu) = thread::scope(|scope| {
            let callers: Vec<_> = (0..self.connections)
                .map(|caller| {
                    let ready = &ready;
                    scope.spawn(move || {
                        let mut connection = Connection::open(self.address);
                        ready.wait();
                        (0..each)
                            .map(|number| {
                                let bytes = request(caller, number);
                                let sent = Instant::now();
                                let (status, body) = connection.call(&bytes);
                                assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
                                sent.elapsed()
                            })
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            ready.wait();
            let (started, before) = (Instant::now(), server.cpu());
            let latencies: Vec<_> =
                callers.into_iter().flat_map(|caller| caller.join().expect("a caller ends")).collect();
            (latencies, started.elapsed(), server.cpu() - before)
        });
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100];
        let count = latencies.len();
        Measured {
            count,
            cpu_micros: cpu.as_secs_f64() * 1e6 / u32::try_from(count).map(f64::from).expect("a count below 2^32"),
            p50: at(50),
            p99: at(99),
            per_second: u32::try_from(count).map(f64::from).expect("a count below 2^32") / elapsed.as_secs_f64(),
        }
    }
}

impl Measured {
    /// Prints one line of the table.
    pub(crate) fn print(&self, name: &str) {
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        println!(
            "{name:<34} {:>9} {:>10.1} {:>9.2} {:>9.2} {:>9.0}",
            self.count,
            self.cpu_micros,
            millis(self.p50),
            millis(self.p99),
            self.per_second
        );
    }
}
