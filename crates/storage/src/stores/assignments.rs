//! Assignments: the subscriptions of companies to plans.

use std::collections::HashMap;

use diesel::{
    dsl::{auto_type, max},
    prelude::*,
};
use tenancy::{
    AssignmentId, CompanyCode, PlanId, StoreError, Timestamp,
    access::Caller,
    assignments::{Assignment, AssignmentStatus, Assignments},
};

use super::{companies::lock, plans::PlanRow};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{assignments, plans},
    store::CompanyStore,
    types::At,
};

// The table a second time, to find each company's newest row.
diesel::alias! {
    const HISTORY: Alias<History> = assignments as history;
}

const ACTIVE: &str = AssignmentStatus::Active.as_str();

#[derive(Queryable, Selectable)]
#[diesel(table_name = assignments)]
pub(super) struct AssignmentRow {
    id: i64,
    pub(super) company_id: String,
    status: String,
    start_at: At,
    expiry_at: At,
    notes: String,
    created_at: At,
}

impl AssignmentRow {
    pub(super) fn into_assignment(self, plan: PlanRow) -> Result<Assignment, StoreError> {
        Ok(Assignment {
            id: AssignmentId::new(self.id),
            plan: plan.into_plan()?,
            stored_status: decode_enum(AssignmentStatus::parse(&self.status), "assignment status")?,
            start: self.start_at.0,
            expiry: self.expiry_at.0,
            notes: self.notes,
            created_at: self.created_at.0,
        })
    }
}

/// Selects the assignments of a company. Every query of a company's assignments starts here.
#[auto_type]
fn own<'a>(code: &'a str) -> _ {
    assignments::table.filter(assignments::company_id.eq(code))
}

impl<C: Caller> Assignments for CompanyStore<'_, C> {
    fn assignments(&mut self) -> Result<Vec<Assignment>, StoreError> {
        let rows: Vec<(AssignmentRow, PlanRow)> = own(self.code().as_str())
            .inner_join(plans::table.on(plans::id.eq(assignments::plan_id)))
            .order(assignments::id.desc())
            .select((AssignmentRow::as_select(), PlanRow::as_select()))
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(|(row, plan)| row.into_assignment(plan)).collect()
    }

    fn assignments_for_update(&mut self) -> Result<Vec<Assignment>, StoreError> {
        // There may be no assignment to lock yet, so the company is locked.
        lock(self.conn, self.code())?;
        self.assignments()
    }

    fn start(
        &mut self,
        plan: PlanId,
        start: Timestamp,
        expiry: Timestamp,
        notes: &str,
    ) -> Result<AssignmentId, StoreError> {
        let code = self.code();
        let expired =
            own(code.as_str()).filter(assignments::status.eq(ACTIVE)).filter(assignments::expiry_at.le(At(start)));
        diesel::update(expired)
            .set(assignments::status.eq(AssignmentStatus::Expired.as_str()))
            .execute(self.conn)
            .into_store_error()?;
        let id: i64 = diesel::insert_into(assignments::table)
            .values((
                assignments::company_id.eq(code.as_str()),
                assignments::plan_id.eq(plan.get()),
                assignments::status.eq(ACTIVE),
                assignments::start_at.eq(At(start)),
                assignments::expiry_at.eq(At(expiry)),
                assignments::notes.eq(notes),
                assignments::created_at.eq(At(start)),
            ))
            .returning(assignments::id)
            .get_result(self.conn)
            .into_store_error()?;
        Ok(AssignmentId::new(id))
    }

    fn end(&mut self, id: AssignmentId, status: AssignmentStatus, notes: Option<&str>) -> Result<(), StoreError> {
        let code = self.code();
        // Without notes, the column is left as it is.
        diesel::update(own(code.as_str()).filter(assignments::id.eq(id.get())))
            .set((assignments::status.eq(status.as_str()), notes.map(|notes| assignments::notes.eq(notes))))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }
}

/// Returns the current assignment of each company: the active one, or else the newest.
///
/// One query finds them all, with at most two rows per company.
pub(super) fn current(
    conn: &mut Db,
    companies: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, Assignment>, StoreError> {
    let company = HISTORY.field(assignments::company_id);
    let newest =
        HISTORY.filter(company.eq_any(companies)).group_by(company).select(max(HISTORY.field(assignments::id)));
    let in_force = assignments::status.eq(ACTIVE).and(assignments::expiry_at.gt(At(now)));
    let rows: Vec<(AssignmentRow, PlanRow)> = assignments::table
        .inner_join(plans::table.on(plans::id.eq(assignments::plan_id)))
        .filter(assignments::company_id.eq_any(companies))
        .filter(in_force.or(assignments::id.nullable().eq_any(newest)))
        .order(assignments::id.desc())
        .select((AssignmentRow::as_select(), PlanRow::as_select()))
        .load(conn)
        .into_store_error()?;
    let mut current = HashMap::with_capacity(companies.len());
    for (mut row, plan) in rows {
        let company = std::mem::take(&mut row.company_id);
        let row = row.into_assignment(plan)?;
        if row.status(now) == AssignmentStatus::Active {
            current.insert(company, row);
        } else {
            current.entry(company).or_insert(row);
        }
    }
    Ok(current)
}

/// As [`current`], for one company. The statements have a fixed shape and so stay prepared, because every
/// request for a caller's own profile runs them.
pub(super) fn current_of(
    conn: &mut Db,
    company: CompanyCode,
    now: Timestamp,
) -> Result<Option<Assignment>, StoreError> {
    let in_force = assignments::status.eq(ACTIVE).and(assignments::expiry_at.gt(At(now)));
    let of_company = || {
        assignments::table
            .inner_join(plans::table.on(plans::id.eq(assignments::plan_id)))
            .filter(assignments::company_id.eq(company.to_string()))
            .order(assignments::id.desc())
            .select((AssignmentRow::as_select(), PlanRow::as_select()))
    };
    let active: Option<(AssignmentRow, PlanRow)> =
        of_company().filter(in_force).first(conn).optional().into_store_error()?;
    let row = match active {
        Some(row) => Some(row),
        None => of_company().first(conn).optional().into_store_error()?,
    };
    row.map(|(row, plan)| row.into_assignment(plan)).transpose()
}
