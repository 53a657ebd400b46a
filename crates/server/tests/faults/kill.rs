//! `kill -9` at random moments while many visitors write.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use futures_util::future::join_all;
use rand::RngExt as _;
use serde_json::Value;

use crate::{
    binary::{Home, Server},
    site::{QUESTION, Site, text},
};

/// Number of times that the server is killed.
const ROUNDS: usize = 25;
/// Number of visitors who write at the same time.
const VISITORS: usize = 8;
/// Number of visitors who are new in each round, so that the creation of sessions is interrupted too.
const NEWCOMERS: usize = 3;
/// Maximum number of messages that are acknowledged in a round.
const MESSAGES: u32 = 60;

/// The messages of every visitor: the intake once, then the rest over and over. The bot answers each of them.
const SCRIPT: [&str; 9] = [
    "Hello",
    "Ann Ray",
    "+1 United States",
    "5551234567",
    "ann@visitors.example",
    "12 Quay Street",
    QUESTION,
    "what does renting cost",
    "xyzzy",
];
/// Number of messages of the script that belong to the intake.
const INTAKE: usize = 6;

/// A visitor who writes one message after the other, and repeats a message that got no answer.
struct Visitor {
    number: usize,
    session: Option<String>,
    /// The last message sent, if it is not acknowledged yet.
    open: Option<Sent>,
    acknowledged: Vec<(Sent, i64)>,
}

#[derive(Clone)]
struct Sent {
    id: String,
    body: Value,
}

impl Visitor {
    fn new(number: usize) -> Self {
        Self { number, session: None, open: None, acknowledged: Vec::new() }
    }

    fn next(&self, site: &Site) -> Sent {
        let count = self.acknowledged.len();
        let message = SCRIPT[if count < INTAKE { count } else { INTAKE + count % (SCRIPT.len() - INTAKE) }];
        let id = format!("{:08}-0000-4000-8000-{count:012}", self.number);
        Sent { body: site.message(self.session.as_deref(), message, Some(&id)), id }
    }

    /// Sends the next message, or repeats the one without an answer; returns whether it was answered.
    async fn write(&mut self, site: &Site) -> bool {
        let sent = self.open.take().unwrap_or_else(|| self.next(site));
        let answer = site.anybody.try_post("/api/chatbot/chat/", &sent.body).await;
        let Ok(answer) = answer else {
            self.open = Some(sent);
            return false;
        };
        let reply = answer.ok();
        let session = text(&reply["session_id"]);
        assert!(self.session.as_deref().is_none_or(|known| known == session), "another session: {reply}");
        self.session = Some(session.to_owned());
        assert_eq!(reply["user_message"]["client_message_id"], *sent.id);
        self.acknowledged.push((sent, reply["user_message"]["seq"].as_i64().unwrap()));
        true
    }

