//! Plans: the templates that companies subscribe to.

use crate::{
    Date, Money, PlanId, StoreError, Timestamp,
    audit::{Action, Audit, Object},
};

crate::word_enum! {
    /// The nine names a plan can have, in alphabetical order. Several plans may share a name.
    #[derive(PartialOrd, Ord)]
    #[expect(missing_docs, reason = "the names need no explanation")]
    pub enum PlanName {
        Basic => "basic",
        Bronze => "bronze",
        Custom => "custom",
        Diamond => "diamond",
        Gold => "gold",
        Platinum => "platinum",
        Premium => "premium",
        Pro => "pro",
        Silver => "silver",
    }
}

impl PlanName {
    /// Returns the capitalised word.
    pub const fn display(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bronze => "Bronze",
            Self::Custom => "Custom",
            Self::Diamond => "Diamond",
            Self::Gold => "Gold",
            Self::Platinum => "Platinum",
            Self::Premium => "Premium",
            Self::Pro => "Pro",
            Self::Silver => "Silver",
        }
    }
}

/// A stored plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Id.
    pub id: PlanId,
    /// The name.
    pub name: PlanName,
    /// How many agents a company on this plan may have.
    pub max_agents: i32,
    /// Price of one term.
    pub price: Money,
    /// Whether new subscriptions may use it.
    pub is_active: bool,
    /// When the plan was created.
    pub created_at: Timestamp,
    /// The company that the plan was created for. Informational only.
    pub company_name: String,
    /// Last day of the offer. Informational only.
    pub expiry_date: Option<Date>,
}

/// The values of a plan to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    /// The name.
    pub name: PlanName,
    /// How many agents a company on this plan may have, at least 1.
    pub max_agents: i32,
    /// Price of one term, above zero.
    pub price: Money,
    /// The company that the plan is created for. Informational only.
    pub company_name: String,
    /// Last day of the offer. Informational only.
    pub expiry_date: Option<Date>,
}

/// Which plans a list contains: those that match every given condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// A part of the company name, ignoring case.
    pub search: Option<String>,
    /// The plan name.
    pub name: Option<PlanName>,
    /// Created at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Created before this moment.
    pub created_before: Option<Timestamp>,
}

/// Creates an active plan.
///
/// # Errors
/// Fails only when the store fails.
pub fn create<S>(store: &mut S, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError>
where
    S: Plans + Audit + ?Sized,
{
    let plan = store.insert_plan(plan, now)?;
    store.record(Action::PlanCreated, Object::Plan(plan.id));
    Ok(plan)
}

/// The installation's plans. Implemented for the platform.
pub trait Plans {
    /// Stores a plan as active.
    fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError>;

    /// Returns a plan, active or not.
    fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError>;

    /// Returns all active plans, ordered by name, then price, then id.
    fn active_plans(&mut self) -> Result<Vec<Plan>, StoreError>;

    /// Returns the number of active plans that match the filter, and one page of them, newest first:
    /// at most `limit` rows from `offset` on.
    fn page_of_plans(&mut self, filter: &PlanFilter, offset: i64, limit: i64) -> Result<(i64, Vec<Plan>), StoreError>;
}
