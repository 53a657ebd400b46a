//! Password hashing on a small pool of its own, so that a wave of sign-ins
//! can neither fill the machine nor hold up anything else.

use std::sync::Arc;

use identity::{Hasher, InvalidCost};
use storage::FairnessKey;
use tenancy::{Fault, StoreError};

use crate::fair::{FairSemaphore, Share};

/// How many hashes of one line may wait before more are refused. At the default cost this is
/// several seconds of work; a longer line would only miss its callers' patience.
const WAITING: usize = 32;

/// Runs hashes, a few at a time, and of different lines in turn: who wants many keeps another
/// waiting for one.
pub(crate) struct HashPool {
    hasher: Arc<Hasher>,
    permits: FairSemaphore<FairnessKey>,
}

impl HashPool {
    /// A pool for hashes of this cost, half as wide as the machine.
    ///
    /// # Errors
    /// The cost is out of range.
    pub(crate) fn new(cost: u32) -> Result<Self, InvalidCost> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::of_width(cost, (cores / 2).max(1))
    }

    fn of_width(cost: u32, width: usize) -> Result<Self, InvalidCost> {
        // A core is never left idle for who might come: a hash is soon over.
        let share = Share { all: width, each: width, alone: width, waiting: WAITING };
        Ok(Self { hasher: Arc::new(Hasher::new(cost)?), permits: FairSemaphore::new(share) })
    }

    /// Runs `work`, which is one hash or two, with the hasher on a thread of the pool.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when too many of this line are waiting already.
    #[expect(clippy::disallowed_methods, reason = "hashes have a pool of their own")]
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        line: FairnessKey,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permits.acquire(line).await?;
        let hasher = Arc::clone(&self.hasher);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&hasher);
            // Held by the work itself: a caller that goes away frees no core.
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
        let hash = |line| -> Hashing<'_> {
            let order = Arc::clone(&order);
            Box::pin(pool.run(line, move |_| order.lock().unwrap().push(line)))
        };
        assert!(poll(&mut first).is_pending());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| hash(busy)).collect();
        waiting.iter_mut().for_each(|one| assert!(poll(one).is_pending()));
        let Poll::Ready(Err(refused)) = poll(&mut hash(busy)) else { panic!("more wait than may") };
        assert_eq!(refused.fault(), Fault::Unavailable);

        let mut other = hash(calm);
        assert!(poll(&mut other).is_pending(), "one is under way");
        finish.send(()).unwrap();
        first.await.unwrap();
        // The next one of the full line stood before it, and no other.
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
