//! How often callers may call, and what they are told of it.
//!
//! [`guard()`] stands around every endpoint and counts by address, before a body is read;
//! `auth` counts staff by account; handlers count by session with [`count`]; and
//! [`throttle`](crate::throttle) counts failed sign-ins. Whatever was counted is noted in the request, and
//! [`stamp`] writes the tightest bucket into the response at the edge. Of a company's budget only
//! a refused call tells.

pub(crate) mod bucket_name;
pub(crate) mod buckets;
pub(crate) mod headers;
mod memory;
mod middleware;

use actix_web::HttpRequest;
use tenancy::Timestamp;

use self::buckets::{Buckets, Level, Taken};
pub(crate) use self::{
    bucket_name::BucketName,
    headers::stamp,
    memory::MemoryBuckets,
    middleware::{Scope, guard},
};
use crate::{auth, config::Limits, http::error::ApiError};

/// The configured limits and the store of what was counted.
pub(crate) struct Limiter {
    limits: Option<Limits>,
    buckets: Box<dyn Buckets>,
}

impl Limiter {
    /// Counts in `buckets`; without limits, nothing.
    pub(crate) fn new(limits: Option<Limits>, buckets: impl Buckets + 'static) -> Self {
        Self { limits, buckets: Box::new(buckets) }
    }

    /// Counts one call; `None` if such calls are not limited.
    pub(crate) async fn take(&self, key: &BucketName, now: Timestamp) -> Option<Taken> {
        let quota = key.quota(self.limits.as_ref()?)?;
        Some(self.buckets.take(key, quota, now).await)
    }

    /// How a bucket stands; `None` if such calls are not limited.
    pub(crate) async fn look(&self, key: &BucketName, now: Timestamp) -> Option<Level> {
        let quota = key.quota(self.limits.as_ref()?)?;
        Some(self.buckets.look(key, quota, now).await)
    }

    /// Takes back the call that was counted at `taken`.
    pub(crate) async fn give_back(&self, key: &BucketName, taken: Timestamp, now: Timestamp) -> Option<Level> {
        let quota = key.quota(self.limits.as_ref()?)?;
        Some(self.buckets.give_back(key, quota, taken, now).await)
    }
}

/// Refuses this request if a bucket is full, and counts nothing.
///
/// # Errors
/// 429 `rate_limited`.
pub(crate) async fn has_room(req: &HttpRequest, key: BucketName) -> Result<(), ApiError> {
    let app = auth::app(req)?;
    match app.limiter.look(&key, app.now()).await {
        Some(level) if level.remaining == 0 => {
            headers::note(req, level);
            Err(ApiError::rate_limited(level.reset))
        }
        Some(_) | None => Ok(()),
    }
}

/// Counts this request in a bucket, and refuses it if the bucket is full.
///
/// # Errors
/// 429 `rate_limited`.
pub(crate) async fn count(req: &HttpRequest, key: BucketName) -> Result<(), ApiError> {
    let app = auth::app(req)?;
    match app.limiter.take(&key, app.now()).await {
        None => Ok(()),
        Some(Taken::Counted(level)) => {
            // What is left of a budget is the company's load, which is nobody's to see.
            if !key.is_budget() {
                headers::note(req, level);
            }
            Ok(())
        }
        Some(Taken::Refused(level)) => {
            headers::note(req, level);
            Err(ApiError::rate_limited(level.reset))
        }
    }
}
