//! All companies' assignments, with the owners that they name.

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

// The table again, for finding each company's oldest admin.
diesel::alias! {
    const ELDERS: Alias<Elders> = admins as elders;
}

/// Every assignment of a company that is not closed, with its plan.
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

/// Puts an assignment beside its company's owner.
fn owned(row: AssignmentRow, plan: PlanRow, owners: &Owners) -> Result<Subscription, StoreError> {
    let owner = owners.get(&row.company_id).cloned();
    Ok(Subscription { company: code(&row.company_id)?, owner, assignment: row.into_assignment(plan)? })
}

/// Admins with their accounts, as owners are shown.
#[auto_type]
fn people() -> _ {
    admins::table.inner_join(accounts::table.on(accounts::id.eq(admins::user_id))).select((
        admins::company_id,
        accounts::id,
        accounts::username,
        accounts::email,
    ))
}

/// The owner of one company, if it has any admin.
fn owner_of(conn: &mut Db, company: &str) -> Result<Owners, StoreError> {
    let oldest: Option<OwnerRow> = people()
        .filter(admins::company_id.eq(company))
        .order(admins::user_id)
        .first(conn)
        .optional()
        .into_store_error()?;
    Ok(by_company(oldest))
}

/// The owners of all companies: more than a statement could name one by one.
fn all_owners(conn: &mut Db) -> Result<Owners, StoreError> {
    let oldest = ELDERS.group_by(ELDERS.field(admins::company_id)).select(min(ELDERS.field(admins::user_id)));
    let rows: Vec<OwnerRow> =
        people().filter(admins::user_id.nullable().eq_any(oldest)).load(conn).into_store_error()?;
    Ok(by_company(rows))
}

/// Owners, to be looked up by their companies.
fn by_company(rows: impl IntoIterator<Item = OwnerRow>) -> Owners {
    let owner = |(company, user, username, email)| {
        (company, Owner { user: UserId::new(user), username, email: Email::from_stored(email) })
    };
    rows.into_iter().map(owner).collect()
}
