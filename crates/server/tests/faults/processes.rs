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
/// Maximum time until a process notices that another one was killed, and until its agents are offline, on a busy
/// machine.
const NOTICED: Duration = Duration::from_secs(20);
const OFFLINE: Duration = Duration::from_secs(60);

/// Starts another process on the database of a home, with a folder of its own.
fn another(home: &Home, folder: &tempfile::TempDir) -> Server {
    let mut command = home.command(["serve"]);
    command.env("SWITCHBOARD_DATA_DIR", folder.path());
    Server::start(command)
}

#[tokio::test]
async fn what_a_killed_process_has_acknowledged_is_shown_by_the_other() {
    let Some(home) = Home::postgres() else { return };
    let home = home.with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server");
    let mut one = home.serve();
    let site = Site::open(&home, one.address).await;
    let folder = tempfile::tempdir().unwrap();
    let other = another(&home, &folder);
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

#[tokio::test]
async fn who_was_connected_to_a_killed_process_is_gone() {
    let Some(home) = Home::postgres() else { return };
    let home = home.with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server");
    let (folder, mut killed) = (tempfile::tempdir().unwrap(), home.serve());
    let other = another(&home, &folder);
    let site = Site::open(&home, other.address).await;
    let session = site.introduced().await;
    let _visitor = RawSocket::open(killed.address, &site.company, &session).await;
    let _agent = RawSocket::desk(killed.address, site.agent.token()).await;
    let mut admin = RawSocket::desk(other.address, site.admin.token()).await;
    let online = async || {
        let listed = site.admin.get("/api/desk/sessions/").await.ok();
        let rows = listed["results"].as_array().unwrap().clone();
        rows.iter().find(|row| row["session_id"] == session.as_str()).unwrap()["online"].as_bool().unwrap()
    };
    let since = Instant::now();
    while !online().await {
        assert!(since.elapsed() < NOTICED, "the visitor is not shown as online");
    }

    killed.kill();
    let since = Instant::now();
    while online().await {
        assert!(since.elapsed() < NOTICED, "the visitor is still shown as online");
    }
    println!("the visitor was shown for {:?}", since.elapsed());
    admin.until_within(r#""status":"OFFLINE""#, OFFLINE).await;
    let text = admin.text();
    assert!(text.contains("agent_status_update") && text.contains("Noor Haddad"), "{text}");
    println!("the agent was online for {:?}", since.elapsed());
    // Nobody is given a session who is not there.
    site.set_bot(&home, r#"{"assignment":"least_loaded"}"#);
    let asked = site.say(Some(&session), "Talk to a person", None).await;
    assert_eq!(asked["outcome"], "offline", "{asked}");
    let waiting = site.admin.get("/api/human-handoff/sessions/?status=unassigned").await.ok();
    assert_eq!(waiting[0]["chat_session_id"], session.as_str(), "{waiting}");
}
