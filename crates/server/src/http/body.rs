//! Request bodies: three encodings, and one way to declare the expected fields.

mod declare;
mod fields;
mod form;
mod json;
mod multipart;
mod payload;

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web::{self, Bytes},
};
use identity::Origin;
use tokio::runtime::Handle;

use crate::{
    background,
    fair::{FairSemaphore, Share},
    http::{
        caller_first,
        describe::{Argument, BodyShape, Field, Operation},
        error::ApiError,
        field_errors::{FieldError, FieldErrors},
        origin,
    },
};

pub(crate) use declare::body;
pub(crate) use json::{not_json, type_name};

pub(crate) use fields::{Fields, List, Raw, Upload};

/// Maximum size of a body whose type sets no other limit.
pub(crate) const MIB: usize = 1024 * 1024;

/// Parsing a longer body would block its worker thread for too long.
const LONG: usize = 64 * 1024;

/// A value that is read from the fields of a request body.
///
/// Declare it with `body!`. Implement it by hand only if the fields are not known beforehand.
pub(crate) trait Body: Sized + Send + 'static {
    /// Maximum size of the whole body, in bytes.
    const LIMIT: usize = MIB;

    /// The fields that are kept, or `None` to keep all fields.
    const NAMES: Option<&'static [&'static str]>;

    /// Reads the fields. All of them are read before any is refused.
    ///
    /// # Errors
    /// A message for each refused field.
    fn read(fields: Fields<'_>) -> Result<Self, FieldErrors>;

    /// Returns the name of its schema in the OpenAPI document.
    fn name() -> String;

    /// Returns the fields for the OpenAPI document.
    fn describe() -> Vec<Field>;
}

/// Extracts a body in any of the three encodings.
///
/// If an extractor of the caller [holds the gate](caller_first::hold), this one refuses only after the
/// caller was admitted.
#[derive(Debug)]
pub(crate) struct Valid<T>(pub(crate) T);

impl<T: Body> FromRequest for Valid<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let body = payload::read(req.headers(), payload, T::LIMIT).await;
            caller_first::pass(&req).await;
            parse_fairly(&req, body?).await.map(Self)
        })
    }
}

impl<B: Body> Argument for Valid<B> {
    fn describe(operation: Operation) -> Operation {
        describe::<B>(operation)
    }
}

/// For handlers that check something else before they report an invalid body.
impl<B: Body> Argument for Result<Valid<B>, ApiError> {
    fn describe(operation: Operation) -> Operation {
        describe::<B>(operation)
    }
}

/// Adds a body to an operation, with what the body may be refused for.
pub(crate) fn describe<B: Body>(operation: Operation) -> Operation {
    let operation = operation.body(BodyShape { name: B::name, fields: B::describe });
    let missing = ApiError::fields(FieldErrors::of("name", FieldError::required()));
    not_json()
        .into_iter()
        .fold(operation.refusal(missing), Operation::refusal)
        .refusal(ApiError::payload_too_large())
        .refusal(ApiError::unsupported_media_type("text/plain"))
}

/// Permits to parse long bodies, shared fairly between origins.
pub(crate) struct LongBodies(FairSemaphore<Origin>);

impl LongBodies {
    /// Makes permits for a machine with this many cores.
    pub(crate) fn new(cores: usize) -> Self {
        // The queue is short because every waiting body is held in memory.
        Self(FairSemaphore::new(Share { all: cores.max(2), each: 1, alone: cores, waiting: 32 }))
    }
}

/// Reads a body as [`Valid`] does, for a handler that takes the payload.
///
/// # Errors
/// As [`Valid`].
pub(crate) async fn whole<T: Body>(req: &HttpRequest, payload: Payload) -> Result<T, ApiError> {
    let body = payload::read(req.headers(), payload, T::LIMIT).await?;
    parse_fairly(req, body).await
}

/// Parses a short body at once. A long one waits for its origin's share of [`LongBodies`] and is
/// parsed on a thread of its own.
async fn parse_fairly<T: Body>(req: &HttpRequest, body: Bytes) -> Result<T, ApiError> {
    if body.len() <= LONG {
        return parse(req.headers(), body).await;
    }
    let permits = req.app_data::<web::Data<LongBodies>>();
    let permits = permits.ok_or_else(|| ApiError::internal("the permits for long bodies were not wired"))?;
    let permit = permits.0.acquire(origin::of(req)?).await?;
    let (headers, runtime) = (req.headers().clone(), Handle::current());
    let parsed = background::run(move || {
        let parsed = runtime.block_on(parse(&headers, body));
        // The work holds its permit to the end: if the caller disconnects, the core is still busy.
        drop(permit);
        parsed
    });
    parsed.await?
}

/// Parses a body by its content type.
///
/// # Errors
/// 400 for a body that cannot be read or whose fields are refused, 415 for another content type.
pub(crate) async fn parse<T: Body>(headers: &HeaderMap, body: Bytes) -> Result<T, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("?"));
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    let fields = if body.is_empty() {
        Fields::default()
    } else if is("application/json") {
        json::parse(&body, T::NAMES)?
    } else if is("application/x-www-form-urlencoded") {
        form::parse(&body, T::NAMES)?
    } else if is("multipart/form-data") {
        multipart::parse(headers, body, T::NAMES).await?
    } else {
        return Err(ApiError::unsupported_media_type(kind));
    };
    T::read(fields).map_err(ApiError::fields)
}

#[cfg(test)]
mod tests;
