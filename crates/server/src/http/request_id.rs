//! The id of a request, which is in its response and in every log line about it.

use std::{fmt, future};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header::HeaderValue};
use ulid::{ULID_LEN, Ulid};

use crate::http::error::ApiError;

/// A ULID: 26 characters that sort by time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; ULID_LEN]);

impl RequestId {
    /// Generates a new id.
    pub(crate) fn generate() -> Self {
        let mut text = [0; ULID_LEN];
        Ulid::generate().array_to_str(&mut text);
        Self(text)
    }

    /// Returns the id that is used in examples.
    pub(crate) fn example() -> Self {
        Self(*b"01JDBZ7Q4M3R8S5T6V7W8X9Y0Z")
    }

    /// Returns the id as text.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromRequest for RequestId {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.extensions().get::<Self>().copied();
        future::ready(id.ok_or_else(|| ApiError::internal("the edge is not mounted")))
    }
}
