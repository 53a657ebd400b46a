//! Many clients of several sessions, and servers that are killed while these write and read.
//!
//! The promise that is tested: a message that was acknowledged is shown to every reader of its session exactly once, in
//! one order, across connections that break, several server processes, SIGKILL and restart. [`run`] drives a load of
//! clients and compares what each of them was shown with the history that staff read at the end. [`takeovers`] lets
//! staff take sessions over while a slow model composes the bot's answer.
//!
//! The servers are processes of a program that calls [`serve`].

mod client;
mod cluster;
mod link;
mod outlook;
mod process;
mod random;
mod report;
mod shown;
mod site;
mod takeover;

use std::{path::PathBuf, sync::Arc};

use client::{CLIENTS_PER_SESSION, Client, Finished};
use cluster::Cluster;
use outlook::{Outlook, Phase};
pub use process::serve;
use random::Random;
pub use report::Report;
use site::Site;
use storage::{Durability, testing::Scratch};
pub use takeover::takeovers;
use tokio::{sync::watch, task::JoinSet};

/// What a run does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the random decisions are made from. The order in which the machine runs things is not part of it.
    pub seed: u64,
    /// Number of messages that clients send at least.
    pub messages: usize,
    /// Number of times that a server process is killed.
    pub kills: usize,
    /// Number of sessions. Each has five clients.
    pub sessions: usize,
    /// The program that [`serve`]s.
    pub program: PathBuf,
}

/// Returns the databases of a run and the number of server processes on each: one on SQLite, and two on PostgreSQL if
/// there is a server.
pub fn databases() -> Vec<(Scratch, usize)> {
    let sqlite = (Scratch::sqlite_with(Durability::Full), 1);
    std::iter::once(sqlite).chain(Scratch::postgres().map(|database| (database, 2))).collect()
}

/// Runs a plan with this number of server processes.
///
/// # Panics
/// If a server does not start, or refuses what prepares the run.
pub fn run(plan: &Plan, database: &Scratch, processes: usize) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(torture(plan, database, processes))
}

async fn torture(plan: &Plan, database: &Scratch, processes: usize) -> Report {
    let mut random = Random::new(plan.seed);
    let mut cluster = Cluster::start(&plan.program, database, processes);
    let site = Arc::new(Site::open(database, cluster.address(), plan.sessions).await);
    let (phase, watching) = watch::channel(Phase::Writing);
    let outlook = Outlook::new(cluster.places(), watching);
    let mut clients = JoinSet::new();
    for number in 0..plan.sessions * CLIENTS_PER_SESSION {
        let client = Client::new(number, Arc::clone(&site), outlook.clone(), random.split());
        clients.spawn(client.run());
    }
    let share = plan.messages / (plan.kills + 1);
    for kill in 1..=plan.kills {
        outlook.wait_for_messages(kill * share + random.below(share / 2 + 1)).await;
        cluster.kill_one(&mut random).await;
    }
    outlook.wait_for_messages(plan.messages).await;
    phase.send_replace(Phase::Settling);
    outlook.wait_until_all_settled(clients.len()).await;
    let history = site.histories(cluster.address()).await;
    let heads = history.iter().map(shown::History::head).collect();
    phase.send_replace(Phase::Ending(Arc::new(heads)));
    let finished: Vec<Finished> = clients.join_all().await;
    Report::new(plan.seed, cluster.kills(), &site, &history, &finished, cluster.logged_errors())
}
