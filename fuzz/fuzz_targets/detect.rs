//! File detection: chunks of any length give the same result as the whole file. An accepted file is
//! neither a program nor a page that poses as an image, and it is never served as a page.
#![no_main]

use attachments::{
    FileKind,
    detect::{Inspector, whole},
    name, policy,
};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["a.pdf", "a.png", "a.docx", "a.txt", "a.csv", "a.svg", "a.html.txt", "a"];

fuzz_target!(|input: &[u8]| {
    let Some((&piece, content)) = input.split_first() else { return };
    let found = whole(content);
    let mut inspector = Inspector::new(i64::MAX);
    content.chunks(usize::from(piece) + 1).for_each(|chunk| inspector.push(chunk));
    assert_eq!(inspector.finish(), found);
    assert_eq!(usize::try_from(found.size), Ok(content.len()));

    let sent = String::from_utf8_lossy(content.get(..64).unwrap_or(content));
    let original = name::original(&sent);
    for name in NAMES.into_iter().chain([original.as_str()]) {
        if let Ok(kind) = policy::judge(name, &found) {
            assert!(!found.executable && !(found.markup && kind == FileKind::Image), "{name} {found:?}");
            assert!(!["text/html", "image/svg+xml"].contains(&found.content_type), "{name} {found:?}");
        }
    }
    let kept = name::clean(&original);
    for text in [&original, &kept] {
        assert!(!text.contains(['/', '\\', '\0', '\r', '\n']), "{text:?}");
    }
});
