//! Agent sessions: when agents signed in and out.

use diesel::{dsl::AsSelect, prelude::*};
use identity::agents::AgentSession;
use tenancy::{AgentId, AgentSessionId, CompanyCode, StoreError, Timestamp};

use crate::{
    conn::{AnyBackend, Db},
    error::IntoStoreError as _,
    schema::{agent_sessions, agents, companies},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = agent_sessions)]
struct AgentSessionRow {
    id: i64,
    login_time: At,
    logout_time: Option<At>,
    ip: Option<String>,
}

/// Selects the sessions of one agent. Every query of one agent's sessions starts here.
#[diesel::dsl::auto_type]
fn of_agent<'a>(company: &'a str, agent: i64) -> _ {
    agent_sessions::table.filter(agent_sessions::company_id.eq(company).and(agent_sessions::agent_id.eq(agent)))
}

/// Lists the agent sessions of one company, or of all companies that are not closed, newest first.
pub(super) fn list(
    conn: &mut Db,
    company: Option<CompanyCode>,
    agent: Option<AgentId>,
) -> Result<Vec<AgentSession>, StoreError> {
    let of_company = agents::company_id.eq(agent_sessions::company_id);
    let columns: (AsSelect<AgentSessionRow, AnyBackend>, agents::name) = (AgentSessionRow::as_select(), agents::name);
    let mut query = agent_sessions::table
        .inner_join(agents::table.on(of_company.and(agents::id.eq(agent_sessions::agent_id))))
        .select(columns)
        .order((agent_sessions::login_time.desc(), agent_sessions::id.desc()))
        .into_boxed();
    query = match company {
        Some(code) => query.filter(agent_sessions::company_id.eq(code.to_string())),
        None => {
            let open = companies::table.filter(companies::status.ne("closed")).select(companies::code);
            query.filter(agent_sessions::company_id.eq_any(open))
        }
    };
    if let Some(agent) = agent {
        query = query.filter(agent_sessions::agent_id.eq(agent.get()));
    }
    let rows: Vec<(AgentSessionRow, String)> = query.load(conn).into_store_error()?;
    let session = |(row, agent_name): (AgentSessionRow, String)| AgentSession {
        id: AgentSessionId::new(row.id),
        agent_name,
        login: row.login_time.0,
        logout: row.logout_time.map(|at| at.0),
        ip: row.ip.and_then(|ip| ip.parse().ok()),
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Closes the newest open session of an agent.
pub(super) fn close_newest(
    conn: &mut Db,
    company: CompanyCode,
    agent: AgentId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let newest: Option<i64> = of_agent(company.as_str(), agent.get())
        .filter(agent_sessions::logout_time.is_null())
        .order((agent_sessions::login_time.desc(), agent_sessions::id.desc()))
        .select(agent_sessions::id)
        .first(conn)
        .optional()
        .into_store_error()?;
    let Some(newest) = newest else { return Ok(()) };
    diesel::update(of_agent(company.as_str(), agent.get()).filter(agent_sessions::id.eq(newest)))
        .set(agent_sessions::logout_time.eq(At(now)))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}

/// Closes all open sessions of an agent.
pub(super) fn close_all(conn: &mut Db, company: CompanyCode, agent: AgentId, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(of_agent(company.as_str(), agent.get()).filter(agent_sessions::logout_time.is_null()))
        .set(agent_sessions::logout_time.eq(At(now)))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}
