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
    /// An implementation must end within a time bound of its own, must return text that is not blank, and must tolerate
    /// that the future is dropped before it is ready.
    ///
    /// # Errors
    /// Any [`ModelError`]; each variant says which fact it stands for. An implementation has already repeated what is
    /// worth repeating, so callers fall back rather than retry.
    fn complete(&self, prompt: Prompt) -> BoxFuture<'_, Result<Completion, ModelError>>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The conversation so far, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The most tokens the model may write.
    pub max_tokens: u32,
    /// Randomness from 0 (as repeatable as the model allows) to 2.
    pub temperature: f32,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
}

impl ChatMessage {
    /// Makes an instruction to the model.
    pub fn system(text: impl Into<String>) -> Self {
        Self { role: Role::System, text: text.into() }
    }

    /// Makes a message of the person the model talks with.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into() }
    }

    /// Makes an earlier message of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into() }
    }
}

/// Who speaks in a [`ChatMessage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions that rank above the conversation.
    System,
    /// The person the model talks with.
    User,
    /// The model.
    Assistant,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The answer as the model wrote it, never blank.
    pub text: String,
    /// Why the text ends where it ends.
    pub finish: FinishReason,
    /// The tokens spent, where the model tells.
    pub usage: Option<Usage>,
}

/// Why a model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// The model considered the answer complete.
    Stop,
    /// [`Prompt::max_tokens`] or the model's context was used up, so the text may break off.
    Length,
    /// Anything else, such as a content filter, and endpoints that give no reason.
    Other,
}

/// The tokens one call spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}
