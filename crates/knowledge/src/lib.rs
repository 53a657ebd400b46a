#![doc = include_str!("../README.md")]

pub mod answer;
pub mod cache;
mod chunk;
pub mod compose;
pub mod confidence;
pub mod entries;
pub mod entry;
mod entry_text;
mod extent;
pub mod faq;
mod follow_up;
pub mod golden;
pub mod index;
pub mod load;
pub mod markup;
mod meanings;
pub mod plain;
mod speller;
mod store;
pub mod text;
pub mod unanswered;
pub mod upload;
mod vectors;

pub use answer::{Answer, Citation, Lookup, Mode, Origin};
pub use cache::IndexCache;
pub use chunk::{Chunk, Document, Snapshot, Version};
pub use entry::{Draft, Entry, EntryChange};
pub use entry_text::{EntryText, combine, entry_text, entry_texts};
pub use extent::Extent;
pub use faq::{Entries, FaqError};
pub use follow_up::{goes_on, in_context, stands_alone};
pub use index::{Index, Passage};
pub use meanings::Meanings;
pub use speller::Speller;
pub use store::{EntryList, EntryPosition, KnowledgeBase, ListedDocument, ListedEntry};
pub use vectors::{EntryVectors, TextHash};
