//! Tickets that were issued and are not used yet.

use diesel::prelude::*;
use identity::tickets::{TicketHash, TicketRecord, Tickets};
use tenancy::{StoreError, Timestamp, UserId, access::TokenVersion};

use crate::{
    error::{IntoStoreError as _, decode_enum},
    schema::tickets::{self, expires_at, family, hash, token_version, user_id},
    store::LobbyStore,
    types::At,
};

impl Tickets for LobbyStore<'_> {
    fn insert_ticket(&mut self, digest: TicketHash, ticket: &TicketRecord, now: Timestamp) -> Result<(), StoreError> {
        let expired = tickets::table.filter(user_id.eq(ticket.user.get())).filter(expires_at.le(At(now)));
        diesel::delete(expired).execute(self.conn).into_store_error()?;
        diesel::insert_into(tickets::table)
            .values((
                hash.eq(digest.as_bytes()),
                user_id.eq(ticket.user.get()),
                token_version.eq(ticket.version.0),
                family.eq(ticket.family.map(|id| id.to_string())),
                expires_at.eq(At(ticket.expires_at)),
            ))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn take_ticket(&mut self, digest: TicketHash) -> Result<Option<TicketRecord>, StoreError> {
        let row: Option<(i64, i64, Option<String>, At)> = diesel::delete(tickets::table.find(digest.as_bytes()))
            .returning((user_id, token_version, family, expires_at))
            .get_result(self.conn)
            .optional()
            .into_store_error()?;
        let Some((user, version, id, At(expires))) = row else { return Ok(None) };
        let id = id.map(|id| decode_enum(id.parse().ok(), "family id")).transpose()?;
        Ok(Some(TicketRecord {
            user: UserId::new(user),
            version: TokenVersion(version),
            family: id,
            expires_at: expires,
        }))
    }
}
