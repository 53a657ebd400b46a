//! Changes to agents together with their accounts.

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

use super::{
    rows::{Joined, account, agent, columns, own},
    sessions,
};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, store_error},
    schema::{accounts, agents, refresh_families},
    scope::with_logins,
};

/// Selects the account id of an agent of the company. Every statement about an account starts here, so that only
/// accounts that a row of the company refers to can be changed.
#[auto_type]
fn user<'a>(company: &'a str, agent: i64) -> _ {
    agents::table.filter(agents::company_id.eq(company).and(agents::id.eq(agent))).select(agents::user_id)
}

/// Locks the account of an agent and reads the agent. The account is locked first, as in every other
/// transaction that locks both.
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

/// Writes agent and account. Returns false if another account has the e-mail.
///
/// The unique violation is caught in a savepoint, because on PostgreSQL it would otherwise abort the whole
/// transaction. Checking first would not help: another transaction could take the e-mail in between.
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

/// Ends the tokens and sessions of an agent, and returns its new status.
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
    sessions::close_all(conn, company, agent.id, now)?;
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

/// Deletes agent and account. The agent's log and sessions refer to the agent with ON DELETE CASCADE, and the
/// refresh token families refer to the account in the same way.
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
