//! Handoffs joined to their sessions, agents and visitors.

use chatbot::SessionStatus;
use diesel::{
    dsl::{self, AsSelect},
    prelude::*,
};
use handoff::{AgentRef, Handoff, Priority, State, VisitorRef};
use tenancy::{AgentId, HandoffId, SessionId, SessionRowId, StoreError};

use crate::{
    conn::AnyBackend,
    error::decode_enum,
    schema::{agents, handoffs, profiles, sessions},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = handoffs)]
pub(super) struct HandoffRow {
    id: i64,
    session_key: i64,
    agent_id: Option<i64>,
    escalated_at: At,
    resolved_at: Option<At>,
    reason: String,
    notes: Option<String>,
    priority: String,
}

/// A handoff, its session's id and status, its agent's name, and its visitor.
pub(super) type Joined = (HandoffRow, String, String, Option<String>, Option<(String, String, Option<String>)>);

pub(super) fn handoff((row, session_id, session_status, agent_name, visitor): Joined) -> Result<Handoff, StoreError> {
    let agent = row.agent_id.zip(agent_name).map(|(id, name)| AgentRef { id: AgentId::new(id), name });
    let state = match (row.resolved_at, agent) {
        (Some(At(at)), agent) => State::Resolved { agent, at },
        (None, Some(agent)) => State::Assigned(agent),
        (None, None) => State::Pending,
    };
    Ok(Handoff {
        id: HandoffId::new(row.id),
        session: SessionRowId::new(row.session_key),
        session_id: decode_enum(SessionId::parse(&session_id).ok(), "session id")?,
        session_status: decode_enum(SessionStatus::parse(&session_status), "session status")?,
        state,
        escalated_at: row.escalated_at.0,
        reason: row.reason,
        notes: row.notes,
        priority: decode_enum(Priority::parse(&row.priority), "priority")?,
        visitor: visitor.map(|(name, phone, email)| VisitorRef { name, phone, email }),
    })
}

/// Joins handoffs to their sessions, agents and profiles, each by company and id.
#[diesel::dsl::auto_type]
pub(super) fn joined() -> _ {
    handoffs::table
        .inner_join(
            sessions::table
                .on(sessions::company_id.eq(handoffs::company_id).and(sessions::key.eq(handoffs::session_key))),
        )
        .left_join(
            agents::table
                .on(agents::company_id.eq(handoffs::company_id).and(agents::id.nullable().eq(handoffs::agent_id))),
        )
        .left_join(
            profiles::table
                .on(profiles::company_id.eq(handoffs::company_id).and(profiles::session_key.eq(handoffs::session_key))),
        )
}

type Columns = (
    AsSelect<HandoffRow, AnyBackend>,
    sessions::id,
    sessions::status,
    dsl::Nullable<agents::name>,
    dsl::Nullable<(profiles::name, profiles::phone, profiles::email)>,
);

pub(super) fn columns() -> Columns {
    (
        HandoffRow::as_select(),
        sessions::id,
        sessions::status,
        agents::name.nullable(),
        (profiles::name, profiles::phone, profiles::email).nullable(),
    )
}
