//! What a run has found.

use std::{collections::HashMap, fmt};

use super::{
    client::{Counts, Finished},
    shown::{History, Sent},
    site::Site,
};

/// Most violations that are printed.
const MOST_PRINTED: usize = 20;

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    clients: usize,
    acknowledged: usize,
    stored: usize,
    kills: usize,
    counts: Counts,
    violations: Vec<String>,
}

impl Report {
    /// Compares what clients were shown and have sent with the histories.
    pub(super) fn new(
        seed: u64,
        kills: usize,
        site: &Site,
        histories: &[History],
        finished: &[Finished],
        logged_errors: Vec<String>,
    ) -> Self {
        let (clients, mut counts, mut violations) = (finished.len(), Counts::default(), Vec::new());
        let mut sent: HashMap<usize, Vec<&Sent>> = HashMap::new();
        for client in finished {
            let (name, Counts { connections, resent, repeats, resyncs }) = (&client.name, client.counts);
            counts.connections += connections;
            counts.resent += resent;
            counts.repeats += repeats;
            counts.resyncs += resyncs;
            sent.entry(client.room).or_default().extend(&client.sent);
            violations.extend(client.violations.iter().map(|violation| format!("{name}: {violation}")));
            if let Some(difference) = histories[client.room].difference(&client.shown)
                && client.violations.is_empty()
            {
                violations.push(format!("{name}: {difference}"));
            }
        }
        // The clients of a run that was given up do not know of all that they have sent.
        let is_complete = violations.is_empty();
        for (room, history) in histories.iter().enumerate().filter(|_| is_complete) {
            let flaws = history.flaws(&sent.remove(&room).unwrap_or_default());
            violations.extend(flaws.into_iter().map(|flaw| format!("{}: {flaw}", site.rooms[room].session)));
        }
        violations.extend(logged_errors.into_iter().map(|line| format!("the server has logged {line}")));
        let acknowledged = finished.iter().map(|client| client.sent.len()).sum();
        let stored = histories.iter().map(|history| history.0.len()).sum();
        Self { seed, clients, acknowledged, stored, kills, counts, violations }
    }

    /// Returns how the promise was broken.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Returns whether something was tried: whether servers were killed while messages were on their way.
    pub fn has_interrupted(&self) -> bool {
        self.kills > 0 && self.counts.resent > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, clients, acknowledged, stored, kills, counts, violations } = self;
        writeln!(
            f,
            "seed {seed}: {clients} clients, {acknowledged} messages acknowledged, {stored} stored, {kills} kills"
        )?;
        let Counts { connections, resent, repeats, resyncs } = counts;
        writeln!(
            f,
            "{connections} connections, {resent} messages sent again, {repeats} shown again to their senders for it"
        )?;
        writeln!(f, "{resyncs} resyncs, {} violations", violations.len())?;
        for violation in violations.iter().take(MOST_PRINTED) {
            writeln!(f, "seed {seed}: {violation}")?;
        }
        Ok(())
    }
}
