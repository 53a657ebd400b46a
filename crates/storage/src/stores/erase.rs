//! Deletion of a visitor's data.

use ::attachments::BlobKey;
use diesel::prelude::*;
use handoff::Erasing;
use tenancy::{ProfileId, SessionRowId, StoreError, access::Caller};

use crate::{
    error::{IntoStoreError as _, decode_enum},
    schema::{attachments, profiles, sessions},
    store::CompanyStore,
};

impl<C: Caller> Erasing for CompanyStore<'_, C> {
    fn erase(&mut self, profile: ProfileId) -> Result<Vec<BlobKey>, StoreError> {
        let code = self.code();
        let session: Option<i64> = profiles::table
            .filter(profiles::company_id.eq(code.as_str()).and(profiles::id.eq(profile.get())))
            .select(profiles::session_key)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some(session) = session else { return Ok(Vec::new()) };
        let blobs: Vec<String> = attachments::table
            .filter(attachments::company_id.eq(code.as_str()).and(attachments::session_key.eq(session)))
            .select(attachments::blob_key)
            .load(self.conn)
            .into_store_error()?;
        self.leave_counts(SessionRowId::new(session))?;
        self.counts.profiles(code, -1);
        // All rows that belong to a session refer to it with ON DELETE CASCADE.
        diesel::delete(sessions::table.filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq(session))))
            .execute(self.conn)
            .into_store_error()?;
        blobs.iter().map(|key| decode_enum(BlobKey::parse(key).ok(), "blob key")).collect()
    }
}
