//! Request targets as they are logged.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use actix_web::http::Uri;
use percent_encoding::percent_decode_str;

/// Query parameters whose values are logged: pages, filters and ids. Every other value is left out, because
/// clients also send passwords, tokens and names in parameters that no endpoint reads.
const LOGGED_VALUES: &[&str] = &[
    "activity_type",
    "admin_id",
    "after",
    "agent_id",
    "before",
    "company_id",
    "country_code",
    "created_from",
    "created_to",
    "cursor",
    "dry_run",
    "exp",
    "from",
    "limit",
    "mode",
    "order",
    "ordering",
    "page",
    "page_size",
    "per_page",
    "plan_name",
    "priority",
    "session_id",
    "shared",
    "status",
    "tz",
    "user_id",
    "view",
    "wait",
];

/// Length from which a run of letters and digits counts as a token.
const TOKEN_LENGTH: usize = 20;

/// Length from which a run of hexadecimal digits counts as a token.
const HEX_TOKEN_LENGTH: usize = 16;

/// A path and query without credentials.
///
/// - Query values are written for the names of [`LOGGED_VALUES`] only, and only if they are plain words.
/// - Values of matrix parameters (`;name=value`) are left out.
/// - The UUID of a session id keeps eight characters; other texts that look like tokens are left out.
/// - The name that a visitor gave a file is left out, and so is the id that a company gave an entry.
pub(crate) struct Redacted<'a>(pub(crate) &'a Uri);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = decoded(self.0.path());
        match stored_file(&path) {
            Some((folder, name)) => {
                write_path(f, folder)?;
                write_plain(f, name)?;
            }
            None => match entry_of(&path) {
                Some(folder) => write!(f, "{folder}-/")?,
                None => write_path(f, without_file_name(&path))?,
            },
        }
        let Some(query) = self.0.query() else { return Ok(()) };
        for (index, pair) in query.split(['&', ';']).enumerate() {
            f.write_char(if index == 0 { '?' } else { '&' })?;
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name);
            write_shortened(f, &name)?;
            if !value.is_empty() {
                f.write_char('=')?;
                let value = decoded(value);
                if LOGGED_VALUES.contains(&name.as_ref()) && value.bytes().all(is_plain) {
                    write_shortened(f, &value)?;
                } else {
                    f.write_char('-')?;
                }
            }
        }
        Ok(())
    }
}

/// Returns whether a byte may be in a logged query value. Separators may not, so that a value cannot hold
/// another parameter.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:,+ ".contains(&byte)
}

/// Splits the path of an uploaded file into its folder and the part of its name that the server made:
/// company, date, time and 12 hexadecimal digits.
fn stored_file(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_end_matches('/');
    let at = path.rfind('/')? + 1;
    let (folder, name) = path.split_at_checked(at)?;
    let mut parts = name.splitn(5, '_');
    let (company, date, time, random) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_stored = folder.contains("/media/")
        && company.len() < 12
        && digits(date, 8)
        && digits(time, 6)
        && random.len() == 12
        && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    let end = company.len() + date.len() + time.len() + random.len() + 3;
    if is_stored { Some((folder, name.get(..end)?)) } else { None }
}

/// Cuts off what could be a file's name after the part that the server made.
fn without_file_name(path: &str) -> &str {
    let end = path.find("/media/").and_then(|at| {
        let name = at + path.get(at..)?.trim_end_matches('/').rfind('/')? + 1;
        let (last, _) = path.get(name..)?.match_indices('_').nth(3)?;
        Some(name + last)
    });
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// Where the entries of the knowledge are.
const ENTRIES: &str = "/api/knowledge/entries/";

/// Returns the path of the entries, if this is the path of one of them. A repeated `/api` is read as one.
fn entry_of(mut path: &str) -> Option<&'static str> {
    while let Some(short) = path.strip_prefix("/api").filter(|short| short.starts_with("/api/")) {
        path = short;
    }
    let id = path.strip_prefix(ENTRIES)?;
    (!["", "export", "export/"].contains(&id)).then_some(ENTRIES)
}

/// Decodes a text. Otherwise `%2D` for a hyphen would hide an id.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Writes a path without the values of its matrix parameters.
fn write_path(f: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            f.write_char('/')?;
        }
        for (index, part) in segment.split(';').enumerate() {
            if index > 0 {
                f.write_char(';')?;
            }
            match part.split_once('=') {
                Some((name, value)) if index > 0 && !value.is_empty() => {
                    write_shortened(f, name)?;
                    f.write_str("=-")?;
                }
                _ => write_shortened(f, part)?,
            }
        }
    }
    Ok(())
}

