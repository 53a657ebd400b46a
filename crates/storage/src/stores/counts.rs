//! Stored counts, for pages that are requested often.
//!
//! A store that changes counted rows notes the difference. The door writes the differences after the job, in
//! the same transaction. So the rows with counts are locked last (only audit heads come later), and always in
//! the same order. Two transactions therefore cannot deadlock on them, even if one moves a session from agent A
//! to B and the other from B to A. A transaction that changes no counted rows, such as nearly every turn, does
//! not touch the counts.

use std::collections::{BTreeMap, HashMap};

use chatbot::ProfileFilter;
use diesel::{prelude::*, upsert::excluded};
use handoff::{HandoffFilter, Sight, StateFilter};
use tenancy::{AgentId, CompanyCode, StoreError};

use crate::{
    conn::Db,
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::{companies, handoff_counts, profile_counts, queue_counts},
};

/// The differences that one transaction makes to the counts.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<CompanyCode, Change>);

/// The differences for one company.
#[derive(Debug, Default)]
struct Change {
    profiles: i64,
    waiting: i64,
    handoffs: BTreeMap<i64, Held>,
}

/// How many handoffs name an agent, or a difference of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) assigned: i64,
    resolved: i64,
}

/// The count that a handoff belongs to: that of the agent it names, open or resolved, or that of the queue.
/// Resolved handoffs that name no agent are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) agent: Option<i64>,
    pub(super) resolved: bool,
}

impl Changes {
    /// Notes that `by` profiles were added; below zero, deleted.
    pub(super) fn profiles(&mut self, company: CompanyCode, by: i64) {
        self.0.entry(company).or_default().profiles += by;
    }

    /// Notes that `by` handoffs were added to this count; below zero, removed.
    pub(super) fn handoffs(&mut self, company: CompanyCode, at: Counted, by: i64) {
        let change = self.0.entry(company).or_default();
        match at {
            Counted { agent: None, resolved: true } => {}
            Counted { agent: None, resolved: false } => change.waiting += by,
            Counted { agent: Some(agent), resolved: true } => change.handoffs.entry(agent).or_default().resolved += by,
            Counted { agent: Some(agent), resolved: false } => change.handoffs.entry(agent).or_default().assigned += by,
        }
    }

    /// Returns the companies with noted differences.
    pub(crate) fn companies(&self) -> Vec<CompanyCode> {
        self.0.keys().copied().collect()
    }

    /// Writes the differences of a company. After this, only the heads of audit chains may be locked.
    pub(crate) fn settle(&mut self, conn: &mut Db, company: CompanyCode) -> Result<(), StoreError> {
        let Some(change) = self.0.remove(&company) else { return Ok(()) };
        if change.profiles != 0 {
            add_profiles(conn, company, change.profiles)?;
        }
        if change.waiting != 0 {
            add_waiting(conn, company, change.waiting)?;
        }
        for (agent, held) in change.handoffs {
            if held != Held::default() {
                add_handoffs(conn, company, agent, held)?;
            }
        }
        Ok(())
    }
}

/// Adds to a company's count of profiles. A missing row means 0, and then nothing can be subtracted.
fn add_profiles(conn: &mut Db, company: CompanyCode, by: i64) -> Result<(), StoreError> {
    let row = profile_counts::table.filter(profile_counts::company_id.eq(company.as_str()));
    let update = diesel::update(row).set(profile_counts::profiles.eq(profile_counts::profiles + by));
    if update.execute(conn).into_store_error()? == 0 && by > 0 {
        let upsert = diesel::insert_into(profile_counts::table)
            .values((profile_counts::company_id.eq(company.as_str()), profile_counts::profiles.eq(by)))
            .on_conflict(profile_counts::company_id)
            .do_update()
            .set(profile_counts::profiles.eq(profile_counts::profiles + excluded(profile_counts::profiles)));
        dual_backend(upsert).execute(conn).into_store_error()?;
    }
    Ok(())
}

