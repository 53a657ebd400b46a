//! The error type of handlers.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use serde_json::{Value, json};
use tenancy::{Fault, StoreError};

use crate::http::{
    code::Code,
    field_errors::{FieldError, FieldErrors, NON_FIELD, Text},
};

/// How long a caller should wait when the database is busy or unavailable.
const RETRY_SOON: Duration = Duration::from_secs(1);

/// The message of a rate-limited call.
const TOO_MANY: &str = "Too many requests.";

/// A refusal in one of the shapes of docs/compatibility.md, Errors.
///
/// The body is written at the edge, which knows the request id; the response
/// that actix makes from this value has only status and headers.
#[derive(Clone)]
pub(crate) struct ApiError(Box<ErrorParts>);

#[derive(Clone)]
struct ErrorParts {
    status: StatusCode,
    code: Code,
    shape: Shape,
    extras: Vec<(Text, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// Which key carries the message.
#[derive(Clone)]
pub(crate) enum Shape {
    Fields(FieldErrors),
    Error(Text),
    Detail(Text),
}

impl Shape {
    /// Returns the name of its schema in the OpenAPI document.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fields(_) => "FieldErrors",
            Self::Error(_) => "Error",
            Self::Detail(_) => "DetailError",
        }
    }
}

/// Why a bearer token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenProblem {
    /// There is no token.
    Missing,
    /// The header does not have two words.
    BadHeader,
    /// Malformed, expired, forged or revoked.
    Invalid,
    /// A refresh token in the place of an access token.
    WrongType,
    /// The account no longer exists.
    UserGone,
    /// The account or its company is not active.
    UserInactive,
    /// A refresh token that is malformed, expired, forged or already used.
    RefreshInvalid,
    /// An access token in the place of a refresh token.
    RefreshWrongType,
}

