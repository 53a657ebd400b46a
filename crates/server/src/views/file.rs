//! Uploaded files.

use attachments::{Attachment, FileKind, LinkSigner, Uploader};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::Timestamp;

use super::{AsText, CompanyId, TimestampText};

/// An uploaded file with a signed link to it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FileRow {
    id: i64,
    session: i64,
    user_profile: Option<i64>,
    company_id: CompanyId,
    pub(crate) original_name: String,
    filename: String,
    file_size: i64,
    #[schemars(extend("enum" = FileKind::WORDS))]
    file_type: &'static str,
    pub(crate) file_url: String,
    uploaded_at: TimestampText,
    #[schemars(extend("enum" = Uploader::WORDS))]
    uploader: &'static str,
    mime_type: String,
}

impl FileRow {
    pub(crate) fn new(file: &Attachment, links: &LinkSigner, now: Timestamp) -> Self {
        Self {
            id: file.id.get(),
            session: file.session.get(),
            user_profile: file.profile.map(tenancy::ProfileId::get),
            company_id: AsText(file.company),
            original_name: file.original_name.clone(),
            filename: file.filename.clone(),
            file_size: file.size,
            file_type: file.kind.as_str(),
            file_url: file.link(links, now),
            uploaded_at: AsText(file.uploaded_at),
            uploader: file.uploader.as_str(),
            mime_type: file.content_type.clone(),
        }
    }
}
