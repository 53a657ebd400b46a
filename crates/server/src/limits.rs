//! Rate limits.
//!
//! [`guard()`] wraps every endpoint and counts by address before a body is read. `auth` counts staff
//! by account, handlers count by session with [`count`], and [`throttle`](crate::throttle) counts
//! failed sign-ins. Each counted bucket is noted in the request, and at the edge [`stamp`] writes the
//! tightest one into the response. A company's budget is noted only when it refuses a call.

pub(crate) mod bucket_name;
pub(crate) mod buckets;
pub(crate) mod headers;
mod memory;
mod middleware;

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use tenancy::{Clock, Timestamp};

use self::buckets::{Buckets, Level, Taken};
pub(crate) use self::{
    bucket_name::BucketName,
    headers::stamp,
    memory::MemoryBuckets,
    middleware::{Scope, guard},
};
use crate::{config::Limits, http::error::ApiError};

/// Counts calls against the configured limits.
pub(crate) struct Limiter {
    limits: Option<Limits>,
    buckets: Box<dyn Buckets>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// Creates a limiter that counts in `buckets`. Without limits it counts nothing.
    pub(crate) fn new(limits: Option<Limits>, buckets: impl Buckets + 'static, clock: Arc<dyn Clock>) -> Self {
        Self { limits, buckets: Box::new(buckets), clock }
    }

    /// Returns the limiter that a request is counted by.
    ///
    /// # Errors
    /// 500 if there is none.
    pub(crate) fn of(req: &HttpRequest) -> Result<&Self, ApiError> {
        let limiter = req.app_data::<web::Data<Self>>().map(web::Data::get_ref);
        limiter.ok_or_else(|| ApiError::internal("the limiter was not wired"))
    }

    /// Returns the present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts one call. Returns `None` if calls of this bucket are not limited.
    pub(crate) async fn take(&self, name: &BucketName, now: Timestamp) -> Option<Taken> {
        let quota = name.quota(self.limits.as_ref()?)?;
        Some(self.buckets.take(name, quota, now).await)
    }

    /// Returns the level of a bucket, or `None` if its calls are not limited.
    pub(crate) async fn look(&self, name: &BucketName, now: Timestamp) -> Option<Level> {
        let quota = name.quota(self.limits.as_ref()?)?;
        Some(self.buckets.look(name, quota, now).await)
    }

    /// Takes back a call that was counted at `taken`. Returns `None` if calls of this bucket are not limited.
    pub(crate) async fn give_back(&self, name: &BucketName, taken: Timestamp, now: Timestamp) -> Option<Level> {
        let quota = name.quota(self.limits.as_ref()?)?;
        Some(self.buckets.give_back(name, quota, taken, now).await)
    }
}

/// Refuses this request if a bucket is full. Counts nothing.
///
/// # Errors
/// 429 `rate_limited`.
pub(crate) async fn has_room(req: &HttpRequest, name: BucketName) -> Result<(), ApiError> {
    let limiter = Limiter::of(req)?;
    match limiter.look(&name, limiter.now()).await {
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
pub(crate) async fn count(req: &HttpRequest, name: BucketName) -> Result<(), ApiError> {
    let limiter = Limiter::of(req)?;
    match limiter.take(&name, limiter.now()).await {
        None => Ok(()),
        Some(Taken::Counted(level)) => {
            // The remaining budget would reveal the company's load, so it is not sent.
            if !name.is_budget() {
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
