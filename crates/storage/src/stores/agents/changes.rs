//! Changes of agents together with their accounts.

use diesel::{
    dsl::auto_type,
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use identity::{
    accounts::PersonName,
    agents::{Agent, AgentStatus},
};
use tenancy::{AgentId, CompanyCode, StoreError, Timestamp};

use super::{Joined, account, agent, columns, own, stays};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, store_error},
    schema::{accounts, agents, refresh_families},
    scope::with_logins,
};

/// The account of an agent of the company. Every statement about an account starts here, so that
/// one which no row of the company refers to is out of reach.
#[auto_type]
fn user<'a>(company: &'a str, agent: i64) -> _ {
    agents::table.filter(agents::company_id.eq(company).and(agents::id.eq(agent))).select(agents::user_id)
}

/// An agent whose account is locked. The account comes first, as in every other
/// transaction that needs both.
pub(super) fn for_update(conn: &mut Db, company: CompanyCode, id: AgentId) -> Result<Option<Agent>, StoreError> {
    if let Db::Pg(conn) = conn {
        accounts::table
            .filter(accounts::id.eq_any(user(company.as_str(), id.get())))
            .select(accounts::id)
            .for_update()
            .first::<i64>(conn)
            .optional()
            .into_store_error()?;
    }
    let row: Option<Joined> = own(company.as_str())
        .inner_join(account())
        .filter(agents::id.eq(id.get()))
        .select(columns())
        .first(conn)
        .optional()
        .into_store_error()?;
    row.map(agent).transpose()
}

/// Writes agent and account; false if somebody else has the e-mail.
///
/// The violation is caught in a savepoint: a look before could be overtaken, and
/// PostgreSQL would give the whole transaction up.
pub(super) fn write(
    conn: &mut Db,
    company: CompanyCode,
    agent: &Agent,
    names: &PersonName,
) -> Result<bool, StoreError> {
    let written = conn.transaction(|conn| {
        diesel::update(accounts::table.filter(accounts::id.eq_any(user(company.as_str(), agent.id.get()))))
            .set((
                accounts::username.eq(agent.email.as_str()),
                accounts::email.eq(agent.email.as_str()),
                accounts::email_key.eq(agent.email.key()),
                accounts::first_name.eq(&names.first),
                accounts::last_name.eq(&names.last),
                accounts::is_active.eq(agent.is_active),
            ))
            .execute(conn)
    });
    match written {
        Ok(_) => {}
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => return Ok(false),
        Err(error) => return Err(store_error(error)),
    }
    diesel::update(own(company.as_str()).filter(agents::id.eq(agent.id.get())))
        .set((
            agents::name.eq(&agent.name),
            agents::phone.eq(&agent.phone),
            agents::specialization.eq(&agent.specialization),
        ))
        .execute(conn)
        .into_store_error()?;
    Ok(true)
}

/// Ends tokens and stays of an agent, and answers the status it has then.
pub(super) fn send_off(
    conn: &mut Db,
    company: CompanyCode,
    agent: &Agent,
    now: Timestamp,
) -> Result<AgentStatus, StoreError> {
    let id = agent.id.get();
    diesel::update(accounts::table.filter(accounts::id.eq_any(user(company.as_str(), id))))
        .set(accounts::token_version.eq(accounts::token_version + 1))
        .execute(conn)
        .into_store_error()?;
    diesel::update(refresh_families::table.filter(refresh_families::user_id.eq_any(user(company.as_str(), id))))
        .set(refresh_families::revoked.eq(true))
        .execute(conn)
        .into_store_error()?;
    stays::close_all(conn, company, agent.id, now)?;
    let status = match agent.stored_status {
        AgentStatus::Pending => AgentStatus::Pending,
        AgentStatus::Available | AgentStatus::Busy | AgentStatus::Offline => AgentStatus::Offline,
    };
    diesel::update(own(company.as_str()).filter(agents::id.eq(agent.id.get())))
        .set(agents::status.eq(status.as_str()))
        .execute(conn)
        .into_store_error()?;
    Ok(status)
}

/// Deletes agent and account. The agent's log and stays refer to it with ON DELETE
/// CASCADE, and so do the families to the account.
pub(super) fn delete(conn: &mut Db, company: CompanyCode, agent: &Agent) -> Result<(), StoreError> {
    let user: Option<i64> = diesel::delete(own(company.as_str()).filter(agents::id.eq(agent.id.get())))
        .returning(agents::user_id)
        .get_result(conn)
        .optional()
        .into_store_error()?;
    if let Some(user) = user {
        with_logins(conn, |conn| diesel::delete(accounts::table.find(user)).execute(conn).into_store_error())?;
    }
    Ok(())
}
