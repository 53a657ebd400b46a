//! Agents joined to their accounts.

use diesel::{
    dsl::{AsSelect, auto_type},
    prelude::*,
};
use identity::{
    Email,
    agents::{Agent, AgentStatus},
};
use tenancy::{AgentId, StoreError, UserId};

use crate::{
    conn::AnyBackend,
    error::decode_enum,
    schema::{accounts, agents},
    stores::directory::code,
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = agents)]
pub(super) struct AgentRow {
    id: i64,
    company_id: String,
    user_id: i64,
    name: String,
    phone: String,
    specialization: String,
    status: String,
    last_active: Option<At>,
    last_seen: Option<At>,
    created_at: At,
}

/// An agent, and its account's e-mail, `first_login` and `is_active`.
pub(super) type Joined = (AgentRow, String, bool, bool);

pub(super) fn agent((row, email, first_login, is_active): Joined) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: AgentId::new(row.id),
        user: UserId::new(row.user_id),
        company: code(&row.company_id)?,
        name: row.name,
        email: Email::from_stored(email),
        phone: row.phone,
        specialization: row.specialization,
        stored_status: decode_enum(AgentStatus::parse(&row.status), "agent status")?,
        first_login,
        is_active,
        last_active: row.last_active.map(|at| at.0),
        last_seen: row.last_seen.map(|at| at.0),
        created_at: row.created_at.0,
    })
}

pub(super) fn columns() -> (AsSelect<AgentRow, AnyBackend>, accounts::email, accounts::first_login, accounts::is_active)
{
    (AgentRow::as_select(), accounts::email, accounts::first_login, accounts::is_active)
}

/// Joins an agent to its account.
#[auto_type]
pub(super) fn account() -> _ {
    accounts::table.on(accounts::id.eq(agents::user_id))
}

/// Selects the agents of a company. Every query of a company's agents starts here.
#[auto_type]
pub(super) fn own<'a>(code: &'a str) -> _ {
    agents::table.filter(agents::company_id.eq(code))
}
