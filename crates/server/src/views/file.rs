//! Uploaded files.

use std::borrow::Cow;

use attachments::{Attachment, FileKind, LinkSigner, Uploader};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::Timestamp;

use super::{AsText, CompanyId, TimestampText};

/// What the links to files in one response are made with.
pub(crate) struct FileLinks<'a> {
    signer: &'a LinkSigner,
    base: Cow<'a, str>,
    now: Timestamp,
}

impl<'a> FileLinks<'a> {
    /// Makes links that are signed by `signer`. Absolute ones begin with `base`.
    pub(crate) fn new(signer: &'a LinkSigner, base: Cow<'a, str>, now: Timestamp) -> Self {
        Self { signer, base, now }
    }

    /// Returns the link relative to the server.
    pub(crate) fn relative(&self, file: &Attachment) -> String {
        file.link(self.signer, self.now)
    }

    /// Returns the absolute form of a relative link.
    pub(crate) fn absolute(&self, link: &str) -> String {
        format!("{}{link}", self.base)
    }
}

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
    /// `file_url` under the public base URL.
    pub(crate) url: String,
    uploaded_at: TimestampText,
    #[schemars(extend("enum" = Uploader::WORDS))]
    uploader: &'static str,
    mime_type: String,
}

impl FileRow {
    pub(crate) fn new(file: &Attachment, links: &FileLinks<'_>) -> Self {
        let file_url = links.relative(file);
        Self {
            id: file.id.get(),
            session: file.session.get(),
            user_profile: file.profile.map(tenancy::ProfileId::get),
            company_id: AsText(file.company),
            original_name: file.original_name.clone(),
            filename: file.filename.clone(),
            file_size: file.size,
            file_type: file.kind.as_str(),
            url: links.absolute(&file_url),
            file_url,
            uploaded_at: AsText(file.uploaded_at),
            uploader: file.uploader.as_str(),
            mime_type: file.content_type.clone(),
        }
    }
}
