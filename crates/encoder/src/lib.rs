#![doc = include_str!("../README.md")]

mod file;
mod forward;
mod half;
mod kernel;
mod model;
mod numbers;
mod tokens;
mod vector;

pub use file::{ModelError, Pooling, WEIGHTS};
pub use kernel::Path;
pub use model::{MAX_TOKENS, Model};
pub use tokens::Vocabulary;
pub use vector::Vector;
