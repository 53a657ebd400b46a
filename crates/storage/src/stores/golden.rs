//! A company's golden questions.

use diesel::{dsl::auto_type, prelude::*};
use knowledge::golden::{Expect, Golden, GoldenQuestions, QuestionKey};
use tenancy::{GoldenId, StoreError, Timestamp, access::Caller};

use crate::{
    conn::each_db,
    error::{IntoStoreError as _, decode_enum},
    schema::golden_questions,
    store::CompanyStore,
    types::At,
};

type Row = (i64, String, Option<String>, At);

/// The columns of a [`Row`].
const COLUMNS: (
    golden_questions::id,
    golden_questions::question,
    golden_questions::chunk_id,
    golden_questions::created_at,
) = (golden_questions::id, golden_questions::question, golden_questions::chunk_id, golden_questions::created_at);

fn golden((id, question, chunk_id, created_at): Row) -> Golden {
    let expect = chunk_id.map_or(Expect::Clarify, Expect::Entry);
    Golden { id: GoldenId::new(id), question, expect, created_at: created_at.0 }
}

/// Selects the golden questions of a company. Every query of them starts here.
#[auto_type]
fn own_golden<'a>(code: &'a str) -> _ {
    golden_questions::table.filter(golden_questions::company_id.eq(code))
}

impl<C: Caller> GoldenQuestions for CompanyStore<'_, C> {
    fn golden_after(&mut self, after: Option<GoldenId>, limit: usize) -> Result<Vec<Golden>, StoreError> {
        let code = self.code();
        let rows: Vec<Row> = own_golden(code.as_str())
            .filter(golden_questions::id.gt(after.map_or(i64::MIN, GoldenId::get)))
            .order(golden_questions::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(COLUMNS)
            .load(self.conn)
            .into_store_error()?;
        Ok(rows.into_iter().map(golden).collect())
    }

    fn count_golden(&mut self) -> Result<usize, StoreError> {
        let code = self.code();
        let count: i64 = own_golden(code.as_str()).count().get_result(self.conn).into_store_error()?;
        decode_enum(usize::try_from(count).ok(), "count")
    }

    fn insert_golden(
        &mut self,
        question: &str,
        key: QuestionKey,
        expect: &Expect,
        now: Timestamp,
    ) -> Result<Option<GoldenId>, StoreError> {
        let code = self.code();
        let insert = diesel::insert_into(golden_questions::table).values((
            golden_questions::company_id.eq(code.as_str()),
            golden_questions::question.eq(question),
            golden_questions::question_hash.eq(key.as_bytes().as_slice()),
            golden_questions::chunk_id.eq(expect.entry()),
            golden_questions::created_at.eq(At(now)),
        ));
        let id: Option<i64> = each_db!(self.conn, c => insert
            .on_conflict_do_nothing()
            .returning(golden_questions::id)
            .get_result(c)
            .optional())
        .into_store_error()?;
        Ok(id.map(GoldenId::new))
    }

    fn golden(&mut self, id: GoldenId) -> Result<Option<Golden>, StoreError> {
        let code = self.code();
        let row: Option<Row> = own_golden(code.as_str())
            .filter(golden_questions::id.eq(id.get()))
            .select(COLUMNS)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        Ok(row.map(golden))
    }

    fn update_golden(&mut self, golden: &Golden, key: QuestionKey) -> Result<bool, StoreError> {
        let code = self.code();
        let others: i64 = own_golden(code.as_str())
            .filter(golden_questions::id.ne(golden.id.get()))
            .filter(golden_questions::question_hash.eq(key.as_bytes().as_slice()))
            .count()
            .get_result(self.conn)
            .into_store_error()?;
        if others > 0 {
            return Ok(false);
        }
        let updated = diesel::update(own_golden(code.as_str()).filter(golden_questions::id.eq(golden.id.get())))
            .set((
                golden_questions::question.eq(&golden.question),
                golden_questions::question_hash.eq(key.as_bytes().as_slice()),
                golden_questions::chunk_id.eq(golden.expect.entry()),
            ))
            .execute(self.conn)
            .into_store_error()?;
        Ok(updated > 0)
    }

    fn delete_golden(&mut self, id: GoldenId) -> Result<bool, StoreError> {
        let code = self.code();
        let row = own_golden(code.as_str()).filter(golden_questions::id.eq(id.get()));
        Ok(diesel::delete(row).execute(self.conn).into_store_error()? > 0)
    }
}
