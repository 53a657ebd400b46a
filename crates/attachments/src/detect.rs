//! Detects what a file is from its bytes. What the client says is ignored.

use self::{markup::Lead, text::TextScan};

mod markup;
mod media;
mod office;
mod text;

/// How many of a file's first bytes are kept to look for signatures. An Office
/// document is recognised by zip entries, which may come this late.
const HEAD: usize = 64 * 1024;

/// The first bytes of programs: DOS and Windows, ELF, Mach-O (32 and 64 bits in both
/// byte orders), universal Mach-O (the same four) and WebAssembly. Java classes have
/// the signature of universal Mach-O and are rejected too.
const EXECUTABLES: [&[u8]; 11] = [
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xbe\xba\xfe\xca",
    b"\xca\xfe\xba\xbf",
    b"\xbf\xba\xfe\xca",
    b"\0asm",
];

/// Signatures that count even if the whole file is readable text. Shorter signatures
/// made of letters do not: a note that begins with `BMW` is not a bitmap.
const TEXT_SIGNATURES: [&[u8]; 8] = [b"%PDF-", b"{\\rtf", b"%!PS", b"GIF87a", b"GIF89a", b"RIFF", b"OggS", b"fLaC"];

/// The result of inspecting a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// Size in bytes.
    pub size: i64,
    /// The MIME type by signature; [`Detected::served_as`] refines it. Without a signature it is `text/plain` for UTF-8
    /// without NUL, and `application/octet-stream` otherwise.
    pub content_type: &'static str,
    /// Whether it begins like a program.
    pub executable: bool,
    /// Whether it is HTML or SVG, possibly after a byte-order mark, white space, comments
    /// and an XML prolog.
    pub markup: bool,
}

impl Detected {
    /// Returns the type to serve the file with. The extension, in lower case, chooses among the types
    /// that share the detected container.
    pub fn served_as(&self, extension: &str) -> &'static str {
        match (self.content_type, extension) {
            ("text/plain", "csv") => "text/csv",
            ("application/x-ole-storage", "doc") => "application/msword",
            ("application/x-ole-storage", "xls") => "application/vnd.ms-excel",
            ("application/x-ole-storage", "ppt") => "application/vnd.ms-powerpoint",
            // Their telling entries can be anywhere in the file.
            ("application/zip", _) => office::type_of_extension(extension).unwrap_or("application/zip"),
            ("video/webm", "weba") => "audio/webm",
            ("video/3gpp", "3ga") => "audio/3gpp",
            (detected, _) => detected,
        }
    }
}

/// Inspects a file while it arrives, and keeps only its beginning in memory.
#[derive(Debug)]
pub struct Inspector {
    max_size: i64,
    size: i64,
    head: Vec<u8>,
    lead: Lead,
    text: TextScan,
}

impl Inspector {
    /// Makes an inspector for a file that may have `max_size` bytes.
    pub fn new(max_size: i64) -> Self {
        Self { max_size, size: 0, head: Vec::new(), lead: Lead::default(), text: TextScan::default() }
    }

    /// Adds the next bytes, in chunks of any length.
    pub fn push(&mut self, chunk: &[u8]) {
        self.size = self.size.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        if self.too_large() {
            return;
        }
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
        self.lead.push(chunk);
        self.text.push(chunk);
    }

    /// Tells whether the file has more bytes than allowed.
    ///
    /// From then on only the size is counted. So a caller that must read the file to
    /// its end can continue to push chunks.
    pub fn too_large(&self) -> bool {
        self.size > self.max_size
    }

    /// Returns the result. Call it after the last chunk.
    pub fn finish(&self) -> Detected {
        Detected {
            size: self.size,
            content_type: self.content_type(),
            executable: EXECUTABLES.iter().any(|magic| self.head.starts_with(magic)),
            markup: self.lead.is_markup(),
        }
    }

    fn content_type(&self) -> &'static str {
        if let Some(media) = media::container(&self.head).filter(|_| !self.text.is_readable()) {
            return media;
        }
        match infer::get(&self.head) {
            Some(found) if self.is_reliable(found) => match found.mime_type() {
                "application/zip" => office::document(&self.head).unwrap_or("application/zip"),
                other => other,
            },
            _ if self.text.is_text() => "text/plain",
            _ => "application/octet-stream",
        }
    }

    fn is_reliable(&self, found: infer::Type) -> bool {
        found.matcher_type() != infer::MatcherType::Text
            && (!self.text.is_readable() || TEXT_SIGNATURES.iter().any(|magic| self.head.starts_with(magic)))
    }
}

