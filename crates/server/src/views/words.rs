//! The fixed words of replies, for the document.

use tenancy::plans::PlanName;

pub(super) const ROLES: [&str; 3] = ["SUPERADMIN", "ADMIN", "AGENT"];
pub(super) const COMPANY_STATUSES: [&str; 3] = ["active", "suspended", "closed"];
pub(super) const AGENT_STATUSES: [&str; 4] = ["PENDING", "AVAILABLE", "BUSY", "OFFLINE"];
pub(super) const ASSIGNMENT_STATUSES: [&str; 4] = ["active", "expired", "cancelled", "upgraded"];
pub(super) const SENDERS: [&str; 3] = ["user", "bot", "agent"];

/// Plans as they are shown to people.
pub(super) fn plan_names() -> [&'static str; 9] {
    PlanName::ALL.map(PlanName::display)
}
