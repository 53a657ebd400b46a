//! Programs of other projects that tests start.

use std::{
    env,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// The variable that makes a test fail if it lacks a program. Without it, such a test is skipped.
const REQUIRE_VARIABLE: &str = "SWITCHBOARD_TEST_REQUIRE_PROGRAMS";

/// Maximum time for a program to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Finds a program, also where only the superuser looks for it.
#[expect(clippy::disallowed_methods, reason = "finds what the machine has")]
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        assert!(env::var_os(REQUIRE_VARIABLE).is_none(), "{name} is not installed");
        println!("skipped: {name} is not installed");
    }
    found
}

/// Returns an address of this machine that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Waits until a program listens on an address.
pub(crate) fn wait_for(address: SocketAddr) {
    let since = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(since.elapsed() < PATIENCE, "nothing listens on {address}");
        thread::yield_now();
    }
}
