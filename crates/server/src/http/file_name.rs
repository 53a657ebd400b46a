//! The file name of a multipart part, as its sender meant it.

use actix_multipart::Field;
use actix_web::http::header;

/// Returns the file name of a part, or `None` for a plain field.
///
/// Browsers send a backslash unescaped and some libraries double it, but actix reads every backslash as
/// an escape: `C:\docs\cv.pdf` would lose its separators. `filename*` counts only if there is no
/// `filename`.
pub(crate) fn of(part: &Field) -> Option<String> {
    let sent = part.content_disposition()?;
    if sent.get_filename().is_none() {
        return sent.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
    }
    let raw = part.headers().get(header::CONTENT_DISPOSITION).map(header::HeaderValue::as_bytes);
    let raw = raw.and_then(|raw| str::from_utf8(raw).ok()).and_then(quoted);
    raw.or_else(|| sent.get_filename().map(str::to_owned))
}

/// Finds the quoted value of `filename` in a header. Only quotes and backslashes can be escaped.
fn quoted(header: &str) -> Option<String> {
    let mut rest = header;
    loop {
        let (before, after) = rest.split_once('=')?;
        let name = before.rsplit(';').next().unwrap_or(before).trim();
        let Some(text) = after.trim_start().strip_prefix('"') else {
            rest = after.split_once(';')?.1;
            continue;
        };
        let (value, tail) = unquote(text)?;
        if name.eq_ignore_ascii_case("filename") {
            return Some(value);
        }
        rest = tail;
    }
}

/// Returns the text up to the closing quote, and the rest after it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.chars());
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' if chars.as_str().starts_with(['"', '\\']) => value.extend(chars.next()),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_and_backslashes_are_escaped() {
        for (sent, meant) in [
            (r#"form-data; name="file"; filename="C:\docs\cv.pdf""#, r"C:\docs\cv.pdf"),
            (r#"form-data; name="file"; filename="C:\\docs\\cv.pdf""#, r"C:\docs\cv.pdf"),
            (r#"form-data; name="a\"; filename=\"b"; FileName = "say \"hi\".txt""#, "say \"hi\".txt"),
            (r#"form-data; filename="a; b=c.txt"; name="file""#, "a; b=c.txt"),
            (r#"form-data; name=file; filename="""#, ""),
        ] {
            assert_eq!(quoted(sent).as_deref(), Some(meant), "{sent}");
        }
        for none in
            ["form-data", r#"form-data; name="file""#, r#"form-data; filename="open"#, "form-data; filename=a.txt"]
        {
            assert_eq!(quoted(none), None, "{none}");
        }
    }
}
