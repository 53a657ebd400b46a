//! A JSON array that is read from the database while it is sent.

use std::future::ready;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{StatusCode, header::ContentType},
    web::Bytes,
};
use futures_util::{
    Stream, StreamExt as _,
    stream::{self, LocalBoxStream},
};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{Fault, StoreError};

use crate::http::describe::{Answer, Operation};

/// Some of the rows, in order.
pub(crate) struct Part<T> {
    /// The rows.
    pub(crate) rows: Vec<T>,
    /// Whether this is the last part.
    pub(crate) is_last: bool,
}

/// An array of any number of rows, of which only one part is in memory at a time.
///
/// A failure of the first part is an ordinary refusal. After the header is sent, a failure closes the
/// connection before the array ends, so that no client mistakes half a list for a whole one.
pub(crate) struct Streamed<T> {
    first: Part<T>,
    rest: LocalBoxStream<'static, Result<Part<T>, StoreError>>,
}

impl<T: 'static> Streamed<T> {
    /// Creates an array without rows.
    pub(crate) fn empty() -> Self {
        Self { first: Part { rows: Vec::new(), is_last: true }, rest: stream::empty().boxed_local() }
    }

    /// Reads the first part. The others are read one by one, as fast as the client receives them.
    ///
    /// # Errors
    /// The error of the first part.
    pub(crate) async fn start(
        parts: impl Stream<Item = Result<Part<T>, StoreError>> + 'static,
    ) -> Result<Self, StoreError> {
        let mut rest = parts.boxed_local();
        match rest.next().await {
            Some(first) => Ok(Self { first: first?, rest }),
            None => Ok(Self::empty()),
        }
    }
}

impl<T: Serialize + 'static> Responder for Streamed<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self { first, rest } = self;
        if first.is_last {
            return HttpResponse::Ok().json(first.rows);
        }
        let parts = stream::once(ready(Ok(first))).chain(rest).enumerate();
        let body = parts.map(|(at, part)| {
            let bytes = part.and_then(|part| bytes(&part, at == 0));
            bytes.inspect_err(|error| tracing::error!(error = crate::logging::chain(error), "list broken off"))
        });
        HttpResponse::Ok().content_type(ContentType::json()).streaming(body)
    }
}

impl<T: JsonSchema> Answer for Streamed<T> {
    fn describe(operation: Operation) -> Operation {
        operation.reply::<Vec<T>>(StatusCode::OK)
    }
}

/// Returns what a part adds to the text of the array.
fn bytes<T: Serialize>(part: &Part<T>, is_first: bool) -> Result<Bytes, StoreError> {
    let mut text = serde_json::to_vec(&part.rows).map_err(|error| StoreError::new(Fault::Broken, error))?;
    if !part.is_last {
        text.pop();
    }
    // In a later part, replace the opening bracket by the comma between two rows.
    if !is_first {
        match text.first_mut() {
            Some(bracket) if !part.rows.is_empty() => *bracket = b',',
            _ => drop(text.drain(..1)),
        }
    }
    Ok(Bytes::from(text))
}

#[cfg(test)]
mod tests {
    use actix_web::{body::to_bytes, http::header, test::TestRequest};

    use super::*;

    async fn sent(parts: Vec<Result<Part<i64>, StoreError>>) -> Result<HttpResponse, StoreError> {
        let request = TestRequest::default().to_http_request();
        Streamed::start(stream::iter(parts)).await.map(|streamed| streamed.respond_to(&request))
    }

    fn part(rows: &[i64], is_last: bool) -> Result<Part<i64>, StoreError> {
        Ok(Part { rows: rows.to_vec(), is_last })
    }

    fn fault() -> Result<Part<i64>, StoreError> {
        Err(StoreError::new(Fault::Unavailable, "gone"))
    }

    #[actix_web::test]
    async fn parts_make_one_array() {
        let cases = [
            (vec![], "[]"),
            (vec![part(&[], true)], "[]"),
            (vec![part(&[1, 2], true)], "[1,2]"),
            (vec![part(&[1, 2], false), part(&[3, 4], false), part(&[5], true)], "[1,2,3,4,5]"),
            (vec![part(&[1, 2], false), part(&[], true)], "[1,2]"),
        ];
        for (parts, expected) in cases {
            let response = sent(parts).await.unwrap();
            assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
            assert_eq!(to_bytes(response.into_body()).await.unwrap(), expected);
        }
    }

    #[actix_web::test]
    async fn a_fault_before_the_header_is_a_refusal_and_after_it_a_broken_body() {
        assert_eq!(sent(vec![fault()]).await.unwrap_err().fault(), Fault::Unavailable);
        let broken = sent(vec![part(&[1], false), fault()]).await.unwrap();
        assert!(to_bytes(broken.into_body()).await.is_err());
    }
}
