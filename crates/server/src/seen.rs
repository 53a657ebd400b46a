//! When agents last called, in this process: it bounds how often that is written.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tenancy::{AgentId, Timestamp};

/// How much time is at least between two writes for one agent.
const BETWEEN: Duration = Duration::from_mins(1);

/// How many agents are remembered. If more of them call within a minute, calls of the others are not written.
const MOST: usize = 100_000;

/// The moments at which the last calls of agents were noted.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<AgentId, Timestamp>>);

impl Seen {
    /// Notes a call of an agent, and returns whether it is to be written.
    pub(crate) fn is_due(&self, agent: AgentId, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = now.minus(BETWEEN);
        if noted.get(&agent).is_some_and(|at| *at > before) {
            return false;
        }
        if noted.len() >= MOST {
            noted.retain(|_, at| *at > before);
        }
        let has_room = noted.len() < MOST || noted.contains_key(&agent);
        if has_room {
            noted.insert(agent, now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn each_agent_is_due_once_a_minute() {
        let seen = Seen::default();
        let [ann, bo] = [1, 2].map(AgentId::new);
        let calls = [(ann, 0), (ann, 1), (bo, 1), (ann, 59), (ann, 60), (bo, 60), (bo, 61), (ann, 119), (ann, 200)];
        let due = calls.map(|(agent, seconds)| seen.is_due(agent, at(seconds)));
        assert_eq!(due, [true, false, true, false, true, false, true, false, true]);
    }

    #[test]
    fn the_memory_is_bounded_and_old_entries_make_room() {
        let seen = Seen::default();
        for id in 0..100_000 {
            assert!(seen.is_due(AgentId::new(id), at(0)));
        }
        let newcomer = AgentId::new(100_000);
        assert!(!seen.is_due(newcomer, at(59)));
        assert!(seen.is_due(newcomer, at(60)));
        assert_eq!(seen.0.lock().unwrap().len(), 1);
    }
}
