#![doc = include_str!("../README.md")]

mod chat;
mod error;
#[cfg(feature = "http")]
pub mod openai;
pub mod scripted;

pub use chat::{BoxFuture, ChatMessage, ChatModel, Completion, FinishReason, Prompt, Role, Usage};
pub use error::{BadReply, ModelError};