/// Inspects a whole file in memory, of any size.
pub fn whole(bytes: &[u8]) -> Detected {
    let mut inspector = Inspector::new(i64::MAX);
    inspector.push(bytes);
    inspector.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signatures_name_the_type() {
        for (bytes, wanted) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"BM\x36\0\0\0\0\0\0\0", "image/bmp"),
            (b"%PDF-1.7\nhello", "application/pdf"),
            (b"{\\rtf1 hello}", "application/rtf"),
            (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/x-wav"),
            (b"OggS\0\x02\0\0", "audio/ogg"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
            (b"FLV\x01\x05\0\0\0\x09", "video/x-flv"),
            (b"PK\x03\x04", "application/zip"),
            (b"Rar!\x1a\x07\0", "application/vnd.rar"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "application/x-7z-compressed"),
            (b"\x1f\x8b\x08\0", "application/gzip"),
        ] {
            assert_eq!(whole(bytes).content_type, wanted, "{bytes:?}");
        }
    }

    #[test]
    fn texts_are_plain_whatever_they_say() {
        for text in [
            "",
            "hello",
            "<!DOCTYPE html><html></html>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "<?xml version=\"1.0\"?><a/>",
            "#!/bin/sh\n",
            "-----BEGIN CERTIFICATE-----\n",
            "BMW price list",
            "MAC address",
            "FWS",
            "ID3 is a learner of decision trees",
            "notes on moov and mdat atoms",
            "Formats WEBP",
            "a text that mentions %PDF-1.4",
            "\u{feff}gr\u{fc}\u{df}e",
        ] {
            assert_eq!(whole(text.as_bytes()).content_type, "text/plain", "{text}");
        }
    }

    #[test]
    fn what_is_neither_known_nor_text_is_bytes() {
        for bytes in [&b"hello\0world"[..], b"caf\xe9", b"\xf0\x9f\x98", b"\xc0\x80"] {
            assert_eq!(whole(bytes).content_type, "application/octet-stream", "{bytes:?}");
        }
    }

    #[test]
    fn programs_are_known_by_their_first_bytes() {
        for magic in EXECUTABLES {
            assert!(whole(&[magic, &b"\0\0\0\x3d rest"[..]].concat()).executable, "{magic:?}");
            assert!(whole(magic).executable, "{magic:?}");
            assert!(!whole(&[b" ", magic].concat()).executable, "{magic:?}");
        }
        assert!(!whole(b"M").executable);
    }

    #[test]
    fn a_late_byte_still_counts() {
        let mut bytes = vec![b'a'; 3 * HEAD];
        assert_eq!(whole(&bytes).content_type, "text/plain");
        bytes.push(0);
        assert_eq!(whole(&bytes).content_type, "application/octet-stream");
    }

    #[test]
    fn a_file_that_is_too_large_is_only_counted() {
        let mut inspector = Inspector::new(10 * 1024 * 1024);
        let chunk = vec![b'a'; 1024 * 1024];
        (0..10).for_each(|_| inspector.push(&chunk));
        assert!(!inspector.too_large());
        inspector.push(b"a");
        assert!(inspector.too_large());
        assert_eq!(inspector.finish().size, 10 * 1024 * 1024 + 1);
    }

    proptest! {
        #[test]
        fn pieces_do_not_change_what_is_found(
            start in prop_oneof![
                Just(""), Just("\u{feff} <!-- a --> <svg>"), Just("<?xml?><html>"), Just("PK\x03\x04"), Just("MZ")
            ],
            tail in "\\PC{0,40}",
            size in 1_usize..7,
        ) {
            let text = format!("{start}{tail}");
            let mut inspector = Inspector::new(i64::MAX);
            text.as_bytes().chunks(size).for_each(|chunk| inspector.push(chunk));
            prop_assert_eq!(inspector.finish(), whole(text.as_bytes()));
        }

        #[test]
        fn any_bytes_have_a_type(
            start in prop_oneof![
                Just(&b""[..]),
                Just(&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..]),
                Just(&b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff"[..]),
                Just(&b"\0\0\0\x20ftypmif1"[..]),
                Just(&b"<!doctype "[..]),
            ],
            rest in proptest::collection::vec(any::<u8>(), 0..2_000),
        ) {
            let bytes = [start, &rest].concat();
            let found = whole(&bytes);
            prop_assert!(found.content_type.contains('/'));
            prop_assert_eq!(found.size, i64::try_from(bytes.len()).unwrap());
        }

        #[test]
        fn text_is_what_reads_as_utf8_without_nul(bytes in proptest::collection::vec(any::<u8>(), 0..6), size in 1_usize..4) {
            let mut scan = TextScan::default();
            bytes.chunks(size).for_each(|chunk| scan.push(chunk));
            prop_assert_eq!(scan.is_text(), std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0));
        }
    }
}
