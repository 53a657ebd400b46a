//! Feedback and ratings of visitors.

use diesel::{prelude::*, upsert::excluded};
use handoff::{Feedback, Opinions, Rating};
use tenancy::{SessionRowId, StoreError, Timestamp, access::Caller};

use crate::{
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::{feedback, ratings},
    store::CompanyStore,
    types::At,
};

impl<C: Caller> Opinions for CompanyStore<'_, C> {
    fn put_feedback(&mut self, session: SessionRowId, given: &Feedback, now: Timestamp) -> Result<(), StoreError> {
        let code = self.code();
        let upsert = diesel::insert_into(feedback::table)
            .values((
                feedback::company_id.eq(code.as_str()),
                feedback::session_key.eq(session.get()),
                feedback::seq.eq(given.seq),
                feedback::helpful.eq(given.helpful),
                feedback::comment.eq(given.comment.as_deref()),
                feedback::question.eq(given.question.as_deref()),
                feedback::created_at.eq(At(now)),
            ))
            .on_conflict((feedback::company_id, feedback::session_key, feedback::seq))
            .do_update()
            .set((
                feedback::helpful.eq(excluded(feedback::helpful)),
                feedback::comment.eq(excluded(feedback::comment)),
                feedback::question.eq(excluded(feedback::question)),
                feedback::created_at.eq(excluded(feedback::created_at)),
            ));
        dual_backend(upsert).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn feedback(&mut self, session: SessionRowId) -> Result<Vec<Feedback>, StoreError> {
        let code = self.code();
        let rows: Vec<(i64, bool, Option<String>, Option<String>)> = feedback::table
            .filter(feedback::company_id.eq(code.as_str()).and(feedback::session_key.eq(session.get())))
            .order(feedback::seq)
            .select((feedback::seq, feedback::helpful, feedback::comment, feedback::question))
            .load(self.conn)
            .into_store_error()?;
        let given = |(seq, helpful, comment, question)| Feedback { seq, helpful, comment, question };
        Ok(rows.into_iter().map(given).collect())
    }

    fn put_rating(&mut self, session: SessionRowId, rating: &Rating, now: Timestamp) -> Result<(), StoreError> {
        let code = self.code();
        let upsert = diesel::insert_into(ratings::table)
            .values((
                ratings::company_id.eq(code.as_str()),
                ratings::session_key.eq(session.get()),
                ratings::score.eq(rating.score),
                ratings::comment.eq(rating.comment.as_deref()),
                ratings::created_at.eq(At(now)),
            ))
            .on_conflict((ratings::company_id, ratings::session_key))
            .do_update()
            .set((
                ratings::score.eq(excluded(ratings::score)),
                ratings::comment.eq(excluded(ratings::comment)),
                ratings::created_at.eq(excluded(ratings::created_at)),
            ));
        dual_backend(upsert).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn rating(&mut self, session: SessionRowId) -> Result<Option<Rating>, StoreError> {
        let code = self.code();
        let row: Option<(i64, Option<String>)> = ratings::table
            .filter(ratings::company_id.eq(code.as_str()).and(ratings::session_key.eq(session.get())))
            .select((ratings::score, ratings::comment))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        Ok(row.map(|(score, comment)| Rating { score, comment }))
    }
}
