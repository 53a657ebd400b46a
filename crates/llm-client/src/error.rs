use std::error::Error;
use std::time::Duration;

/// Why a model returned no completion.
///
/// Safe to log with its sources: they contain neither the API key nor text of the prompt or the reply.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The deadline passed before the answer was complete.
    #[error("the model did not answer before the deadline")]
    Timeout,
    /// In every attempt, the connection failed or broke before the reply was complete.
    #[error("the connection to the model failed")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The endpoint rejected the request, and a retry would not help.
    #[error("the model endpoint refused the request with status {status}")]
    Refused {
        /// The HTTP status: 4xx, a redirect, or 200 if the endpoint reports an error in the body.
        status: u16,
    },
    /// The conversation does not fit into the model's context.
    #[error("the prompt is longer than the model's context")]
    PromptTooLong,
    /// The endpoint still answered with 429 or 5xx after all retries that the deadline allowed.
    #[error("the model endpoint is overloaded or failing with status {status}")]
    Overloaded {
        /// The HTTP status of the last attempt.
        status: u16,
        /// The endpoint's `Retry-After`, if it sent one.
        retry_after: Option<Duration>,
    },
    /// The endpoint reported success, but the body is not a chat completion.
    #[error("the model's reply could not be understood")]
    Malformed(#[source] BadReply),
    /// The reply is larger than the limit.
    #[error("the model's reply is larger than {limit} bytes")]
    TooLarge {
        /// Maximum size of a reply in bytes.
        limit: usize,
    },
    /// The model answered without any text.
    #[error("the model answered with no text")]
    Empty,
}

/// What is wrong with the body of a reply.
///
/// It holds positions instead of the parser's message, because that message quotes the body, which may quote the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// The body is not JSON.
    #[error("no valid JSON at line {line}, column {column}")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1; 0 before the first byte.
        column: usize,
    },
    /// The body is JSON, but a field has an unexpected type.
    #[error("JSON of an unexpected shape at line {line}, column {column}")]
    Shape {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1; 0 before the first byte.
        column: usize,
    },
    /// The body is a JSON object without `choices` and `error`.
    #[error("JSON without choices")]
    NoChoices,
}
