//! A bounded queue in which companies take turns.
//!
//! What waits stands in lines, one for each company, and who takes from the queue goes round the
//! lines. So a job waits for at most one job of every other line, however many those hold. This is
//! the fair queueing of network gateways (Nagle, RFC 970).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use tenancy::CompanyCode;

/// Whose turn work takes, at the database and wherever else companies take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FairnessKey {
    /// A company's, once its caller was admitted or its word is signed.
    Company(CompanyCode),
    /// Work before it is known who calls, spread over 64 lines by what the caller says of itself:
    /// see [`Database::fairness_key`]. Not a line for each claim: claims cost nothing, and so would turns.
    ///
    /// [`Database::fairness_key`]: crate::Database::fairness_key
    Lobby(u8),
    /// The installation's own.
    Platform,
}

impl FairnessKey {
    /// The line of the staff of a company; superadmins, who have none, stand in the installation's.
    pub fn of_staff(company: Option<CompanyCode>) -> Self {
        company.map_or(Self::Platform, Self::Company)
    }
}

/// How many lines there are for claims.
pub(crate) const LOBBIES: u8 = 64;

/// Work that waits, and how much of it runs.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    most: usize,
    /// How much work of one line may run at a time.
    each: usize,
}

struct State<T> {
    lines: HashMap<FairnessKey, Waiting<T>>,
    /// Lines in which something waits, the next one first.
    round: VecDeque<FairnessKey>,
    waiting: usize,
    /// Threads that have nothing to do.
    idle: usize,
    is_open: bool,
}

struct Waiting<T> {
    work: VecDeque<T>,
    running: usize,
}

