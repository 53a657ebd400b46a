//! Agents: those of a company, the platform's list of all, and their arrivals.

use std::net::IpAddr;

use diesel::{
    dsl::{AsSelect, auto_type, exists},
    prelude::*,
};
use handoff::{ActivityKind, NewActivity};
use identity::{
    Email, PasswordHash,
    agents::{Agent, AgentStatus, NewAgentRow},
    ports::{AgentList, Agents, Arrivals},
};
use tenancy::{
    AgentId, CompanyCode, StoreError, Timestamp, UserId,
    access::{self, Caller},
};

use super::{activities, directory::code, locate::Place};
use crate::{
    conn::{AnyBackend, Db},
    error::{Stored as _, word},
    schema::{accounts, agent_sessions, agents, companies},
    store::{CompanyStore, LobbyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = agents)]
struct AgentRow {
    id: i64,
    company_id: String,
    user_id: i64,
    name: String,
    phone: String,
    specialization: String,
    status: String,
    last_active: Option<At>,
    created_at: At,
}

/// An agent beside its account's e-mail, `first_login` and `is_active`.
type Joined = (AgentRow, String, bool, bool);

fn agent((row, email, first_login, is_active): Joined) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: AgentId::new(row.id),
        user: UserId::new(row.user_id),
        company: code(&row.company_id)?,
        name: row.name,
        email: Email::from_stored(email),
        phone: row.phone,
        specialization: row.specialization,
        stored: word(AgentStatus::parse(&row.status), "agent status")?,
        first_login,
        is_active,
        last_active: row.last_active.map(|at| at.0),
        created_at: row.created_at.0,
    })
}

fn columns() -> (AsSelect<AgentRow, AnyBackend>, accounts::email, accounts::first_login, accounts::is_active) {
    (AgentRow::as_select(), accounts::email, accounts::first_login, accounts::is_active)
}

/// Joins an agent to its account.
#[auto_type]
fn account() -> _ {
    accounts::table.on(accounts::id.eq(agents::user_id))
}

/// Every query of a company's agents starts here.
#[auto_type]
fn own<'a>(code: &'a str) -> _ {
    agents::table.filter(agents::company_id.eq(code))
}

impl<C: Caller> Agents for CompanyStore<'_, C> {
    fn count_agents(&mut self) -> Result<i64, StoreError> {
        own(self.code().as_str()).count().get_result(self.conn).stored()
    }

    fn agent_has_email(&mut self, email: &Email) -> Result<bool, StoreError> {
        let code = self.code();
        let found = own(code.as_str()).inner_join(account()).filter(accounts::email_key.eq(email.key()));
        diesel::select(exists(found)).get_result(self.conn).stored()
    }

    fn insert_agent(&mut self, user: UserId, new: &NewAgentRow, now: Timestamp) -> Result<Agent, StoreError> {
        let code = self.code();
        let id: i64 = diesel::insert_into(agents::table)
            .values((
                agents::company_id.eq(code.as_str()),
                agents::user_id.eq(user.get()),
                agents::name.eq(&new.name),
                agents::phone.eq(&new.phone),
                agents::specialization.eq(&new.specialization),
                agents::status.eq(AgentStatus::Pending.as_str()),
                agents::created_at.eq(At(now)),
            ))
            .returning(agents::id)
            .get_result(self.conn)
            .stored()?;
        own(code.as_str())
            .inner_join(account())
            .filter(agents::id.eq(id))
            .select(columns())
            .first(self.conn)
            .stored()
            .and_then(agent)
    }

    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let rows: Vec<Joined> = own(self.code().as_str())
            .inner_join(account())
            .filter(accounts::is_active.eq(true))
            .order((agents::created_at.desc(), agents::id.desc()))
            .select(columns())
            .load(self.conn)
            .stored()?;
        rows.into_iter().map(agent).collect()
    }

    fn reset_agent_password(&mut self, agent: AgentId, hash: &PasswordHash) -> Result<Option<Email>, StoreError> {
        let code = self.code();
        let user = own(code.as_str()).filter(agents::id.eq(agent.get())).select(agents::user_id);
        let email: Option<String> =
            diesel::update(accounts::table.filter(accounts::id.eq_any(user)).filter(accounts::is_active.eq(true)))
                .set((
                    accounts::password_hash.eq(hash.as_str()),
                    accounts::first_login.eq(true),
                    accounts::token_version.eq(accounts::token_version + 1),
                ))
                .returning(accounts::email)
                .get_result(self.conn)
                .optional()
                .stored()?;
        Ok(email.map(Email::from_stored))
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
            .stored()?;
        rows.into_iter().map(agent).collect()
    }

    fn company_of_agent(&mut self, agent: AgentId) -> Result<Option<CompanyCode>, StoreError> {
        self.locate(Place::Agent(agent))
    }
}

impl Arrivals for LobbyStore<'_> {
    fn agent_arrived(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        let company = agent.scope().company();
        set_status(self.conn, agent, AgentStatus::Available)?;
        diesel::insert_into(agent_sessions::table)
            .values((
                agent_sessions::company_id.eq(company.as_str()),
                agent_sessions::agent_id.eq(agent.id().get()),
                agent_sessions::login_time.eq(At(now)),
                agent_sessions::ip.eq(ip.map(|ip| ip.to_string())),
            ))
            .execute(self.conn)
            .stored()?;
        let activity = NewActivity {
            agent: agent.id(),
            kind: ActivityKind::Login,
            description: format!("{} signed in.", agent.name()),
            metadata: serde_json::json!({}),
            ip,
        };
        activities::insert(self.conn, company, &activity, now)
    }

    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError> {
        set_status(self.conn, agent, AgentStatus::Offline)
    }
}

fn set_status(conn: &mut Db, agent: &access::Agent, status: AgentStatus) -> Result<(), StoreError> {
    let code = agent.scope().company();
    diesel::update(own(code.as_str()).filter(agents::id.eq(agent.id().get())))
        .set(agents::status.eq(status.as_str()))
        .execute(conn)
        .stored()?;
    Ok(())
}