    /// Sends the last acknowledged message again, and asserts that it is replayed.
    async fn repeat(&self, site: &Site) {
        let Some((sent, seq)) = self.acknowledged.last() else { return };
        let answer = site.anybody.post("/api/chatbot/chat/", &sent.body).await.expect(200);
        assert_eq!(answer.header("idempotency-replayed"), "true", "{answer:?}");
        assert_eq!(answer.body["user_message"]["seq"], *seq, "{answer:?}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_nine_on_sqlite() {
    survive(&Home::sqlite()).await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_nine_on_postgres() {
    if let Some(home) = Home::postgres() {
        survive(&home).await;
    }
}

async fn survive(home: &Home) {
    let mut server = home.serve();
    let mut site = Site::open(home, server.address).await;
    let mut visitors: Vec<_> = (0..VISITORS).map(Visitor::new).collect();
    let mut interrupted = 0;
    for _ in 0..ROUNDS {
        let newcomers = visitors.len()..visitors.len() + NEWCOMERS;
        visitors.extend(newcomers.map(Visitor::new));
        let writing = visitors.len() - VISITORS;
        load_and_kill(server, &site, &mut visitors[writing..]).await;
        interrupted += visitors[writing..].iter().filter(|visitor| visitor.open.is_some()).count();

        server = home.serve();
        site = site.moved_to(server.address);
        check(home, &visitors);
    }
    assert!(interrupted > ROUNDS, "the server was rarely killed while messages were in flight");
    for visitor in &mut visitors {
        assert!(visitor.open.is_none() || visitor.write(&site).await);
        visitor.repeat(&site).await;
    }
    check(home, &visitors);
    let expected = visitors.iter().filter(|visitor| visitor.session.is_some()).count();
    assert_eq!(
        home.database.lines("SELECT id AS line FROM sessions").len(),
        expected,
        "a session that no visitor knows"
    );
    for visitor in &visitors {
        read_back(&site, visitor).await;
    }
}

/// Visitors write until the server is killed after a random number of answers.
async fn load_and_kill(server: Server, site: &Site, visitors: &mut [Visitor]) {
    let (limit, delay) = (rand::rng().random_range(1..=MESSAGES), rand::rng().random_range(0..20));
    let (answered, server) = (Cell::new(0), RefCell::new(server));
    let writing = visitors.iter_mut().map(async |visitor| {
        while visitor.write(site).await {
            answered.set(answered.get() + 1);
            if answered.get() == limit {
                // Let the other visitors continue for a random number of steps, so that the kill hits any point.
                for _ in 0..delay {
                    tokio::task::yield_now().await;
                }
                server.borrow_mut().kill();
            }
        }
    });
    join_all(writing).await;
}

/// Asserts that every acknowledged message is stored once, at the acknowledged position, and that every
/// session is whole: its numbers have no gap, and every message is followed by its answer.
fn check(home: &Home, visitors: &[Visitor]) {
    let rows = home.database.lines(
        "SELECT s.id || ' ' || m.seq || ' ' || COALESCE(m.client_message_id, 'bot') || ' ' || s.last_seq AS line \
         FROM messages m JOIN sessions s ON s.company_id = m.company_id AND s.key = m.session_key \
         ORDER BY m.session_key, m.seq",
    );
    let mut sessions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut last = HashMap::new();
    for row in &rows {
        let [session, seq, author, last_seq] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let messages = sessions.entry(session).or_default();
        messages.push(author);
        assert_eq!(seq, messages.len().to_string(), "a gap: {rows:#?}");
        last.insert(session, last_seq);
    }
    for (session, authors) in &sessions {
        assert_eq!(last[session], authors.len().to_string(), "{session}");
        for exchange in authors.chunks(2) {
            assert!(exchange.len() == 2 && exchange[0] != "bot" && exchange[1] == "bot", "{session}: {authors:?}");
        }
    }
    for visitor in visitors {
        for (sent, seq) in &visitor.acknowledged {
            let authors = &sessions[visitor.session.as_deref().unwrap()];
            let places: Vec<_> = (1_i64..).zip(authors).filter(|(_, id)| **id == sent.id).map(|(at, _)| at).collect();
            assert_eq!(places, [*seq], "{} of {authors:?}", sent.id);
        }
    }
}

/// Asserts that an agent reads exactly the acknowledged messages over REST.
async fn read_back(site: &Site, visitor: &Visitor) {
    let Some(session) = visitor.session.as_deref() else { return };
    let read = site.messages(session).await;
    let seqs: Vec<_> = read.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert!((1..).zip(&seqs).all(|(seq, found)| seq == *found), "{seqs:?}");
    let written: Vec<_> = read.iter().filter(|message| message["message_type"] == "user").collect();
    assert_eq!(written.len(), visitor.acknowledged.len(), "{session}");
    for (message, (sent, seq)) in written.iter().zip(&visitor.acknowledged) {
        assert_eq!(
            (&message["client_message_id"], &message["content"]),
            (&sent.id.as_str().into(), &sent.body["message"])
        );
        assert_eq!(message["seq"], *seq);
    }
}