impl<T> Queue<T> {
    /// An empty queue for at most so many, in front of so many threads. A quarter of them is kept
    /// from every line, unless there is only one.
    pub(crate) fn new(most: usize, threads: usize) -> Self {
        let state = State { lines: HashMap::new(), round: VecDeque::new(), waiting: 0, idle: 0, is_open: true };
        let each = if threads > 1 { threads - (threads / 4).max(1) } else { usize::MAX };
        Self { state: Mutex::new(state), filled: Condvar::new(), most, each }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues work, or gives it back: when the queue is closed, or its line has more in it than
    /// there are places left. So one line fills half the queue and two a third each, and there is
    /// always room for one that is short.
    pub(crate) fn push(&self, line: FairnessKey, work: T) -> Result<(), T> {
        let mut state = self.lock();
        let left = self.most.saturating_sub(state.waiting);
        let held = state.lines.get(&line).map_or(0, |waiting| waiting.work.len());
        if !state.is_open || held >= left {
            return Err(work);
        }
        state.push(line, work);
        let somebody_sleeps = state.idle > 0;
        drop(state);
        if somebody_sleeps {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// The next work, when there is some; `None` once the queue is closed and empty. `done` is
    /// the line of the work that the calling thread has finished.
    pub(crate) fn next(&self, done: Option<FairnessKey>) -> Option<(FairnessKey, T)> {
        let mut state = self.lock();
        if let Some(line) = done {
            state.finish(line);
        }
        loop {
            if let Some(taken) = state.take(self.each) {
                return Some(taken);
            }
            // What still waits is left to the threads that its line holds.
            if !state.is_open {
                return None;
            }
            state.idle += 1;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// As [`Queue::next`], without waiting.
    pub(crate) fn more(&self, done: Option<FairnessKey>) -> Option<(FairnessKey, T)> {
        let mut state = self.lock();
        if let Some(line) = done {
            state.finish(line);
        }
        state.take(self.each)
    }

    /// Takes nothing more in; what is queued can still be taken.
    pub(crate) fn close(&self) {
        self.lock().is_open = false;
        self.filled.notify_all();
    }
}

impl<T> State<T> {
    fn push(&mut self, line: FairnessKey, work: T) {
        let waiting = self.lines.entry(line).or_insert_with(|| Waiting { work: VecDeque::new(), running: 0 });
        if waiting.work.is_empty() {
            self.round.push_back(line);
        }
        waiting.work.push_back(work);
        self.waiting += 1;
    }

    fn take(&mut self, each: usize) -> Option<(FairnessKey, T)> {
        let may_run = |line: &FairnessKey| self.lines.get(line).is_some_and(|waiting| waiting.running < each);
        let place = self.round.iter().position(may_run)?;
        let line = self.round.remove(place)?;
        let waiting = self.lines.get_mut(&line)?;
        let work = waiting.work.pop_front()?;
        waiting.running += 1;
        if !waiting.work.is_empty() {
            self.round.push_back(line);
        }
        self.waiting -= 1;
        Some((line, work))
    }

    fn finish(&mut self, line: FairnessKey) {
        let Some(waiting) = self.lines.get_mut(&line) else { return };
        waiting.running = waiting.running.saturating_sub(1);
        if waiting.running == 0 && waiting.work.is_empty() {
            self.lines.remove(&line);
        }
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

    fn filled(most: usize, threads: usize, jobs: &[(FairnessKey, u32)]) -> Queue<u32> {
        let queue = Queue::new(most, threads);
        jobs.iter().for_each(|(line, job)| queue.push(*line, *job).unwrap());
        queue
    }

    fn rest(queue: &Queue<u32>) -> Vec<u32> {
        queue.close();
        let mut done = None;
        std::iter::from_fn(|| {
            let (line, job) = queue.next(done)?;
            done = Some(line);
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
        let accepted = |line| (0..20).filter(|job| queue.push(line, *job).is_ok()).count();
        assert_eq!([accepted(B), accepted(A), accepted(C), accepted(A)], [5, 2, 1, 0]);
    }

    #[test]
    fn no_line_holds_every_thread() {
        let queue = filled(99, 3, &[(B, 1), (B, 2), (B, 3)]);
        assert_eq!([queue.next(None), queue.next(None)], [Some((B, 1)), Some((B, 2))]);
        assert_eq!(queue.more(None), None, "the third thread is kept free");
        queue.push(A, 4).unwrap();
        assert_eq!(queue.next(None), Some((A, 4)));
        assert_eq!(queue.next(Some(B)), Some((B, 3)), "a place was given back");
    }

    #[test]
    fn a_thread_that_waits_is_woken_by_work_and_by_the_end() {
        let queue = Queue::new(9, 2);
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut done = None;
                while let Some((line, job)) = queue.next(done.take()) {
                    done = Some(line);
                    tell.send(job).unwrap();
                }
                drop(tell);
            });
            queue.push(A, 1).unwrap();
            assert_eq!(told.recv(), Ok(1));
            queue.push(A, 2).unwrap();
            assert_eq!(told.recv(), Ok(2));
            queue.close();
        });
        assert_eq!(queue.push(A, 3), Err(3));
    }

    #[test]
    fn lines_without_work_are_forgotten() {
        let queue = filled(99, 1, &[(A, 1), (B, 2)]);
        rest(&queue);
        assert!(queue.lock().lines.is_empty() && queue.lock().round.is_empty());
    }

    proptest! {
        /// A job is passed by at most one job of every other line for each place it stood in.
        #[test]
        fn nobody_waits_for_more_than_a_turn_of_the_others(lines in prop::collection::vec(0..4_u8, 1..60)) {
            let jobs: Vec<_> = lines.iter().map(|line| FairnessKey::Lobby(*line)).zip(0..).collect();
            let order = rest(&filled(999, 1, &jobs));
            prop_assert_eq!(order.len(), jobs.len());
            for (place, job) in order.iter().enumerate() {
                let line = lines[usize::try_from(*job).unwrap()];
                let before = jobs.iter().filter(|(other, at)| *other == FairnessKey::Lobby(line) && at < job).count();
                prop_assert!(place <= 4 * (before + 1), "{job} of {line} came {place}th");
            }
        }
    }
}
