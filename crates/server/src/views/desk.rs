//! Handoffs and agents' logs.

use handoff::{Activity, ActivityKind, Handoff, Priority, State};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenancy::Timestamp;

use super::{AsText, TimestampText};

/// The handoff of a session from the bot to an agent.
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
    #[schemars(extend("enum" = Priority::WORDS))]
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
    /// Makes an example for the document.
    pub(crate) fn example() -> Self {
        Self {
            id: 7,
            chat_session_id: "TES001_7be419cd-3f64-4b0f-9a52-0c2f4a1d8e11".to_owned(),
            agent: None,
            agent_name: None,
            escalated_at: AsText(Timestamp::from_micros(1_795_402_323_458_070)),
            resolved_at: None,
            escalation_reason: "I want to talk to a person".to_owned(),
            notes: None,
            priority: Priority::Medium.as_str(),
            user_profile: None,
        }
    }
}

/// Returns when a handoff was resolved, if it is.
pub(crate) fn resolved_at(handoff: &Handoff) -> Option<TimestampText> {
    match handoff.state {
        State::Resolved { at, .. } => Some(AsText(at)),
        State::Pending | State::Assigned(_) => None,
    }
}

/// One action of an agent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ActivityRow {
    id: i64,
    agent: i64,
    agent_name: String,
    #[schemars(extend("enum" = ActivityKind::WORDS))]
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
