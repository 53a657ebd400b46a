//! A database that becomes unavailable and comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    binary::Home,
    raw_socket::RawSocket,
    site::{AGENT, PASSWORD, QUESTION, Site},
    wire::Answer,
};

/// Maximum time for a refusal.
const SOON: Duration = Duration::from_secs(2);
/// Maximum time for the server to reconnect to the database.
const RECOVERY: Duration = Duration::from_secs(15);
/// Number of concurrent visitors, more than the number of connections.
const VISITORS: usize = 20;

/// Awaits an answer and asserts that it came within [`SOON`].
async fn soon(call: impl Future<Output = Answer>) -> Answer {
    let since = Instant::now();
    let answer = call.await;
    assert!(since.elapsed() < SOON, "{answer:?} took {:?}", since.elapsed());
    answer
}

async fn is_refused_soon(call: impl Future<Output = Answer>) {
    let answer = soon(call).await;
    answer.refused(503, "overloaded");
    let seconds: u64 = answer.header("retry-after").parse().unwrap_or_else(|_| panic!("{answer:?}"));
    assert!((1..=30).contains(&seconds), "{answer:?}");
}

async fn chat(site: &Site, body: &Value) -> Answer {
    site.anybody.post("/api/chatbot/chat/", body).await
}

/// A visitor, and every acknowledged message as the server returned it.
struct Writer {
    session: String,
    acknowledged: Vec<Value>,
}

impl Writer {
    fn next(&self, site: &Site) -> Value {
        site.message(Some(&self.session), QUESTION, Some(&format!("message-{}", self.acknowledged.len())))
    }

    /// Sends the next message; returns whether it was acknowledged.
    async fn write(&mut self, site: &Site) -> bool {
        let answer = soon(chat(site, &self.next(site))).await;
        if answer.status == 200 {
            self.acknowledged.push(answer.body["user_message"].clone());
            return true;
        }
        answer.refused(503, "overloaded");
        false
    }

    async fn write_until_refused(&mut self, site: &Site) {
        while self.write(site).await {}
    }

    /// Asserts that every acknowledged message is stored once, at the acknowledged position.
    async fn read_back(&self, site: &Site) {
        let read = site.messages(&self.session).await;
        let seqs: Vec<_> = read.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
        assert!((1..).zip(&seqs).all(|(seq, found)| seq == *found), "{seqs:?}");
        let with_id = read.iter().filter(|message| message["client_message_id"].is_string());
        let found: Vec<_> = with_id.map(|message| (&message["client_message_id"], &message["seq"])).collect();
        let acknowledged: Vec<_> =
            self.acknowledged.iter().map(|message| (&message["client_message_id"], &message["seq"])).collect();
        assert_eq!(found, acknowledged);
    }
}

#[tokio::test]
async fn without_its_database_the_server_refuses_soon_and_recovers_by_itself() {
    let Some(home) = Home::postgres().map(Arc::new) else { return };
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let mut writers = Vec::new();
    for _ in 0..VISITORS {
        writers.push(Writer { session: site.introduced().await, acknowledged: Vec::new() });
    }

    // The database becomes unavailable while all visitors write. The call blocks, so it runs on a thread.
    let locking_out = std::thread::spawn({
        let home = Arc::clone(&home);
        move || home.database.lock_out()
    });
    join_all(writers.iter_mut().map(|writer| writer.write_until_refused(&site))).await;
    locking_out.join().unwrap();

    for _ in 0..3 {
        let open = site.message(None, "Hello", Some("an opening without a database"));
        is_refused_soon(chat(&site, &open)).await;
        is_refused_soon(site.agent.get("/api/auth/profile/")).await;
        is_refused_soon(site.anybody.login(AGENT, PASSWORD)).await;
        is_refused_soon(site.admin.get("/api/human-handoff/sessions/")).await;
        is_refused_soon(site.root.get("/api/auth/list-admins/")).await;
        let resolve = json!({"handoff_session_id": 1});
        is_refused_soon(site.agent.post("/api/human-handoff/resolve/", &resolve)).await;
        let crowd = writers.iter().map(async |writer| is_refused_soon(chat(&site, &writer.next(&site))).await);
        join_all(crowd).await;
        soon(site.anybody.get("/healthz/")).await.ok();
        is_refused_soon(site.anybody.get("/readyz/")).await;
    }

    home.database.let_in();
    let since = Instant::now();
    // Send the refused messages again. Each is stored once, even if the first attempt had been stored.
    while !join_all(writers.iter_mut().map(|writer| writer.write(&site))).await.iter().all(|stored| *stored) {
        assert!(since.elapsed() < RECOVERY, "the server did not recover");
    }
    site.anybody.get("/readyz/").await.ok();
    site.agent.get("/api/auth/profile/").await.ok();
    for writer in &writers {
        writer.read_back(&site).await;
    }
}

