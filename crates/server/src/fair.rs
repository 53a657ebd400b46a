//! FairSemaphore for work that many want at once, given to companies, or whoever else asks, in turn.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tenancy::{CompanyCode, Fault, StoreError};

/// For how long somebody else is taken to be there still.
const PRESENT: Duration = Duration::from_secs(1);

/// Whose turn it is: a company, or a line of some other kind.
pub(crate) trait Key: Copy + Eq + Hash {}

impl<K: Copy + Eq + Hash> Key for K {}

/// A number of permits, of which one key holds at most so many at a time.
///
/// Who waits holds no thread. IdempotencyKeys take turns, so one that asks for much delays another by
/// what it is doing and not by what it still wants.
pub(crate) struct FairSemaphore<K: Key = CompanyCode> {
    state: Arc<Mutex<State<K>>>,
}

impl<K: Key> Clone for FairSemaphore<K> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

/// How permits are shared out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// All there are.
    pub(crate) all: usize,
    /// How many one key may hold.
    pub(crate) each: usize,
    /// How many it may hold while no other waits or has come for a second.
    pub(crate) alone: usize,
    /// How many may wait for one key's turn before more are refused.
    pub(crate) waiting: usize,
}

struct State<K: Key> {
    free: usize,
    share: Share,
    /// Who came last, and when somebody else had come before.
    last: Option<(K, Option<Instant>)>,
    /// FairSemaphore that are held.
    held: HashMap<K, usize>,
    waiting: HashMap<K, VecDeque<oneshot::Sender<Permit<K>>>>,
    /// IdempotencyKeys of which somebody waits, the next one first.
    round: VecDeque<K>,
}

/// A permit that was given; dropping it gives it to the next.
pub(crate) struct Permit<K: Key = CompanyCode> {
    /// `None` once it was given back.
    permits: Option<FairSemaphore<K>>,
    key: K,
}

impl<K: Key> FairSemaphore<K> {
    /// All permits free.
    pub(crate) fn new(share: Share) -> Self {
        let (held, waiting) = (HashMap::new(), HashMap::new());
        let state = State { free: share.all, share, last: None, held, waiting, round: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// Too many wait for one of this key's already.
    pub(crate) async fn acquire(&self, key: K) -> Result<Permit<K>, StoreError> {
        let given = {
            let mut state = self.lock();
            state.came(key, Instant::now());
            let given = state.wait(key)?;
            self.give(&mut state);
            given
        };
        // The sender stays in the state until it has sent.
        given.await.map_err(|_| full())
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, state: &mut State<K>) {
        while state.free > 0
            && let Some((key, waiting)) = state.next()
        {
            let permit = Permit { permits: Some(self.clone()), key };
            match waiting.send(permit) {
                Ok(()) => {
                    state.free -= 1;
                    *state.held.entry(key).or_default() += 1;
                }
                // It went away meanwhile, and what comes back was never taken.
                Err(unsent) => unsent.into_inner().permits = None,
            }
        }
    }
}

/// Work under a permit that it puts down while it waits for something slow.
pub(crate) struct PausablePermit<'a> {
    permits: &'a FairSemaphore,
    company: CompanyCode,
    held: Option<Permit>,
}

impl<'a> PausablePermit<'a> {
    /// Waits for a permit, and has begun.
    ///
    /// # Errors
    /// As [`FairSemaphore::enter`].
    pub(crate) async fn acquire(permits: &'a FairSemaphore, company: CompanyCode) -> Result<Self, StoreError> {
        Ok(Self { permits, company, held: Some(permits.acquire(company).await?) })
    }

    /// Puts the permit down for the time of this work, and waits for another one behind it.
    ///
    /// # Errors
    /// Those of the work, and of [`FairSemaphore::enter`].
    pub(crate) async fn release_during<T, E: From<StoreError>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.release();
        let done = work.await?;
        self.held = Some(self.permits.acquire(self.company).await?);
        Ok(done)
    }

    /// Gives the permit back for good.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }
}

impl<K: Key> State<K> {
    /// Notes who came. Only the last two that differ matter: whether there is more than one.
    fn came(&mut self, key: K, now: Instant) {
        self.last = match self.last {
            None => Some((key, None)),
            Some((last, _)) if last != key => Some((key, Some(now))),
            Some((_, Some(changed))) if now.saturating_duration_since(changed) > PRESENT => Some((key, None)),
            Some(unchanged) => Some(unchanged),
        };
    }

    fn wait(&mut self, key: K) -> Result<oneshot::Receiver<Permit<K>>, StoreError> {
        let waiting = self.waiting.entry(key).or_default();
        if waiting.is_empty() {
            self.round.push_back(key);
        } else if waiting.len() >= self.share.waiting {
            // Who went away meanwhile takes nobody's place.
            waiting.retain(|one| !one.is_closed());
            if waiting.len() >= self.share.waiting {
                return Err(full());
            }
        }
        let (give, given) = oneshot::channel();
        waiting.push_back(give);
        Ok(given)
    }

    fn leave(&mut self, key: K) {
        if let Some(held) = self.held.get_mut(&key) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.held.remove(&key);
            }
        }
    }

    /// Whether nobody but one key is there: no other waits, nor has come for a while.
    fn is_alone(&self) -> bool {
        self.round.len() <= 1 && self.last.is_none_or(|(_, changed)| changed.is_none())
    }

    /// Takes whose turn it is out of the waiting.
    fn next(&mut self) -> Option<(K, oneshot::Sender<Permit<K>>)> {
        let each = if self.is_alone() { self.share.alone } else { self.share.each };
        let may_have = |key: &K| self.held.get(key).is_none_or(|held| *held < each);
        let at = self.round.iter().position(may_have)?;
        let key = self.round.remove(at)?;
        let waiting = self.waiting.get_mut(&key)?;
        let next = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&key);
        } else {
            self.round.push_back(key);
        }
        Some((key, next))
    }
}

fn full() -> StoreError {
    #[derive(Debug, thiserror::Error)]
    #[error("too many wait for the same turn")]
    struct Full;

    StoreError::new(Fault::Unavailable, Full)
}

impl<K: Key> Drop for Permit<K> {
    fn drop(&mut self) {
        let Some(permits) = self.permits.take() else { return };
        let mut state = permits.lock();
        state.free += 1;
        state.leave(self.key);
        permits.give(&mut state);
    }
}

#[cfg(test)]
mod tests;
