//! Request bodies: three encodings, one way to declare what is wanted.

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
    app::App,
    auth,
    background::aside,
    http::{caller_first, describe::Field, error::ApiError, field_errors::FieldErrors},
};

pub(crate) use json::{not_json, type_name};

pub(crate) use fields::{Fields, List, Raw, Upload};

/// The size of a body where its type names no other.
pub(crate) const MIB: usize = 1024 * 1024;

/// A longer body takes its time, in which its thread answers nobody.
const LONG: usize = 64 * 1024;

/// Something that can be read from the fields of a request body.
///
/// Declare it with `body!`; write it by hand only where the
/// fields are not known beforehand.
pub(crate) trait Body: Sized + Send + 'static {
    /// How many bytes the whole body may have.
    const LIMIT: usize = MIB;

    /// The fields that are kept, or `None` for all of them.
    const NAMES: Option<&'static [&'static str]>;

    /// Reads every field before it refuses any.
    ///
    /// # Errors
    /// A message for each field that cannot be taken.
    fn read(fields: Fields<'_>) -> Result<Self, FieldErrors>;

    /// What the document calls it.
    fn name() -> String;

    /// The fields, for the document.
    fn describe() -> Vec<Field>;
}

/// Extracts a body in any of the three encodings.
///
/// Behind an extractor that [holds the gate](caller_first::hold) it refuses only after
/// the caller was let in.
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
            parse_by_turns(&req, body?).await.map(Self)
        })
    }
}

/// Reads a body in the way of [`Valid`], for a handler that has the payload.
///
/// # Errors
/// As [`Valid`].
pub(crate) async fn whole<T: Body>(req: &HttpRequest, payload: Payload) -> Result<T, ApiError> {
    let body = payload::read(req.headers(), payload, T::LIMIT).await?;
    parse_by_turns(req, body).await
}

/// Parses a short body at once and a long one beside the requests, in its sender's turn.
async fn parse_by_turns<T: Body>(req: &HttpRequest, body: Bytes) -> Result<T, ApiError> {
    if body.len() <= LONG {
        return parse(req.headers(), body).await;
    }
    // Tests of the foundation mount endpoints without an application.
    let turn = match req.app_data::<web::Data<App>>() {
        Some(app) => Some(app.long_bodies.acquire(Origin::of(auth::client_ip(req)?)).await?),
        None => None,
    };
    let (headers, runtime) = (req.headers().clone(), Handle::current());
    let parsed = aside(move || {
        let parsed = runtime.block_on(parse(&headers, body));
        // Held by the work itself: a caller that goes away frees no core.
        drop(turn);
        parsed
    });
    parsed.await?
}

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

/// Declares a request body: a plain struct and how each field is read.
///
/// The right side of a field is a rule of [`rules`](crate::http::rules). A size
/// other than [`MIB`] stands in brackets after the name.
///
/// ```text
/// body! {
///     /// Opens a ticket.
///     #[derive(Debug)]
///     struct OpenTicket {
///         subject: String = text().max(100),
///         agent_id: Option<i64> = integer().optional(),
///     }
/// }
/// ```
macro_rules! body {
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident $([$limit:expr])? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty = $rule:expr),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::http::body::Body for $name {
            $(const LIMIT: usize = $limit;)?
            const NAMES: Option<&'static [&'static str]> = Some(&[$(stringify!($field)),*]);

            fn read(
                fields: $crate::http::body::Fields<'_>,
            ) -> Result<Self, $crate::http::field_errors::FieldErrors> {
                use $crate::http::rules::Rule as _;

                let (mut fields, mut errors) = (fields, $crate::http::field_errors::FieldErrors::default());
                // Bound only after all were read: a field may have the name of a later field's rule.
                let ($($field,)*) =
                    ($(errors.keep(stringify!($field), $rule.read(&mut fields, stringify!($field))),)*);
                // Only a field that was refused is missing here.
                $(let Some($field) = $field else { return Err(errors) };)*
                Ok(Self { $($field),* })
            }

            fn name() -> String {
                stringify!($name).to_owned()
            }

            fn describe() -> Vec<$crate::http::describe::Field> {
                use $crate::http::rules::Rule as _;

                vec![$({
                    let described = $rule.describe();
                    $crate::http::describe::Field {
                        name: stringify!($field),
                        schema: described.schema,
                        is_required: described.is_required,
                    }
                }),*]
            }
        }
    };
}

pub(crate) use body;

#[cfg(test)]
mod tests;