/// Adds to the length of a company's queue. A missing row means 0, and then nothing can be subtracted.
fn add_waiting(conn: &mut Db, company: CompanyCode, by: i64) -> Result<(), StoreError> {
    let row = queue_counts::table.filter(queue_counts::company_id.eq(company.as_str()));
    let update = diesel::update(row).set(queue_counts::waiting.eq(queue_counts::waiting + by));
    if update.execute(conn).into_store_error()? == 0 && by > 0 {
        let upsert = diesel::insert_into(queue_counts::table)
            .values((queue_counts::company_id.eq(company.as_str()), queue_counts::waiting.eq(by)))
            .on_conflict(queue_counts::company_id)
            .do_update()
            .set(queue_counts::waiting.eq(queue_counts::waiting + excluded(queue_counts::waiting)));
        dual_backend(upsert).execute(conn).into_store_error()?;
    }
    Ok(())
}

/// Adds to the counts of an agent. The row of a deleted agent was deleted with it, and then there is nothing to
/// subtract from.
fn add_handoffs(conn: &mut Db, company: CompanyCode, agent: i64, by: Held) -> Result<(), StoreError> {
    let row = handoff_counts::table
        .filter(handoff_counts::company_id.eq(company.as_str()).and(handoff_counts::agent_id.eq(agent)));
    let update = diesel::update(row).set((
        handoff_counts::assigned.eq(handoff_counts::assigned + by.assigned),
        handoff_counts::resolved.eq(handoff_counts::resolved + by.resolved),
    ));
    if update.execute(conn).into_store_error()? == 0 && by.assigned + by.resolved > 0 {
        let upsert = diesel::insert_into(handoff_counts::table)
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
        dual_backend(upsert).execute(conn).into_store_error()?;
    }
    Ok(())
}

/// Returns the stored number of profiles of a company, or of all companies that are not closed. `None` if a
/// filter is set, because no count is stored for it.
pub(super) fn stored_profiles(
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

/// Returns the stored number of handoffs of one agent, in one state or in all. `None` if the filter asks for
/// anything else, because no count is stored for it.
pub(super) fn stored_handoffs(
    conn: &mut Db,
    company: CompanyCode,
    filter: &HandoffFilter,
    sight: Sight,
) -> Result<Option<i64>, StoreError> {
    let HandoffFilter { agent, priority: None, state, with_profile: false, order: _ } = *filter else {
        return Ok(None);
    };
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

/// Returns the stored length of a company's queue.
pub(super) fn waiting(conn: &mut Db, company: CompanyCode) -> Result<i64, StoreError> {
    let stored = queue_counts::table
        .filter(queue_counts::company_id.eq(company.as_str()))
        .select(queue_counts::waiting)
        .first(conn)
        .optional()
        .into_store_error()?;
    Ok(stored.unwrap_or(0))
}

/// Returns the stored numbers of an agent's handoffs.
pub(super) fn held(conn: &mut Db, company: CompanyCode, agent: AgentId) -> Result<Held, StoreError> {
    let counts: Option<(i64, i64)> = handoff_counts::table
        .filter(handoff_counts::company_id.eq(company.as_str()).and(handoff_counts::agent_id.eq(agent.get())))
        .select((handoff_counts::assigned, handoff_counts::resolved))
        .first(conn)
        .optional()
        .into_store_error()?;
    Ok(counts.map_or_else(Held::default, |(assigned, resolved)| Held { assigned, resolved }))
}

/// Returns the agents of a company that have open handoffs, each with the stored number of these.
pub(super) fn held_of_all(conn: &mut Db, company: CompanyCode) -> Result<HashMap<AgentId, i64>, StoreError> {
    let rows: Vec<(i64, i64)> = handoff_counts::table
        .filter(handoff_counts::company_id.eq(company.as_str()).and(handoff_counts::assigned.gt(0)))
        .select((handoff_counts::agent_id, handoff_counts::assigned))
        .load(conn)
        .into_store_error()?;
    Ok(rows.into_iter().map(|(agent, open)| (AgentId::new(agent), open)).collect())
}
