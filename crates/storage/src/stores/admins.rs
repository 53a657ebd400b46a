//! The admins of a company, and the platform's list of all admins.

use diesel::{
    dsl::{AsSelect, Escape, Like, auto_type, count_star, exists, min},
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use identity::{
    Email, PasswordHash,
    accounts::{Account, Contact},
    admins::{AdminChange, AdminChangeOutcome, AdminFilter, AdminList, AdminOrder, AdminSort, Admins, Direction},
};
use tenancy::{StoreError, Timestamp, UserId, access::Caller};

use super::{
    account_row::AccountRow,
    assignments::{current, current_of},
    companies::CompanyRow,
    search::{contains, folded},
};
use crate::{
    conn::AnyBackend,
    error::{IntoStoreError as _, store_error},
    schema::{accounts, admins, companies},
    scope::with_logins,
    store::{CompanyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = admins)]
pub(super) struct ContactRow {
    name: String,
    address: String,
    contact_person: String,
    contact_number: String,
    phone_number: String,
}

impl From<ContactRow> for Contact {
    fn from(row: ContactRow) -> Self {
        Self {
            name: row.name,
            address: row.address,
            contact_person: row.contact_person,
            contact_number: row.contact_number,
            phone_number: row.phone_number,
        }
    }
}

/// An admin's account, contact data and company.
pub(super) type AdminRow = (AccountRow, ContactRow, CompanyRow);

/// Converts an admin's row to an account, without the plan, which another query finds.
pub(super) fn account((row, contact, company): AdminRow) -> Result<Account, StoreError> {
    Ok(Account { contact: Some(contact.into()), company: Some(company.into_company()?), ..row.into_account()? })
}

/// Returns the columns of [`AdminRow`].
pub(super) fn columns()
-> (AsSelect<AccountRow, AnyBackend>, AsSelect<ContactRow, AnyBackend>, AsSelect<CompanyRow, AnyBackend>) {
    (AccountRow::as_select(), ContactRow::as_select(), CompanyRow::as_select())
}

/// Joins admins to their accounts and companies.
#[auto_type]
pub(super) fn joined() -> _ {
    admins::table
        .inner_join(accounts::table.on(accounts::id.eq(admins::user_id)))
        .inner_join(companies::table.on(companies::code.eq(admins::company_id)))
}

/// Selects an admin of a company. Every query of a company's admins starts here.
#[auto_type]
fn own<'a>(code: &'a str, user: i64) -> _ {
    admins::table.filter(admins::company_id.eq(code)).filter(admins::user_id.eq(user))
}

/// The changes to an admin's row.
#[derive(AsChangeset)]
#[diesel(table_name = admins)]
struct ContactChange<'a> {
    name: Option<&'a str>,
    name_key: Option<String>,
    address: Option<&'a str>,
    contact_person: Option<&'a str>,
    contact_number: Option<&'a str>,
    phone_number: Option<&'a str>,
}

/// The changes to an admin's account.
#[derive(AsChangeset)]
#[diesel(table_name = accounts)]
struct AccountChange<'a> {
    email: Option<&'a str>,
    email_key: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
}

impl<'a> ContactChange<'a> {
    fn of(change: &'a AdminChange) -> Self {
        Self {
            name: change.name.as_deref(),
            name_key: change.name.as_deref().map(folded),
            address: change.address.as_deref(),
            contact_person: change.contact_person.as_deref(),
            contact_number: change.contact_number.as_deref(),
            phone_number: change.phone_number.as_deref(),
        }
    }
}

impl<'a> AccountChange<'a> {
    fn of(change: &'a AdminChange) -> Self {
        Self {
            email: change.email.as_ref().map(Email::as_str),
            email_key: change.email.as_ref().map(Email::key),
            first_name: change.first_name.as_deref(),
            last_name: change.last_name.as_deref(),
        }
    }
}

