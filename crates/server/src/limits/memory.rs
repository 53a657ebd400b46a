//! Buckets in this process's memory.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tenancy::Timestamp;

use super::{
    bucket_name::{BucketName, Quota},
    buckets::{Answer, Buckets, Level, Taken},
};

/// Number of shards. Each has a lock of its own, so that callers rarely wait for each other.
const SHARDS: usize = 64;
/// Most buckets in one shard. Together about a million, and half as many for sign-ins.
const MOST: usize = 16_384;
/// How many buckets a full shard compares to find one to drop.
const SAMPLE: usize = 8;
/// How often idle buckets are dropped.
const SWEEP: Duration = Duration::from_mins(1);

/// Keeps the times of the counted calls of each bucket until they leave the window.
///
/// Memory grows with the calls of the last window. The number of buckets is bounded: a full shard
/// drops a bucket that would soon be idle. Failed sign-ins have shards of their own, so that calls
/// from very many addresses cannot displace them.
pub(crate) struct MemoryBuckets {
    hasher: RandomState,
    calls: Vec<Mutex<Shard>>,
    sign_ins: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    buckets: HashMap<BucketName, Bucket>,
    sweep_at: Option<Timestamp>,
}

/// The times of the counted calls of one bucket, oldest first.
#[derive(Default)]
struct Bucket {
    calls: VecDeque<Timestamp>,
    window: Duration,
}

impl MemoryBuckets {
    /// Creates a store without any counted calls.
    pub(crate) fn new() -> Self {
        let shards = |count| (0..count).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), calls: shards(SHARDS), sign_ins: shards(SHARDS / 2) }
    }

    fn with<T>(&self, name: &BucketName, work: impl FnOnce(&mut Shard) -> T) -> Option<T> {
        let shards = if name.is_sign_in() { &self.sign_ins } else { &self.calls };
        let place = self.hasher.hash_one(name).checked_rem(u64::try_from(shards.len()).ok()?)?;
        let shard = shards.get(usize::try_from(place).ok()?)?;
        let mut shard: MutexGuard<'_, Shard> = shard.lock().unwrap_or_else(PoisonError::into_inner);
        Some(work(&mut shard))
    }
}

impl Shard {
    fn take(&mut self, name: &BucketName, quota: Quota, now: Timestamp) -> Taken {
        self.sweep(now);
        if let Some(bucket) = self.buckets.get_mut(name) {
            return bucket.take(quota, now);
        }
        if self.buckets.len() >= MOST {
            self.drop_one();
        }
        self.buckets.entry(name.clone()).or_default().take(quota, now)
    }

    /// Drops idle buckets if the last sweep was more than [`SWEEP`] ago.
    fn sweep(&mut self, now: Timestamp) {
        // A clock that was set back must not delay the next sweep.
        let due = self.sweep_at.is_none_or(|at| now >= at || at > now.plus(SWEEP));
        if due {
            self.buckets.retain(|_, bucket| bucket.counts_until().is_some_and(|until| until > now));
            self.buckets.shrink_to(2 * self.buckets.len());
            self.sweep_at = Some(now.plus(SWEEP));
        }
    }

    /// Looks at a few buckets and drops the one that would be idle first.
    fn drop_one(&mut self) {
        let idle_first = self.buckets.iter().take(SAMPLE).min_by_key(|(_, bucket)| bucket.counts_until());
        if let Some(name) = idle_first.map(|(name, _)| name.clone()) {
            self.buckets.remove(&name);
        }
    }
}

impl Bucket {
    /// Returns when the newest call leaves the window.
    fn counts_until(&self) -> Option<Timestamp> {
        self.calls.back().map(|at| at.plus(self.window))
    }

    fn take(&mut self, quota: Quota, now: Timestamp) -> Taken {
        let before = self.level(quota, now);
        if before.remaining == 0 {
            return Taken::Refused(before);
        }
        self.calls.push_back(now);
        Taken::Counted(self.level(quota, now))
    }

    /// Drops calls that have left the window, and returns the level.
    fn level(&mut self, quota: Quota, now: Timestamp) -> Level {
        self.window = quota.window;
        while self.calls.front().is_some_and(|at| at.plus(quota.window) <= now) {
            self.calls.pop_front();
        }
        if self.calls.back().is_some_and(|at| *at > now) {
            // The clock was set back, or two threads that read it arrived in the opposite order.
            self.calls.iter_mut().for_each(|at| *at = (*at).min(now));
        }
        let counted = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        Level {
            limit: quota.calls,
            remaining: quota.calls.saturating_sub(counted),
            reset: self.calls.front().map_or(Duration::ZERO, |at| at.plus(quota.window).since(now)),
        }
    }

    fn give_back(&mut self, quota: Quota, taken: Timestamp, now: Timestamp) -> Level {
        if taken.plus(quota.window) > now {
            let place = self.calls.iter().rposition(|at| *at == taken);
            self.calls.remove(place.unwrap_or(self.calls.len().saturating_sub(1)));
        }
        self.level(quota, now)
    }
}

fn empty(quota: Quota) -> Level {
    Level { limit: quota.calls, remaining: quota.calls, reset: Duration::ZERO }
}

impl Buckets for MemoryBuckets {
    fn take<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Taken> {
        let taken = self.with(name, |shard| shard.take(name, quota, now));
        Box::pin(std::future::ready(taken.unwrap_or(Taken::Counted(empty(quota)))))
    }

    fn look<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Level> {
        let level = self.with(name, |shard| shard.buckets.get_mut(name).map(|bucket| bucket.level(quota, now)));
        Box::pin(std::future::ready(level.flatten().unwrap_or(empty(quota))))
    }

    fn give_back<'a>(
        &'a self,
        name: &'a BucketName,
        quota: Quota,
        taken: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, Level> {
        let level =
            self.with(name, |shard| shard.buckets.get_mut(name).map(|bucket| bucket.give_back(quota, taken, now)));
        Box::pin(std::future::ready(level.flatten().unwrap_or(empty(quota))))
    }
}

#[cfg(test)]
mod tests;
