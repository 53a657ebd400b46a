//! Agents, as the admins of their company see them.

use identity::agents::{Agent, AgentSession, AgentStatus};
use schemars::JsonSchema;
use serde::Serialize;

use super::{AsText, CompanyId, TimestampText, formatted};

/// An agent. `sn` is the position in the list, from 1, or 0 outside a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentRow {
    id: i64,
    sn: usize,
    name: String,
    email: String,
    phone: String,
    specialization: String,
    company_id: CompanyId,
    #[schemars(extend("enum" = AgentStatus::WORDS))]
    status: &'static str,
    formatted_last_active: String,
    formatted_created_at: String,
    generated_password: Option<()>,
    is_first_login: bool,
    is_active: bool,
    created_at: TimestampText,
}

impl AgentRow {
    /// Makes the row at the 1-based position `sn` of a list; 0 outside a list.
    pub(crate) fn new(agent: &Agent, sn: usize) -> Self {
        Self {
            id: agent.id.get(),
            sn,
            name: agent.name.clone(),
            email: agent.email.to_string(),
            phone: agent.phone.clone(),
            specialization: agent.specialization.clone(),
            company_id: AsText(agent.company),
            status: agent.status().as_str(),
            formatted_last_active: formatted(agent.last_active),
            formatted_created_at: formatted(Some(agent.created_at)),
            generated_password: None,
            is_first_login: agent.first_login,
            is_active: agent.is_active,
            created_at: AsText(agent.created_at),
        }
    }
}

/// One period between an agent's sign-in and sign-out.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentSessionRow {
    id: i64,
    agent_name: String,
    login_time: TimestampText,
    logout_time: Option<TimestampText>,
    duration_minutes: Option<u64>,
    ip_address: Option<String>,
}

impl From<AgentSession> for AgentSessionRow {
    fn from(stay: AgentSession) -> Self {
        Self {
            id: stay.id.get(),
            duration_minutes: stay.minutes(),
            agent_name: stay.agent_name,
            login_time: AsText(stay.login),
            logout_time: stay.logout.map(AsText),
            ip_address: stay.ip.map(|ip| ip.to_string()),
        }
    }
}