impl<C: Caller> Admins for CompanyStore<'_, C> {
    fn insert_admin(&mut self, user: UserId, contact: &Contact) -> Result<(), StoreError> {
        let code = self.code();
        let row = (
            admins::company_id.eq(code.as_str()),
            admins::user_id.eq(user.get()),
            admins::name.eq(&contact.name),
            admins::name_key.eq(folded(&contact.name)),
            admins::address.eq(&contact.address),
            admins::contact_person.eq(&contact.contact_person),
            admins::contact_number.eq(&contact.contact_number),
            admins::phone_number.eq(&contact.phone_number),
        );
        let insert = diesel::insert_into(admins::table).values(row);
        with_logins(self.conn, |conn| insert.execute(conn).into_store_error())?;
        Ok(())
    }

    fn change_admin(&mut self, user: UserId, change: &AdminChange) -> Result<AdminChangeOutcome, StoreError> {
        let (code, id) = (self.code(), user.get());
        if !diesel::select(exists(own(code.as_str(), id))).get_result(self.conn).into_store_error()? {
            return Ok(AdminChangeOutcome::Missing);
        }
        if let Some(email) = &change.email {
            let others = accounts::table.filter(accounts::email_key.eq(email.key()).and(accounts::id.ne(id)));
            if with_logins(self.conn, |conn| diesel::select(exists(others)).get_result(conn).into_store_error())? {
                return Ok(AdminChangeOutcome::EmailTaken);
            }
        }
        diesel::update(own(code.as_str(), id))
            .set(ContactChange::of(change))
            .execute(self.conn)
            .optional_empty_changeset()
            .into_store_error()?;
        let changed = diesel::update(accounts::table.find(id)).set(AccountChange::of(change)).execute(self.conn);
        match changed.optional_empty_changeset() {
            Ok(_) => Ok(AdminChangeOutcome::Stored),
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(AdminChangeOutcome::EmailTaken),
            Err(error) => Err(store_error(error)),
        }
    }

    fn delete_admin(&mut self, user: UserId) -> Result<bool, StoreError> {
        let (code, id) = (self.code(), user.get());
        let deleted = diesel::delete(own(code.as_str(), id)).execute(self.conn).into_store_error()?;
        if deleted > 0 {
            // All rows that belong to the account refer to it with ON DELETE CASCADE.
            with_logins(self.conn, |conn| diesel::delete(accounts::table.find(id)).execute(conn).into_store_error())?;
        }
        Ok(deleted > 0)
    }

    fn reset_admin_password(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError> {
        let (code, id) = (self.code(), user.get());
        let own = own(code.as_str(), id).select(admins::user_id);
        let email: Option<String> =
            diesel::update(accounts::table.filter(accounts::id.eq_any(own)).filter(accounts::is_active.eq(true)))
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

    fn owner(&mut self) -> Result<Option<UserId>, StoreError> {
        let code = self.code();
        // Ids are never reused, so the smallest is the oldest.
        let oldest: Option<i64> = admins::table
            .filter(admins::company_id.eq(code.as_str()))
            .select(min(admins::user_id))
            .first(self.conn)
            .into_store_error()?;
        Ok(oldest.map(UserId::new))
    }
}

/// Joins the admins of all companies that are not closed.
#[auto_type]
fn everywhere() -> _ {
    joined().filter(companies::status.ne("closed"))
}

impl AdminList for PlatformStore<'_> {
    fn admin(&mut self, user: UserId, now: Timestamp) -> Result<Option<Account>, StoreError> {
        let row: Option<AdminRow> = everywhere()
            .filter(admins::user_id.eq(user.get()))
            .select(columns())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some(row) = row else { return Ok(None) };
        let mut account = account(row)?;
        if let Some(company) = &account.company {
            account.plan = current_of(self.conn, company.code, now)?;
        }
        Ok(Some(account))
    }

    fn count_admins(&mut self, search: Option<&str>) -> Result<i64, StoreError> {
        let (folded, capitals) = patterns(search);
        everywhere().filter(matching(&folded, &capitals)).select(count_star()).first(self.conn).into_store_error()
    }

    fn page_of_admins(
        &mut self,
        filter: &AdminFilter,
        offset: i64,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Account>, StoreError> {
        let (folded, capitals) = patterns(filter.search.as_deref());
        let query = everywhere().filter(matching(&folded, &capitals)).select(columns()).into_boxed();
        let AdminOrder { by, direction } = filter.order;
        let query = match (by, direction) {
            (AdminSort::Name, Direction::Ascending) => query.order(admins::name_key.asc()),
            (AdminSort::Name, Direction::Descending) => query.order(admins::name_key.desc()),
            (AdminSort::Email, Direction::Ascending) => query.order(accounts::email_key.asc()),
            (AdminSort::Email, Direction::Descending) => query.order(accounts::email_key.desc()),
            (AdminSort::CompanyCode, Direction::Ascending) => query.order(admins::company_id.asc()),
            (AdminSort::CompanyCode, Direction::Descending) => query.order(admins::company_id.desc()),
            (AdminSort::DateJoined, Direction::Ascending) => query.order(accounts::date_joined.asc()),
            (AdminSort::DateJoined, Direction::Descending) => query.order(accounts::date_joined.desc()),
        };
        let query = match direction {
            Direction::Ascending => query.then_order_by(accounts::id.asc()),
            Direction::Descending => query.then_order_by(accounts::id.desc()),
        };
        let rows: Vec<AdminRow> = query.offset(offset).limit(limit).load(self.conn).into_store_error()?;
        let mut page = rows.into_iter().map(account).collect::<Result<Vec<_>, _>>()?;
        let mut codes: Vec<_> = page.iter().filter_map(|row| Some(row.company.as_ref()?.code)).collect();
        codes.sort_unstable();
        codes.dedup();
        let codes: Vec<_> = codes.iter().map(tenancy::CompanyCode::as_str).collect();
        let plans = current(self.conn, &codes, now)?;
        for row in &mut page {
            row.plan = row.company.as_ref().and_then(|company| plans.get(company.code.as_str())).cloned();
        }
        Ok(page)
    }
}

/// Returns the LIKE patterns of a search, for folded texts and for codes. Without a search they match everything.
fn patterns(search: Option<&str>) -> (String, String) {
    let folded = contains(search.unwrap_or(""));
    let capitals = folded.to_ascii_uppercase();
    (folded, capitals)
}

/// Matches the name, the e-mail or the code. Codes have no folded column, because they are ASCII capitals and
/// digits.
#[auto_type]
fn matching<'a>(folded: &'a str, capitals: &'a str) -> _ {
    let name: Escape<Like<admins::name_key, &'a str>> = admins::name_key.like(folded).escape('\\');
    let email: Escape<Like<accounts::email_key, &'a str>> = accounts::email_key.like(folded).escape('\\');
    let code: Escape<Like<admins::company_id, &'a str>> = admins::company_id.like(capitals).escape('\\');
    name.or(email).or(code)
}
