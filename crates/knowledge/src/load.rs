//! Loads FAQs into a company's knowledge, and reads the knowledge for an index.

use std::collections::HashMap;

use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

use crate::{Entries, EntryVectors, Extent, KnowledgeBase, Snapshot, Version};

tenancy::word_enum! {
    /// What a load does with the existing FAQ.
    #[derive(Default)]
    pub enum LoadMode {
        /// The load becomes the whole FAQ.
        #[default]
        Replace => "replace",
        /// Entries replace those with the same `chunk_id`. The others stay.
        Merge => "merge",
    }
}

/// Maximum size of a company's knowledge.
///
/// The memory and the time that an index takes grow with it, and companies share both.
/// A single load has a narrower limit of characters, but its alternatives can be too many.
pub const MAX_EXTENT: Extent = Extent { questions: 20_000, characters: 10 << 20 };

/// Returns the sentence for people whose knowledge would exceed it.
pub fn too_much() -> String {
    format!("There may be no more than {MAX_EXTENT} altogether.")
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The knowledge would exceed [`MAX_EXTENT`].
    #[error("the knowledge would exceed the limits of a company")]
    TooMuch,
    /// The store failed.
    #[error("the entries could not be stored")]
    Store(#[from] StoreError),
}

/// The result of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The number of entries in the load.
    pub entries: usize,
    /// The company's knowledge version after the load.
    pub version: Version,
}

/// Loads a checked FAQ into the company's knowledge.
///
/// With the office of the reserved company, it loads the shared library.
///
/// # Errors
/// [`LoadError`]. Then the transaction must not commit.
pub fn faq<S>(store: &mut S, entries: &Entries, mode: LoadMode, now: Timestamp) -> Result<Loaded, LoadError>
where
    S: KnowledgeBase + Audit + ActingAs<Office> + ?Sized,
{
    let company = store.caller().scope().company();
    store.record(Action::KnowledgeLoaded, Object::Company(company));
    let version = match mode {
        LoadMode::Replace => store.replace_faq(entries.as_slice(), now)?,
        LoadMode::Merge => store.merge_faq(entries.as_slice(), now)?,
    };
    if !store.extent()?.is_within(MAX_EXTENT) {
        return Err(LoadError::TooMuch);
    }
    Ok(Loaded { entries: entries.len(), version })
}

/// Reads the whole knowledge and its version, in one transaction of the store. With the id of a model, the vectors
/// that this model made are read too.
///
/// # Errors
/// [`StoreError`].
pub fn snapshot<S>(store: &mut S, model: Option<&str>) -> Result<Snapshot, StoreError>
where
    S: KnowledgeBase + EntryVectors + ?Sized,
{
    let vectors = model.map_or_else(|| Ok(HashMap::new()), |model| store.vectors(model))?;
    Ok(Snapshot { version: store.version()?, company_name: store.company_name()?, chunks: store.chunks()?, vectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_one_of_two_words() {
        assert_eq!(LoadMode::parse("merge"), Some(LoadMode::Merge));
        assert_eq!(LoadMode::parse("replace"), Some(LoadMode::default()));
        assert_eq!(LoadMode::parse("Replace"), None);
    }
}
