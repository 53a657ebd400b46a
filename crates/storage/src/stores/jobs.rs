//! Background jobs.

use std::time::Duration;

use diesel::{
    dsl::{auto_type, case_when},
    prelude::*,
    sql_types::BigInt,
    upsert::excluded,
};
use jobs::{Job, JobList, Jobs, Kind, ListedJob, Schedule, back_off};
use tenancy::{CompanyCode, StoreError, Timestamp, access::Caller};

use super::directory::code;
use crate::{
    conn::{Db, each_db},
    dual_backend::dual_backend,
    error::{IntoStoreError as _, decode_enum},
    schema::jobs as table,
    store::{CompanyStore, LobbyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = table)]
struct JobRow {
    company_id: String,
    kind: String,
    created_at: At,
    due_at: At,
    attempts: i64,
    leased_until: Option<At>,
    last_error: Option<String>,
}

impl JobRow {
    fn into_listed(self) -> Result<ListedJob, StoreError> {
        Ok(ListedJob {
            company: code(&self.company_id)?,
            kind: kind(&self.kind)?,
            created_at: self.created_at.0,
            due_at: self.due_at.0,
            attempts: attempts(self.attempts)?,
            leased_until: self.leased_until.map(|At(until)| until),
            last_error: self.last_error,
        })
    }
}

/// Selects the job of a kind of a company. Every query of it starts here.
#[auto_type]
fn own_job<'a>(code: &'a str, kind: &'a str) -> _ {
    table::table.filter(table::company_id.eq(code)).filter(table::kind.eq(kind))
}

/// Selects the same job, if a claim still holds it.
#[auto_type]
fn held_job<'a>(code: &'a str, kind: &'a str, leased_until: At) -> _ {
    let own: own_job<'a> = own_job(code, kind);
    own.filter(table::leased_until.eq(leased_until))
}

/// The columns of a job that is due at once.
#[derive(Insertable)]
#[diesel(table_name = table)]
struct NewJob<'a> {
    company_id: &'a str,
    kind: &'a str,
    revision: i64,
    due_at: At,
    attempts: i64,
    created_at: At,
}

impl<'a> NewJob<'a> {
    fn due(company: &'a CompanyCode, kind: Kind, now: Timestamp) -> Self {
        let company_id = company.as_str();
        Self { company_id, kind: kind.as_str(), revision: 1, due_at: At(now), attempts: 0, created_at: At(now) }
    }
}

/// Makes a company's job due. See [`Jobs::enqueue`].
pub(super) fn enqueue(conn: &mut Db, company: CompanyCode, kind: Kind, now: Timestamp) -> Result<(), StoreError> {
    // While a process runs the job, the count stays: it tells the next run that this one may have been cut off.
    let attempts = case_when(table::leased_until.is_null(), 0_i64.into_sql::<BigInt>()).otherwise(table::attempts);
    let upsert = diesel::insert_into(table::table)
        .values(NewJob::due(&company, kind, now))
        .on_conflict((table::company_id, table::kind))
        .do_update()
        .set((
            table::revision.eq(table::revision + 1),
            table::due_at.eq(excluded(table::due_at)),
            table::attempts.eq(attempts),
            table::last_error.eq(None::<String>),
        ));
    dual_backend(upsert).execute(conn).into_store_error()?;
    Ok(())
}

