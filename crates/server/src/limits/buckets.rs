//! The port behind which counted calls are kept.

use std::{future::Future, pin::Pin, time::Duration};

use tenancy::Timestamp;

use super::bucket_name::{BucketName, Quota};

/// How a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// The calls of its quota.
    pub(crate) limit: u32,
    /// How many more it takes now.
    pub(crate) remaining: u32,
    /// When the oldest call leaves it, so that it takes one more; zero if it is empty.
    pub(crate) reset: Duration,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It counts, and the bucket stands like this now.
    Counted(Level),
    /// The bucket was full. The call does not count; [`Level::reset`] is the time to wait.
    Refused(Level),
}

/// An answer that may have to come from another machine.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Counts calls for each key over a sliding window.
///
/// In memory for one process; a store that several processes share can stand in its place. An
/// implementation that cannot reach its store lets calls through: it counts nothing and answers
/// with an empty bucket.
pub(crate) trait Buckets: Send + Sync {
    /// Counts a call, unless as many as the quota allows were counted within its window before `now`.
    /// Deciding and counting are one step, whoever else asks meanwhile.
    fn take<'a>(&'a self, key: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Taken>;

    /// How the bucket stands. Counts nothing.
    fn look<'a>(&'a self, key: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Level>;

    /// Takes back one call that was counted at `taken`; does nothing if the window has passed it.
    fn give_back<'a>(
        &'a self,
        key: &'a BucketName,
        quota: Quota,
        taken: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, Level>;
}
