//! Request targets as they are logged.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use actix_web::http::Uri;
use percent_encoding::percent_decode_str;

/// A path and query without credentials and file names.
///
/// The UUID of a session id is cut to eight characters. The values of `token`, `ticket` and `sig` and
/// the original names of files are left out.
pub(crate) struct Redacted<'a>(pub(crate) &'a Uri);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_shortened(f, without_file_name(&decoded(self.0.path())))?;
        let Some(query) = self.0.query() else { return Ok(()) };
        for (index, pair) in query.split('&').enumerate() {
            f.write_char(if index == 0 { '?' } else { '&' })?;
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name);
            write_shortened(f, &name)?;
            if !value.is_empty() {
                f.write_char('=')?;
                match name.as_ref() {
                    "token" | "ticket" | "sig" => f.write_char('-')?,
                    _ => write_shortened(f, &decoded(value))?,
                }
            }
        }
        Ok(())
    }
}

/// Cuts the path of a file after the parts that the server generated: company, time and random digits.
fn without_file_name(path: &str) -> &str {
    let end = path.find("/media/").and_then(|at| {
        let name = at + path.get(at..)?.trim_end_matches('/').rfind('/')? + 1;
        let (last, _) = path.get(name..)?.match_indices('_').nth(3)?;
        Some(name + last)
    });
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// Decodes a text. Otherwise `%2D` for a hyphen would hide an id.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn write_shortened(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some(at) = (done..bytes.len()).find(|&at| bytes.get(at..at + 36).is_some_and(is_uuid)) {
        write_plain(f, text.get(done..at + 8).unwrap_or_default())?;
        f.write_str("..")?;
        done = at + 36;
    }
    write_plain(f, text.get(done..).unwrap_or_default())
}

/// Writes a text without control characters: a line break in a path must not start a new log line.
fn write_plain(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for (index, piece) in text.split(char::is_control).enumerate() {
        if index > 0 {
            f.write_char(char::REPLACEMENT_CHARACTER)?;
        }
        f.write_str(piece)?;
    }
    Ok(())
}

fn is_uuid(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_logged_without_credentials() {
        let uuid = "7be419cd-1234-4abc-8def-0123456789ab";
        let cases = [
            (
                format!("/ws/chat/TES001/TES001_{uuid}/?token=a.b.c&after=3"),
                "/ws/chat/TES001/TES001_7be419cd../?token=-&after=3",
            ),
            (format!("/x/?session_id=TES001_{uuid}"), "/x/?session_id=TES001_7be419cd.."),
            (format!("/x/TES001%5F{}/", uuid.replace('-', "%2D")), "/x/TES001_7be419cd../"),
            (format!("/x/{uuid}{uuid}/"), "/x/7be419cd..7be419cd../"),
            ("/media/a/?exp=5&sig=s3cret".to_owned(), "/media/a/?exp=5&sig=-"),
            (
                "/media/uploads/TES001/7be419cd/TES001_20261123_025203_c426fdcf45b4_my_cv.pdf/?exp=5".to_owned(),
                "/media/uploads/TES001/7be419cd/TES001_20261123_025203_c426fdcf45b4?exp=5",
            ),
            ("/x/?%74oken=s3cret&flag".to_owned(), "/x/?token=-&flag"),
            ("/x/%0Aforged%C3%A9%FF/".to_owned(), "/x/\u{fffd}forged\u{e9}\u{fffd}/"),
        ];
        for (target, shown) in cases {
            assert_eq!(Redacted(&target.parse().unwrap()).to_string(), shown);
        }
    }
}
