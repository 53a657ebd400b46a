use std::pin::Pin;

use crate::ModelError;

/// A future that can be held behind a trait object and moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A model that continues a conversation.
///
/// The trait is object safe: share one as `Arc<dyn ChatModel>`.
pub trait ChatModel: Send + Sync {
    /// Asks the model for the next message of the conversation.
    ///
    /// An implementation must have a time limit of its own, must return text that is not blank, and must allow the
    /// future to be dropped before it is ready.
    ///
    /// # Errors
    /// Any [`ModelError`]. An implementation has already retried where that makes sense, so callers should fall back
    /// instead of retrying.
    fn complete(&self, prompt: Prompt) -> BoxFuture<'_, Result<Completion, ModelError>>;
}

/// A request to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The conversation so far, oldest first.
    pub messages: Vec<ChatMessage>,
    /// Maximum number of tokens that the model may write.
    pub max_tokens: u32,
    /// Randomness from 0 (as repeatable as the model allows) to 2.
    pub temperature: f32,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// The author.
    pub role: Role,
    /// The text.
    pub text: String,
}

impl ChatMessage {
    /// Makes a message with instructions to the model.
    pub fn system(text: impl Into<String>) -> Self {
        Self { role: Role::System, text: text.into() }
    }

    /// Makes a message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into() }
    }

    /// Makes a message of the model, from an earlier answer.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into() }
    }
}

/// The author of a [`ChatMessage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions to the model, which take precedence over the conversation.
    System,
    /// The person who talks to the model.
    User,
    /// The model.
    Assistant,
}

/// The answer of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text as the model wrote it, never blank.
    pub text: String,
    /// Why the model stopped.
    pub finish: FinishReason,
    /// The number of tokens used, if the model reports it.
    pub usage: Option<Usage>,
}

/// Why a model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// [`Prompt::max_tokens`] or the model's context was used up, so the text may be cut off.
    Length,
    /// Any other reason, such as a content filter, or no reason at all.
    Other,
}

/// The number of tokens that one call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens in the prompt.
    pub prompt_tokens: u64,
    /// Tokens in the answer.
    pub completion_tokens: u64,
}
