//! Staff who take sessions over at any moment while a slow model composes the bot's answer.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use storage::testing::Scratch;
use tokio::task::JoinSet;

use super::{cluster::Cluster, random::Random, site};
use crate::{
    Call, Client, Company,
    calls::{Caller as _, DeskCalls as _, VisitorCalls as _},
};

/// Number of sessions that are taken over at the same time.
const SESSIONS: usize = 16;
/// Seats for agents, one for each session.
const SEATS: i64 = 16;
/// Longest time between a question and the takeover, in milliseconds. The model takes as long.
const LATEST: usize = 50;
const QUESTION: &str = "When are you open?";

/// What takeovers have found.
#[derive(Debug, Default)]
pub struct Takeovers {
    /// How many sessions were taken over before the bot had answered.
    pub silenced: usize,
    /// How many the bot had answered before.
    pub answered: usize,
    /// The answers that came after a person, with their sessions.
    pub violations: Vec<String>,
}

/// Takes sessions over this many times, each at a random moment after a question.
///
/// # Panics
/// If a server does not start, or refuses a call.
pub fn takeovers(seed: u64, count: usize, program: &Path, database: &Scratch, processes: usize) -> Takeovers {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut random = Random::new(seed);
        let cluster = Cluster::start(program, database, processes);
        let addresses: Arc<[SocketAddr]> = cluster.addresses().into();
        let anybody = Client::new(&format!("http://{}", addresses[0]));
        let company = Company::open(&site::superadmin(database, &anybody).await, "Tesla Motors", SEATS).await;
        let faq = json!({"shop": {"hours": [{
            "question": QUESTION, "answer": "We are open in the morning.", "chunk_id": "hours",
        }]}});
        company.knowledge(&faq).await;
        company.admin.set_bot(&json!({"answer_mode": "llm", "profile_when": "never"})).await.ok();
        let mut stages = JoinSet::new();
        for number in 0..SESSIONS {
            let mut visitor = company.stranger();
            visitor.say("Hello").await;
            let stage = Stage {
                company: company.id.clone(),
                session: visitor.session,
                agent: company.agent(&format!("Bo Agent{number}")).await.client().clone(),
                addresses: addresses.clone(),
                random: random.split(),
                seen: 0,
            };
            stages.spawn(stage.run(count / SESSIONS + usize::from(number < count % SESSIONS)));
        }
        let mut total = Takeovers::default();
        for found in stages.join_all().await {
            total.silenced += found.silenced;
            total.answered += found.answered;
            total.violations.extend(found.violations);
        }
        total
    })
}

/// A session that is taken over again and again.
struct Stage {
    company: String,
    session: String,
    agent: Client,
    addresses: Arc<[SocketAddr]>,
    random: Random,
    /// The last message of the takeover before.
    seen: i64,
}

impl Stage {
    async fn run(mut self, count: usize) -> Takeovers {
        let mut found = Takeovers::default();
        for number in 0..count {
            self.take_over(number, &mut found).await;
        }
        found
    }

    fn at_random(&mut self, client: &Client) -> Client {
        client.at(self.addresses[self.random.below(self.addresses.len())])
    }

    async fn take_over(&mut self, number: usize, found: &mut Takeovers) {
        let agent = self.agent.clone();
        let (visitor, opener, writer, closer) = (
            self.at_random(&agent.anonymous()),
            self.at_random(&agent),
            self.at_random(&agent),
            self.at_random(&agent),
        );
        let question = json!({
            "message": QUESTION, "company_id": self.company, "session_id": self.session,
            "client_message_id": format!("question {number}"),
        });
        let delay = u64::try_from(self.random.below(LATEST * 1_000)).expect("a short time");
        let session = self.session.clone();
        let asking = answered(|| visitor.chat(&question));
        let acting = async {
            tokio::time::sleep(Duration::from_micros(delay)).await;
            let opened = answered(|| opener.escalate(&session, "taken over")).await;
            let answer = json!({
                "session_id": session, "message": "I am here", "client_message_id": format!("answer {number}"),
            });
            answered(|| writer.send_message(&answer)).await;
            opened["handoff_session"]["id"].as_i64().expect("an id")
        };
        let (_, handoff) = tokio::join!(asking, acting);
        let history = site::history(&closer, &session, self.seen).await;
        self.seen = history.head();
        // What the visitor has said at first, and what the bot has answered, is part of the first one.
        let greeting = if number == 0 { 2 } else { 0 };
        match history.0.iter().skip(greeting).map(|row| row.sender.as_str()).collect::<Vec<_>>()[..] {
            ["user", "agent"] | ["agent", "user"] => found.silenced += 1,
            ["user", "bot", "agent"] => found.answered += 1,
            _ => found.violations.push(format!("{session}: takeover {number} has left {history:?}")),
        }
        answered(|| closer.resolve(handoff, "")).await;
    }
}

/// Makes a call until it is answered. A busy server may refuse it, or lose the connection.
async fn answered(call: impl Fn() -> Call) -> Value {
    loop {
        match call().attempt().await {
            Ok((200, reply)) => return reply,
            // The call before has done it, and its answer was lost.
            Ok((400, reply)) if reply["code"] == "already_escalated" => return reply,
            Ok((408 | 409 | 503, _)) | Err(_) => tokio::task::yield_now().await,
            Ok((status, reply)) => panic!("{status} {reply}"),
        }
    }
}
