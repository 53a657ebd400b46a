//! Uploaded files.

use attachments::{Attachment, LinkSigner};
use serde::Serialize;
use tenancy::Timestamp;

use super::{Code, Shown, Ts};

/// The contract's `FileRow`.
#[derive(Debug, Serialize)]
pub(crate) struct FileRow {
    id: i64,
    session: i64,
    user_profile: Option<i64>,
    company_id: Code,
    pub(crate) original_name: String,
    filename: String,
    file_size: i64,
    file_type: &'static str,
    pub(crate) file_url: String,
    uploaded_at: Ts,
    uploader: &'static str,
    mime_type: String,
}

impl FileRow {
    pub(crate) fn new(file: &Attachment, links: &LinkSigner, now: Timestamp) -> Self {
        Self {
            id: file.id.get(),
            session: file.session.get(),
            user_profile: file.profile.map(tenancy::ProfileId::get),
            company_id: Shown(file.company),
            original_name: file.original_name.clone(),
            filename: file.filename.clone(),
            file_size: file.size,
            file_type: file.kind.as_str(),
            file_url: file.link(links, now),
            uploaded_at: Shown(file.uploaded_at),
            uploader: file.uploader.as_str(),
            mime_type: file.content_type.clone(),
        }
    }
}
