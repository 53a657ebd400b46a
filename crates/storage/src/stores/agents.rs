//! The agents of a company, and the platform's list of all agents.

mod changes;
mod presence;
mod rows;
mod sessions;

use diesel::{dsl::exists, prelude::*};
use identity::{
    Email, PasswordHash,
    accounts::PersonName,
    agents::{Agent, AgentList, AgentSession, AgentStatus, Agents, NewAgentRow},
};
use tenancy::{AgentId, CompanyCode, StoreError, Timestamp, UserId, access::Caller};

use self::rows::{Joined, account, agent, columns, own};
use super::locate::Place;
use crate::{
    error::IntoStoreError as _,
    schema::{accounts, agents, companies},
    scope,
    store::{CompanyStore, PlatformStore},
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
