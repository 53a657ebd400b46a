//! Assignments: a company's subscriptions to plans, of which at most one is active.

use std::time::Duration;

use crate::{AssignmentId, PlanId, StoreError, Timestamp, plans::Plan};

/// The default term.
pub const TERM: Duration = Duration::from_hours(365 * 24);

crate::word_enum! {
    /// What became of an assignment.
    pub enum AssignmentStatus {
        /// In force, unless its expiry has passed.
        Active => "active",
        /// Ran out.
        Expired => "expired",
        /// Ended early.
        Cancelled => "cancelled",
        /// Replaced by a renewal or another plan.
        Upgraded => "upgraded",
    }
}

impl AssignmentStatus {
    /// The capitalised word.
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
    /// The plan, as it is now.
    pub plan: Plan,
    /// As stored; ask [`Assignment::status`] instead.
    pub stored: AssignmentStatus,
    /// When the term began.
    pub start: Timestamp,
    /// When the term ends.
    pub expiry: Timestamp,
    /// Free text.
    pub notes: String,
    /// When the row was made.
    pub created_at: Timestamp,
}

impl Assignment {
    /// The status at `now`: past its expiry an active row counts as expired.
    pub fn status(&self, now: Timestamp) -> AssignmentStatus {
        match self.stored {
            AssignmentStatus::Active if self.expiry <= now => AssignmentStatus::Expired,
            stored => stored,
        }
    }

    /// Whether it is past its expiry, whatever its status, or expired or cancelled before.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let ended = matches!(self.stored, AssignmentStatus::Expired | AssignmentStatus::Cancelled);
        ended || self.expiry <= now
    }

    /// Whole days left, rounded down, of which the moment of asking takes its part: a fresh year has
    /// 364. 0 when expired or cancelled.
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
    /// An active plan and its number.
    Plan {
        /// Display name of the plan.
        plan: &'static str,
        /// The most agents.
        max: i64,
    },
    /// The newest assignment was cancelled: none.
    Cancelled,
    /// Never had a plan, or it ran out: none.
    NoPlan,
}

/// The seat limit of a company whose assignments are these, newest first.
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
    /// All of them, newest first.
    fn assignments(&mut self) -> Result<Vec<Assignment>, StoreError>;

    /// As [`Assignments::assignments`], and locks the company's subscription so
    /// that nothing that depends on the seat limit runs beside this transaction.
    fn assignments_for_update(&mut self) -> Result<Vec<Assignment>, StoreError>;

    /// Stores a new active row. The caller made sure that no other is active.
    fn start(
        &mut self,
        plan: PlanId,
        start: Timestamp,
        expiry: Timestamp,
        notes: &str,
    ) -> Result<AssignmentId, StoreError>;

    /// Gives a row another status, and other notes if there are any. Does nothing
    /// for an id that is not of this company.
    fn end(&mut self, id: AssignmentId, status: AssignmentStatus, notes: Option<&str>) -> Result<(), StoreError>;
}

/// The active one of these assignments.
pub fn active(rows: &[Assignment], now: Timestamp) -> Option<&Assignment> {
    rows.iter().find(|row| row.status(now) == AssignmentStatus::Active)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Money, plans::PlanName};

    fn row(stored: AssignmentStatus, expiry: Timestamp) -> Assignment {
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
        Assignment { id: AssignmentId::new(1), plan, stored, start, expiry, notes: String::new(), created_at: start }
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
        let of = |stored| {
            let row = row(stored, start.plus(TERM));
            (row.is_expired(start), row.is_expired(start.plus(TERM)))
        };
        for lasting in [AssignmentStatus::Active, AssignmentStatus::Upgraded] {
            assert_eq!(of(lasting), (false, true), "{lasting:?}");
        }
        for ended in [AssignmentStatus::Expired, AssignmentStatus::Cancelled] {
            assert_eq!(of(ended), (true, true), "{ended:?}");
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
