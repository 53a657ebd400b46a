//! A cache of the companies' indexes with limited memory.

use std::sync::Arc;

use moka::{ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use tenancy::CompanyCode;

use crate::{Index, Snapshot, Version};

/// Indexes by company. The least recently used one is evicted first.
///
/// Clones share one cache. The database stays the source of truth: an index can be
/// evicted at any time and is then built again from its chunks.
#[derive(Debug, Clone)]
pub struct IndexCache {
    indexes: Cache<CompanyCode, Arc<Index>>,
}

impl IndexCache {
    /// Makes an empty cache whose indexes take about `max_bytes` in total.
    ///
    /// A single index larger than that is built for each use and not kept.
    pub fn new(max_bytes: u64) -> Self {
        let indexes = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(|_, index: &Arc<Index>| u32::try_from(index.bytes()).unwrap_or(u32::MAX))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { indexes }
    }

    /// Returns the company's index if it is in memory and at least as new as `version`.
    ///
    /// Never blocks, so async code can call it before it moves to a blocking thread.
    pub fn peek(&self, company: CompanyCode, version: Version) -> Option<Arc<Index>> {
        self.indexes.get(&company).filter(|index| index.version() >= version)
    }

    /// Returns the company's index, at least as new as `version`.
    ///
    /// On a miss, `load` reads the knowledge and the index is built. Other callers that
    /// miss meanwhile wait for that index. This can take a while, so call it only where
    /// blocking is allowed. `load` may return a snapshot newer than `version`. An older
    /// snapshot, for example from a lagging replica, is used too, but the next call
    /// replaces it.
    ///
    /// # Errors
    /// Those of `load`. Then nothing is kept, and each waiting caller loads for itself.
    pub fn get<E>(
        &self,
        company: CompanyCode,
        version: Version,
        load: impl FnOnce() -> Result<Snapshot, E>,
    ) -> Result<Arc<Index>, E>
    where
        E: Send + Sync + 'static,
    {
        if let Some(index) = self.peek(company, version) {
            return Ok(index);
        }
        let mut found = None;
        self.indexes.entry(company).and_try_compute_with(|present| {
            let present = present.map(moka::Entry::into_value).filter(|index| index.version() >= version);
            let operation = match present {
                Some(index) => {
                    found = Some(index);
                    Op::Nop
                }
                None => Op::Put(Arc::clone(found.insert(Arc::new(Index::build(load()?))))),
            };
            Ok(operation)
        })?;
        Ok(found.unwrap_or_else(|| Arc::new(Index::build(Snapshot { version, ..Snapshot::default() }))))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use super::*;
    use crate::{Meanings, index::tests::snapshot};

    fn code(text: &str) -> CompanyCode {
        CompanyCode::parse(text).unwrap()
    }

    fn at(version: i64, answer: &str) -> Snapshot {
        Snapshot { version: Version::new(version), ..snapshot(&[("S", "Question", answer)]) }
    }

    fn get(cache: &IndexCache, company: &str, version: i64, answer: &str) -> String {
        let load = || Ok::<_, Infallible>(at(version, answer));
        let index = cache.get(code(company), Version::new(version), load).unwrap();
        index.search("question", &Meanings::default(), 1).unwrap().passages()[0].chunk.answer.clone()
    }

    #[test]
    fn an_index_is_kept_until_the_version_moves() {
        let cache = IndexCache::new(1 << 20);
        assert_eq!(get(&cache, "TES001", 1, "one"), "one");
        assert_eq!(get(&cache, "TES001", 1, "not asked"), "one");
        assert_eq!(get(&cache, "TES001", 2, "two"), "two");
        assert_eq!(get(&cache, "TES001", 1, "late caller"), "two");
    }

    #[test]
    fn companies_do_not_share_an_index() {
        let cache = IndexCache::new(1 << 20);
        assert_eq!(get(&cache, "TES001", 1, "tesla"), "tesla");
        assert_eq!(get(&cache, "SPA001", 1, "space"), "space");
        assert_eq!(get(&cache, "TES001", 1, "other"), "tesla");
    }

    #[test]
    fn callers_that_miss_together_build_once() {
        let cache = IndexCache::new(1 << 20);
        let (builds, start) = (AtomicUsize::new(0), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let load = || {
                        builds.fetch_add(1, Ordering::Relaxed);
                        Ok::<_, Infallible>(at(3, "once"))
                    };
                    assert_eq!(cache.get(code("TES001"), Version::new(3), load).unwrap().len(), 1);
                });
            }
        });
        assert_eq!(builds.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_failed_load_is_not_remembered() {
        let cache = IndexCache::new(1 << 20);
        let failed = cache.get(code("TES001"), Version::new(1), || Err("no database"));
        assert_eq!(failed.unwrap_err(), "no database");
        assert_eq!(get(&cache, "TES001", 1, "back"), "back");
    }

    #[test]
    fn the_bound_holds_in_bytes() {
        let long = "word ".repeat(2_000);
        let cache = IndexCache::new(30_000);
        for company in ["AAA001", "BBB001", "CCC001", "DDD001", "EEE001"] {
            assert_eq!(get(&cache, company, 1, &long), long);
            cache.indexes.run_pending_tasks();
            assert!(cache.indexes.weighted_size() <= 30_000);
        }
        assert!(cache.peek(code("EEE001"), Version::new(1)).is_some());
        assert!(cache.peek(code("AAA001"), Version::new(1)).is_none());
    }
}
