//! What a handler's types say about its operation.
//!
//! Extractors are [`Argument`]s, replies are [`Answer`]s. Both write into an [`Operation`],
//! from which the OpenAPI document is made.

use actix_web::{FromRequest, HttpRequest, HttpResponse, http::StatusCode, web};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::http::{code::Code, error::ApiError};

/// One method of one path.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) token: Token,
    /// The roles that may call it, where not every signed-in caller may.
    pub(crate) roles: &'static [&'static str],
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<BodyShape>,
    pub(crate) replies: Vec<(StatusCode, Content)>,
    pub(crate) refusals: Vec<DocumentedError>,
    pub(crate) is_replayable: bool,
}

/// Whether an operation looks at a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// It does not.
    Ignored,
    /// A good one counts, without one the caller is anonymous.
    Optional,
    /// Without a good one it is 401.
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

/// A parameter that may be missing; `schema` is a JSON Schema.
pub(crate) fn parameter(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { name, description, schema, is_required: false }
}

/// `page`, from 1 on.
pub(crate) fn page() -> Parameter {
    parameter("page", "Which page, from 1 on.", json!({ "type": "string", "default": "1" }))
}

/// `page`, which may also be `last`.
pub(crate) fn linked_page() -> Parameter {
    parameter("page", "Which page, from 1 on, or `last`.", json!({ "type": "string", "default": "1" }))
}

/// `page_size`.
pub(crate) fn page_size() -> Parameter {
    parameter("page_size", "Rows on a page, at most 100.", json!({ "type": "string", "default": "10" }))
}

/// `per_page`, up to a maximum.
pub(crate) fn per_page(max: i64) -> Parameter {
    parameter(
        "per_page",
        "Rows on a page; more than the maximum is the maximum.",
        json!({ "type": "string", "default": "10", "x-maximum": max }),
    )
}

/// `created_from`.
pub(crate) fn created_from() -> Parameter {
    parameter("created_from", "The first day; anything that is no day is ignored.", json!({ "type": "string" }))
}

/// `created_to`.
pub(crate) fn created_to() -> Parameter {
    parameter("created_to", "The last day; anything that is no day is ignored.", json!({ "type": "string" }))
}

/// `session_id`, without which the call is refused.
pub(crate) fn session_id() -> Parameter {
    parameter("session_id", "The session.", json!({ "type": "string" })).required()
}

impl Parameter {
    /// Says that the call is refused without it.
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

/// What a reply carries.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    /// JSON of a type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// The bytes of a file.
    File,
}

/// A refusal: its code, an example of its message, and keys of its own.
#[derive(Debug, Clone)]
pub(crate) struct DocumentedError {
    pub(crate) code: Code,
    pub(crate) message: &'static str,
    pub(crate) extras: Value,
}

/// What a call that needs a token may be refused with.
const TOKEN_REFUSALS: [Code; 5] =
    [Code::NotAuthenticated, Code::TokenNotValid, Code::BadAuthorizationHeader, Code::UserNotFound, Code::UserInactive];

impl Operation {
    /// An operation of which only the summary is known.
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
        let refusals: &[Code] = if is_needed { &TOKEN_REFUSALS } else { &[] };
        refusals.iter().fold(self, |operation, code| operation.refusal(*code, "", Value::Null))
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

    /// An empty message stands for the words that the code always has.
    pub(crate) fn refusal(mut self, code: Code, message: &'static str, extras: Value) -> Self {
        self.refusals.push(DocumentedError { code, message, extras });
        self
    }

    /// The call may carry an idempotency key, and its reply say that it was stored before.
    pub(crate) fn replayable(mut self) -> Self {
        self.is_replayable = true;
        self
    }

    /// Whether both are one handler under PUT and PATCH.
    pub(crate) fn is_twin_of(&self, patch: &Self) -> bool {
        (self.method, patch.method) == ("put", "patch") && self.summary == patch.summary
    }
}

/// All extractors of a handler.
pub(crate) trait Arguments: FromRequest + 'static {
    /// Adds what they say.
    fn describe(operation: Operation) -> Operation;
}

/// One extractor of a handler; most say nothing.
pub(crate) trait Argument: FromRequest + 'static {
    /// Adds what it says.
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

/// What a handler replies with.
pub(crate) trait Answer {
    /// Adds status and content.
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

/// A response built by hand: the route says what it is.
impl Answer for HttpResponse {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}
