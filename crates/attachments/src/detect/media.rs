//! Detects the containers of media that phones and browsers record, which `infer` knows only in part.

/// How far into an EBML file its document type is searched.
const EBML_HEAD: usize = 256;

/// Returns the type of a file in an ISO base media, EBML or Core Audio container, `None` for other files.
pub(super) fn container(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8) == Some(b"ftyp") {
        return iso(head);
    }
    if head.starts_with(b"\x1a\x45\xdf\xa3") {
        let start = head.get(..EBML_HEAD).unwrap_or(head);
        let names = |kind: &[u8]| start.windows(kind.len()).any(|window| window == kind);
        // The element DocType: its id, its length and its text.
        return match () {
            () if names(b"\x42\x82\x84webm") => Some("video/webm"),
            () if names(b"\x42\x82\x88matroska") => Some("video/x-matroska"),
            () => None,
        };
    }
    head.starts_with(b"caff\0\x01").then_some("audio/x-caf")
}

/// Reads the brands of an ISO base media file: the major one, its version, and the compatible ones.
fn iso(head: &[u8]) -> Option<&'static str> {
    let length = head.get(..4)?.try_into().ok().map(u32::from_be_bytes)?;
    let length = usize::try_from(length).ok()?.min(head.len());
    let major = head.get(8..12)?;
    let compatible = || head.get(16..length).unwrap_or_default().chunks_exact(4);
    let has = |brands: &[&[u8]]| brands.contains(&major) || compatible().any(|brand| brands.contains(&brand));
    match major {
        b"mif1" | b"msf1" | b"miaf" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"avif" | b"avis" => {
            Some(if has(&[b"avif", b"avis"]) {
                "image/avif"
            } else if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"]) {
                "image/heic"
            } else {
                "image/heif"
            })
        }
        b"qt  " => Some("video/quicktime"),
        b"M4A " | b"M4B " => Some("audio/m4a"),
        b"M4V " | b"M4VH" | b"M4VP" => Some("video/x-m4v"),
        _ if major.starts_with(b"3g2") => Some("video/3gpp2"),
        _ if major.starts_with(b"3g") => Some("video/3gpp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::whole;

    #[test]
    fn recordings_of_phones_and_browsers_have_their_types() {
        for (bytes, wanted) in [
            (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "image/heic"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
            (b"\0\0\0\x14ftypmif1\0\0\0\0mif1", "image/heif"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "image/avif"),
            (b"\0\0\0\x14ftyp3gp4\0\0\0\0isom", "video/3gpp"),
            (b"\0\0\0\x14ftyp3g2a\0\0\0\0isom", "video/3gpp2"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
            (b"\0\0\0\x14ftypM4A \0\0\0\0isom", "audio/m4a"),
            (b"\0\0\0\x14ftypM4V \0\0\0\0isom", "video/x-m4v"),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp41", "video/mp4"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87", "video/webm"),
            (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska\x42\x87", "video/x-matroska"),
            (b"caff\0\x01\0\0desc", "audio/x-caf"),
            (b"#!AMR\n\x3c\x08\xff\xff\0\0\0\0", "audio/amr"),
            (b"\xff\xf1\x50\x80\x02\x1f\xfc", "audio/aac"),
            (b"II*\0\x08\0\0\0\x0f\0\0\x01\x03\0", "image/tiff"),
        ] {
            assert_eq!(whole(bytes).content_type, wanted, "{bytes:?}");
        }
    }

    #[test]
    fn a_note_about_brands_is_a_text() {
        assert_eq!(whole(b"the ftypheic brand").content_type, "text/plain");
        assert_eq!(whole(b"the ftyp").content_type, "text/plain");
    }
}
