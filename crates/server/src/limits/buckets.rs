//! The port of the store that counts calls.

use std::{future::Future, pin::Pin, time::Duration};

use tenancy::Timestamp;

use super::bucket_name::{BucketName, Quota};

/// The level of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// The number of calls in its quota.
    pub(crate) limit: u32,
    /// How many more calls it takes now.
    pub(crate) remaining: u32,
    /// Time until the oldest call leaves the window and makes room for one more; zero if the bucket is empty.
    pub(crate) reset: Duration,
}

/// The result of counting a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The call was counted. This is the level afterwards.
    Counted(Level),
    /// The bucket was full and the call was not counted. [`Level::reset`] is the time to wait.
    Refused(Level),
}

/// A result that may have to come from another machine.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Counts the calls of each bucket over a sliding window.
///
/// [`MemoryBuckets`](super::MemoryBuckets) serves one process. Another implementation could share a
/// store between several. If it cannot reach its store, it lets calls through: it counts nothing and
/// returns the level of an empty bucket.
pub(crate) trait Buckets: Send + Sync {
    /// Counts a call, unless the quota was already used up within the window before `now`.
    ///
    /// Deciding and counting are one atomic step.
    fn take<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Taken>;

    /// Returns the level of a bucket. Counts nothing.
    fn look<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Level>;

    /// Takes back one call that was counted at `taken`. Does nothing if that call has left the window.
    fn give_back<'a>(
        &'a self,
        name: &'a BucketName,
        quota: Quota,
        taken: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, Level>;
}
