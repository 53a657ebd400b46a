//! Detects Office Open XML and `OpenDocument` files, which are zips with certain entries.

const ENTRY: &[u8] = b"PK\x03\x04";

/// Offsets of the name and of its length in an entry's header.
const NAME: usize = 30;
const NAME_LEN: usize = 26;

/// Returns the document type of a zip by the entries in its first bytes, `None` for any other zip.
///
/// The crate `infer` looks only at the first few entries and misses the documents of
/// many programs. The layout is defined in APPNOTE.TXT of PKWARE, section 4.3.7.
pub(super) fn document(head: &[u8]) -> Option<&'static str> {
    let mut is_package = false;
    let mut part = None;
    for name in entry_names(head) {
        is_package |= name == b"[Content_Types].xml" || name == b"_rels/.rels";
        part = part.or_else(|| main_part(name));
    }
    part.filter(|_| is_package)
}

fn main_part(name: &[u8]) -> Option<&'static str> {
    [(&b"word/"[..], "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx")]
        .into_iter()
        .find(|(folder, _)| name.starts_with(folder))
        .and_then(|(_, extension)| type_of_extension(extension))
}

/// Returns the type of the documents with an extension that are zips.
pub(super) fn type_of_extension(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        "odg" => "application/vnd.oasis.opendocument.graphics",
        _ => return None,
    })
}

/// Finds entries by their signature. Skipping from header to header does not work, because
/// programs that stream a zip leave the sizes in the headers empty.
fn entry_names(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = head.windows(ENTRY.len()).enumerate().filter(|(_, window)| *window == ENTRY);
    starts.filter_map(|(start, _)| {
        let header = head.get(start..)?;
        let length = header.get(NAME_LEN..NAME_LEN + 2)?.try_into().ok().map(u16::from_le_bytes)?;
        header.get(NAME..)?.get(..usize::from(length))
    })
}

#[cfg(test)]
mod tests {
    use crate::detect;

    fn zip(names: &[&str]) -> Vec<u8> {
        let entry = |name: &&str| {
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            [b"PK\x03\x04", &[0; 22][..], &length, &[0; 2], name.as_bytes(), &[0xaa; 700]].concat()
        };
        names.iter().flat_map(entry).collect()
    }

    #[test]
    fn documents_are_told_from_other_zips_in_any_order_of_entries() {
        let types = "[Content_Types].xml";
        for (names, wanted) in [
            (
                &[types, "_rels/.rels", "docProps/core.xml", "docProps/app.xml", "word/document.xml"][..],
                "wordprocessingml.document",
            ),
            (
                &[
                    "_rels/.rels",
                    "docProps/app.xml",
                    "docProps/core.xml",
                    "docProps/custom.xml",
                    "a",
                    "xl/workbook.xml",
                ],
                "spreadsheetml.sheet",
            ),
            (&[types, "customXml/item1.xml", "a", "b", "c", "ppt/presentation.xml"], "presentationml.presentation"),
            (&["readme.txt", "my/word/list.txt"], "zip"),
            (&["readme.txt", "a", "b", "c", "word/list.txt"], "zip"),
            (&[types, "_rels/.rels", "a", "b"], "zip"),
        ] {
            let found = detect::whole(&zip(names)).content_type;
            assert!(found.ends_with(wanted), "{names:?}: {found}");
        }
    }
}
