//! Questions of visitors that were not answered well.

use diesel::{dsl::auto_type, prelude::*};
use encoder::Vector;
use jobs::Kind;
use knowledge::unanswered::{Cause, MAX_QUESTION, MOST_MISSES, Miss, Misses};
use tenancy::{MissId, SessionId, SessionRowId, StoreError, Timestamp, access::Caller};

use super::jobs::enqueue;
use crate::{
    conn::each_db,
    error::{IntoStoreError as _, decode_enum},
    schema::{misses, sessions},
    store::CompanyStore,
    types::At,
};

/// Rows per statement.
const BATCH: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = misses)]
struct NewMiss<'a> {
    company_id: &'a str,
    session_key: i64,
    seq: i64,
    cause: &'a str,
    question: String,
    created_at: At,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = misses)]
struct MissRow {
    id: i64,
    seq: i64,
    cause: String,
    question: String,
    model: Option<String>,
    vector: Option<Vec<u8>>,
    created_at: At,
}

impl MissRow {
    fn into_miss(self, session: &str, model: Option<&str>) -> Result<Miss, StoreError> {
        let vector = self.vector.filter(|_| model.is_some() && self.model.as_deref() == model);
        Ok(Miss {
            id: MissId::new(self.id),
            session: decode_enum(SessionId::parse(session).ok(), "session id")?,
            seq: self.seq,
            cause: decode_enum(Cause::parse(&self.cause), "cause of a miss")?,
            question: self.question,
            at: self.created_at.0,
            vector: vector.map(|bytes| decode_enum(Vector::from_bytes(&bytes), "vector")).transpose()?,
        })
    }
}

/// Selects the unanswered questions of a company. Every query of them starts here.
#[auto_type]
fn own_misses<'a>(code: &'a str) -> _ {
    misses::table.filter(misses::company_id.eq(code))
}

/// Selects those of a session.
#[auto_type]
fn of_session<'a>(code: &'a str, session: i64) -> _ {
    let own: own_misses<'a> = own_misses(code);
    own.filter(misses::session_key.eq(session))
}

impl<C: Caller> Misses for CompanyStore<'_, C> {
    fn note_miss(
        &mut self,
        session: SessionRowId,
        seq: i64,
        cause: Cause,
        question: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let company = self.code();
        let row = NewMiss {
            company_id: company.as_str(),
            session_key: session.get(),
            seq,
            cause: cause.as_str(),
            question: question.chars().take(MAX_QUESTION).collect(),
            created_at: At(now),
        };
        let insert = diesel::insert_into(misses::table).values(row);
        let added = each_db!(self.conn, c => insert.on_conflict_do_nothing().execute(c)).into_store_error()?;
        if added > 0 {
            enqueue(self.conn, company, Kind::EncodeMisses, now)?;
        }
        Ok(())
    }

    fn escalate_miss(&mut self, session: SessionRowId) -> Result<(), StoreError> {
        let code = self.code();
        let last: Option<i64> = of_session(code.as_str(), session.get())
            .order(misses::seq.desc())
            .select(misses::seq)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some(last) = last else { return Ok(()) };
        let low = of_session(code.as_str(), session.get())
            .filter(misses::seq.eq(last))
            .filter(misses::cause.eq(Cause::Low.as_str()));
        diesel::update(low).set(misses::cause.eq(Cause::Escalated.as_str())).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn take_back_miss(&mut self, session: SessionRowId, seq: i64) -> Result<(), StoreError> {
        let code = self.code();
        let disliked = of_session(code.as_str(), session.get())
            .filter(misses::seq.eq(seq))
            .filter(misses::cause.eq(Cause::ThumbDown.as_str()));
        diesel::delete(disliked).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn open_misses(&mut self, since: Timestamp, model: Option<&str>) -> Result<Vec<Miss>, StoreError> {
        let code = self.code();
        let limit = i64::try_from(MOST_MISSES).unwrap_or(i64::MAX);
        let rows: Vec<(MissRow, String)> = own_misses(code.as_str())
            .inner_join(
                sessions::table
                    .on(sessions::company_id.eq(misses::company_id).and(sessions::key.eq(misses::session_key))),
            )
            .filter(misses::closed_at.is_null())
            .filter(misses::created_at.ge(At(since)))
            .order((misses::created_at.desc(), misses::id.desc()))
            .limit(limit)
            .select((MissRow::as_select(), sessions::id))
            .load(self.conn)
            .into_store_error()?;
        let mut found =
            rows.into_iter().map(|(row, session)| row.into_miss(&session, model)).collect::<Result<Vec<_>, _>>()?;
        // A clock that was set back must not change the order of the ids.
        found.sort_unstable_by_key(|miss| miss.id);
        Ok(found)
    }

    fn close_misses(&mut self, ids: &[MissId], now: Timestamp) -> Result<usize, StoreError> {
        let code = self.code();
        let mut closed = 0;
        for batch in ids.chunks(BATCH) {
            let ids: Vec<i64> = batch.iter().map(|id| id.get()).collect();
            let open = own_misses(code.as_str()).filter(misses::id.eq_any(ids)).filter(misses::closed_at.is_null());
            closed +=
                diesel::update(open).set(misses::closed_at.eq(Some(At(now)))).execute(self.conn).into_store_error()?;
        }
        Ok(closed)
    }

    fn put_miss_vectors(&mut self, model: &str, vectors: &[(MissId, Vector)]) -> Result<(), StoreError> {
        let code = self.code();
        for (id, vector) in vectors {
            diesel::update(own_misses(code.as_str()).filter(misses::id.eq(id.get())))
                .set((misses::model.eq(Some(model)), misses::vector.eq(Some(vector.to_bytes()))))
                .execute(self.conn)
                .into_store_error()?;
        }
        Ok(())
    }
}
