//! The ports of the store.

use std::time::Duration;

use tenancy::{CompanyCode, StoreError, Timestamp};

use crate::{Job, Kind, ListedJob};

/// The jobs of the company the store is bound to.
///
/// A claimed job that another process has claimed since, because its lease expired, is changed by none of these
/// methods.
pub trait Jobs {
    /// Makes a job due at once. If there is one of this kind, its revision rises and its failures are forgotten. A
    /// lease stays.
    ///
    /// It is called in the transaction that changes what the job works on.
    fn enqueue(&mut self, kind: Kind, now: Timestamp) -> Result<(), StoreError>;

    /// Makes a job due at once, unless there is one of this kind already.
    fn ensure(&mut self, kind: Kind, now: Timestamp) -> Result<(), StoreError>;

    /// Claims the job until `now` plus `lease`, and counts the attempt. `None` if there is none, if it is not due,
    /// or if a lease of it has not expired.
    fn claim(&mut self, kind: Kind, now: Timestamp, lease: Duration) -> Result<Option<Job>, StoreError>;

    /// Extends the lease, and returns the job as it is then. `None` if another process has claimed it.
    fn renew(&mut self, job: &Job, now: Timestamp, lease: Duration) -> Result<Option<Job>, StoreError>;

    /// Removes the job if its revision is still the claimed one. Otherwise it ends the lease and the job stays due.
    /// Returns whether the job was removed.
    fn finish(&mut self, job: &Job) -> Result<bool, StoreError>;

    /// Notes why an attempt failed, ends the lease, and lets the job wait as [`crate::back_off()`] says. A job that was
    /// enqueued again meanwhile stays due.
    fn fail(&mut self, job: &Job, error: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Ends a lease that no running process holds, so that the job need not wait until it expires.
    fn release(&mut self, kind: Kind) -> Result<(), StoreError>;
}

/// What is to be run, over all companies. Implemented for the lobby, because the server asks before it acts for a
/// company.
pub trait Schedule {
    /// Returns jobs that can be claimed, the longest due first.
    fn due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(CompanyCode, Kind)>, StoreError>;

    /// Returns the jobs that have a lease, expired or not.
    fn leased(&mut self) -> Result<Vec<(CompanyCode, Kind)>, StoreError>;
}

/// The jobs of all companies, for superadmins. Implemented for the platform.
pub trait JobList {
    /// Returns jobs ordered by company and kind, beginning after the given one.
    fn jobs(&mut self, after: Option<(CompanyCode, Kind)>, limit: i64) -> Result<Vec<ListedJob>, StoreError>;
}
