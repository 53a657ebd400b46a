//! The presence of agents.

use std::net::IpAddr;

use diesel::prelude::*;
use handoff::{ActivityKind, NewActivity};
use identity::{
    agents::{Agent, AgentStatus},
    presence::{Absences, PresenceRecord},
};
use serde_json::{Value, json};
use tenancy::{
    AgentId, CompanyCode, StoreError, Timestamp,
    access::{self, Caller},
};

use super::{rows::own, sessions};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{agent_sessions, agents},
    scope,
    store::{CompanyStore, LobbyStore},
    stores::{activities, directory::code},
    types::At,
};

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
        log(self.conn, agent.into(), ActivityKind::Login, format!("{} signed in.", agent.name()), json!({}), ip, now)
    }

    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        set_status(self.conn, agent.into(), AgentStatus::Offline)
    }

    fn agent_left(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        diesel::update(own(company.as_str()).filter(agents::id.eq(agent.id().get())))
            .set((agents::status.eq(AgentStatus::Offline.as_str()), agents::last_active.eq(At(now))))
            .execute(self.conn)
            .into_store_error()?;
        sessions::close_newest(self.conn, company, agent.id(), now)?;
        log(self.conn, agent.into(), ActivityKind::Logout, format!("{} signed out.", agent.name()), json!({}), ip, now)
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
        let before = stored_status(self.conn, agent.into())?;
        if status == AgentStatus::Available {
            set_seen(self.conn, agent.into(), now)?;
        }
        let Some(before) = before.filter(|before| before != status.as_str()) else { return Ok(()) };
        change_status(self.conn, agent.into(), &before, status, ip, now)
    }

    fn agent_status(&mut self, agent: &access::Agent) -> Result<Option<AgentStatus>, StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        let word = stored_status(self.conn, agent.into())?;
        word.map(|word| decode_enum(AgentStatus::parse(&word), "agent status")).transpose()
    }

    fn agent_lost(&mut self, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
        self.agent_set_status(agent, AgentStatus::Offline, None, now)?;
        note_activity(self.conn, agent.into(), now)
    }

    fn agent_seen(&mut self, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
        scope::enter(self.conn, agent.scope().company())?;
        set_seen(self.conn, agent.into(), now)
    }

    fn agent_connected(&mut self, agent: &access::Agent, until: Timestamp) -> Result<(), StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        diesel::update(own(company.as_str()).filter(agents::id.eq(agent.id().get())))
            .set(agents::connected_until.eq(At(until)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn agent_stays(&mut self, agent: &access::Agent, until: Timestamp) -> Result<bool, StoreError> {
        let company = agent.scope().company();
        scope::enter(self.conn, company)?;
        let row = own(company.as_str()).filter(agents::id.eq(agent.id().get()));
        let moved = diesel::update(row.filter(agents::connected_until.is_not_null()))
            .set(agents::connected_until.eq(At(until)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(moved > 0)
    }

    fn agents_gone(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(CompanyCode, AgentId)>, StoreError> {
        let gone: Vec<(String, i64)> = agents::table
            .filter(agents::connected_until.le(At(now)))
            .order(agents::connected_until)
            .limit(limit)
            .select((agents::company_id, agents::id))
            .load(self.conn)
            .into_store_error()?;
        gone.into_iter().map(|(company, id)| Ok((code(&company)?, AgentId::new(id)))).collect()
    }
}

impl<C: Caller> Absences for CompanyStore<'_, C> {
    fn end_connection(&mut self, agent: &Agent, now: Timestamp) -> Result<bool, StoreError> {
        let code = self.code();
        let row = own(code.as_str()).filter(agents::id.eq(agent.id.get()));
        let ended = diesel::update(row.filter(agents::connected_until.le(At(now))))
            .set(agents::connected_until.eq(None::<At>))
            .execute(self.conn)
            .into_store_error()?;
        let is_there = matches!(agent.stored_status, AgentStatus::Available | AgentStatus::Busy);
        if ended == 0 || !is_there {
            return Ok(false);
        }
        let who = Who { company: code, id: agent.id, name: &agent.name };
        change_status(self.conn, who, agent.stored_status.as_str(), AgentStatus::Offline, None, now)?;
        note_activity(self.conn, who, now)?;
        Ok(true)
    }
}

/// An agent of a company.
#[derive(Clone, Copy)]
struct Who<'a> {
    company: CompanyCode,
    id: AgentId,
    name: &'a str,
}

impl<'a> From<&'a access::Agent> for Who<'a> {
    fn from(agent: &'a access::Agent) -> Self {
        Self { company: agent.scope().company(), id: agent.id(), name: agent.name() }
    }
}

fn log(
    conn: &mut Db,
    who: Who<'_>,
    kind: ActivityKind,
    description: String,
    metadata: Value,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let activity = NewActivity { agent: who.id, kind, description, metadata, ip };
    activities::insert(conn, who.company, &activity, now)
}

fn stored_status(conn: &mut Db, who: Who<'_>) -> Result<Option<String>, StoreError> {
    own(who.company.as_str())
        .filter(agents::id.eq(who.id.get()))
        .select(agents::status)
        .first(conn)
        .optional()
        .into_store_error()
}

/// Sets the status and writes an activity about it.
fn change_status(
    conn: &mut Db,
    who: Who<'_>,
    before: &str,
    status: AgentStatus,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), StoreError> {
    set_status(conn, who, status)?;
    let description = format!("{} is {} now.", who.name, status.as_str());
    let change = json!({ "from": before, "to": status.as_str() });
    log(conn, who, ActivityKind::StatusChange, description, change, ip, now)
}

fn set_status(conn: &mut Db, who: Who<'_>, status: AgentStatus) -> Result<(), StoreError> {
    diesel::update(own(who.company.as_str()).filter(agents::id.eq(who.id.get())))
        .set(agents::status.eq(status.as_str()))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}

/// Sets when the agent was last active.
fn note_activity(conn: &mut Db, who: Who<'_>, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(own(who.company.as_str()).filter(agents::id.eq(who.id.get())))
        .set(agents::last_active.eq(At(now)))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}

/// Sets when the agent last called, unless a later moment is stored.
fn set_seen(conn: &mut Db, who: Who<'_>, now: Timestamp) -> Result<(), StoreError> {
    let row = own(who.company.as_str()).filter(agents::id.eq(who.id.get()));
    diesel::update(row.filter(agents::last_seen.is_null().or(agents::last_seen.lt(At(now)))))
        .set(agents::last_seen.eq(At(now)))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}