#[tokio::test]
async fn connections_that_died_while_idle_cost_nobody_an_answer() {
    let Some(home) = Home::postgres() else { return };
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let mut writers = Vec::new();
    for _ in 0..VISITORS {
        writers.push(Writer { session: site.introduced().await, acknowledged: Vec::new() });
    }
    for _ in 0..2 {
        let stored = join_all(writers.iter_mut().map(|writer| writer.write(&site))).await;
        assert!(stored.iter().all(|stored| *stored), "{stored:?}");
        home.database.lock_out();
        home.database.let_in();
    }
    let stored = join_all(writers.iter_mut().map(|writer| writer.write(&site))).await;
    assert!(stored.iter().all(|stored| *stored), "{stored:?}");
    for writer in &writers {
        writer.read_back(&site).await;
    }
}

/// Maximum time until waiting visitors learn that the database is lost. Nobody asks it for them in between.
const NOTICED: Duration = Duration::from_secs(8);

#[tokio::test]
async fn waiting_visitors_are_answered_when_the_database_is_lost() {
    let Some(home) = Home::postgres().map(Arc::new) else { return };
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let session = site.introduced().await;
    let path = format!("/api/chatbot/messages/?session_id={session}&after=99&wait=25");
    let since = Instant::now();
    let locking_out = async {
        // Some calls that change nothing, so that the visitor is waiting.
        for _ in 0..10 {
            site.anybody.get("/healthz/").await.ok();
        }
        let home = Arc::clone(&home);
        // The call blocks, so it runs on a thread.
        std::thread::spawn(move || home.database.lock_out())
    };
    let (answer, locked_out) = tokio::join!(site.anybody.get(&path), locking_out);
    locked_out.join().unwrap();
    answer.refused(503, "overloaded");
    assert!(since.elapsed() < NOTICED, "it took {:?}", since.elapsed());
    home.database.let_in();
}

/// Number of sessions with open sockets, and of sockets of each.
const ROOMS: (usize, usize) = (10, 100);

#[tokio::test]
async fn sockets_stay_open_without_the_database_and_go_on_with_it() {
    let Some(home) = Home::postgres() else { return };
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let mut rooms = Vec::new();
    for _ in 0..ROOMS.0 {
        let session = site.introduced().await;
        let mut sockets = Vec::new();
        for _ in 0..ROOMS.1 {
            sockets.push(RawSocket::open(server.address, &site.company, &session).await);
        }
        rooms.push((session, sockets));
    }
    home.database.lock_out();
    for socket in rooms.iter_mut().flat_map(|(_, sockets)| sockets) {
        socket.until(r#"{"type":"error","code":"overloaded""#).await;
    }
    // What a client sends now is refused, and its connection stays.
    for (_, sockets) in &mut rooms {
        sockets[0].send(r#"{"message":"Lost?","client_message_id":"while-away"}"#).await;
        sockets[0].until(r#""client_message_id":"while-away""#).await;
    }
    home.database.let_in();
    let since = Instant::now();
    for (session, sockets) in &mut rooms {
        let message = site.message(Some(session), "Back again", Some("when-it-is-back"));
        while chat(&site, &message).await.status != 200 {
            assert!(since.elapsed() < RECOVERY, "the server did not recover");
        }
        for socket in sockets {
            socket.until(r#""client_message_id":"when-it-is-back""#).await;
            let text = socket.text();
            assert_eq!(text.matches(r#""client_message_id":"when-it-is-back""#).count(), 1, "{text}");
        }
    }
}
