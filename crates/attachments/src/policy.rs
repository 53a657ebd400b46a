//! Which files are accepted.

use crate::{detect::Detected, name};

/// The largest file that is accepted, in bytes: 10 MiB.
pub const MAX_SIZE: i64 = 10 * 1024 * 1024;

tenancy::word_enum! {
    /// What kind of file it is, by its extension.
    pub enum FileKind {
        /// A raster image.
        Image => "image",
        /// A text, sheet or presentation.
        Document => "document",
        /// Sound.
        Audio => "audio",
        /// Moving pictures.
        Video => "video",
        /// A packed file.
        Archive => "archive",
    }
}

impl FileKind {
    /// The kind an extension in lower case stands for, if it is allowed.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "jpg" | "jpeg" | "png" | "gif" | "bmp" | "webp" => Some(Self::Image),
            "pdf" | "doc" | "docx" | "txt" | "rtf" | "xls" | "xlsx" | "csv" | "ppt" | "pptx" => Some(Self::Document),
            "mp3" | "wav" | "ogg" | "m4a" => Some(Self::Audio),
            "mp4" | "avi" | "mov" | "wmv" | "flv" => Some(Self::Video),
            "zip" | "rar" | "7z" | "tar" | "gz" => Some(Self::Archive),
            _ => None,
        }
    }
}

/// Why a file is refused, in order of precedence. Clients compare these texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefusal {
    /// More than [`MAX_SIZE`] bytes.
    #[error("File size exceeds maximum limit of 10.0MB")]
    TooLarge,
    /// The extension is not on the list.
    #[error("File type '{extension}' is not allowed")]
    Extension {
        /// In lower case, empty if there is none.
        extension: String,
    },
    /// An executable, whatever its name.
    #[error("File content is not allowed")]
    Executable,
    /// HTML or SVG that is called an image.
    #[error("File content does not match type '{extension}'")]
    Markup {
        /// In lower case.
        extension: String,
    },
}

/// Decides on a whole file, by its original name and what was found in it.
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
    fn a_kind_is_read_back_from_its_word() {
        assert!(FileKind::ALL.into_iter().all(|kind| FileKind::parse(kind.as_str()) == Some(kind)));
        assert_eq!(FileKind::parse("Image"), None);
    }
}
