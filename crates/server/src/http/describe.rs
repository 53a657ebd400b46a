//! Describes operations for the OpenAPI document, from the types of their handlers.
//!
//! Extractors implement [`Argument`] and replies implement [`Answer`]. Each adds what it knows to
//! an [`Operation`], from which the document is made.

use actix_web::{FromRequest, HttpRequest, HttpResponse, http::StatusCode, web};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::http::error::{ApiError, TokenProblem};

/// One method of one path.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) token: Token,
    /// The roles that may call it; empty if every signed-in caller may.
    pub(crate) roles: &'static [&'static str],
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<BodyShape>,
    pub(crate) replies: Vec<(StatusCode, Content)>,
    pub(crate) refusals: Vec<ApiError>,
    pub(crate) is_replayable: bool,
    pub(crate) names_session: bool,
}

/// Whether an operation reads a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// The operation does not read the token.
    Ignored,
    /// A valid token identifies the caller. Without one the caller is anonymous.
    Optional,
    /// Without a valid token the answer is 401.
    Needed,
}

/// A query parameter.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: Value,
    pub(crate) is_required: bool,
}

/// Describes an optional query parameter; `schema` is a JSON Schema.
pub(crate) fn parameter(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { name, description, schema, is_required: false }
}

/// Describes `page`.
pub(crate) fn page() -> Parameter {
    parameter("page", "Page number, from 1.", json!({ "type": "string", "default": "1" }))
}

/// Describes a `page` that may also be `last`.
pub(crate) fn linked_page() -> Parameter {
    parameter("page", "Page number, from 1, or `last`.", json!({ "type": "string", "default": "1" }))
}

/// Describes `page_size`.
pub(crate) fn page_size() -> Parameter {
    parameter("page_size", "Rows per page, at most 100.", json!({ "type": "string", "default": "10" }))
}

/// Describes `per_page` with its maximum.
pub(crate) fn per_page(max: i64) -> Parameter {
    parameter(
        "per_page",
        "Rows per page. A larger number is reduced to the maximum.",
        json!({ "type": "string", "default": "10", "x-maximum": max }),
    )
}

/// Describes `created_from`.
pub(crate) fn created_from() -> Parameter {
    parameter("created_from", "First day, or first moment (RFC 3339). Anything else is 400.", day_or_moment())
}

/// Describes `created_to`.
pub(crate) fn created_to() -> Parameter {
    parameter("created_to", "Last day, or last moment (RFC 3339). Anything else is 400.", day_or_moment())
}

/// Describes `tz`, the zone of days.
pub(crate) fn zone() -> Parameter {
    parameter(
        "tz",
        "IANA time zone of the days in `created_from` and `created_to`, such as `Asia/Kathmandu`.",
        json!({ "type": "string", "default": "UTC" }),
    )
}

/// A blank value counts as missing, as in every query.
pub(crate) fn day_or_moment() -> Value {
    json!({ "anyOf": [
        { "type": "string", "format": "date" },
        { "type": "string", "format": "date-time" },
        { "type": "string", "pattern": r"^\s*$" },
    ] })
}

/// Describes a required `session_id`.
pub(crate) fn session_id() -> Parameter {
    parameter("session_id", "The session's id.", json!({ "type": "string" })).required()
}

impl Parameter {
    /// Marks the parameter as required.
    #[must_use]
    pub(crate) fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

/// A request body.
#[derive(Clone, Copy)]
pub(crate) struct BodyShape {
    pub(crate) name: fn() -> String,
    pub(crate) fields: fn() -> Vec<Field>,
}

/// One field of a request body.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) schema: Value,
    pub(crate) is_required: bool,
}

/// The content of a reply.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    /// JSON of a type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// The bytes of a file.
    File,
}

/// Why a call that needs a token may be refused.
const TOKEN_PROBLEMS: [TokenProblem; 5] = [
    TokenProblem::Missing,
    TokenProblem::Invalid,
    TokenProblem::BadHeader,
    TokenProblem::UserGone,
    TokenProblem::UserInactive,
];

impl Operation {
    /// Starts the description of an operation.
    pub(crate) fn new(method: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            summary,
            description: None,
            token: Token::Ignored,
            roles: &[],
            parameters: Vec::new(),
            body: None,
            replies: Vec::new(),
            refusals: Vec::new(),
            is_replayable: false,
            names_session: false,
        }
    }

    pub(crate) fn arguments<A: Arguments>(self) -> Self {
        A::describe(self)
    }

    pub(crate) fn answer<A: Answer>(self) -> Self {
        A::describe(self)
    }

    pub(crate) fn about(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    pub(crate) fn token(mut self, is_needed: bool) -> Self {
        self.token = if is_needed { Token::Needed } else { Token::Optional };
        if is_needed {
            self.refusals.extend(TOKEN_PROBLEMS.map(ApiError::unauthorized));
        }
        self
    }

    pub(crate) fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(crate) fn body(mut self, body: BodyShape) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn reply<T: JsonSchema>(mut self, status: StatusCode) -> Self {
        self.replies.push((status, Content::Json(SchemaGenerator::subschema_for::<T>)));
        self
    }

    pub(crate) fn reply_file(mut self) -> Self {
        self.replies.push((StatusCode::OK, Content::File));
        self
    }

    pub(crate) fn refusal(mut self, refusal: ApiError) -> Self {
        self.refusals.push(refusal);
        self
    }

    /// The call accepts an idempotency key, and its reply says whether it was stored before.
    pub(crate) fn replayable(mut self) -> Self {
        self.is_replayable = true;
        self
    }

    /// The call names a session in the header `X-Session-Id` or in its query.
    pub(crate) fn session(mut self) -> Self {
        self.names_session = true;
        self.parameter(parameter(
            "session_id",
            "The session's id, if the header `X-Session-Id` is not sent. The header keeps the id out of logs.",
            json!({ "type": "string" }),
        ))
    }

    /// Whether both describe one handler, under PUT and PATCH.
    pub(crate) fn is_twin_of(&self, patch: &Self) -> bool {
        (self.method, patch.method) == ("put", "patch") && self.summary == patch.summary
    }
}

/// All extractors of a handler.
pub(crate) trait Arguments: FromRequest + 'static {
    /// Adds what the extractors know of the operation.
    fn describe(operation: Operation) -> Operation;
}

/// One extractor of a handler. Most add nothing.
pub(crate) trait Argument: FromRequest + 'static {
    /// Adds what the extractor knows of the operation.
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

macro_rules! arguments {
    ($($argument:ident)*) => {
        impl<$($argument: Argument),*> Arguments for ($($argument,)*)
        where
            Self: FromRequest + 'static,
        {
            fn describe(operation: Operation) -> Operation {
                $(let operation = $argument::describe(operation);)*
                operation
            }
        }
    };
}

arguments!();
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);

impl Argument for HttpRequest {}
impl Argument for web::Payload {}
impl Argument for web::Path<String> {}
impl Argument for web::Path<(String, String)> {}

/// The reply of a handler.
pub(crate) trait Answer {
    /// Adds the reply's status and content.
    fn describe(operation: Operation) -> Operation;
}

impl<T: JsonSchema> Answer for web::Json<T> {
    fn describe(operation: Operation) -> Operation {
        operation.reply::<T>(StatusCode::OK)
    }
}

impl<A: Answer> Answer for Result<A, ApiError> {
    fn describe(operation: Operation) -> Operation {
        A::describe(operation)
    }
}

/// A response that the handler builds itself; the endpoint's declaration describes it.
impl Answer for HttpResponse {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}
