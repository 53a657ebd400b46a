//! Companies and the counters for their codes.

use ::jobs::Kind;
use diesel::prelude::*;
use tenancy::{
    Company, CompanyCode, CompanyStatus, Fault, StoreError, Timestamp,
    access::Caller,
    companies::{CodePrefix, Companies, CompanyRecord},
};

use super::{
    directory::{code, status},
    jobs,
};
use crate::{
    conn::Db,
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::{companies, company_numbers},
    store::{CompanyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = companies)]
pub(super) struct CompanyRow {
    code: String,
    name: String,
    status: String,
}

impl CompanyRow {
    pub(super) fn into_company(self) -> Result<Company, StoreError> {
        Ok(Company { code: code(&self.code)?, name: self.name, status: status(&self.status)? })
    }
}

impl Companies for PlatformStore<'_> {
    fn next_number(&mut self, prefix: CodePrefix) -> Result<u64, StoreError> {
        let number: i64 = dual_backend(
            diesel::insert_into(company_numbers::table)
                .values((company_numbers::prefix.eq(prefix.to_string()), company_numbers::last_number.eq(1)))
                .on_conflict(company_numbers::prefix)
                .do_update()
                .set(company_numbers::last_number.eq(company_numbers::last_number + 1))
                .returning(company_numbers::last_number),
        )
        .get_result(self.conn)
        .into_store_error()?;
        u64::try_from(number).map_err(|error| StoreError::new(Fault::Broken, error))
    }

    fn insert(&mut self, code: CompanyCode, name: &str, now: Timestamp) -> Result<(), StoreError> {
        diesel::insert_into(companies::table)
            .values((
                companies::code.eq(code.as_str()),
                companies::name.eq(name),
                companies::status.eq(CompanyStatus::Active.as_str()),
                companies::created_at.eq(At(now)),
                companies::visitor_salt.eq(chatbot::profile::visitor_salt()),
            ))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn find(&mut self, code: CompanyCode) -> Result<Option<Company>, StoreError> {
        let row: Option<CompanyRow> = companies::table
            .find(code.as_str())
            .select(CompanyRow::as_select())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(CompanyRow::into_company).transpose()
    }
}

impl<C: Caller> CompanyRecord for CompanyStore<'_, C> {
    fn company_for_update(&mut self) -> Result<Company, StoreError> {
        let code = self.code();
        lock(self.conn, code)?;
        let row: CompanyRow =
            companies::table.find(code.as_str()).select(CompanyRow::as_select()).first(self.conn).into_store_error()?;
        row.into_company()
    }

    fn set_status(&mut self, status: CompanyStatus) -> Result<(), StoreError> {
        diesel::update(companies::table.find(self.code().as_str()))
            .set(companies::status.eq(status.as_str()))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn rename(&mut self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let company = self.code();
        diesel::update(companies::table.find(company.as_str()))
            .set(companies::name.eq(name))
            .execute(self.conn)
            .into_store_error()?;
        // Mentions of the name are replaced before an entry is encoded, so another name gives other texts.
        jobs::enqueue(self.conn, company, Kind::Encode, now)
    }
}

/// Locks a company's row until the transaction ends. SQLite has only one writer, so nothing is locked there.
///
/// Not `FOR UPDATE`, which would also block inserts that only refer to the company.
pub(super) fn lock(conn: &mut Db, code: CompanyCode) -> Result<(), StoreError> {
    if let Db::Pg(conn) = conn {
        let query = companies::table.find(code.as_str()).select(companies::code).for_no_key_update();
        query.first::<String>(conn).into_store_error()?;
    }
    Ok(())
}
