//! Which agents have open connections to this process, and to others that have told.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenancy::{AgentId, access::Agent};

/// Counts the connections of agents.
#[derive(Debug, Default)]
pub(crate) struct Online {
    /// The agents with a connection here, and how many each of them has.
    agents: Mutex<HashMap<AgentId, (Agent, u32)>>,
    /// The agents with a connection to another process.
    elsewhere: Mutex<HashSet<AgentId>>,
}

impl Online {
    /// Counts a new connection. Returns whether the agent has no other one.
    pub(crate) fn connect(&self, agent: &Agent) -> bool {
        let mut agents = self.lock();
        let (known, open) = agents.entry(agent.id()).or_insert_with(|| (agent.clone(), 0));
        known.clone_from(agent);
        *open += 1;
        *open == 1 && !self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).contains(&agent.id())
    }

    /// Counts a connection that has ended.
    pub(crate) fn disconnect(&self, agent: AgentId) {
        let mut agents = self.lock();
        if let Some((_, open)) = agents.get_mut(&agent) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                agents.remove(&agent);
            }
        }
    }

    /// Returns the ids of the agents with a connection here.
    pub(crate) fn agents(&self) -> HashSet<AgentId> {
        self.lock().keys().copied().collect()
    }

    /// Returns the agents with a connection here.
    pub(crate) fn callers(&self) -> Vec<Agent> {
        self.lock().values().map(|(agent, _)| agent.clone()).collect()
    }

    /// Replaces what is known of the connections to other processes.
    pub(crate) fn set_elsewhere(&self, agents: HashSet<AgentId>) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = agents;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AgentId, (Agent, u32)>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tenancy::{
        CompanyCode, CompanyStatus, FamilyId, SessionId, StoreError, UserId,
        access::{self, AccountState, Directory, Role, SessionLocation, Staff, TokenVersion},
    };

    use super::*;

    /// A directory in which every account is that of one agent.
    struct OneAgent;

    impl Directory for OneAgent {
        fn account_state(&mut self, _: UserId, _: Option<FamilyId>) -> Result<Option<AccountState>, StoreError> {
            let company = CompanyCode::parse("TES001").unwrap();
            let role = Role::Agent { company, id: AgentId::new(1), name: "Bo".to_owned() };
            Ok(Some(AccountState { role, active: true, version: TokenVersion(0), signed_out: false }))
        }

        fn company(&mut self, _: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
            Ok(None)
        }

        fn session(&mut self, _: SessionId) -> Result<Option<SessionLocation>, StoreError> {
            Ok(None)
        }

        fn agent(&mut self, _: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
            Ok(None)
        }
    }

    fn agent() -> Agent {
        let Ok(Staff::Agent(agent)) = access::staff(&mut OneAgent, UserId::new(1), TokenVersion(0)) else {
            panic!("no agent")
        };
        agent
    }

    #[test]
    fn a_connection_is_the_first_one_if_there_is_no_other_here_or_elsewhere() {
        let (online, agent) = (Online::default(), agent());
        assert!(online.connect(&agent));
        assert!(!online.connect(&agent));
        online.disconnect(agent.id());
        assert_eq!(online.callers(), std::slice::from_ref(&agent));
        online.disconnect(agent.id());
        assert_eq!(online.agents(), HashSet::new());
        online.set_elsewhere([agent.id()].into());
        assert!(!online.connect(&agent));
        online.disconnect(agent.id());
        online.set_elsewhere(HashSet::new());
        assert!(online.connect(&agent));
    }
}
