//! What companies know, ready to be asked.

use std::{convert::Infallible, sync::Arc};

use knowledge::{Index, IndexCache, KnowledgeBase, Version};
use storage::{CompanyStore, Database};
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller as _, Housekeeper},
};

use crate::{
    background::aside,
    fair::{FairSemaphore, Share},
};

/// The indexes of companies and of the shared library, built when they are asked for.
pub(crate) struct Indexes {
    db: Database,
    cache: IndexCache,
    builds: FairSemaphore,
    library: Housekeeper,
}

impl Indexes {
    /// None yet; of so many bytes altogether, so many built at a time. There should be two at least,
    /// so that a large one does not keep every other company waiting.
    pub(crate) fn new(db: Database, library: Housekeeper, bytes: u64, builds: usize) -> Self {
        let share = Share { all: builds, each: 1, alone: 1, waiting: 1_000 };
        Self { db, cache: IndexCache::new(bytes), builds: FairSemaphore::new(share), library }
    }

    /// The shared library and its version as it is now. What a company asks of it is its own turn.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn library(&self, asking: CompanyCode) -> Result<(Housekeeper, Version), StoreError> {
        let version = |store: &mut CompanyStore<'_, Housekeeper>| store.version();
        let version = self.db.read_for(asking, self.library.clone(), version).await?;
        Ok((self.library.clone(), version))
    }

    /// The index of a company's knowledge at this version or a later one, if it is in memory.
    pub(crate) fn peek(&self, keeper: &Housekeeper, version: Version) -> Option<Arc<Index>> {
        self.cache.peek(keeper.scope().company(), version)
    }

    /// The same, built if it is not there: in this company's turn, one at a time. Callers that miss
    /// together build once; the others find it when their turn comes, and wait without a thread.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn build(&self, keeper: Housekeeper, version: Version) -> Result<Arc<Index>, StoreError> {
        let company = keeper.scope().company();
        let permit = self.builds.acquire(company).await?;
        if let Some(index) = self.peek(&keeper, version) {
            return Ok(index);
        }
        let snapshot = self.db.read(keeper, |store| knowledge::load::snapshot(store)).await?;
        let cache = self.cache.clone();
        let build = move || {
            let built = cache.get(company, version, || Ok::<_, Infallible>(snapshot));
            // Held to the end of the work, also if the caller has gone.
            drop(permit);
            built
        };
        let Ok(index) = aside(build).await?;
        Ok(index)
    }
}
