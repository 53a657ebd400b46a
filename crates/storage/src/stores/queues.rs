//! The queues of all companies, for the lobby.

use diesel::prelude::*;
use handoff::assignment::Queues;
use tenancy::{CompanyCode, StoreError};

use super::directory::code;
use crate::{error::IntoStoreError as _, schema::queue_counts, store::LobbyStore};

impl Queues for LobbyStore<'_> {
    fn companies_with_queue(&mut self, limit: i64) -> Result<Vec<CompanyCode>, StoreError> {
        let codes: Vec<String> = queue_counts::table
            .filter(queue_counts::waiting.gt(0))
            .order(queue_counts::company_id)
            .limit(limit)
            .select(queue_counts::company_id)
            .load(self.conn)
            .into_store_error()?;
        codes.iter().map(|text| code(text)).collect()
    }
}
