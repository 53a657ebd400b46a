#![doc = include_str!("../README.md")]

pub mod answer;
pub mod cache;
mod chunk;
pub mod compose;
pub mod confidence;
pub mod faq;
pub mod index;
pub mod load;
pub mod markup;
mod store;
pub mod text;

pub use answer::{Answer, Citation, Lookup, Mode, Origin};
pub use cache::IndexCache;
pub use chunk::{Chunk, Document, Snapshot, Version};
pub use faq::{Entries, Entry, FaqError};
pub use index::{Index, Passage};
pub use store::{Extent, KnowledgeBase};
