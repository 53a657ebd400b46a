//! What clients know of each other, and of the servers.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::{cluster::Places, random::Random};

/// How long a client waits for another server before it tries again.
pub(super) const SOON: Duration = Duration::from_millis(50);

/// What clients do now.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// They send messages.
    Writing,
    /// They send only what was not acknowledged yet.
    Settling,
    /// They are shown the rest, up to these positions of the sessions.
    Ending(Arc<Vec<i64>>),
}

/// How far all clients are.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) acknowledged: usize,
    pub(super) settled: usize,
    pub(super) violations: usize,
    /// The last message of each session that somebody was shown.
    pub(super) heads: HashMap<usize, i64>,
}

/// What clients know of each other.
#[derive(Clone)]
pub(super) struct Outlook {
    places: Places,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) progress: watch::Sender<Progress>,
}

impl Outlook {
    pub(super) fn new(places: Places, phase: watch::Receiver<Phase>) -> Self {
        Self { places, phase, progress: watch::Sender::default() }
    }

    /// Waits until this number of messages is acknowledged, or the promise is broken.
    pub(super) async fn wait_for_messages(&self, count: usize) {
        self.wait(|progress| progress.acknowledged >= count || progress.violations > 0).await;
    }

    /// Waits until all clients have been told of all that they have sent.
    pub(super) async fn wait_until_all_settled(&self, clients: usize) {
        self.wait(|progress| progress.settled >= clients).await;
    }

    pub(super) async fn wait(&self, is_enough: impl FnMut(&Progress) -> bool) {
        self.progress.subscribe().wait_for(is_enough).await.expect("the sender is here");
    }

    /// Returns where a random server listens, as soon as one does.
    pub(super) async fn place(&mut self, random: &mut Random) -> SocketAddr {
        let places = self.places.wait_for(|places| places.iter().any(Option::is_some)).await;
        let places: Vec<SocketAddr> = places.expect("the cluster is here").iter().flatten().copied().collect();
        places[random.below(places.len())]
    }

    /// Waits for another server for a moment.
    pub(super) async fn another_place(&mut self) {
        let _ = timeout(SOON, self.places.changed()).await;
    }

    pub(super) fn is_writing(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Writing)
    }
}
