//! A semaphore whose permits are shared fairly between companies, or between fairness keys of another kind.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use storage::RoundRobin;
use tenancy::{CompanyCode, Fault, StoreError};

/// For this long after a request of another key, a key does not count as alone.
const RECENT: Duration = Duration::from_secs(1);

/// The fairness key of a semaphore: a company, an address, or anything else that permits are shared by.
pub(crate) trait SharedBy: Copy + Eq + Hash {}

impl<K: Copy + Eq + Hash> SharedBy for K {}

/// A number of permits, of which each key holds only a part at a time.
///
/// A waiter occupies no thread. Waiters are served round-robin by key. So a key that asks for many permits
/// delays another key by the permits that it holds, but not by those that it still waits for.
pub(crate) struct FairSemaphore<K: SharedBy = CompanyCode> {
    state: Arc<Mutex<State<K>>>,
}

impl<K: SharedBy> Clone for FairSemaphore<K> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

/// How permits are shared out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// The number of permits.
    pub(crate) all: usize,
    /// How many permits one key may hold.
    pub(crate) each: usize,
    /// How many permits a key may hold while it is alone: no other key waits or has asked recently.
    pub(crate) alone: usize,
    /// How many waiters one key may have before more are refused; at least one.
    pub(crate) waiting: usize,
}

struct State<K: SharedBy> {
    free: usize,
    share: Share,
    /// The key of the last request, and when a request last came from another key than the one before it.
    /// Without a moment, there was no such request recently.
    last: Option<(K, Option<Instant>)>,
    /// The waiters, and the held permits counted as active.
    waiters: RoundRobin<K, oneshot::Sender<Permit<K>>>,
}

/// A permit that a key holds. Dropping it passes it on to the next waiter.
pub(crate) struct Permit<K: SharedBy = CompanyCode> {
    /// `None` if there is nothing to release.
    semaphore: Option<FairSemaphore<K>>,
    key: K,
}

impl<K: SharedBy> FairSemaphore<K> {
    /// Creates a semaphore with all permits free.
    pub(crate) fn new(share: Share) -> Self {
        let state = State { free: share.all, share, last: None, waiters: RoundRobin::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] if this key has too many waiters already.
    pub(crate) async fn acquire(&self, key: K) -> Result<Permit<K>, StoreError> {
        let permit = {
            let mut state = self.lock();
            state.note_request(key, Instant::now());
            let permit = state.wait(key)?;
            self.grant(&mut state);
            permit
        };
        // A waiter's sender is dropped only after it was used, so this never fails.
        permit.await.map_err(|_| full())
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free permits to waiters, as long as there are both.
    fn grant(&self, state: &mut State<K>) {
        while state.free > 0
            && let Some((key, waiter)) = state.next()
        {
            let permit = Permit { semaphore: Some(self.clone()), key };
            match waiter.send(permit) {
                Ok(()) => state.free -= 1,
                // The waiter was cancelled. Its permit was never taken from the free ones, so dropping it must
                // not release one.
                Err(unsent) => {
                    unsent.into_inner().semaphore = None;
                    state.waiters.finish(key);
                }
            }
        }
    }
}

/// The permit of a piece of work that releases it while it waits for something slow.
pub(crate) struct PausablePermit<'a> {
    semaphore: &'a FairSemaphore,
    company: CompanyCode,
    held: Option<Permit>,
}

impl<'a> PausablePermit<'a> {
    /// Waits for a permit.
    ///
    /// # Errors
    /// As [`FairSemaphore::acquire`].
    pub(crate) async fn acquire(semaphore: &'a FairSemaphore, company: CompanyCode) -> Result<Self, StoreError> {
        Ok(Self { semaphore, company, held: Some(semaphore.acquire(company).await?) })
    }

    /// Releases the permit, waits for `work`, and then waits for a permit again.
    ///
    /// # Errors
    /// The errors of `work`, and those of [`FairSemaphore::acquire`].
    pub(crate) async fn release_during<T, E: From<StoreError>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.release();
        let output = work.await?;
        self.held = Some(self.semaphore.acquire(self.company).await?);
        Ok(output)
    }

    /// Releases the permit for good.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }
}

impl<K: SharedBy> State<K> {
    /// Notes whose request came. It is enough to know the last key and when the key last changed, because
    /// the question is only whether there is more than one key.
    fn note_request(&mut self, key: K, now: Instant) {
        self.last = match self.last {
            None => Some((key, None)),
            Some((last, _)) if last != key => Some((key, Some(now))),
            Some((_, Some(changed))) if now.saturating_duration_since(changed) > RECENT => Some((key, None)),
            Some(unchanged) => Some(unchanged),
        };
    }

    fn wait(&mut self, key: K) -> Result<oneshot::Receiver<Permit<K>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        // Cancelled waiters make room for others.
        let queued = self.waiters.push(key, sender, self.share.waiting, |waiter| !waiter.is_closed());
        queued.map(|()| receiver).map_err(|_| full())
    }

    /// Returns whether only one key is present: no other key waits or has asked recently.
    fn is_alone(&self) -> bool {
        self.waiters.waiting_keys() <= 1 && self.last.is_none_or(|(_, changed)| changed.is_none())
    }

    /// Takes the next waiter that may have a permit, and counts the permit as held by its key.
    fn next(&mut self) -> Option<(K, oneshot::Sender<Permit<K>>)> {
        let limit = if self.is_alone() { self.share.alone } else { self.share.each };
        self.waiters.take(limit)
    }
}

fn full() -> StoreError {
    #[derive(Debug, thiserror::Error)]
    #[error("too many requests wait for a permit")]
    struct Full;

    StoreError::new(Fault::Unavailable, Full)
}

impl<K: SharedBy> Drop for Permit<K> {
    fn drop(&mut self) {
        let Some(semaphore) = self.semaphore.take() else { return };
        let mut state = semaphore.lock();
        state.free += 1;
        state.waiters.finish(self.key);
        semaphore.grant(&mut state);
    }
}

#[cfg(test)]
mod tests;
