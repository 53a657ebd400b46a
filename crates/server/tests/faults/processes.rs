//! Two processes on one PostgreSQL database, one of which is killed.

use std::time::{Duration, Instant};

use crate::{
    binary::{Home, Server},
    raw_socket::RawSocket,
    site::Site,
};

/// Maximum time until a process shows what another one has stored.
const SOON: Duration = Duration::from_secs(2);
/// Number of messages.
const MESSAGES: usize = 10;

#[tokio::test]
async fn what_a_killed_process_has_acknowledged_is_shown_by_the_other() {
    let Some(home) = Home::postgres() else { return };
    let home = home.with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server");
    let mut one = home.serve();
    let site = Site::open(&home, one.address).await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = home.command(["serve"]);
    command.env("SWITCHBOARD_DATA_DIR", folder.path());
    let other = Server::start(command);
    let session = site.introduced().await;
    let mut socket = RawSocket::open(other.address, &site.company, &session).await;
    for number in 0..MESSAGES {
        site.say(Some(&session), "Hello again", Some(&format!("number-{number}"))).await;
    }
    // What the last call has changed may not have been told to the other process.
    one.kill();
    let since = Instant::now();
    let id = |number: usize| format!(r#""client_message_id":"number-{number}""#);
    for number in 0..MESSAGES {
        socket.until(&id(number)).await;
    }
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
    let text = socket.text();
    assert!((0..MESSAGES).all(|number| text.matches(&id(number)).count() == 1), "{text}");
}
