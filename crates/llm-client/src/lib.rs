#![doc = include_str!("../README.md")]

mod chat;
mod error;
#[cfg(feature = "http")]
pub mod openai;
pub mod scripted;

pub use chat::{BoxFuture, ChatModel, Completion, FinishReason, Prompt, Role, Turn, Usage};
pub use error::{BadReply, ModelError};
