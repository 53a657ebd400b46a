//! Handoffs and agents' logs.

use handoff::{Activity, ActivityKind, Handoff, Priority, State};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{AsText, TimestampText};

/// The contract's `HandoffRow`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HandoffRow {
    id: i64,
    chat_session_id: String,
    agent: Option<i64>,
    agent_name: Option<String>,
    escalated_at: TimestampText,
    resolved_at: Option<TimestampText>,
    escalation_reason: String,
    notes: Option<String>,
    #[schemars(extend("enum" = Priority::ALL.map(Priority::as_str)))]
    priority: &'static str,
    user_profile: Option<VisitorView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VisitorView {
    name: String,
    phone: String,
    email: Option<String>,
}

impl From<&Handoff> for HandoffRow {
    fn from(handoff: &Handoff) -> Self {
        let agent = handoff.state.agent();
        Self {
            id: handoff.id.get(),
            chat_session_id: handoff.session_id.as_str().to_owned(),
            agent: agent.map(|agent| agent.id.get()),
            agent_name: agent.map(|agent| agent.name.clone()),
            escalated_at: AsText(handoff.escalated_at),
            resolved_at: resolved_at(handoff),
            escalation_reason: handoff.reason.clone(),
            notes: handoff.notes.clone(),
            priority: handoff.priority.as_str(),
            user_profile: handoff.visitor.as_ref().map(|visitor| VisitorView {
                name: visitor.name.clone(),
                phone: visitor.phone.clone(),
                email: visitor.email.clone(),
            }),
        }
    }
}

impl HandoffRow {
    /// The rows of a list.
    pub(crate) fn list(handoffs: &[Handoff]) -> Vec<Self> {
        handoffs.iter().map(Self::from).collect()
    }
}

/// When a handoff was resolved, if it is.
pub(crate) fn resolved_at(handoff: &Handoff) -> Option<TimestampText> {
    match handoff.state {
        State::Resolved { at, .. } => Some(AsText(at)),
        State::Pending | State::Assigned(_) => None,
    }
}

/// The contract's `ActivityRow`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ActivityRow {
    id: i64,
    agent: i64,
    agent_name: String,
    #[schemars(extend("enum" = ActivityKind::ALL.map(ActivityKind::as_str)))]
    activity_type: &'static str,
    description: String,
    metadata: Value,
    timestamp: TimestampText,
    ip_address: Option<String>,
}

impl From<Activity> for ActivityRow {
    fn from(activity: Activity) -> Self {
        Self {
            id: activity.id.get(),
            agent: activity.agent.id.get(),
            agent_name: activity.agent.name,
            activity_type: activity.kind.as_str(),
            description: activity.description,
            metadata: activity.metadata,
            timestamp: AsText(activity.timestamp),
            ip_address: activity.ip.map(|ip| ip.to_string()),
        }
    }
}
