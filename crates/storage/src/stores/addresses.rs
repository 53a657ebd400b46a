//! The addresses from which accounts have signed in.

use std::time::Duration;

use diesel::{prelude::*, upsert::excluded};
use identity::{Origin, sign_in::SignInOrigins};
use tenancy::{StoreError, Timestamp, UserId};

use crate::{
    dual_backend::dual_backend, error::IntoStoreError as _, schema::sign_in_addresses, store::LobbyStore, types::At,
};

/// A row that is younger than this is not written again.
const FRESH: Duration = Duration::from_hours(24);

impl LobbyStore<'_> {
    fn last_sign_in(&mut self, user: UserId, address: &str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<At> = sign_in_addresses::table
            .find((user.get(), address))
            .select(sign_in_addresses::last_at)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        Ok(at.map(|At(at)| at))
    }
}

impl SignInOrigins for LobbyStore<'_> {
    fn has_signed_in_from(&mut self, user: UserId, origin: Origin, since: Timestamp) -> Result<bool, StoreError> {
        Ok(self.last_sign_in(user, &origin.to_string())?.is_some_and(|at| at >= since))
    }

    fn note_sign_in(
        &mut self,
        user: UserId,
        origin: Origin,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let address = origin.to_string();
        if self.last_sign_in(user, &address)?.is_some_and(|at| at > now.minus(FRESH)) {
            return Ok(());
        }
        let outdated = sign_in_addresses::table
            .filter(sign_in_addresses::user_id.eq(user.get()).and(sign_in_addresses::last_at.lt(At(since))));
        diesel::delete(outdated).execute(self.conn).into_store_error()?;
        dual_backend(
            diesel::insert_into(sign_in_addresses::table)
                .values((
                    sign_in_addresses::user_id.eq(user.get()),
                    sign_in_addresses::address.eq(&address),
                    sign_in_addresses::last_at.eq(At(now)),
                ))
                .on_conflict((sign_in_addresses::user_id, sign_in_addresses::address))
                .do_update()
                .set(sign_in_addresses::last_at.eq(excluded(sign_in_addresses::last_at))),
        )
        .execute(self.conn)
        .into_store_error()?;
        Ok(())
    }
}
