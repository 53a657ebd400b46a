//! The agents of a company, the platform's list of all agents, and their presence.

mod changes;
mod rows;
mod sessions;

use std::net::IpAddr;

use diesel::{dsl::exists, prelude::*};
use handoff::{ActivityKind, NewActivity};
use identity::{
    Email, PasswordHash,
    accounts::PersonName,
    agents::{Agent, AgentList, AgentSession, AgentStatus, Agents, NewAgentRow},
    presence::PresenceRecord,
};
use serde_json::{Value, json};
use tenancy::{
    AgentId, CompanyCode, StoreError, Timestamp, UserId,
    access::{self, Caller},
};

use self::rows::{Joined, account, agent, columns, own};
use super::{activities, locate::Place};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{accounts, agent_sessions, agents, companies},
    scope,
    store::{CompanyStore, LobbyStore, PlatformStore},
    types::At,
};

impl<C: Caller> Agents for CompanyStore<'_, C> {
    fn count_agents(&mut self) -> Result<i64, StoreError> {
        own(self.code().as_str()).count().get_result(self.conn).into_store_error()
    }

    fn agent_has_email(&mut self, email: &Email) -> Result<bool, StoreError> {
        let code = self.code();
        let found = own(code.as_str()).inner_join(account()).filter(accounts::email_key.eq(email.key()));
        diesel::select(exists(found)).get_result(self.conn).into_store_error()
    }

    fn insert_agent(&mut self, user: UserId, new: &NewAgentRow, now: Timestamp) -> Result<Agent, StoreError> {
        let code = self.code();
        let row = (
            agents::company_id.eq(code.as_str()),
            agents::user_id.eq(user.get()),
            agents::name.eq(&new.name),
            agents::phone.eq(&new.phone),
            agents::specialization.eq(&new.specialization),
            agents::status.eq(AgentStatus::Pending.as_str()),
            agents::created_at.eq(At(now)),
        );
        let insert = diesel::insert_into(agents::table).values(row).returning(agents::id);
        let id: i64 = scope::with_logins(self.conn, |conn| insert.get_result(conn).into_store_error())?;
        own(code.as_str())
            .inner_join(account())
            .filter(agents::id.eq(id))
            .select(columns())
            .first(self.conn)
            .into_store_error()
            .and_then(agent)
    }

    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let rows: Vec<Joined> = own(self.code().as_str())
            .inner_join(account())
            .filter(accounts::is_active.eq(true))
            .order((agents::created_at.desc(), agents::id.desc()))
            .select(columns())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(agent).collect()
    }

    fn agent(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        let found: Option<Joined> = own(self.code().as_str())
            .inner_join(account())
            .filter(accounts::is_active.eq(true).and(agents::id.eq(id.get())))
            .select(columns())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        found.map(agent).transpose()
    }

    fn all_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let rows: Vec<Joined> = own(self.code().as_str())
            .inner_join(account())
            .order((agents::created_at.desc(), agents::id.desc()))
            .select(columns())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(agent).collect()
    }

    fn reset_agent_password(
        &mut self,
        agent: AgentId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError> {
        let code = self.code();
        let user = own(code.as_str()).filter(agents::id.eq(agent.get())).select(agents::user_id);
        let email: Option<String> =
            diesel::update(accounts::table.filter(accounts::id.eq_any(user)).filter(accounts::is_active.eq(true)))
                .set((
                    accounts::password_hash.eq(hash.as_str()),
                    accounts::first_login.eq(true),
                    accounts::handed_out_at.eq(At(now)),
                    accounts::token_version.eq(accounts::token_version + 1),
                ))
                .returning(accounts::email)
                .get_result(self.conn)
                .optional()
                .into_store_error()?;
        Ok(email.map(Email::from_stored))
    }

    fn agent_for_update(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        changes::for_update(self.conn, self.code(), id)
    }

    fn write_agent(&mut self, agent: &Agent, names: &PersonName) -> Result<bool, StoreError> {
        changes::write(self.conn, self.code(), agent, names)
    }

    fn send_off(&mut self, agent: &Agent, now: Timestamp) -> Result<AgentStatus, StoreError> {
        changes::send_off(self.conn, self.code(), agent, now)
    }

    fn delete_agent(&mut self, agent: &Agent) -> Result<(), StoreError> {
        changes::delete(self.conn, self.code(), agent)
    }

    fn agent_sessions(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError> {
        sessions::list(self.conn, Some(self.code()), agent)
    }
}

impl AgentList for PlatformStore<'_> {
    fn active_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError> {
        let rows: Vec<Joined> = agents::table
            .inner_join(account())
            .inner_join(companies::table.on(companies::code.eq(agents::company_id)))
            .filter(accounts::is_active.eq(true).and(companies::status.ne("closed")))
            .order((agents::created_at.desc(), agents::id.desc()))
            .select(columns())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(agent).collect()
    }

    fn all_agents_everywhere(&mut self) -> Result<Vec<Agent>, StoreError> {
        let rows: Vec<Joined> = agents::table
            .inner_join(account())
            .inner_join(companies::table.on(companies::code.eq(agents::company_id)))
            .filter(companies::status.ne("closed"))
            .order((agents::created_at.desc(), agents::id.desc()))
            .select(columns())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(agent).collect()
    }

    fn agent_sessions_everywhere(&mut self, agent: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError> {
        sessions::list(self.conn, None, agent)
    }

    fn company_of_agent(&mut self, agent: AgentId) -> Result<Option<CompanyCode>, StoreError> {
        self.locate(Place::Agent(agent))
    }
}

impl PresenceRecord for LobbyStore<'_> {
    fn agent_arrived(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        let row = own(company.as_str()).filter(agents::id.eq(agent.id().get()));
        diesel::update(row)
            .set((agents::status.eq(AgentStatus::Available.as_str()), agents::last_seen.eq(At(now))))
            .execute(self.conn)
            .into_store_error()?;
        diesel::insert_into(agent_sessions::table)
            .values((
                agent_sessions::company_id.eq(company.as_str()),
                agent_sessions::agent_id.eq(agent.id().get()),
                agent_sessions::login_time.eq(At(now)),
                agent_sessions::ip.eq(ip.map(|ip| ip.to_string())),
            ))
            .execute(self.conn)
            .into_store_error()?;
        log(self.conn, agent, ActivityKind::Login, format!("{} signed in.", agent.name()), json!({}), ip, now)
    }

    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        set_status(self.conn, agent, AgentStatus::Offline)
    }

    fn agent_left(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        diesel::update(own(company.as_str()).filter(agents::id.eq(agent.id().get())))
            .set((agents::status.eq(AgentStatus::Offline.as_str()), agents::last_active.eq(At(now))))
            .execute(self.conn)
            .into_store_error()?;
        sessions::close_newest(self.conn, company, agent.id(), now)?;
        log(self.conn, agent, ActivityKind::Logout, format!("{} signed out.", agent.name()), json!({}), ip, now)
    }

    fn agent_set_status(
        &mut self,
        agent: &access::Agent,
        status: AgentStatus,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        let before = stored_status(self.conn, agent)?;
        if status == AgentStatus::Available {
            set_seen(self.conn, agent, now)?;
        }
        let Some(before) = before.filter(|before| before != status.as_str()) else { return Ok(()) };
        set_status(self.conn, agent, status)?;
        let description = format!("{} is {} now.", agent.name(), status.as_str());
        let change = json!({ "from": before, "to": status.as_str() });
        log(self.conn, agent, ActivityKind::StatusChange, description, change, ip, now)
    }

    fn agent_status(&mut self, agent: &access::Agent) -> Result<Option<AgentStatus>, StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        let word = stored_status(self.conn, agent)?;
        word.map(|word| decode_enum(AgentStatus::parse(&word), "agent status")).transpose()
    }

    fn agent_lost(&mut self, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
        self.agent_set_status(agent, AgentStatus::Offline, None, now)?;
        let code = agent.scope().company();
        diesel::update(own(code.as_str()).filter(agents::id.eq(agent.id().get())))
            .set(agents::last_active.eq(At(now)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn agent_seen(&mut self, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        set_seen(self.conn, agent, now)
    }
}

fn log(
    conn: &mut Db,
    agent: &access::Agent,
    kind: ActivityKind,
    description: String,
    metadata: Value,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let activity = NewActivity { agent: agent.id(), kind, description, metadata, ip };
    activities::insert(conn, agent.scope().company(), &activity, now)
}

fn stored_status(conn: &mut Db, agent: &access::Agent) -> Result<Option<String>, StoreError> {
    let code = agent.scope().company();
    own(code.as_str())
        .filter(agents::id.eq(agent.id().get()))
        .select(agents::status)
        .first(conn)
        .optional()
        .into_store_error()
}

fn set_status(conn: &mut Db, agent: &access::Agent, status: AgentStatus) -> Result<(), StoreError> {
    let code = agent.scope().company();
    diesel::update(own(code.as_str()).filter(agents::id.eq(agent.id().get())))
        .set(agents::status.eq(status.as_str()))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}

/// Sets when the agent last called, unless a later moment is stored.
fn set_seen(conn: &mut Db, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
    let code = agent.scope().company();
    let row = own(code.as_str()).filter(agents::id.eq(agent.id().get()));
    diesel::update(row.filter(agents::last_seen.is_null().or(agents::last_seen.lt(At(now)))))
        .set(agents::last_seen.eq(At(now)))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}
