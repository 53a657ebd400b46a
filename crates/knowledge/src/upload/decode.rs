//! Turns the bytes of a text file into a text.

use std::borrow::Cow;

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

/// Decodes UTF-8 and UTF-16, with or without a byte order mark, and Latin-1 as Windows-1252. Returns `None` for
/// anything else: texts have no control characters but white space.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(str::from_utf8(rest).ok()?),
        // In UTF-16 without a mark, every second byte of a mostly western text is 0.
        [_, 0, ..] => Cow::Owned(utf16(bytes, u16::from_le_bytes)?),
        [0, _, ..] => Cow::Owned(utf16(bytes, u16::from_be_bytes)?),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(bytes.iter().map(|&byte| latin(byte)).collect::<Option<String>>()?),
        },
    };
    let is_text = |c: char| !c.is_control() || c.is_whitespace();
    text.chars().all(is_text).then_some(text)
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
    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "Caf\u{e9}; 5 \u{20ac}\r\n\tOK";
        let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let mark = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            mark(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
            mark(b"\xff\xfe", wide(u16::to_le_bytes)),
            mark(b"\xfe\xff", wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            b"Caf\xe9; 5 \x80\r\n\tOK".to_vec(),
        ] {
            assert_eq!(super::text(&bytes).as_deref(), Some(text), "{bytes:?}");
        }
        assert_eq!(super::text(b"").as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_text_is_none() {
        for bytes in [
            b"%PDF-1.4\n%\x81\x8d".as_slice(),
            b"PK\x03\x04",
            b"\x89PNG\r\n\x1a\n",
            b"a\0b",
            b"\xff\xfea",
            b"\xff\xfe\0\xd8a\0",
            b"\xef\xbb\xbf\xff",
        ] {
            assert_eq!(super::text(bytes), None, "{bytes:?}");
        }
    }
}
