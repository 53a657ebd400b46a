//! Password hashing on a small pool of its own, so that a wave of sign-ins
//! can neither fill the machine nor hold up anything else.

use std::sync::Arc;

use identity::{Hasher, InvalidCost};
use tenancy::{Fault, StoreError};
use tokio::sync::Semaphore;

/// How many hashes may wait before more are refused. At the default cost this is
/// several seconds of work; a longer queue would only miss its callers' patience.
const WAITING: usize = 32;

/// Runs hashes, a few at a time.
pub(crate) struct HashPool {
    hasher: Arc<Hasher>,
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
#[error("too many password checks are waiting")]
struct Crowded;

impl HashPool {
    /// A pool for hashes of this cost, half as wide as the machine.
    ///
    /// # Errors
    /// The cost is out of range.
    pub(crate) fn new(cost: u32) -> Result<Self, InvalidCost> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let width = (cores / 2).max(1);
        Ok(Self {
            hasher: Arc::new(Hasher::new(cost)?),
            running: Arc::new(Semaphore::new(width)),
            places: Arc::new(Semaphore::new(width + WAITING)),
        })
    }

    /// Runs `work` with the hasher on a thread of the pool.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when too many are waiting already.
    #[expect(clippy::disallowed_methods, reason = "hashes have a pool of their own")]
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let unavailable = |_| StoreError::new(Fault::Unavailable, Crowded);
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(unavailable)?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let hasher = Arc::clone(&self.hasher);
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away frees no core.
            let _held = (place, turn);
            work(&hasher)
        });
        done.await.map_err(|error| StoreError::new(Fault::Broken, error))
    }
}
