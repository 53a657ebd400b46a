//! Bodies of type `application/x-www-form-urlencoded`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::fields::{Fields, Raw, wanted};
use crate::http::error::ApiError;

pub(super) fn parse<'a>(body: &'a [u8], names: Option<&[&str]>) -> Result<Fields<'a>, ApiError> {
    let text = str::from_utf8(body).map_err(|_| refusal())?;
    let mut fields = Fields::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        if wanted(names, &name) {
            fields.push(name, Raw::Text(decode(value)?.into_owned()));
        }
    }
    Ok(fields)
}

fn decode(text: &str) -> Result<Cow<'_, str>, ApiError> {
    if !text.contains('+') {
        return percent_decode_str(text).decode_utf8().map_err(|_| refusal());
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| refusal())?;
    Ok(Cow::Owned(decoded.into_owned()))
}

/// The URL standard would replace invalid bytes. They are refused instead, so that no altered text is
/// stored.
fn refusal() -> ApiError {
    ApiError::parse_error("Form parse error - the body is not UTF-8 text")
}
