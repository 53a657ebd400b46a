//! Search indexes over the companies' knowledge.

use std::{convert::Infallible, sync::Arc};

use jobs::{Jobs as _, Kind};
use knowledge::{Index, IndexCache, KnowledgeBase, Snapshot, Version};
use storage::{CompanyStore, Database};
use tenancy::{
    CompanyCode, StoreError, Timestamp,
    access::{Caller as _, Housekeeper},
};

use crate::{
    background,
    fair::{FairSemaphore, Share},
};

/// The indexes of companies and of the shared library, built on demand.
pub(crate) struct Indexes {
    db: Database,
    cache: IndexCache,
    builds: FairSemaphore,
    library: Housekeeper,
    /// The model whose vectors are read.
    model: Option<String>,
}

impl Indexes {
    /// Creates an empty cache of at most `bytes`. At most `builds` indexes are built at a time; there
    /// should be at least two, so that one large index does not keep every other company waiting. `model` is the id of
    /// the model whose vectors are used, if any.
    pub(crate) fn new(db: Database, library: Housekeeper, model: Option<&str>, bytes: u64, builds: usize) -> Self {
        let share = Share { all: builds, each: 1, alone: 1, waiting: 1_000 };
        Self {
            db,
            cache: IndexCache::new(bytes),
            builds: FairSemaphore::new(share),
            library,
            model: model.map(str::to_owned),
        }
    }

    /// Returns who reads the shared library.
    pub(crate) fn librarian(&self) -> Housekeeper {
        self.library.clone()
    }

    /// Reads the current version of the shared library. The read is queued under the fairness key of the
    /// company that asks.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn library(&self, asking: CompanyCode) -> Result<(Housekeeper, Version), StoreError> {
        let version = |store: &mut CompanyStore<'_, Housekeeper>| store.version();
        let version = self.db.read_for(asking, self.library.clone(), version).await?;
        Ok((self.library.clone(), version))
    }

    /// Returns the index of a company's knowledge at this version or a later one, if it is in memory.
    pub(crate) fn peek(&self, keeper: &Housekeeper, version: Version) -> Option<Arc<Index>> {
        self.cache.peek(keeper.scope().company(), version)
    }

    /// Returns the same index, and builds it if it is not in memory. A company builds one index at a
    /// time. Of callers that miss it together, the first builds it and the others find it when they get
    /// a permit. They occupy no thread while they wait.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn build(
        &self,
        keeper: Housekeeper,
        version: Version,
        now: Timestamp,
    ) -> Result<Arc<Index>, StoreError> {
        let company = keeper.scope().company();
        let permit = self.builds.acquire(company).await?;
        if let Some(index) = self.peek(&keeper, version) {
            return Ok(index);
        }
        let snapshot = self.snapshot(keeper.clone()).await?;
        let cache = self.cache.clone();
        let build = move || {
            let built = cache.get(company, version, || Ok::<_, Infallible>(snapshot));
            // Held until the work is done, even if the caller has disconnected.
            drop(permit);
            built
        };
        let Ok(index) = background::run(build).await?;
        if self.model.is_some() && !index.has_all_vectors() {
            self.ask_for_vectors(keeper, now);
        }
        Ok(index)
    }

    /// Reads what a company knows, with the vectors of the model.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn snapshot(&self, keeper: Housekeeper) -> Result<Snapshot, StoreError> {
        let model = self.model.clone();
        let read = move |store: &mut CompanyStore<'_, Housekeeper>| knowledge::load::snapshot(store, model.as_deref());
        self.db.read(keeper, read).await
    }

    /// Makes sure that the entries of a company get vectors. A change of the knowledge has enqueued the job already, and
    /// then this writes nothing; without it, the model was exchanged, or vectors were lost. Nobody waits for this: the
    /// index serves without the vectors.
    fn ask_for_vectors(&self, keeper: Housekeeper, now: Timestamp) {
        let company = keeper.scope().company();
        let ensured = self.db.write(keeper, move |store| store.ensure(Kind::Encode, now));
        actix_web::rt::spawn(async move {
            if let Err(error) = ensured.await {
                tracing::warn!(%company, error = crate::logging::chain(&error), "encoding was not asked for");
            }
        });
    }
}
