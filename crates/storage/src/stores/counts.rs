//! Counts that hot pages show, kept beside the rows they count.
//!
//! The stores that change such rows note by how much; the door settles the notes once the job is
//! done, in the same transaction. So the rows with the counts are locked last of all and always in
//! one order, and two transactions never wait for each other there, also if one moves a session
//! from an agent to another and the other moves one back. A transaction that counts nothing, as
//! nearly every turn, touches none of them.

use std::collections::BTreeMap;

use chatbot::ProfileFilter;
use diesel::{prelude::*, upsert::excluded};
use handoff::{HandoffFilter, Sight, StateFilter};
use tenancy::{AgentId, CompanyCode, StoreError};

use crate::{
    conn::Db,
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::{companies, handoff_counts, profile_counts},
};

/// What a transaction changed that is counted.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<CompanyCode, Change>);

/// The same, of one company.
#[derive(Debug, Default)]
struct Change {
    profiles: i64,
    handoffs: BTreeMap<i64, Held>,
}

/// How many handoffs name an agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    assigned: i64,
    resolved: i64,
}

/// Where a handoff is counted: under the agent it names, open or resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) agent: Option<i64>,
    pub(super) resolved: bool,
}

impl Changes {
    /// Notes profiles that were made, or below zero, that went.
    pub(super) fn profiles(&mut self, company: CompanyCode, by: i64) {
        self.0.entry(company).or_default().profiles += by;
    }

    /// Notes handoffs that are counted there from now on, or below zero, no longer.
    pub(super) fn handoffs(&mut self, company: CompanyCode, at: Counted, by: i64) {
        let Some(agent) = at.agent else { return };
        let held = self.0.entry(company).or_default().handoffs.entry(agent).or_default();
        if at.resolved { held.resolved += by } else { held.assigned += by }
    }

    /// The companies of which something was noted.
    pub(crate) fn companies(&self) -> Vec<CompanyCode> {
        self.0.keys().copied().collect()
    }

    /// Writes what was noted of a company. Nothing is locked after this.
    pub(crate) fn settle(&mut self, conn: &mut Db, company: CompanyCode) -> Result<(), StoreError> {
        let Some(change) = self.0.remove(&company) else { return Ok(()) };
        if change.profiles != 0 {
            add_profiles(conn, company, change.profiles)?;
        }
        for (agent, held) in change.handoffs {
            if held != Held::default() {
                add_handoffs(conn, company, agent, held)?;
            }
        }
        Ok(())
    }
}

/// What is not there yet is only ever added to, so an insert stores no negative count.
fn add_profiles(conn: &mut Db, company: CompanyCode, by: i64) -> Result<(), StoreError> {
    let row = profile_counts::table.filter(profile_counts::company_id.eq(company.as_str()));
    let known = diesel::update(row).set(profile_counts::profiles.eq(profile_counts::profiles + by));
    if known.execute(conn).into_store_error()? == 0 && by > 0 {
        let first = diesel::insert_into(profile_counts::table)
            .values((profile_counts::company_id.eq(company.as_str()), profile_counts::profiles.eq(by)))
            .on_conflict(profile_counts::company_id)
            .do_update()
            .set(profile_counts::profiles.eq(profile_counts::profiles + excluded(profile_counts::profiles)));
        dual_backend(first).execute(conn).into_store_error()?;
    }
    Ok(())
}

/// The row of a deleted agent went with it; what is taken from it then is no news.
fn add_handoffs(conn: &mut Db, company: CompanyCode, agent: i64, by: Held) -> Result<(), StoreError> {
    let row = handoff_counts::table
        .filter(handoff_counts::company_id.eq(company.as_str()).and(handoff_counts::agent_id.eq(agent)));
    let known = diesel::update(row).set((
        handoff_counts::assigned.eq(handoff_counts::assigned + by.assigned),
        handoff_counts::resolved.eq(handoff_counts::resolved + by.resolved),
    ));
    if known.execute(conn).into_store_error()? == 0 && by.assigned + by.resolved > 0 {
        let first = diesel::insert_into(handoff_counts::table)
            .values((
                handoff_counts::company_id.eq(company.as_str()),
                handoff_counts::agent_id.eq(agent),
                handoff_counts::assigned.eq(by.assigned),
                handoff_counts::resolved.eq(by.resolved),
            ))
            .on_conflict((handoff_counts::company_id, handoff_counts::agent_id))
            .do_update()
            .set((
                handoff_counts::assigned.eq(handoff_counts::assigned + excluded(handoff_counts::assigned)),
                handoff_counts::resolved.eq(handoff_counts::resolved + excluded(handoff_counts::resolved)),
            ));
        dual_backend(first).execute(conn).into_store_error()?;
    }
    Ok(())
}

/// How many profiles a company has; of all that are not closed, without one. `None` if the filter
/// leaves some out: those are counted.
pub(super) fn kept_profiles(
    conn: &mut Db,
    company: Option<CompanyCode>,
    filter: &ProfileFilter,
) -> Result<Option<i64>, StoreError> {
    if *filter != ProfileFilter::default() {
        return Ok(None);
    }
    let rows = profile_counts::table.into_boxed();
    let rows = match company {
        Some(code) => rows.filter(profile_counts::company_id.eq(code.to_string())),
        None => rows.filter(
            profile_counts::company_id
                .eq_any(companies::table.filter(companies::status.ne("closed")).select(companies::code)),
        ),
    };
    let counts: Vec<i64> = rows.select(profile_counts::profiles).load(conn).into_store_error()?;
    Ok(Some(counts.iter().sum()))
}

/// How many handoffs of an agent are in a state; `None` if that is not what is asked for.
pub(super) fn kept_handoffs(
    conn: &mut Db,
    company: CompanyCode,
    filter: &HandoffFilter,
    sight: Sight,
) -> Result<Option<i64>, StoreError> {
    let HandoffFilter { agent, priority: None, state, with_profile: false } = *filter else { return Ok(None) };
    let agent = match (sight, agent) {
        (Sight::Mine(mine), None) => mine,
        (Sight::Mine(mine), Some(agent)) if mine == agent => mine,
        (Sight::All, Some(agent)) => agent,
        _ => return Ok(None),
    };
    let held = held(conn, company, agent)?;
    Ok(Some(match state {
        None => held.assigned + held.resolved,
        Some(StateFilter::Pending) => 0,
        Some(StateFilter::Assigned) => held.assigned,
        Some(StateFilter::Resolved) => held.resolved,
    }))
}

fn held(conn: &mut Db, company: CompanyCode, agent: AgentId) -> Result<Held, StoreError> {
    let counts: Option<(i64, i64)> = handoff_counts::table
        .filter(handoff_counts::company_id.eq(company.as_str()).and(handoff_counts::agent_id.eq(agent.get())))
        .select((handoff_counts::assigned, handoff_counts::resolved))
        .first(conn)
        .optional()
        .into_store_error()?;
    Ok(counts.map_or_else(Held::default, |(assigned, resolved)| Held { assigned, resolved }))
}