/// Writes a text with its UUIDs shortened, and without what looks like a token.
fn write_shortened(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some(at) = (done..bytes.len()).find(|&at| bytes.get(at..at + 36).is_some_and(is_uuid)) {
        write_without_tokens(f, text.get(done..at).unwrap_or_default())?;
        write_plain(f, text.get(at..at + 8).unwrap_or_default())?;
        f.write_str("..")?;
        done = at + 36;
    }
    write_without_tokens(f, text.get(done..).unwrap_or_default())
}

fn write_without_tokens(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.+=~%".contains(c);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !in_token(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_token(run) {
            f.write_str("..")?
        } else {
            write_plain(f, run)?
        }
        let end = after.find(in_token).unwrap_or(after.len());
        let (between, after) = after.split_at(end);
        write_plain(f, between)?;
        rest = after;
    }
    Ok(())
}

/// Says whether a run of characters could be a JWT, or random bytes in base64 or hexadecimal.
///
/// The words of paths are lower case with hyphens, and have no digits.
fn is_token(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
    run.len() >= TOKEN_LENGTH && (has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase))
        || run.len() >= HEX_TOKEN_LENGTH && is_hex
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
            ("/api/knowledge/entries/Ann%27s%2Fprice/?page=2".to_owned(), "/api/knowledge/entries/-/?page=2"),
            ("/api/api/knowledge/entries/Ann%27s/".to_owned(), "/api/knowledge/entries/-/"),
            ("/api/%61pi/api/knowledge/entries/Ann".to_owned(), "/api/knowledge/entries/-/"),
            ("/api/knowledge/entries/export/".to_owned(), "/api/knowledge/entries/export/"),
            ("/x/?%74oken=s3cret&flag".to_owned(), "/x/?token=-&flag"),
            ("/x/%0Aforged%C3%A9%FF/".to_owned(), "/x/\u{fffd}forged\u{e9}\u{fffd}/"),
        ];
        for (target, shown) in cases {
            assert_eq!(Redacted(&target.parse().unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn values_are_logged_for_known_names_and_plain_words_only() {
        let cases = [
            ("/x/?username=root&password=hunter2", "/x/?username=-&password=-"),
            ("/x/?access_token=s3&refresh=s3&TOKEN=s3&Page=s3", "/x/?access_token=-&refresh=-&TOKEN=-&Page=-"),
            ("/x/?search=Ann&page=2&status=pending&x", "/x/?search=-&page=2&status=pending&x"),
            ("/x/?page=1;sig=s3cret", "/x/?page=1&sig=-"),
            ("/x/?page=1%26token%3Ds3cret", "/x/?page=-"),
            ("/x/?created_from=2026-02-28T10:00:00%2B01:00", "/x/?created_from=2026-02-28T10:00:00+01:00"),
        ];
        for (target, shown) in cases {
            assert_eq!(Redacted(&target.parse().unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn what_looks_like_a_token_is_cut_anywhere() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjo3fQ.c2lnbmF0dXJlLW9mLXRva2Vu";
        let hex = "0123456789abcdef0123456789abcdef";
        let cases = [
            (format!("/api/{jwt}/"), "/api/../"),
            (format!("/api/x%2E{}/", jwt.replace('.', "%2E")), "/api/../"),
            (format!("/x/?page={jwt}&{jwt}&status={hex}"), "/x/?page=..&..&status=.."),
            (format!("/media/{hex}/a_b_c_d_e/"), "/media/../a_b_c_d"),
            (format!("/media/{jwt}_20261123_025203_c426fdcf45b4_x"), "/media/.."),
            ("/media/a;sig=s3cret;exp=5/b".to_owned(), "/media/a;sig=-;exp=-/b"),
            ("/media/a%3Bsig%3Ds3cret".to_owned(), "/media/a;sig=-"),
            ("/api/auth/list-user-plan-assignments/".to_owned(), "/api/auth/list-user-plan-assignments/"),
        ];
        for (target, shown) in cases {
            assert_eq!(Redacted(&target.parse().unwrap()).to_string(), shown);
        }
    }
}
