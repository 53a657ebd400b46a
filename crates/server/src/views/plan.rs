//! Plans.

use schemars::JsonSchema;
use serde::Serialize;
use tenancy::plans::{Plan, PlanName};

use super::{AsText, DateText, MoneyText, TimestampText};

/// A plan that companies can subscribe to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanRow {
    id: i64,
    #[schemars(extend("enum" = PlanName::WORDS))]
    plan_name: &'static str,
    #[schemars(extend("enum" = plan_names()))]
    plan_name_display: &'static str,
    max_agents: i32,
    price: MoneyText,
    is_active: bool,
    created_at: TimestampText,
    company_name: String,
    expiry_date: Option<DateText>,
}

/// Returns the names of plans as they are shown to people.
pub(super) fn plan_names() -> [&'static str; PlanName::ALL.len()] {
    PlanName::ALL.map(PlanName::display)
}

impl From<&Plan> for PlanRow {
    fn from(plan: &Plan) -> Self {
        Self {
            id: plan.id.get(),
            plan_name: plan.name.as_str(),
            plan_name_display: plan.name.display(),
            max_agents: plan.max_agents,
            price: AsText(plan.price),
            is_active: plan.is_active,
            created_at: AsText(plan.created_at),
            company_name: plan.company_name.clone(),
            expiry_date: plan.expiry_date.map(AsText),
        }
    }
}
