//! What a store knows of an uploaded file; its bytes are a blob.

use tenancy::{AttachmentId, CompanyCode, ProfileId, SessionRowId, Timestamp};

use crate::{BlobKey, FileKind, LinkSigner};

/// An uploaded file of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Id.
    pub id: AttachmentId,
    /// The session it was uploaded to.
    pub session: SessionRowId,
    /// The profile that session has by now.
    pub profile: Option<ProfileId>,
    /// The session's company.
    pub company: CompanyCode,
    /// The name it was sent under, as [`crate::name::original`] leaves it.
    pub original_name: String,
    /// The name it is served under: the last part of the key.
    pub filename: String,
    /// Where its bytes are.
    pub key: BlobKey,
    /// Bytes.
    pub size: i64,
    /// By its extension.
    pub kind: FileKind,
    /// By its content.
    pub content_type: String,
    /// Who sent it.
    pub uploader: Uploader,
    /// When it was accepted.
    pub uploaded_at: Timestamp,
}

impl Attachment {
    /// The path it is served under, signed: the same text in every object that
    /// shows the file at about the same time.
    pub fn link(&self, links: &LinkSigner, now: Timestamp) -> String {
        links.sign(&self.key.path(), self.uploaded_at, now)
    }
}

/// What a new attachment needs; the store adds its own company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// The session it belongs to.
    pub session: SessionRowId,
    /// As [`crate::name::original`] leaves it.
    pub original_name: String,
    /// Where its bytes are; [`BlobKey::file_name`] is the served name.
    pub key: BlobKey,
    /// Bytes.
    pub size: i64,
    /// By its extension.
    pub kind: FileKind,
    /// By its content.
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
        /// Staff who may see the session.
        Agent => "agent",
    }
}

/// What serving a file takes, beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Whose file it is.
    pub company: CompanyCode,
    /// The name to save it under.
    pub original_name: String,
    /// By its content.
    pub content_type: String,
}

impl Download {
    /// Whether a browser may show the file in place.
    pub fn disposition(&self) -> Disposition {
        Disposition::of(&self.content_type)
    }
}

impl From<Attachment> for Download {
    fn from(file: Attachment) -> Self {
        Self { company: file.company, original_name: file.original_name, content_type: file.content_type }
    }
}

/// What a browser is told to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show it.
    Inline,
    /// Save it.
    Attachment,
}

impl Disposition {
    /// Inline for raster images, audio and video; everything else is saved.
    pub fn of(content_type: &str) -> Self {
        let (family, subtype) = content_type.split_once('/').unwrap_or((content_type, ""));
        let shown = match family {
            // The image types that are drawings: scripts, or formats only a program of their own reads.
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
