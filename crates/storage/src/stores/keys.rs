//! Idempotency keys, and the keys of requests that opened a session.

use std::net::IpAddr;

use chatbot::{ClaimState, IdempotencyClaim, IdempotencyKeys, Side};
use diesel::{prelude::*, upsert::excluded};
use tenancy::{SessionRowId, StoreError, Timestamp, access::Caller};

use crate::{
    conn::each_db,
    dual_backend::dual_backend,
    error::{IntoStoreError as _, decode_enum},
    schema::{idempotency_keys, opening_keys},
    store::CompanyStore,
    types::At,
};

/// Body hash, `seq`, `lease_until`, `reply_seq`, `last_seq`.
type ClaimRow = (Vec<u8>, i64, Option<At>, Option<i64>, Option<i64>);

impl<C: Caller> IdempotencyKeys for CompanyStore<'_, C> {
    fn claim(&mut self, session: SessionRowId, side: Side, key: &str) -> Result<Option<IdempotencyClaim>, StoreError> {
        let code = self.code();
        let row: Option<ClaimRow> = each_db!(self.conn, conn => idempotency_keys::table
            .filter(idempotency_keys::company_id.eq(code.as_str()))
            .filter(idempotency_keys::session_key.eq(session.get()))
            .filter(idempotency_keys::side.eq(side.as_str()).and(idempotency_keys::key.eq(key)))
            .select((
                idempotency_keys::body_hash,
                idempotency_keys::seq,
                idempotency_keys::lease_until,
                idempotency_keys::reply_seq,
                idempotency_keys::last_seq,
            ))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(hash, seq, lease, reply_seq, last_seq)| {
            let state = match lease {
                Some(At(lease_until)) => ClaimState::Running { lease_until },
                None => ClaimState::Done { reply_seq, last_seq: decode_enum(last_seq, "answered key")? },
            };
            Ok(IdempotencyClaim { body_hash: decode_enum(hash.try_into().ok(), "body hash")?, seq, state })
        })
        .transpose()
    }

    fn insert_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        key: &str,
        claim: &IdempotencyClaim,
    ) -> Result<bool, StoreError> {
        let code = self.code();
        let (lease, reply_seq, last_seq) = columns(claim.state);
        let inserted = dual_backend(
            diesel::insert_into(idempotency_keys::table)
                .values((
                    idempotency_keys::company_id.eq(code.as_str()),
                    idempotency_keys::session_key.eq(session.get()),
                    idempotency_keys::side.eq(side.as_str()),
                    idempotency_keys::key.eq(key),
                    idempotency_keys::body_hash.eq(claim.body_hash.as_slice()),
                    idempotency_keys::seq.eq(claim.seq),
                    idempotency_keys::lease_until.eq(lease),
                    idempotency_keys::reply_seq.eq(reply_seq),
                    idempotency_keys::last_seq.eq(last_seq),
                ))
                .on_conflict_do_nothing(),
        )
        .execute(self.conn)
        .into_store_error()?;
        Ok(inserted == 1)
    }

    fn update_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        key: &str,
        state: ClaimState,
    ) -> Result<(), StoreError> {
        let code = self.code();
        let (lease, reply_seq, last_seq) = columns(state);
        let row = idempotency_keys::table
            .filter(idempotency_keys::company_id.eq(code.as_str()))
            .filter(idempotency_keys::session_key.eq(session.get()))
            .filter(idempotency_keys::side.eq(side.as_str()).and(idempotency_keys::key.eq(key)));
        diesel::update(row)
            .set((
                idempotency_keys::lease_until.eq(lease),
                idempotency_keys::reply_seq.eq(reply_seq),
                idempotency_keys::last_seq.eq(last_seq),
            ))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn opened(&mut self, ip: IpAddr, key: &str, since: Timestamp) -> Result<Option<SessionRowId>, StoreError> {
        let code = self.code();
        let session: Option<i64> = each_db!(self.conn, conn => opening_keys::table
            .filter(opening_keys::company_id.eq(code.as_str()))
            .filter(opening_keys::ip.eq(ip.to_string()).and(opening_keys::key.eq(key)))
            .filter(opening_keys::created_at.ge(At(since)))
            .select(opening_keys::session_key)
            .first(conn))
        .optional()
        .into_store_error()?;
        Ok(session.map(SessionRowId::new))
    }

    fn note_opened(
        &mut self,
        ip: IpAddr,
        key: &str,
        session: SessionRowId,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let code = self.code();
        // The rows hold IP addresses and are valid only for minutes, so expired ones are deleted.
        diesel::delete(
            opening_keys::table
                .filter(opening_keys::company_id.eq(code.as_str()).and(opening_keys::created_at.lt(At(since)))),
        )
        .execute(self.conn)
        .into_store_error()?;
        let upsert = diesel::insert_into(opening_keys::table)
            .values((
                opening_keys::company_id.eq(code.as_str()),
                opening_keys::ip.eq(ip.to_string()),
                opening_keys::key.eq(key),
                opening_keys::session_key.eq(session.get()),
                opening_keys::created_at.eq(At(now)),
            ))
            .on_conflict((opening_keys::company_id, opening_keys::ip, opening_keys::key))
            .do_update()
            .set((
                opening_keys::session_key.eq(excluded(opening_keys::session_key)),
                opening_keys::created_at.eq(excluded(opening_keys::created_at)),
            ));
        // `QueryDsl::filter` cannot set the WHERE of an upsert.
        let changed =
            dual_backend(diesel::query_dsl::methods::FilterDsl::filter(upsert, opening_keys::created_at.lt(At(since))))
                .execute(self.conn)
                .into_store_error()?;
        Ok(changed == 1)
    }
}

/// Returns `lease_until`, `reply_seq` and `last_seq`. A claim is running exactly while it has a lease.
fn columns(state: ClaimState) -> (Option<At>, Option<i64>, Option<i64>) {
    match state {
        ClaimState::Running { lease_until } => (Some(At(lease_until)), None, None),
        ClaimState::Done { reply_seq, last_seq } => (None, reply_seq, Some(last_seq)),
    }
}
