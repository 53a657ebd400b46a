//! How many more agents a company may have, as text and numbers.

use identity::agents::{Agent, AgentStatus, Seats};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::assignments::SeatLimit;

/// The suggestion when every seat is taken.
pub(crate) const UPGRADE: &str = "Upgrade the plan to add more agents.";
/// The suggestion after the subscription was cancelled.
pub(crate) const RENEW: &str = "Renew the subscription to add agents.";
/// The error after the subscription was cancelled.
pub(crate) const CANCELLED: &str = "The subscription was cancelled, so no agents can be added.";
/// The error without an active plan.
pub(crate) const NO_PLAN: &str = "The company has no active plan, so no agents can be added.";
/// The message for a superadmin, who belongs to no company.
const UNLIMITED: &str = "A superadmin has no agent limit.";

/// Returns the error when every seat is taken.
pub(crate) fn full(current: i64, max: i64, plan: &str) -> String {
    format!("Agent limit reached: {current} of {max} seats of the {plan} plan are taken.")
}

/// Whether the company's plan has room for another agent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentLimitView {
    can_create: bool,
    current_count: i64,
    max_allowed: i64,
    plan_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upgrade_needed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_cancelled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// The agents that take the seats, if no other agent can be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<Vec<SeatRow>>,
}

/// An agent that takes a seat. Deactivated agents do too.
#[derive(Debug, Serialize, JsonSchema)]
struct SeatRow {
    id: i64,
    name: String,
    email: String,
    #[schemars(extend("enum" = AgentStatus::WORDS))]
    status: &'static str,
    is_active: bool,
}

impl From<&Agent> for SeatRow {
    fn from(agent: &Agent) -> Self {
        Self {
            id: agent.id.get(),
            name: agent.name.clone(),
            email: agent.email.to_string(),
            status: agent.status().as_str(),
            is_active: agent.is_active,
        }
    }
}

impl AgentLimitView {
    fn new(current_count: i64, max_allowed: i64, plan_name: &'static str) -> Self {
        Self {
            can_create: true,
            current_count,
            max_allowed,
            plan_name,
            error: None,
            suggestion: None,
            upgrade_needed: None,
            is_cancelled: None,
            message: None,
            seats: None,
        }
    }

    /// Marks the limit as reached, with the reason.
    fn closed(self, error: String, suggestion: Option<&'static str>) -> Self {
        Self { can_create: false, error: Some(error), suggestion, upgrade_needed: Some(true), ..self }
    }

    /// Names the agents that take the seats, unless there is room for another.
    pub(crate) fn taken_by(self, agents: &[Agent]) -> Self {
        let seats = (!self.can_create).then(|| agents.iter().map(SeatRow::from).collect());
        Self { seats, ..self }
    }

    /// Returns the limit for superadmins, who have none.
    pub(crate) fn unlimited() -> Self {
        Self { message: Some(UNLIMITED), ..Self::new(0, 999, "Unlimited") }
    }
}

impl From<Seats> for AgentLimitView {
    fn from(Seats { current, limit }: Seats) -> Self {
        match limit {
            SeatLimit::Plan { plan, max } => {
                let limit = Self::new(current, max, plan);
                if current < max { limit } else { limit.closed(full(current, max, plan), Some(UPGRADE)) }
            }
            SeatLimit::Cancelled => Self {
                is_cancelled: Some(true),
                ..Self::new(current, 0, "Cancelled").closed(CANCELLED.to_owned(), Some(RENEW))
            },
            SeatLimit::NoPlan => Self::new(current, 0, "No Plan").closed(NO_PLAN.to_owned(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(current: i64, limit: SeatLimit) -> Value {
        json!(AgentLimitView::from(Seats { current, limit }))
    }

    #[test]
    fn each_limit_has_its_own_keys() {
        let silver = |max| SeatLimit::Plan { plan: "Silver", max };
        assert_eq!(
            shown(1, silver(2)),
            json!({"can_create": true, "current_count": 1, "max_allowed": 2, "plan_name": "Silver"})
        );
        assert_eq!(
            shown(3, silver(2)),
            json!({"can_create": false, "current_count": 3, "max_allowed": 2, "plan_name": "Silver",
                "error": "Agent limit reached: 3 of 2 seats of the Silver plan are taken.",
                "suggestion": UPGRADE, "upgrade_needed": true})
        );
        assert_eq!(
            shown(1, SeatLimit::Cancelled),
            json!({"can_create": false, "current_count": 1, "max_allowed": 0, "plan_name": "Cancelled",
                "error": CANCELLED, "suggestion": RENEW, "upgrade_needed": true, "is_cancelled": true})
        );
        assert_eq!(
            shown(1, SeatLimit::NoPlan),
            json!({"can_create": false, "current_count": 1, "max_allowed": 0, "plan_name": "No Plan",
                "error": NO_PLAN, "upgrade_needed": true})
        );
    }
}
