//! Which agents have open connections to this process, and to others that have told.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenancy::AgentId;

/// The connections of one agent.
#[derive(Debug, Default)]
struct Connections {
    open: u32,
    /// How often the agent has connected, so that a later absence is told from an earlier one.
    times: u64,
}

/// Counts the connections of agents.
#[derive(Debug, Default)]
pub(crate) struct Online {
    agents: Mutex<HashMap<AgentId, Connections>>,
    /// The agents with a connection to another process.
    elsewhere: Mutex<HashSet<AgentId>>,
}

/// A time without connections. It ends when the agent connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Absence {
    agent: AgentId,
    times: u64,
}

impl Online {
    /// Counts a new connection. Returns whether it is the agent's only one.
    pub(crate) fn connect(&self, agent: AgentId) -> bool {
        let mut agents = self.lock();
        let connections = agents.entry(agent).or_default();
        connections.open += 1;
        connections.times += 1;
        connections.open == 1
    }

    /// Counts a connection that has ended. Returns the agent's absence if it was the last one.
    pub(crate) fn disconnect(&self, agent: AgentId) -> Option<Absence> {
        let mut agents = self.lock();
        let connections = agents.get_mut(&agent)?;
        connections.open = connections.open.saturating_sub(1);
        (connections.open == 0).then_some(Absence { agent, times: connections.times })
    }

    /// Returns the agents with a connection.
    pub(crate) fn agents(&self) -> HashSet<AgentId> {
        self.lock().iter().filter(|(_, connections)| connections.open > 0).map(|(agent, _)| *agent).collect()
    }

    /// Replaces what is known of the connections to other processes.
    pub(crate) fn set_elsewhere(&self, agents: HashSet<AgentId>) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = agents;
    }

    /// Returns whether an absence has lasted until now, and forgets the agent if it has. An agent with a connection to
    /// another process is not absent.
    pub(crate) fn has_lasted(&self, absence: Absence) -> bool {
        let mut agents = self.lock();
        let has_lasted = agents.get(&absence.agent).is_some_and(|it| it.open == 0 && it.times == absence.times);
        if has_lasted {
            agents.remove(&absence.agent);
        }
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        has_lasted && !elsewhere.contains(&absence.agent)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AgentId, Connections>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_absent_without_connections_until_it_connects() {
        let (online, agent) = (Online::default(), AgentId::new(1));
        assert!(online.connect(agent));
        assert!(!online.connect(agent));
        assert_eq!(online.disconnect(agent), None);
        let first = online.disconnect(agent).unwrap();
        assert!(online.connect(agent));
        assert!(!online.has_lasted(first));
        let second = online.disconnect(agent).unwrap();
        assert!(!online.has_lasted(first));
        assert!(online.has_lasted(second));
        assert!(online.lock().is_empty());
    }

    #[test]
    fn an_agent_with_a_connection_elsewhere_is_not_absent() {
        let (online, agent) = (Online::default(), AgentId::new(1));
        online.connect(agent);
        assert_eq!(online.agents(), [agent].into());
        let absence = online.disconnect(agent).unwrap();
        assert_eq!(online.agents(), HashSet::new());
        online.set_elsewhere([agent].into());
        assert!(!online.has_lasted(absence));
        assert!(online.lock().is_empty());
        online.connect(agent);
        let absence = online.disconnect(agent).unwrap();
        online.set_elsewhere(HashSet::new());
        assert!(online.has_lasted(absence));
    }
}