impl ApiError {
    /// Creates a refusal by the endpoint: `{"error": message}`.
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<Text>) -> Self {
        Self::shaped(status, code, Shape::Error(message.into()))
    }

    /// Creates a refusal of the shape `{"detail": message}`.
    pub(crate) fn detail(status: StatusCode, code: Code, message: impl Into<Text>) -> Self {
        Self::shaped(status, code, Shape::Detail(message.into()))
    }

    fn shaped(status: StatusCode, code: Code, shape: Shape) -> Self {
        Self(Box::new(ErrorParts { status, code, shape, extras: Vec::new(), headers: Vec::new(), cause: None }))
    }

    /// 400 with a message for each refused field.
    pub(crate) fn fields(errors: FieldErrors) -> Self {
        Self::shaped(StatusCode::BAD_REQUEST, Code::ValidationError, Shape::Fields(errors))
    }

    /// 400 with one message about one field.
    pub(crate) fn field(name: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::fields(FieldErrors::of(name, FieldError::new(message)))
    }

    /// 400 with a message about several fields together.
    pub(crate) fn non_field(message: impl Into<Text>) -> Self {
        Self::field(NON_FIELD, message)
    }

    /// 400 of a failed sign-in, in the shape of [`ApiError::non_field`].
    pub(crate) fn invalid_credentials(message: impl Into<Text>) -> Self {
        let mut error = Self::non_field(message);
        error.0.code = Code::InvalidCredentials;
        error
    }

    /// 400 by the endpoint.
    pub(crate) fn bad_request(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadRequest, message)
    }

    /// 400 for a query parameter or a field without which the endpoint does nothing.
    pub(crate) fn required(name: &str) -> Self {
        Self::bad_request(format!("{name} is required"))
    }

    /// 400 for a query parameter that cannot be read.
    pub(crate) fn invalid_parameter(name: &str) -> Self {
        Self::bad_request(format!("Invalid {name} parameter"))
    }

    /// 400 for a query parameter that is neither a day nor a moment.
    pub(crate) fn not_a_date(name: &str) -> Self {
        Self::bad_request(format!(
            "Invalid {name} parameter. Must be a day, YYYY-MM-DD, or a time as in RFC 3339, YYYY-MM-DDThh:mm:ssZ."
        ))
    }

    /// 400 for a query parameter that is not the name of a time zone.
    pub(crate) fn not_a_zone(name: &str) -> Self {
        Self::bad_request(format!("Invalid {name} parameter. Must be an IANA time zone, such as Asia/Kathmandu."))
    }

    /// 400 for a body that cannot be read.
    pub(crate) fn parse_error(message: impl Into<Text>) -> Self {
        Self::detail(StatusCode::BAD_REQUEST, Code::ParseError, message)
    }

    /// 401 with the code and messages that existing clients know.
    pub(crate) fn unauthorized(problem: TokenProblem) -> Self {
        const NOT_VALID: &str = "Given token not valid for any token type";
        const EXPIRED: &str = "Token is invalid or expired";
        const WRONG_TYPE: &str = "Token has wrong type";
        let (code, detail, message) = match problem {
            TokenProblem::Missing => (Code::NotAuthenticated, "Authentication credentials were not provided.", None),
            TokenProblem::BadHeader => {
                (Code::BadAuthorizationHeader, "Authorization header must contain two space-delimited values", None)
            }
            TokenProblem::Invalid => (Code::TokenNotValid, NOT_VALID, Some(EXPIRED)),
            TokenProblem::WrongType => (Code::TokenNotValid, NOT_VALID, Some(WRONG_TYPE)),
            TokenProblem::UserGone => (Code::UserNotFound, "User not found", None),
            TokenProblem::UserInactive => (Code::UserInactive, "User is inactive", None),
            TokenProblem::RefreshInvalid => (Code::TokenNotValid, EXPIRED, None),
            TokenProblem::RefreshWrongType => (Code::TokenNotValid, WRONG_TYPE, None),
        };
        let error = Self::detail(StatusCode::UNAUTHORIZED, code, detail)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
        match message {
            Some(message) => error
                .with("messages", json!([{"token_class": "AccessToken", "token_type": "access", "message": message}])),
            None => error,
        }
    }

    /// 403 for a role that may not do this.
    pub(crate) fn permission_denied() -> Self {
        let message = "You do not have permission to perform this action.";
        Self::detail(StatusCode::FORBIDDEN, Code::PermissionDenied, message)
    }

    /// 403 by the endpoint.
    pub(crate) fn forbidden(code: Code, message: impl Into<Text>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404 of an object, with the endpoint's own message.
    pub(crate) fn not_found(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound, message)
    }

    /// 404 of a path.
    pub(crate) fn detail_404() -> Self {
        Self::detail(StatusCode::NOT_FOUND, Code::NotFound, "Not found.")
    }

    /// 404 of a page after the last one.
    pub(crate) fn invalid_page() -> Self {
        Self::detail(StatusCode::NOT_FOUND, Code::NotFound, "Invalid page.")
    }

    /// 409 by the endpoint.
    pub(crate) fn conflict(code: Code, message: impl Into<Text>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 413 for a body over the endpoint's limit.
    pub(crate) fn payload_too_large() -> Self {
        Self::detail(StatusCode::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge, "Request body is too large.")
    }

    /// 415 for a body type that no endpoint reads.
    pub(crate) fn unsupported_media_type(given: &str) -> Self {
        let message = format!("Unsupported media type \"{given}\" in request.");
        Self::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message)
    }

    /// 422 for an idempotency key that was already used with another body.
    pub(crate) fn idempotency_key_reuse(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::IdempotencyKeyReuse, message)
    }

    /// 429 for too many calls, with the time to wait.
    pub(crate) fn rate_limited(wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, TOO_MANY).retry_after(wait)
    }

    /// 429 for too many failed sign-ins, with the time to wait. Does not reveal whether the password was right.
    pub(crate) fn login_throttled(wait: Duration) -> Self {
        let message = "Too many failed sign-ins, please try again later.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::LoginThrottled, message).retry_after(wait)
    }

    /// 500; the cause is logged at the edge and never shown.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut error = Self::of_status(StatusCode::INTERNAL_SERVER_ERROR, &Method::GET);
        error.0.cause = Some(cause.into().into());
        error
    }

    /// 503 with the time to wait.
    pub(crate) fn overloaded(wait: Duration) -> Self {
        let message = "The server is busy, please try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Overloaded, message).retry_after(wait)
    }

    /// 503 of a server that is not ready, with the reason.
    pub(crate) fn not_ready(reason: &'static str, wait: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Overloaded, reason).retry_after(wait)
    }

    /// Returns the refusal for a status that actix itself answered with.
    pub(crate) fn of_status(status: StatusCode, method: &Method) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::detail_404(),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::detail(status, Code::MethodNotAllowed, format!("Method \"{method}\" not allowed."))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::payload_too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::detail(status, Code::UnsupportedMediaType, "Unsupported media type in request.")
            }
            StatusCode::UNAUTHORIZED => Self::unauthorized(TokenProblem::Missing),
            StatusCode::FORBIDDEN => Self::permission_denied(),
            StatusCode::TOO_MANY_REQUESTS => Self::new(status, Code::RateLimited, TOO_MANY),
            StatusCode::SERVICE_UNAVAILABLE => Self::overloaded(RETRY_SOON),
            _ if status.is_server_error() => Self::new(status, Code::InternalError, "Internal server error"),
            _ => Self::detail(status, Code::BadRequest, status.canonical_reason().unwrap_or("Bad Request")),
        }
    }

    /// Adds a key to the body.
    #[must_use]
    pub(crate) fn with(mut self, key: impl Into<Text>, value: impl Into<Value>) -> Self {
        self.0.extras.push((key.into(), value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`: whole seconds, rounded up, at least one.
    #[must_use]
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).clamp(1, u128::from(u32::MAX));
        self.header(header::RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(1)))
    }

    /// Returns the stable code that clients branch on.
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// Returns the message for people: the `error` of the body.
    pub(crate) fn message(&self) -> Text {
        match &self.0.shape {
            Shape::Fields(errors) => errors.summary(),
            Shape::Error(message) | Shape::Detail(message) => message.clone(),
        }
    }

    /// Logs the cause of a failure with all its sources. Other refusals are not logged.
    ///
    /// The edge calls this for every response. A transport without responses, such as a socket, has to
    /// call it itself.
    pub(crate) fn log(&self, request_id: &str) {
        if let Some(cause) = &self.0.cause {
            tracing::error!(request_id, error = crate::logging::chain(cause.as_ref()), "request failed");
        }
    }

    pub(crate) fn says_when_to_retry(&self) -> bool {
        self.0.headers.iter().any(|(name, _)| *name == header::RETRY_AFTER)
    }

    /// Returns the number of seconds after which the caller may try again, if the refusal says so.
    pub(crate) fn seconds_to_wait(&self) -> Option<u64> {
        let (_, value) = self.0.headers.iter().find(|(name, _)| *name == header::RETRY_AFTER)?;
        value.to_str().ok()?.parse().ok()
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.0.shape
    }

    pub(crate) fn extras(&self) -> &[(Text, Value)] {
        &self.0.extras
    }

    fn caused_by(mut self, cause: StoreError) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.fault() {
            Fault::Unavailable => Self::overloaded(RETRY_SOON).caused_by(error),
            Fault::Broken => Self::internal(error),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.0.status);
        for (name, value) in &self.0.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({}, {}, {})", self.0.status.as_u16(), self.0.code.as_str(), self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_asks_to_come_back_and_a_broken_one_does_not() {
        let away = ApiError::from(StoreError::new(Fault::Unavailable, "gone"));
        assert_eq!((away.status_code().as_u16(), away.code()), (503, Code::Overloaded));
        assert_eq!(away.error_response().headers().get(header::RETRY_AFTER).unwrap(), "1");
        let broken = ApiError::from(StoreError::new(Fault::Broken, "disk full"));
        assert_eq!((broken.status_code().as_u16(), broken.code()), (500, Code::InternalError));
        assert_eq!(broken.message(), "Internal server error");
    }

    #[test]
    fn the_summary_names_the_field_but_not_the_cross_field_key() {
        assert_eq!(ApiError::field("phone", "This field is required.").message(), "phone: This field is required.");
        assert_eq!(ApiError::non_field("They differ.").message(), "They differ.");
        let members = FieldErrors::of("ids", FieldError::Members(vec![(2, "A valid integer is required.".into())]));
        assert_eq!(ApiError::fields(members).message(), "ids: A valid integer is required.");
    }

    #[test]
    fn waits_round_up_to_whole_seconds() {
        for (millis, header) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let error = ApiError::overloaded(Duration::from_millis(millis));
            assert_eq!(error.error_response().headers().get("retry-after").unwrap(), header);
        }
    }
}
