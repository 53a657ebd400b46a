//! The rows of uploaded files. Their bytes are not in the database.

use attachments::{Attachment, AttachmentDirectory, Attachments, BlobKey, Download, FileKind, NewAttachment, Uploader};
use diesel::prelude::*;
use tenancy::{AttachmentId, ProfileId, SessionId, SessionRowId, StoreError, access::Caller};

use super::directory::code;
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{attachments as files, profiles, sessions},
    store::{CompanyStore, LobbyStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = files)]
pub(super) struct AttachmentRow {
    id: i64,
    company_id: String,
    session_key: i64,
    original_name: String,
    filename: String,
    blob_key: String,
    size: i64,
    kind: String,
    content_type: String,
    uploader: String,
    uploaded_at: At,
}

impl AttachmentRow {
    pub(super) fn into_attachment(self, profile: Option<i64>) -> Result<Attachment, StoreError> {
        Ok(Attachment {
            id: AttachmentId::new(self.id),
            session: SessionRowId::new(self.session_key),
            profile: profile.map(ProfileId::new),
            company: code(&self.company_id)?,
            original_name: self.original_name,
            filename: self.filename,
            key: decode_enum(BlobKey::parse(&self.blob_key).ok(), "blob key")?,
            size: self.size,
            kind: decode_enum(FileKind::parse(&self.kind), "kind of file")?,
            content_type: self.content_type,
            uploader: decode_enum(Uploader::parse(&self.uploader), "uploader")?,
            uploaded_at: self.uploaded_at.0,
        })
    }
}

/// Joins files to the current profile of their session.
#[diesel::dsl::auto_type]
fn files_with_profile() -> _ {
    files::table.left_join(
        profiles::table
            .on(profiles::company_id.eq(files::company_id).and(profiles::session_key.eq(files::session_key))),
    )
}

impl<C: Caller> Attachments for CompanyStore<'_, C> {
    fn insert(&mut self, file: &NewAttachment) -> Result<Option<Attachment>, StoreError> {
        let company = self.code();
        let session = sessions::table
            .filter(sessions::company_id.eq(company.as_str()))
            .filter(sessions::key.eq(file.session.get()));
        // Locks the session, so that it cannot be deleted before the new row refers to it.
        let found: Option<i64> = match &mut *self.conn {
            Db::Pg(conn) => session.select(sessions::key).for_key_share().first(conn),
            Db::Sqlite(conn) => session.select(sessions::key).first(conn),
        }
        .optional()
        .into_store_error()?;
        if found.is_none() {
            return Ok(None);
        }
        let id: i64 = diesel::insert_into(files::table)
            .values((
                files::company_id.eq(company.as_str()),
                files::session_key.eq(file.session.get()),
                files::original_name.eq(&file.original_name),
                files::filename.eq(file.key.file_name()),
                files::blob_key.eq(file.key.as_str()),
                files::size.eq(file.size),
                files::kind.eq(file.kind.as_str()),
                files::content_type.eq(file.content_type),
                files::uploader.eq(file.uploader.as_str()),
                files::uploaded_at.eq(At(file.uploaded_at)),
            ))
            .returning(files::id)
            .get_result(self.conn)
            .into_store_error()?;
        let stored = self.of_session(file.session, &[AttachmentId::new(id)])?;
        Ok(stored.into_iter().next())
    }

    fn of_session(&mut self, session: SessionRowId, ids: &[AttachmentId]) -> Result<Vec<Attachment>, StoreError> {
        let company = self.code();
        let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        let rows: Vec<(AttachmentRow, Option<i64>)> = files_with_profile()
            .filter(files::company_id.eq(company.as_str()))
            .filter(files::session_key.eq(session.get()).and(files::id.eq_any(ids)))
            .select((AttachmentRow::as_select(), profiles::id.nullable()))
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(|(row, profile)| row.into_attachment(profile)).collect()
    }

    fn all_of_session(&mut self, session: SessionRowId) -> Result<Vec<Attachment>, StoreError> {
        let company = self.code();
        let rows: Vec<(AttachmentRow, Option<i64>)> = files_with_profile()
            .filter(files::company_id.eq(company.as_str()))
            .filter(files::session_key.eq(session.get()))
            .order(files::id)
            .select((AttachmentRow::as_select(), profiles::id.nullable()))
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(|(row, profile)| row.into_attachment(profile)).collect()
    }

    fn by_key(&mut self, key: &BlobKey) -> Result<Option<(Attachment, SessionId)>, StoreError> {
        let company = self.code();
        let row: Option<(AttachmentRow, Option<i64>, String)> = files_with_profile()
            .inner_join(
                sessions::table
                    .on(sessions::company_id.eq(files::company_id).and(sessions::key.eq(files::session_key))),
            )
            .filter(files::company_id.eq(company.as_str()).and(files::blob_key.eq(key.as_str())))
            .select((AttachmentRow::as_select(), profiles::id.nullable(), sessions::id))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(|(row, profile, session)| {
            let session = decode_enum(SessionId::parse(&session).ok(), "session id")?;
            Ok((row.into_attachment(profile)?, session))
        })
        .transpose()
    }
}

impl AttachmentDirectory for LobbyStore<'_> {
    fn by_key(&mut self, key: &BlobKey) -> Result<Option<Download>, StoreError> {
        let row: Option<AttachmentRow> = files::table
            .filter(files::blob_key.eq(key.as_str()))
            .select(AttachmentRow::as_select())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(|row| row.into_attachment(None).map(Download::from)).transpose()
    }
}
