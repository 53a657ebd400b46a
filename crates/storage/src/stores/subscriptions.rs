//! The assignments of all companies, with the companies' owners.

use std::collections::HashMap;

use diesel::{
    dsl::{auto_type, min},
    prelude::*,
};
use identity::{
    Email,
    subscriptions::{Owner, Subscription, Subscriptions},
};
use tenancy::{AssignmentId, CompanyCode, StoreError, UserId};

use super::{assignments::AssignmentRow, directory::code, plans::PlanRow};
use crate::{
    conn::Db,
    error::IntoStoreError as _,
    schema::{accounts, admins, assignments, companies, plans},
    store::PlatformStore,
};

// The table a second time, to find each company's oldest admin.
diesel::alias! {
    const OLDEST: Alias<Oldest> = admins as oldest;
}

/// Joins the assignments of all companies that are not closed to their plans.
#[auto_type]
fn everywhere() -> _ {
    assignments::table
        .inner_join(plans::table.on(plans::id.eq(assignments::plan_id)))
        .inner_join(companies::table.on(companies::code.eq(assignments::company_id)))
        .filter(companies::status.ne("closed"))
}

impl Subscriptions for PlatformStore<'_> {
    fn subscription(&mut self, id: AssignmentId) -> Result<Option<Subscription>, StoreError> {
        let row: Option<(AssignmentRow, PlanRow)> = everywhere()
            .filter(assignments::id.eq(id.get()))
            .select((AssignmentRow::as_select(), PlanRow::as_select()))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some((row, plan)) = row else { return Ok(None) };
        let owners = owner_of(self.conn, &row.company_id)?;
        owned(row, plan, &owners).map(Some)
    }

    fn subscriptions(&mut self, of: Option<CompanyCode>) -> Result<Vec<Subscription>, StoreError> {
        let query = everywhere()
            .order(assignments::id.desc())
            .select((AssignmentRow::as_select(), PlanRow::as_select()))
            .into_boxed();
        let (query, owners) = match of {
            Some(company) => {
                let owners = owner_of(self.conn, company.as_str())?;
                (query.filter(assignments::company_id.eq(company.to_string())), owners)
            }
            None => (query, all_owners(self.conn)?),
        };
        let rows: Vec<(AssignmentRow, PlanRow)> = query.load(self.conn).into_store_error()?;
        rows.into_iter().map(|(row, plan)| owned(row, plan, &owners)).collect()
    }
}

/// Owners by the codes of their companies.
type Owners = HashMap<String, Owner>;

/// A company's code with its owner's id, login name and address.
type OwnerRow = (String, i64, String, String);

/// Combines an assignment with its company's owner.
fn owned(row: AssignmentRow, plan: PlanRow, owners: &Owners) -> Result<Subscription, StoreError> {
    let owner = owners.get(&row.company_id).cloned();
    Ok(Subscription { company: code(&row.company_id)?, owner, assignment: row.into_assignment(plan)? })
}

/// Selects admins with the columns of [`OwnerRow`].
#[auto_type]
fn candidates() -> _ {
    admins::table.inner_join(accounts::table.on(accounts::id.eq(admins::user_id))).select((
        admins::company_id,
        accounts::id,
        accounts::username,
        accounts::email,
    ))
}

/// Returns the owner of one company: its oldest admin, if it has any.
fn owner_of(conn: &mut Db, company: &str) -> Result<Owners, StoreError> {
    let oldest: Option<OwnerRow> = candidates()
        .filter(admins::company_id.eq(company))
        .order(admins::user_id)
        .first(conn)
        .optional()
        .into_store_error()?;
    Ok(by_company(oldest))
}

/// Returns the owners of all companies. There are more than one statement could name.
fn all_owners(conn: &mut Db) -> Result<Owners, StoreError> {
    let oldest = OLDEST.group_by(OLDEST.field(admins::company_id)).select(min(OLDEST.field(admins::user_id)));
    let rows: Vec<OwnerRow> =
        candidates().filter(admins::user_id.nullable().eq_any(oldest)).load(conn).into_store_error()?;
    Ok(by_company(rows))
}

/// Collects owners by the codes of their companies.
fn by_company(rows: impl IntoIterator<Item = OwnerRow>) -> Owners {
    let owner = |(company, user, username, email)| {
        (company, Owner { user: UserId::new(user), username, email: Email::from_stored(email) })
    };
    rows.into_iter().map(owner).collect()
}
