//! Assignments: a company's subscriptions to plans. At most one of them is active.

use std::time::Duration;

use crate::{AssignmentId, PlanId, StoreError, Timestamp, plans::Plan};

/// The default term of a subscription.
pub const TERM: Duration = Duration::from_hours(365 * 24);

crate::word_enum! {
    /// The status of an assignment.
    pub enum AssignmentStatus {
        /// In force, unless its expiry has passed.
        Active => "active",
        /// Its term is over.
        Expired => "expired",
        /// Ended before its expiry.
        Cancelled => "cancelled",
        /// Replaced by a renewal or by another plan.
        Upgraded => "upgraded",
    }
}

impl AssignmentStatus {
    /// Returns the capitalised word.
    pub const fn display(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
            Self::Upgraded => "Upgraded",
        }
    }
}

/// A stored assignment with its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Id.
    pub id: AssignmentId,
    /// The plan as it is now, not as it was when the term began.
    pub plan: Plan,
    /// The status in the row. It ignores the expiry, so use [`Assignment::status`] instead.
    pub stored_status: AssignmentStatus,
    /// When the term began.
    pub start: Timestamp,
    /// When the term ends.
    pub expiry: Timestamp,
    /// Free text.
    pub notes: String,
    /// When the row was created.
    pub created_at: Timestamp,
}

impl Assignment {
    /// Returns the status at `now`: an active row counts as expired once its expiry has passed.
    pub fn status(&self, now: Timestamp) -> AssignmentStatus {
        match self.stored_status {
            AssignmentStatus::Active if self.expiry <= now => AssignmentStatus::Expired,
            stored => stored,
        }
    }

    /// Returns whether the expiry has passed, with any status, or the row is stored as expired or
    /// cancelled.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let ended = matches!(self.stored_status, AssignmentStatus::Expired | AssignmentStatus::Cancelled);
        ended || self.expiry <= now
    }

    /// Returns the whole days left, rounded down; 0 if expired or cancelled. The current microsecond
    /// counts as used, so a term of 365 days has 364 days left when it starts.
    pub fn days_remaining(&self, now: Timestamp) -> u64 {
        match self.status(now) {
            AssignmentStatus::Expired | AssignmentStatus::Cancelled => 0,
            AssignmentStatus::Active | AssignmentStatus::Upgraded => {
                self.expiry.since(now).saturating_sub(Duration::from_micros(1)).as_secs() / 86_400
            }
        }
    }
}

/// How many agents a company may have, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatLimit {
    /// The company has an active plan with a maximum.
    Plan {
        /// Display name of the plan.
        plan: &'static str,
        /// The maximum number of agents.
        max: i64,
    },
    /// No agents: the newest assignment was cancelled.
    Cancelled,
    /// No agents: the company never had a plan, or its plan has expired.
    NoPlan,
}

/// Returns the seat limit of a company, given its assignments, newest first.
pub fn seat_limit(newest_first: &[Assignment], now: Timestamp) -> SeatLimit {
    match newest_first.iter().find(|row| row.status(now) == AssignmentStatus::Active) {
        Some(active) => SeatLimit::Plan { plan: active.plan.name.display(), max: i64::from(active.plan.max_agents) },
        None => match newest_first.first().map(|row| row.status(now)) {
            Some(AssignmentStatus::Cancelled) => SeatLimit::Cancelled,
            _ => SeatLimit::NoPlan,
        },
    }
}

/// The assignments of the store's company.
pub trait Assignments {
    /// Returns all assignments, newest first.
    fn assignments(&mut self) -> Result<Vec<Assignment>, StoreError>;

    /// As [`Assignments::assignments`], but locks the company's subscription until the transaction
    /// ends. Other transactions that depend on the seat limit take the same lock and wait.
    fn assignments_for_update(&mut self) -> Result<Vec<Assignment>, StoreError>;

    /// Stores a new active row. The caller must have made sure that no other row is active.
    fn start(
        &mut self,
        plan: PlanId,
        start: Timestamp,
        expiry: Timestamp,
        notes: &str,
    ) -> Result<AssignmentId, StoreError>;

    /// Sets the status of a row, and its notes if some are given. Does nothing if the company has no
    /// assignment with this id.
    fn end(&mut self, id: AssignmentId, status: AssignmentStatus, notes: Option<&str>) -> Result<(), StoreError>;
}

/// Returns the active assignment, if there is one.
pub fn active(rows: &[Assignment], now: Timestamp) -> Option<&Assignment> {
    rows.iter().find(|row| row.status(now) == AssignmentStatus::Active)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Money, plans::PlanName};

    fn row(stored_status: AssignmentStatus, expiry: Timestamp) -> Assignment {
        let start = Timestamp::from_micros(0);
        let plan = Plan {
            id: PlanId::new(1),
            name: PlanName::Pro,
            max_agents: 3,
            price: Money::from_cents(100),
            is_active: true,
            created_at: start,
            company_name: String::new(),
            expiry_date: None,
        };
        Assignment {
            id: AssignmentId::new(1),
            plan,
            stored_status,
            start,
            expiry,
            notes: String::new(),
            created_at: start,
        }
    }

    #[test]
    fn a_fresh_year_shows_364_days() {
        let start = Timestamp::from_micros(0);
        let fresh = row(AssignmentStatus::Active, start.plus(TERM));
        assert_eq!(fresh.days_remaining(start), 364);
        assert_eq!(fresh.days_remaining(start.plus(Duration::from_secs(1))), 364);
        assert_eq!(fresh.status(start.plus(TERM)), AssignmentStatus::Expired);
        assert_eq!(fresh.days_remaining(start.plus(TERM)), 0);
    }

    #[test]
    fn a_row_is_expired_past_its_time_or_when_it_was_ended() {
        let start = Timestamp::from_micros(0);
        let is_expired = |stored_status| {
            let row = row(stored_status, start.plus(TERM));
            (row.is_expired(start), row.is_expired(start.plus(TERM)))
        };
        for lasting in [AssignmentStatus::Active, AssignmentStatus::Upgraded] {
            assert_eq!(is_expired(lasting), (false, true), "{lasting:?}");
        }
        for ended in [AssignmentStatus::Expired, AssignmentStatus::Cancelled] {
            assert_eq!(is_expired(ended), (true, true), "{ended:?}");
        }
    }

    #[test]
    fn seats_follow_the_active_row_and_then_the_newest() {
        let now = Timestamp::from_micros(0);
        let later = now.plus(TERM);
        let active = row(AssignmentStatus::Active, later);
        let cancelled = row(AssignmentStatus::Cancelled, later);
        assert_eq!(seat_limit(&[cancelled.clone(), active.clone()], now), SeatLimit::Plan { plan: "Pro", max: 3 });
        assert_eq!(seat_limit(&[cancelled, row(AssignmentStatus::Upgraded, later)], now), SeatLimit::Cancelled);
        assert_eq!(seat_limit(&[active], later), SeatLimit::NoPlan);
        assert_eq!(seat_limit(&[], now), SeatLimit::NoPlan);
    }
}
