//! Locks that others hold: in the database, and on the data folder.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::{
    binary::Home,
    site::{PASSWORD, Site},
};

/// Number of calls at the same time: more than there are permits for chat turns, and than there are connections.
const CALLS: usize = 100;
/// Maximum time for a refusal when the server waits for one second.
const BOUND: Duration = Duration::from_millis(2500);

#[tokio::test]
async fn a_held_lock_costs_every_call_the_same_bounded_time() {
    for home in Home::each() {
        let home = home.with("SWITCHBOARD_DATABASE_WAIT_SECONDS", "1");
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        site.anybody.get("/readyz/").await.ok();
        // The first message also pays for tables that are built once.
        site.say(None, "Hello", None).await;
        let held = home.database.hold_writes();
        let calls = (0..CALLS).map(async |_| {
            let since = Instant::now();
            let answer = site.anybody.post("/api/chatbot/chat/", &site.message(None, "Hello", None)).await;
            (answer, since.elapsed())
        });
        for (answer, took) in join_all(calls).await {
            answer.refused(503, "overloaded");
            assert!(took < BOUND, "{took:?}");
        }
        let unready = site.anybody.get("/readyz/").await;
        unready.refused(503, "overloaded");
        assert!(unready.body.to_string().contains("The database does not accept writes."), "{unready:?}");
        site.anybody.get("/healthz/").await.ok();
        drop(held);
        site.say(None, "Hello", None).await;
        site.anybody.get("/readyz/").await.ok();
    }
}

#[test]
fn a_second_server_on_a_data_folder_is_refused_and_other_commands_are_not() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let refused = home.run(&["serve"], "");
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stderr);
    for part in [&home.folder.path().display().to_string(), "is in use by", &format!("listening on {}", server.address)]
    {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    home.run(&["check"], "").ok();
    home.run(&["doctor", "--isolation"], "").ok();
    home.run(&["doctor", "--blobs"], "").ok();
    home.run(&["backup", "saved"], "").ok();
    let create = ["admin", "create-superadmin", "--username", "root", "--email", "root@switchboard.example"];
    home.run(&[&create[..], &["--password-stdin"]].concat(), PASSWORD).ok();
    server.kill();
    home.serve();
}
