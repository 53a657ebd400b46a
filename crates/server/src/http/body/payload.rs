//! Reads a whole payload, up to a limit.

use actix_web::{
    dev::Payload,
    http::header::{self, HeaderMap},
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;

use crate::http::error::ApiError;

/// How many bytes beyond the limit are read and discarded. A client that is still sending when the
/// connection closes may never see the response.
const DRAINED: usize = 16 * 1024 * 1024;

pub(super) async fn read(headers: &HeaderMap, mut payload: Payload, limit: usize) -> Result<Bytes, ApiError> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit + DRAINED)) {
        return Err(ApiError::payload_too_large());
    }
    // Most bodies arrive in one chunk, which needs no copy.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::parse_error("The request body could not be read."))?;
        length += chunk.len();
        if length > limit + DRAINED {
            break;
        } else if length > limit {
            (first, whole) = (Bytes::new(), BytesMut::new());
        } else if length == chunk.len() {
            first = chunk;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&chunk);
        }
    }
    if length > limit {
        return Err(ApiError::payload_too_large());
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}
