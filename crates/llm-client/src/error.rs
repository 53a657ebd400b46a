use std::error::Error;
use std::time::Duration;

/// Why a model gave no completion.
///
/// Safe to log together with its sources: nothing here repeats the API key, the prompt or the reply.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The deadline passed before an answer was complete.
    #[error("the model did not answer before the deadline")]
    Timeout,
    /// No connection came about, or it broke before the reply was complete, on every try.
    #[error("the connection to the model failed")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The endpoint turned the request down, and another try would end the same way.
    #[error("the model endpoint refused the request with status {status}")]
    Refused {
        /// The HTTP status: mostly 4xx, a redirect, or 200 where the endpoint hides an error in its body.
        status: u16,
    },
    /// The conversation does not fit into the model's context; a shorter one may.
    #[error("the prompt is longer than the model's context")]
    PromptTooLong,
    /// The endpoint is rate limited or failing (429 or 5xx), also after the retries that the deadline left room for.
    #[error("the model endpoint is overloaded or failing with status {status}")]
    Overloaded {
        /// The HTTP status of the last try.
        status: u16,
        /// How long the endpoint asked to be left alone, where it said so.
        retry_after: Option<Duration>,
    },
    /// The endpoint reported success with a body that is no chat completion.
    #[error("the model's reply could not be understood")]
    Malformed(#[source] BadReply),
    /// The reply was longer than is read.
    #[error("the model's reply is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// The model answered without any text.
    #[error("the model answered with no text")]
    Empty,
}

/// What is wrong with a reply's body.
///
/// Positions stand in place of the parser's own message, because that quotes the body and the body may quote the prompt.
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
    /// The body is JSON, and a field in it has an unexpected type.
    #[error("JSON of an unexpected shape at line {line}, column {column}")]
    Shape {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1; 0 before the first byte.
        column: usize,
    },
    /// The body is a JSON object that has neither `choices` nor `error`.
    #[error("JSON without choices")]
    NoChoices,
}
