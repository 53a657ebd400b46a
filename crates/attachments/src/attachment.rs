//! The stored data of an uploaded file. Its bytes are a blob.

use tenancy::{AttachmentId, CompanyCode, ProfileId, SessionRowId, Timestamp};

use crate::{BlobKey, FileKind, LinkSigner};

/// An uploaded file of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Id.
    pub id: AttachmentId,
    /// The session it was uploaded to.
    pub session: SessionRowId,
    /// The profile of that session, if there is one by now.
    pub profile: Option<ProfileId>,
    /// The session's company.
    pub company: CompanyCode,
    /// The name it was sent under, as returned by [`crate::name::original`].
    pub original_name: String,
    /// The name it is served under, which is the last part of the key.
    pub filename: String,
    /// The key of the blob with its bytes.
    pub key: BlobKey,
    /// Size in bytes.
    pub size: i64,
    /// The kind of file, from its extension.
    pub kind: FileKind,
    /// The MIME type, detected from its content.
    pub content_type: String,
    /// Who sent it.
    pub uploader: Uploader,
    /// When it was accepted.
    pub uploaded_at: Timestamp,
}

impl Attachment {
    /// Returns the signed path the file is served under.
    ///
    /// The text stays the same for up to 24 hours, see [`LinkSigner::sign`].
    pub fn link(&self, links: &LinkSigner, now: Timestamp) -> String {
        links.sign(&self.key.path(), self.uploaded_at, now)
    }
}

/// A file about to be stored. The store adds its own company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// The session it belongs to.
    pub session: SessionRowId,
    /// The name it was sent under, as returned by [`crate::name::original`].
    pub original_name: String,
    /// The key of the blob with its bytes. [`BlobKey::file_name`] is the name it is served under.
    pub key: BlobKey,
    /// Size in bytes.
    pub size: i64,
    /// The kind of file, from its extension.
    pub kind: FileKind,
    /// The MIME type, detected from its content.
    pub content_type: &'static str,
    /// Who sent it.
    pub uploader: Uploader,
    /// When it was accepted.
    pub uploaded_at: Timestamp,
}

tenancy::word_enum! {
    /// Who sent a file.
    pub enum Uploader {
        /// The visitor.
        User => "user",
        /// A staff member who may see the session.
        Agent => "agent",
    }
}

/// What the server needs to serve a file, in addition to its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The company the file belongs to.
    pub company: CompanyCode,
    /// The name to save it under.
    pub original_name: String,
    /// The MIME type, detected from its content.
    pub content_type: String,
    /// Its size in bytes.
    pub size: i64,
    /// When it was accepted. It has not changed since.
    pub uploaded_at: Timestamp,
}

impl Download {
    /// Returns whether a browser shows the file or saves it.
    pub fn disposition(&self) -> Disposition {
        Disposition::of(&self.content_type)
    }
}

impl From<Attachment> for Download {
    fn from(file: Attachment) -> Self {
        Self {
            company: file.company,
            original_name: file.original_name,
            content_type: file.content_type,
            size: file.size,
            uploaded_at: file.uploaded_at,
        }
    }
}

/// What a browser does with a file: the value of `Content-Disposition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show it.
    Inline,
    /// Save it.
    Attachment,
}

impl Disposition {
    /// Returns `Inline` for raster images, audio and video, and `Attachment` for everything else.
    pub fn of(content_type: &str) -> Self {
        let (family, subtype) = content_type.split_once('/').unwrap_or((content_type, ""));
        let shown = match family {
            // SVG can contain scripts, and browsers cannot display the other two.
            "image" => !matches!(subtype, "svg+xml" | "vnd.dwg" | "vnd.djvu"),
            "audio" | "video" => true,
            _ => false,
        };
        if shown { Self::Inline } else { Self::Attachment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_raster_images_audio_and_video_are_shown_in_place() {
        for shown in ["image/png", "image/webp", "audio/mpeg", "video/mp4"] {
            assert_eq!(Disposition::of(shown), Disposition::Inline, "{shown}");
        }
        for saved in ["image/svg+xml", "application/pdf", "text/plain", "text/html", "application/octet-stream", ""] {
            assert_eq!(Disposition::of(saved), Disposition::Attachment, "{saved}");
        }
    }

    #[test]
    fn an_uploader_is_read_back_from_its_word() {
        for uploader in [Uploader::User, Uploader::Agent] {
            assert_eq!(Uploader::parse(uploader.as_str()), Some(uploader));
        }
        assert_eq!(Uploader::parse("bot"), None);
    }
}
