//! What the staff of a company were told of the statuses of agents, to notice what they were not told.

use std::collections::HashMap;

use identity::agents::AgentStatus;
use tenancy::AgentId;

/// The statuses that the staff of one company were told.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    /// What they were told last, or have read themselves; `None` before the first read.
    told: Option<HashMap<AgentId, AgentStatus>>,
    /// What the last read had and the staff were not told.
    suspects: HashMap<AgentId, AgentStatus>,
}

impl Statuses {
    /// Notes that the staff are told of an agent's status.
    pub(super) fn tell(&mut self, agent: AgentId, status: AgentStatus) {
        if let Some(told) = &mut self.told {
            told.insert(agent, status);
        }
    }

    /// Compares a read of all agents with what was told, and returns those whose status was not: two reads in a row have
    /// it, because a read may be older than what was told since.
    pub(super) fn compare(&mut self, read: &[(AgentId, AgentStatus)]) -> Vec<AgentId> {
        let Some(mut told) = self.told.take() else {
            self.told = Some(read.iter().copied().collect());
            return Vec::new();
        };
        let (mut next, mut suspects, mut untold) = (HashMap::new(), HashMap::new(), Vec::new());
        for (agent, status) in read.iter().copied() {
            // Nothing was told of an agent who is new.
            let known = told.remove(&agent).unwrap_or(AgentStatus::Pending);
            if known == status {
                next.insert(agent, status);
            } else if self.suspects.get(&agent) == Some(&status) {
                next.insert(agent, status);
                untold.push(agent);
            } else {
                next.insert(agent, known);
                suspects.insert(agent, status);
            }
        }
        (self.told, self.suspects) = (Some(next), suspects);
        untold
    }
}

#[cfg(test)]
mod tests {
    use AgentStatus::{Available, Busy, Offline, Pending};

    use super::*;

    fn read(statuses: &mut Statuses, read: [AgentStatus; 2]) -> Vec<i64> {
        let read: Vec<_> = [1, 2].map(AgentId::new).into_iter().zip(read).collect();
        statuses.compare(&read).into_iter().map(AgentId::get).collect()
    }

    #[test]
    fn statuses_that_nobody_told_are_found_once() {
        let mut statuses = Statuses::default();
        assert_eq!(read(&mut statuses, [Available, Pending]), [0; 0]);
        statuses.tell(AgentId::new(1), Busy);
        let found = [(); 3].map(|()| read(&mut statuses, [Busy, Offline]));
        assert_eq!(found, [vec![], vec![2], vec![]]);
    }

    #[test]
    fn a_read_may_be_older_than_what_was_told() {
        let mut statuses = Statuses::default();
        read(&mut statuses, [Busy, Offline]);
        statuses.tell(AgentId::new(1), Offline);
        let found = [Busy, Offline, Available, Busy, Busy].map(|status| read(&mut statuses, [status, Offline]));
        assert_eq!(found, [vec![], vec![], vec![], vec![], vec![1]]);
    }
}
