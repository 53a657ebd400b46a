//! The agents of a company as its staff see them: who is there, and how much they have to do.

use identity::agents::{AgentStatus, Agents};
use tenancy::{
    AgentId, StoreError,
    access::{ActingAs, Desk},
};

use crate::desk_list::DeskLists;

/// An active agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// The agent.
    pub id: AgentId,
    /// Display name.
    pub name: String,
    /// Presence status.
    pub status: AgentStatus,
    /// Number of open handoffs that name the agent.
    pub open: i64,
}

/// Returns the active agents of the company by name, the caller among them.
///
/// # Errors
/// [`StoreError`].
pub fn list<S>(store: &mut S) -> Result<Vec<Colleague>, StoreError>
where
    S: Agents + DeskLists + ActingAs<Desk> + ?Sized,
{
    let open = store.open_of_agents()?;
    let count = |id| open.get(&id).copied().unwrap_or(0);
    let agents = store.active_agents()?.into_iter();
    let mut colleagues: Vec<_> = agents
        .map(|agent| Colleague { id: agent.id, status: agent.status(), open: count(agent.id), name: agent.name })
        .collect();
    colleagues.sort_by(|one, other| (one.name.as_str(), one.id).cmp(&(other.name.as_str(), other.id)));
    Ok(colleagues)
}
