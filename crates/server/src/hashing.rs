//! Password hashing on a small pool of its own, so that a wave of sign-ins cannot occupy the whole
//! machine or delay other work.

use std::sync::Arc;

use identity::{Hasher, InvalidCost};
use storage::FairnessKey;
use tenancy::{Fault, StoreError};

use crate::fair::{FairSemaphore, Share};

/// How many hashes of one fairness key may wait before more are refused. At the default cost this is
/// several seconds of work, and callers would not wait much longer.
const WAITING: usize = 32;

/// Runs a few hashes at a time, round-robin by fairness key: a key with many hashes delays another by
/// one hash.
pub(crate) struct HashPool {
    hasher: Arc<Hasher>,
    permits: FairSemaphore<FairnessKey>,
}

impl HashPool {
    /// Creates a pool for hashes of this cost, on half of the cores.
    ///
    /// # Errors
    /// The cost is out of range.
    pub(crate) fn new(cost: u32) -> Result<Self, InvalidCost> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::of_width(cost, (cores / 2).max(1))
    }

    fn of_width(cost: u32, width: usize) -> Result<Self, InvalidCost> {
        // Keep no permit free for a newcomer: a hash is short.
        let share = Share { all: width, each: width, alone: width, waiting: WAITING };
        Ok(Self { hasher: Arc::new(Hasher::new(cost)?), permits: FairSemaphore::new(share) })
    }

    /// Runs `work`, one hash or two, on a thread of the pool.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] if too much work of this fairness key is waiting already.
    #[expect(clippy::disallowed_methods, reason = "hashes have a pool of their own")]
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        key: FairnessKey,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permits.acquire(key).await?;
        let hasher = Arc::clone(&self.hasher);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&hasher);
            // The work holds its permit to the end: if the caller disconnects, the core is still busy.
            drop(permit);
            done
        });
        done.await.map_err(|error| StoreError::new(Fault::Broken, error))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::{Mutex, mpsc},
        task::{Context, Poll, Waker},
    };

    use super::*;

    type Hashing<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + 'a>>;

    fn poll(hashing: &mut Hashing<'_>) -> Poll<Result<(), StoreError>> {
        hashing.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn a_line_full_of_hashes_delays_another_by_the_one_under_way() {
        let pool = HashPool::of_width(4, 1).unwrap();
        let (busy, calm) = (FairnessKey::Lobby(1), FairnessKey::Lobby(2));
        let order = Arc::new(Mutex::new(Vec::new()));
        let (finish, finished) = mpsc::channel::<()>();
        let mut first: Hashing<'_> = Box::pin(pool.run(busy, move |_| finished.recv().unwrap()));
        let hash = |key| -> Hashing<'_> {
            let order = Arc::clone(&order);
            Box::pin(pool.run(key, move |_| order.lock().unwrap().push(key)))
        };
        assert!(poll(&mut first).is_pending());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| hash(busy)).collect();
        waiting.iter_mut().for_each(|one| assert!(poll(one).is_pending()));
        let Poll::Ready(Err(refused)) = poll(&mut hash(busy)) else { panic!("more wait than allowed") };
        assert_eq!(refused.fault(), Fault::Unavailable);

        let mut other = hash(calm);
        assert!(poll(&mut other).is_pending(), "one is under way");
        finish.send(()).unwrap();
        first.await.unwrap();
        // One hash of the busy key came before it, and no other.
        let mut waiting = waiting.into_iter();
        waiting.next().unwrap().await.unwrap();
        other.await.unwrap();
        assert_eq!(*order.lock().unwrap(), [busy, calm]);
        for one in waiting {
            one.await.unwrap();
        }
    }

    #[tokio::test]
    async fn who_goes_away_gives_its_place_in_the_line_to_another() {
        let pool = HashPool::of_width(4, 1).unwrap();
        let (finish, finished) = mpsc::channel::<()>();
        let mut first: Hashing<'_> = Box::pin(pool.run(FairnessKey::Platform, move |_| finished.recv().unwrap()));
        assert!(poll(&mut first).is_pending());
        let hash = || -> Hashing<'_> { Box::pin(pool.run(FairnessKey::Platform, |_| ())) };
        let mut gone: Vec<_> = (0..WAITING).map(|_| hash()).collect();
        gone.iter_mut().for_each(|one| assert!(poll(one).is_pending()));
        drop(gone);
        let mut next = hash();
        assert!(poll(&mut next).is_pending());
        finish.send(()).unwrap();
        first.await.unwrap();
        next.await.unwrap();
    }
}
