//! Plan assignments with the admins who own them.

use identity::{
    accounts::Role,
    subscriptions::{Owner, Subscription},
};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{Timestamp, assignments::AssignmentStatus};

use super::{AsText, MoneyText, TimestampText, plan::plan_names};

/// The assignment of a plan to a company. `user` is null only if the company was reopened without an admin.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AssignmentRow {
    id: i64,
    user: Option<i64>,
    user_details: Option<OwnerView>,
    plan: i64,
    plan_details: AssignedPlan,
    start_date: TimestampText,
    expiry_date: TimestampText,
    #[schemars(extend("enum" = AssignmentStatus::WORDS))]
    status: &'static str,
    status_display: &'static str,
    days_remaining: u64,
    is_expired: bool,
    notes: String,
    created_at: TimestampText,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OwnerView {
    id: i64,
    username: String,
    email: String,
    #[schemars(extend("enum" = Role::WORDS))]
    role: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AssignedPlan {
    id: i64,
    #[schemars(extend("enum" = plan_names()))]
    plan_name: &'static str,
    max_agents: i32,
    price: MoneyText,
}

impl AssignmentRow {
    pub(crate) fn new(subscription: &Subscription, now: Timestamp) -> Self {
        let Subscription { owner, assignment, .. } = subscription;
        let (plan, status) = (&assignment.plan, assignment.status(now));
        Self {
            id: assignment.id.get(),
            user: owner.as_ref().map(|owner| owner.user.get()),
            user_details: owner.as_ref().map(OwnerView::from),
            plan: plan.id.get(),
            plan_details: AssignedPlan {
                id: plan.id.get(),
                plan_name: plan.name.display(),
                max_agents: plan.max_agents,
                price: AsText(plan.price),
            },
            start_date: AsText(assignment.start),
            expiry_date: AsText(assignment.expiry),
            status: status.as_str(),
            status_display: status.display(),
            days_remaining: assignment.days_remaining(now),
            is_expired: assignment.is_expired(now),
            notes: assignment.notes.clone(),
            created_at: AsText(assignment.created_at),
        }
    }
}

impl From<&Owner> for OwnerView {
    fn from(owner: &Owner) -> Self {
        Self {
            id: owner.user.get(),
            username: owner.username.clone(),
            email: owner.email.to_string(),
            role: Role::Admin.as_str(),
        }
    }
}
