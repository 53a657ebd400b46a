//! Whether sessions have changed, for a server that other processes share the database with.

use chatbot::SessionHead;
use diesel::prelude::*;
use tenancy::{SessionRowId, StoreError};

use crate::{error::IntoStoreError as _, schema::sessions, store::LobbyStore};

/// How many sessions one statement names. The number of parameters of a statement is limited.
const ROWS: usize = 1_000;

impl LobbyStore<'_> {
    /// Returns the heads of sessions of any companies. Sessions that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heads(&mut self, rows: &[SessionRowId]) -> Result<Vec<(SessionRowId, SessionHead)>, StoreError> {
        let mut heads = Vec::with_capacity(rows.len());
        for batch in rows.chunks(ROWS) {
            let keys: Vec<i64> = batch.iter().map(|row| row.get()).collect();
            let found: Vec<(i64, i64, i64, i64)> = sessions::table
                .filter(sessions::key.eq_any(keys))
                .select((sessions::key, sessions::revision, sessions::staff_read_seq, sessions::last_seq))
                .load(self.conn)
                .into_store_error()?;
            heads.extend(found.into_iter().map(|(key, revision, staff_read_seq, last_seq)| {
                (SessionRowId::new(key), SessionHead { revision, staff_read_seq, last_seq })
            }));
        }
        Ok(heads)
    }
}
