//! Handoffs joined to their sessions, agents and visitors.

use chatbot::{Collected, Field, SessionStatus};
use diesel::{
    backend::Backend,
    dsl::{self, AsSelect},
    prelude::*,
};
use handoff::{AgentRef, Handoff, Priority, State, VisitorRef};
use tenancy::{AgentId, HandoffId, SessionId, SessionRowId, StoreError};

use crate::{
    error::decode_enum,
    schema::{agents, handoffs, profiles, sessions},
    types::{At, Json},
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

/// A profile's name, phone and e-mail address.
type ProfileColumns = (String, String, Option<String>);

/// A handoff, its session's id, status and answers to the intake, its agent's name, and its visitor.
pub(super) type Joined = (HandoffRow, String, String, Option<Json>, Option<String>, Option<ProfileColumns>);

pub(super) fn handoff(joined: Joined) -> Result<Handoff, StoreError> {
    let (row, session_id, session_status, collected, agent_name, profile) = joined;
    let visitor = match (profile, collected) {
        (Some((name, phone, email)), _) => Some(VisitorRef { name, phone, email }),
        (None, Some(collected)) => Some(of_intake(&collected.read()?)),
        (None, None) => None,
    };
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
        visitor,
    })
}

/// Returns what the intake has so far.
fn of_intake(collected: &Collected) -> VisitorRef {
    let text = |field: &Field| field.value().map(str::to_owned);
    VisitorRef {
        name: text(&collected.name).unwrap_or_default(),
        phone: text(&collected.phone).unwrap_or_default(),
        email: text(&collected.email),
    }
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

/// The columns of [`Joined`], for a backend.
type Columns<B> = (
    AsSelect<HandoffRow, B>,
    sessions::id,
    sessions::status,
    sessions::collected,
    dsl::Nullable<agents::name>,
    dsl::Nullable<(profiles::name, profiles::phone, profiles::email)>,
);

pub(super) fn columns<B: Backend>() -> Columns<B>
where
    HandoffRow: Selectable<B>,
{
    (
        HandoffRow::as_select(),
        sessions::id,
        sessions::status,
        sessions::collected,
        agents::name.nullable(),
        (profiles::name, profiles::phone, profiles::email).nullable(),
    )
}
