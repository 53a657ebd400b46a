//! Bodies of type `multipart/form-data` that are small enough to hold in memory.

use std::{borrow::Cow, fmt};

use actix_multipart::{Field, Multipart};
use actix_web::{
    error::PayloadError,
    http::header::HeaderMap,
    web::{Bytes, BytesMut},
};
use futures_util::{TryStreamExt, stream};

use super::fields::{Fields, Raw, Upload, wanted};
use crate::http::error::ApiError;

pub(super) async fn parse(
    headers: &HeaderMap,
    body: Bytes,
    names: Option<&[&str]>,
) -> Result<Fields<'static>, ApiError> {
    let mut parts = Multipart::new(headers, stream::iter([Ok::<_, PayloadError>(body)]));
    let mut fields = Fields::default();
    while let Some(mut part) = parts.try_next().await.map_err(|error| refusal(&error))? {
        let content = content(&mut part).await?;
        let Some(name) = part.name().filter(|name| wanted(names, name)) else { continue };
        let file = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let value = match file {
            // Browsers send this for an empty file input.
            Some("") if content.is_empty() => continue,
            Some(file) => Raw::File(Upload { name: file.to_owned(), bytes: content }),
            None => {
                let text = str::from_utf8(&content).map_err(|_| refusal(&"a field is not UTF-8 text"))?;
                Raw::Text(text.to_owned())
            }
        };
        fields.push(Cow::Owned(name.to_owned()), value);
    }
    Ok(fields)
}

async fn content(part: &mut Field) -> Result<Bytes, ApiError> {
    let mut content = BytesMut::new();
    while let Some(chunk) = part.try_next().await.map_err(|error| refusal(&error))? {
        content.extend_from_slice(&chunk);
    }
    Ok(content.freeze())
}

fn refusal(error: &dyn fmt::Display) -> ApiError {
    ApiError::parse_error(format!("Multipart form parse error - {error}"))
}
