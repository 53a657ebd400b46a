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

/// The configured limits and the store of what was counted.
pub(crate) struct Limiter {
    limits: Option<Limits>,
    buckets: Box<dyn Buckets>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// Counts in `buckets`; without limits, nothing.
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
    let limiter = Limiter::of(req)?;
    match limiter.look(&key, limiter.now()).await {
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
    let limiter = Limiter::of(req)?;
    match limiter.take(&key, limiter.now()).await {
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
