//! Turns the bytes of a text file into a text.

use std::borrow::Cow;

use super::{content::Reader, lines::Lines};

/// The characters of the bytes 0x80 to 0x9F in Windows-1252, which spreadsheets write and call Latin-1. Five bytes have
/// none.
const WINDOWS_1252: [Option<char>; 32] = [
    Some('\u{20ac}'),
    None,
    Some('\u{201a}'),
    Some('\u{192}'),
    Some('\u{201e}'),
    Some('\u{2026}'),
    Some('\u{2020}'),
    Some('\u{2021}'),
    Some('\u{2c6}'),
    Some('\u{2030}'),
    Some('\u{160}'),
    Some('\u{2039}'),
    Some('\u{152}'),
    None,
    Some('\u{17d}'),
    None,
    None,
    Some('\u{2018}'),
    Some('\u{2019}'),
    Some('\u{201c}'),
    Some('\u{201d}'),
    Some('\u{2022}'),
    Some('\u{2013}'),
    Some('\u{2014}'),
    Some('\u{2dc}'),
    Some('\u{2122}'),
    Some('\u{161}'),
    Some('\u{203a}'),
    Some('\u{153}'),
    None,
    Some('\u{17e}'),
    Some('\u{178}'),
];

/// Decodes UTF-8 and UTF-16, with or without a byte order mark, and Latin-1 as Windows-1252. Returns `None` for what is
/// no text: it has zeros, or bytes that no encoding has.
///
/// Reported are the lines with control characters other than white space, where a text is not UTF-8, and all such lines
/// if others are.
pub(super) fn text<'b>(bytes: &'b [u8], reader: &mut Reader) -> Option<Cow<'b, str>> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(str::from_utf8(rest).ok()?),
        // In UTF-16 without a mark, every second byte of a mostly western text is 0.
        [_, 0, ..] => Cow::Owned(utf16(bytes, u16::from_le_bytes)?),
        [0, _, ..] => Cow::Owned(utf16(bytes, u16::from_be_bytes)?),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(not_utf8(bytes, reader)?),
        },
    };
    if text.contains('\0') {
        return None;
    }
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    if text.contains(is_control) {
        let places = text.match_indices(is_control).map(|(at, _)| at);
        each_line(&Lines::of(&text), places, |line| {
            reader.error(line, "There is a control character in this line.".to_owned());
        });
    }
    Some(text)
}

/// Reads Latin-1. Letters that are UTF-8 show that the text is no Latin-1 but a broken UTF-8, whose lines must be repaired:
/// read as Latin-1, those letters would be two strange ones each.
fn not_utf8(bytes: &[u8], reader: &mut Reader) -> Option<String> {
    let (mut bad, mut at, mut has_letters) = (Vec::new(), 0, false);
    for chunk in bytes.utf8_chunks() {
        has_letters |= !chunk.valid().is_ascii();
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            bad.push(at);
        }
        at += chunk.invalid().len();
    }
    let lines = Lines::of_bytes(bytes);
    if has_letters {
        each_line(&lines, bad.into_iter(), |line| {
            reader.error(line, "This line is not UTF-8, but others are.".to_owned());
        });
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if let Some(&first) = bad.first() {
        reader.note(lines.at(first), "From this line on, the file is not UTF-8. It was read as Latin-1.".to_owned());
    }
    bytes.iter().map(|&byte| latin(byte)).collect()
}

/// Calls a function for each line that has one of these places, which are in order.
fn each_line(lines: &Lines, places: impl Iterator<Item = usize>, mut each: impl FnMut(usize)) {
    let mut last = 0;
    for line in places.map(|at| lines.at(at)) {
        if line != last {
            each(line);
        }
        last = line;
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect::<Result<_, _>>().ok()
}

fn latin(byte: u8) -> Option<char> {
    match byte.checked_sub(0x80) {
        Some(at) if at < 32 => WINDOWS_1252.get(usize::from(at)).copied().flatten(),
        _ => Some(char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, problems, read};
    use super::*;

    fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
        super::text(bytes, &mut Reader::default())
    }

    fn problems_of(bytes: &[u8]) -> Vec<(usize, String, bool)> {
        let content = super::super::read(super::super::Upload { bytes, document: "D" }).unwrap();
        content.problems.into_iter().map(|it| (it.place.line, it.message, it.is_error)).collect()
    }

    #[test]
    fn a_text_that_is_not_utf8_is_noted_and_one_that_is_so_in_part_is_an_error() {
        let note = "From this line on, the file is not UTF-8. It was read as Latin-1.";
        assert_eq!(problems_of(b"question,answer\r\nA,1\r\nB,\xe9\nC,\xe9\n"), [(3, note.to_owned(), false)]);
        let error = "This line is not UTF-8, but others are.";
        let mixed = b"question,answer\nA,\xc3\xa9\nB,\xe9\xe9 \xe9\nC,1\nD,\xe9\n";
        assert_eq!(problems_of(mixed), [(3, error.to_owned(), true), (5, error.to_owned(), true)]);
        assert_eq!(problems_of(b"question,answer\nA,\xc3\xa9\n"), []);
    }

    #[test]
    fn lines_with_control_characters_are_named() {
        let content = read("question,answer\nA,1\nB,\u{7}\u{8}2\nC,3\u{9f}\n").unwrap();
        let message = "There is a control character in this line.";
        assert_eq!(problems(&content), [(3, message), (4, message)]);
        assert!(content.has_errors);
        assert_eq!(asked(&content)[0], (2, "A", "1"));
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let whole = "Caf\u{e9}; 5 \u{20ac}\r\n\tOK";
        let wide = |unit: fn(u16) -> [u8; 2]| whole.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let mark = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            whole.as_bytes().to_vec(),
            mark(b"\xef\xbb\xbf", whole.as_bytes().to_vec()),
            mark(b"\xff\xfe", wide(u16::to_le_bytes)),
            mark(b"\xfe\xff", wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            b"Caf\xe9; 5 \x80\r\n\tOK".to_vec(),
        ] {
            assert_eq!(text(&bytes).as_deref(), Some(whole), "{bytes:?}");
        }
        assert_eq!(text(b"").as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_text_is_none() {
        for bytes in [
            b"%PDF-1.4\n%\x81\x8d".as_slice(),
            b"PK\x03\x04\x14\0\0\0",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0d",
            b"a\0b",
            b"\xff\xfea",
            b"\xff\xfe\0\xd8a\0",
            b"\xef\xbb\xbf\xff",
        ] {
            assert_eq!(text(bytes), None, "{bytes:?}");
        }
    }
}
