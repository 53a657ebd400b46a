//! Decides which files are accepted.

use crate::{detect::Detected, name};

/// Maximum size of a file in bytes: 10 MiB.
pub const MAX_SIZE: i64 = 10 * 1024 * 1024;

tenancy::word_enum! {
    /// The kind of a file, from its extension.
    pub enum FileKind {
        /// A raster image.
        Image => "image",
        /// A text, spreadsheet or presentation.
        Document => "document",
        /// An audio file.
        Audio => "audio",
        /// A video.
        Video => "video",
        /// A compressed file or archive.
        Archive => "archive",
    }
}

impl FileKind {
    /// Returns the extensions of this kind, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Image => &[
                "jpg", "jpeg", "jfif", "png", "apng", "gif", "bmp", "webp", "heic", "heif", "hif", "avif", "tif",
                "tiff",
            ],
            Self::Document => {
                &["pdf", "doc", "docx", "txt", "rtf", "xls", "xlsx", "csv", "ppt", "pptx", "odt", "ods", "odp", "odg"]
            }
            Self::Audio => &["mp3", "wav", "ogg", "oga", "opus", "m4a", "aac", "amr", "3ga", "caf", "flac", "weba"],
            Self::Video => {
                &["mp4", "m4v", "avi", "mov", "wmv", "flv", "webm", "3gp", "3gpp", "3g2", "mkv", "mpg", "mpeg", "ogv"]
            }
            Self::Archive => &["zip", "rar", "7z", "tar", "gz"],
        }
    }

    /// Returns the kind of a lower-case extension, `None` if the extension is not allowed.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extensions().contains(&extension))
    }
}

/// Why a file is rejected, in order of precedence. Clients compare these texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefusal {
    /// More than [`MAX_SIZE`] bytes.
    #[error("File size exceeds maximum limit of 10.0MB")]
    TooLarge,
    /// The extension is not on the list.
    #[error("File type '{extension}' is not allowed")]
    Extension {
        /// The extension in lower case, empty if there is none.
        extension: String,
    },
    /// The content is a program, whatever the file's name.
    #[error("File content is not allowed")]
    Executable,
    /// The extension is an image's, but the content is HTML or SVG.
    #[error("File content does not match type '{extension}'")]
    Markup {
        /// The extension in lower case.
        extension: String,
    },
}

/// Decides whether a whole file is accepted, from its original name and its content.
///
/// # Errors
/// The first [`UploadRefusal`] that applies.
pub fn judge(original_name: &str, content: &Detected) -> Result<FileKind, UploadRefusal> {
    if content.size > MAX_SIZE {
        return Err(UploadRefusal::TooLarge);
    }
    let extension = name::extension(original_name);
    let Some(kind) = FileKind::of_extension(&extension) else { return Err(UploadRefusal::Extension { extension }) };
    if content.executable {
        return Err(UploadRefusal::Executable);
    }
    if content.markup && kind == FileKind::Image {
        return Err(UploadRefusal::Markup { extension });
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(size: i64, executable: bool, markup: bool) -> Detected {
        Detected { size, content_type: "text/plain", executable, markup }
    }

    #[test]
    fn refusals_come_in_order_and_in_the_words_clients_know() {
        for (name, content, wanted) in [
            ("a.exe", found(MAX_SIZE + 1, true, true), "File size exceeds maximum limit of 10.0MB"),
            ("a.EXE", found(MAX_SIZE, true, true), "File type 'exe' is not allowed"),
            ("a", found(5, false, false), "File type '' is not allowed"),
            ("a.svg", found(5, false, true), "File type 'svg' is not allowed"),
            ("a.png", found(5, true, true), "File content is not allowed"),
            ("a.txt", found(5, true, false), "File content is not allowed"),
            ("a.PNG", found(5, false, true), "File content does not match type 'png'"),
        ] {
            assert_eq!(judge(name, &content).unwrap_err().to_string(), wanted, "{name}");
        }
    }

    #[test]
    fn exactly_ten_mebibytes_are_accepted() {
        assert_eq!(judge("a.pdf", &found(10_485_760, false, false)), Ok(FileKind::Document));
        assert_eq!(judge("a.pdf", &found(10_485_761, false, false)), Err(UploadRefusal::TooLarge));
    }

    #[test]
    fn markup_is_no_reason_where_no_image_is_promised() {
        assert_eq!(judge("a.txt", &found(5, false, true)), Ok(FileKind::Document));
    }

    #[test]
    fn what_phones_and_browsers_make_is_accepted_into_its_family() {
        for (names, kind) in [
            ("a.HEIC a.heif a.avif a.jfif a.tiff", FileKind::Image),
            ("a.odt a.ods a.odp a.csv a.docx", FileKind::Document),
            ("a.opus a.aac a.amr a.caf a.flac a.weba a.3ga a.m4a", FileKind::Audio),
            ("a.webm a.3gp a.m4v a.mkv a.MOV a.mpeg", FileKind::Video),
        ] {
            for name in names.split(' ') {
                assert_eq!(judge(name, &found(5, false, false)), Ok(kind), "{name}");
            }
        }
        let all: Vec<_> = FileKind::ALL.into_iter().flat_map(FileKind::extensions).collect();
        let once: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len());
    }

    #[test]
    fn a_kind_is_read_back_from_its_word() {
        assert!(FileKind::ALL.into_iter().all(|kind| FileKind::parse(kind.as_str()) == Some(kind)));
        assert_eq!(FileKind::parse("Image"), None);
    }
}
