//! Loading FAQs into a company's knowledge, and reading it for an index.

use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

use crate::{Entries, Extent, KnowledgeBase, Snapshot, Version};

tenancy::word_enum! {
    /// What a load does with the FAQ that is already there.
    #[derive(Default)]
    pub enum LoadMode {
        /// The load becomes the whole FAQ.
        #[default]
        Replace => "replace",
        /// Entries replace those with the same `chunk_id`; the others stay.
        Merge => "merge",
    }
}

/// The most that a company may know. Memory and time of an index grow with it, and companies share
/// both. A single load, which is bounded more narrowly, always fits.
pub const MOST: Extent = Extent { chunks: 20_000, characters: 10 << 20 };

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There would be more than [`MOST`].
    #[error("more than a company may know")]
    TooMuch,
    /// The store failed.
    #[error("the entries could not be stored")]
    Store(#[from] StoreError),
}

/// The outcome of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// How many entries the load held.
    pub entries: usize,
    /// The company's knowledge version from now on.
    pub version: Version,
}

/// Loads a checked FAQ, whole or not at all.
///
/// The office of the reserved company loads the shared library.
///
/// # Errors
/// [`LoadError`]; the transaction must not be kept then.
pub fn faq<S>(store: &mut S, entries: &Entries, mode: LoadMode, now: Timestamp) -> Result<Loaded, LoadError>
where
    S: KnowledgeBase + Audit + ActingAs<Office> + ?Sized,
{
    let company = store.caller().scope().company();
    store.record(Action::KnowledgeLoaded, Object::Company(company));
    let version = match mode {
        LoadMode::Replace => store.replace_faq(entries.as_slice(), now)?,
        LoadMode::Merge => {
            let version = store.merge_faq(entries.as_slice(), now)?;
            let extent = store.extent()?;
            if extent.chunks > MOST.chunks || extent.characters > MOST.characters {
                return Err(LoadError::TooMuch);
            }
            version
        }
    };
    Ok(Loaded { entries: entries.len(), version })
}

/// Reads the whole knowledge and its version, in one transaction of the store.
///
/// # Errors
/// Only when the store fails.
pub fn snapshot<S>(store: &mut S) -> Result<Snapshot, StoreError>
where
    S: KnowledgeBase + ?Sized,
{
    Ok(Snapshot { version: store.version()?, chunks: store.chunks()? })
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