impl<C: Caller> Jobs for CompanyStore<'_, C> {
    fn enqueue(&mut self, kind: Kind, now: Timestamp) -> Result<(), StoreError> {
        let company = self.code();
        enqueue(self.conn, company, kind, now)
    }

    fn ensure(&mut self, kind: Kind, now: Timestamp) -> Result<(), StoreError> {
        let company = self.code();
        each_db!(self.conn, c => diesel::insert_into(table::table)
            .values(NewJob::due(&company, kind, now))
            .on_conflict_do_nothing()
            .execute(c))
        .into_store_error()?;
        Ok(())
    }

    fn claim(&mut self, kind: Kind, now: Timestamp, lease: Duration) -> Result<Option<Job>, StoreError> {
        let code = self.code();
        let leased_until = now.plus(lease);
        let free = table::leased_until.is_null().or(table::leased_until.assume_not_null().le(At(now)));
        let row: Option<(i64, i64)> =
            diesel::update(own_job(code.as_str(), kind.as_str()).filter(table::due_at.le(At(now))).filter(free))
                .set((table::attempts.eq(table::attempts + 1), table::leased_until.eq(Some(At(leased_until)))))
                .returning((table::revision, table::attempts))
                .get_result(self.conn)
                .optional()
                .into_store_error()?;
        row.map(|(revision, made)| Ok(Job { kind, revision, attempts: attempts(made)?, leased_until })).transpose()
    }

    fn renew(&mut self, job: &Job, now: Timestamp, lease: Duration) -> Result<Option<Job>, StoreError> {
        let code = self.code();
        // Later than before even if the clock was set back.
        let leased_until = now.plus(lease).max(job.leased_until.plus(Duration::from_micros(1)));
        let renewed = diesel::update(held_job(code.as_str(), job.kind.as_str(), At(job.leased_until)))
            .set(table::leased_until.eq(Some(At(leased_until))))
            .execute(self.conn)
            .into_store_error()?;
        Ok((renewed == 1).then(|| Job { leased_until, ..job.clone() }))
    }

    fn finish(&mut self, job: &Job) -> Result<bool, StoreError> {
        let code = self.code();
        let held = || held_job(code.as_str(), job.kind.as_str(), At(job.leased_until));
        let removed =
            diesel::delete(held().filter(table::revision.eq(job.revision))).execute(self.conn).into_store_error()?;
        if removed == 0 {
            diesel::update(held())
                .set((table::attempts.eq(0_i64), table::leased_until.eq(None::<At>)))
                .execute(self.conn)
                .into_store_error()?;
        }
        Ok(removed == 1)
    }

    fn fail(&mut self, job: &Job, error: &str, now: Timestamp) -> Result<(), StoreError> {
        let code = self.code();
        let held = || held_job(code.as_str(), job.kind.as_str(), At(job.leased_until));
        let next = now.plus(back_off(job.attempts));
        diesel::update(held().filter(table::revision.eq(job.revision)))
            .set(table::due_at.eq(At(next)))
            .execute(self.conn)
            .into_store_error()?;
        diesel::update(held())
            .set((table::last_error.eq(Some(error)), table::leased_until.eq(None::<At>)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn release(&mut self, kind: Kind) -> Result<(), StoreError> {
        let code = self.code();
        diesel::update(own_job(code.as_str(), kind.as_str()))
            .set(table::leased_until.eq(None::<At>))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }
}

impl Schedule for LobbyStore<'_> {
    fn due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(CompanyCode, Kind)>, StoreError> {
        let free = table::leased_until.is_null().or(table::leased_until.assume_not_null().le(At(now)));
        let rows: Vec<(String, String)> = table::table
            .filter(table::due_at.le(At(now)))
            .filter(free)
            .order((table::due_at, table::company_id))
            .limit(limit)
            .select((table::company_id, table::kind))
            .load(self.conn)
            .into_store_error()?;
        rows.iter().map(names).collect()
    }

    fn leased(&mut self) -> Result<Vec<(CompanyCode, Kind)>, StoreError> {
        let rows: Vec<(String, String)> = table::table
            .filter(table::leased_until.is_not_null())
            .order((table::company_id, table::kind))
            .select((table::company_id, table::kind))
            .load(self.conn)
            .into_store_error()?;
        rows.iter().map(names).collect()
    }
}

impl JobList for PlatformStore<'_> {
    fn jobs(&mut self, after: Option<(CompanyCode, Kind)>, limit: i64) -> Result<Vec<ListedJob>, StoreError> {
        let rows = table::table.order((table::company_id, table::kind)).limit(limit).select(JobRow::as_select());
        let rows: Vec<JobRow> = match after {
            None => rows.load(self.conn),
            Some((company, kind)) => {
                let same = table::company_id.eq(company.as_str()).and(table::kind.gt(kind.as_str()));
                rows.filter(table::company_id.gt(company.as_str()).or(same)).load(self.conn)
            }
        }
        .into_store_error()?;
        rows.into_iter().map(JobRow::into_listed).collect()
    }
}

fn names((company, word): &(String, String)) -> Result<(CompanyCode, Kind), StoreError> {
    Ok((code(company)?, kind(word)?))
}

fn kind(word: &str) -> Result<Kind, StoreError> {
    decode_enum(Kind::parse(word), "kind of job")
}

fn attempts(number: i64) -> Result<u32, StoreError> {
    decode_enum(u32::try_from(number).ok(), "number of attempts")
}
