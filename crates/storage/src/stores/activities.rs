//! The activity logs of agents.

use diesel::prelude::*;
use handoff::{Activities, Activity, ActivityFilter, ActivityKind, AgentRef, NewActivity};
use tenancy::{ActivityId, AgentId, CompanyCode, StoreError, Timestamp, access::Caller};

use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{activities, agents, companies},
    store::CompanyStore,
    types::{At, Json},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = activities)]
struct ActivityRow {
    id: i64,
    agent_id: i64,
    kind: String,
    description: String,
    metadata: Json,
    created_at: At,
    ip: Option<String>,
}

impl ActivityRow {
    fn into_activity(self, agent_name: String) -> Result<Activity, StoreError> {
        Ok(Activity {
            id: ActivityId::new(self.id),
            agent: AgentRef { id: AgentId::new(self.agent_id), name: agent_name },
            kind: decode_enum(ActivityKind::parse(&self.kind), "activity")?,
            description: self.description,
            metadata: self.metadata.read()?,
            timestamp: self.created_at.0,
            ip: self.ip.and_then(|ip| ip.parse().ok()),
        })
    }
}

impl<C: Caller> Activities for CompanyStore<'_, C> {
    fn log(&mut self, activity: &NewActivity, now: Timestamp) -> Result<(), StoreError> {
        insert(self.conn, self.code(), activity, now)
    }

    fn activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError> {
        list(self.conn, Some(self.code()), filter)
    }
}

/// Inserts a row into the log of an agent of this company.
pub(super) fn insert(
    conn: &mut Db,
    company: CompanyCode,
    activity: &NewActivity,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(activities::table)
        .values((
            activities::company_id.eq(company.as_str()),
            activities::agent_id.eq(activity.agent.get()),
            activities::kind.eq(activity.kind.as_str()),
            activities::description.eq(&activity.description),
            activities::metadata.eq(Json::of(&activity.metadata)?),
            activities::created_at.eq(At(now)),
            activities::ip.eq(activity.ip.map(|ip| ip.to_string())),
        ))
        .execute(conn)
        .into_store_error()?;
    Ok(())
}

/// Lists the rows of one company, or of all companies that are not closed, newest first.
pub(super) fn list(
    conn: &mut Db,
    company: Option<CompanyCode>,
    filter: &ActivityFilter,
) -> Result<Vec<Activity>, StoreError> {
    let of_company = agents::company_id.eq(activities::company_id);
    let mut query = activities::table
        .inner_join(agents::table.on(of_company.and(agents::id.eq(activities::agent_id))))
        .select((ActivityRow::as_select(), agents::name))
        .order((activities::created_at.desc(), activities::id.desc()))
        .limit(filter.limit)
        .into_boxed();
    query = match company {
        Some(code) => query.filter(activities::company_id.eq(code.to_string())),
        None => {
            let open = companies::table.filter(companies::status.ne("closed")).select(companies::code);
            query.filter(activities::company_id.eq_any(open))
        }
    };
    if let Some(agent) = filter.agent {
        query = query.filter(activities::agent_id.eq(agent.get()));
    }
    if let Some(since) = filter.since {
        query = query.filter(activities::created_at.ge(At(since)));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(activities::kind.eq(kind.as_str()));
    }
    let rows: Vec<(ActivityRow, String)> = query.load(conn).into_store_error()?;
    rows.into_iter().map(|(row, agent_name)| row.into_activity(agent_name)).collect()
}
