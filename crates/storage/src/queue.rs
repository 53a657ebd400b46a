//! A bounded queue in front of a lane's threads, which shares them fairly between companies.
//!
//! The threads take jobs round-robin by fairness key ([`RoundRobin`]). So a job waits for at most one job of
//! every other key per place in its own key's queue, however many jobs the others have queued.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tenancy::CompanyCode;

use crate::round_robin::RoundRobin;

/// Selects the queue that work waits in, at the database and wherever else companies share something fairly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FairnessKey {
    /// Work for a company, once the caller has been admitted, or if a signed token or link names the company.
    Company(CompanyCode),
    /// Work for a caller that is not known yet. What the caller claims to be selects one of 64 keys: see
    /// [`Database::fairness_key`]. There is no key of its own for each claim, because a caller could invent
    /// claims, and each would bring another share.
    ///
    /// [`Database::fairness_key`]: crate::Database::fairness_key
    Lobby(u8),
    /// Work for the installation.
    Platform,
}

impl FairnessKey {
    /// Returns the key for the staff of a company. Superadmins belong to no company and use the installation's.
    pub fn of_staff(company: Option<CompanyCode>) -> Self {
        company.map_or(Self::Platform, Self::Company)
    }
}

/// The number of keys that claims are spread over.
pub(crate) const LOBBY_KEYS: u8 = 64;

/// The jobs that wait for a lane's threads.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    /// Wakes an idle thread when work arrives, and all of them when the queue closes.
    changed: Condvar,
    /// Wakes the thread that removes jobs, when the queue closes.
    closed: Condvar,
    /// How many jobs may wait.
    capacity: usize,
    /// How many jobs of one key may run at a time.
    running_per_key: usize,
}

struct State<T> {
    /// Waiting jobs, and the running ones counted as active.
    jobs: RoundRobin<FairnessKey, T>,
    /// Threads that wait for work.
    idle: usize,
    is_open: bool,
}

impl<T> Queue<T> {
    /// Creates an empty queue for at most `capacity` jobs in front of this many threads. With more than one
    /// thread, no key may occupy all of them: a quarter of the threads, at least one, is kept for others.
    pub(crate) fn new(capacity: usize, threads: usize) -> Self {
        let state = State { jobs: RoundRobin::new(), idle: 0, is_open: true };
        let running_per_key = if threads > 1 { threads - (threads / 4).max(1) } else { usize::MAX };
        Self { state: Mutex::new(state), changed: Condvar::new(), closed: Condvar::new(), capacity, running_per_key }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, or returns it if the queue is closed or the key has as many jobs waiting as there are
    /// places left. So one key alone can fill half of the queue and two a third each, and a key with few jobs
    /// nearly always finds a place.
    pub(crate) fn push(&self, key: FairnessKey, job: T) -> Result<(), T> {
        let mut state = self.lock();
        if !state.is_open {
            return Err(job);
        }
        let left = self.capacity.saturating_sub(state.jobs.waiting());
        state.jobs.push(key, job, left, |_| true)?;
        let is_any_idle = state.idle > 0;
        drop(state);
        if is_any_idle {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Waits for the next job. Returns `None` once the queue is closed and has no job left that may start.
    /// `finished` is the key of the job that the calling thread has just run.
    pub(crate) fn next(&self, finished: Option<FairnessKey>) -> Option<(FairnessKey, T)> {
        let mut state = self.lock();
        if let Some(key) = finished {
            state.jobs.finish(key);
        }
        loop {
            if let Some(taken) = state.jobs.take(self.running_per_key) {
                return Some(taken);
            }
            // Jobs of a key at its limit are left to the threads that run jobs of that key now.
            if !state.is_open {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Takes the next job without waiting. Otherwise as [`Queue::next`].
    pub(crate) fn try_next(&self, finished: Option<FairnessKey>) -> Option<(FairnessKey, T)> {
        let mut state = self.lock();
        if let Some(key) = finished {
            state.jobs.finish(key);
        }
        state.jobs.take(self.running_per_key)
    }

    /// Waits this long, and returns the jobs for which `is_over` is true then. They are not queued any more.
    /// Returns `None` once the queue is closed.
    pub(crate) fn remove_after(&self, pause: Duration, is_over: impl FnMut(&T) -> bool) -> Option<Vec<T>> {
        let state = self.lock();
        let (mut state, _) =
            self.closed.wait_timeout_while(state, pause, |state| state.is_open).unwrap_or_else(PoisonError::into_inner);
        state.is_open.then(|| state.jobs.remove(is_over))
    }

    /// Refuses further jobs. Those that are queued can still be taken.
    pub(crate) fn close(&self) {
        self.lock().is_open = false;
        self.changed.notify_all();
        self.closed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use proptest::prelude::*;

    use super::*;

    const A: FairnessKey = FairnessKey::Lobby(1);
    const B: FairnessKey = FairnessKey::Lobby(2);
    const C: FairnessKey = FairnessKey::Platform;

    fn filled(capacity: usize, threads: usize, jobs: &[(FairnessKey, u32)]) -> Queue<u32> {
        let queue = Queue::new(capacity, threads);
        jobs.iter().for_each(|(key, job)| queue.push(*key, *job).unwrap());
        queue
    }

    fn rest(queue: &Queue<u32>) -> Vec<u32> {
        queue.close();
        let mut finished = None;
        std::iter::from_fn(|| {
            let (key, job) = queue.next(finished)?;
            finished = Some(key);
            Some(job)
        })
        .collect()
    }

    #[test]
    fn lines_take_turns_and_each_keeps_its_order() {
        let queue = filled(99, 1, &[(B, 1), (B, 2), (B, 3), (A, 4), (B, 5), (C, 6), (A, 7)]);
        assert_eq!(rest(&queue), [1, 4, 6, 2, 7, 3, 5]);
    }

    #[test]
    fn a_line_may_be_no_longer_than_what_is_left() {
        let queue = Queue::new(9, 1);
        let accepted = |key| (0..20).filter(|job| queue.push(key, *job).is_ok()).count();
        assert_eq!([accepted(B), accepted(A), accepted(C), accepted(A)], [5, 2, 1, 0]);
    }

    #[test]
    fn no_line_holds_every_thread() {
        let queue = filled(99, 3, &[(B, 1), (B, 2), (B, 3)]);
        assert_eq!([queue.next(None), queue.next(None)], [Some((B, 1)), Some((B, 2))]);
        assert_eq!(queue.try_next(None), None, "the third thread is kept free");
        queue.push(A, 4).unwrap();
        assert_eq!(queue.next(None), Some((A, 4)));
        assert_eq!(queue.next(Some(B)), Some((B, 3)), "a job of the key has finished");
    }

    #[test]
    fn a_thread_that_waits_is_woken_by_work_and_by_the_end() {
        let queue = Queue::new(9, 2);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut finished = None;
                while let Some((key, job)) = queue.next(finished.take()) {
                    finished = Some(key);
                    sender.send(job).unwrap();
                }
                drop(sender);
            });
            queue.push(A, 1).unwrap();
            assert_eq!(receiver.recv(), Ok(1));
            queue.push(A, 2).unwrap();
            assert_eq!(receiver.recv(), Ok(2));
            queue.close();
        });
        assert_eq!(queue.push(A, 3), Err(3));
    }

    #[test]
    fn lines_without_work_are_forgotten() {
        let queue = filled(99, 1, &[(A, 1), (B, 2)]);
        rest(&queue);
        assert!(queue.lock().jobs.is_idle());
    }

    proptest! {
        /// Before a job runs, at most one job of every other key runs per place in its own key's queue.
        #[test]
        fn nobody_waits_for_more_than_a_turn_of_the_others(keys in prop::collection::vec(0..4_u8, 1..60)) {
            let jobs: Vec<_> = keys.iter().map(|key| FairnessKey::Lobby(*key)).zip(0..).collect();
            let order = rest(&filled(999, 1, &jobs));
            prop_assert_eq!(order.len(), jobs.len());
            for (place, job) in order.iter().enumerate() {
                let key = keys[usize::try_from(*job).unwrap()];
                let before = jobs.iter().filter(|(other, at)| *other == FairnessKey::Lobby(key) && at < job).count();
                prop_assert!(place <= 4 * (before + 1), "{job} of {key} came at place {place}");
            }
        }
    }
}
