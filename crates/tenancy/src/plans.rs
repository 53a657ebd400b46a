//! Plans: the templates that companies subscribe to.

use crate::{
    Date, Money, PlanId, StoreError, Timestamp,
    audit::{Action, Audit, Object},
};

crate::word_enum! {
    /// The nine names a plan can have; several plans may share one.
    #[derive(PartialOrd, Ord)]
    #[expect(missing_docs, reason = "the names say all there is")]
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
    /// The capitalised word.
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
    /// One of the nine names.
    pub name: PlanName,
    /// How many agents a company on this plan may have.
    pub max_agents: i32,
    /// Price of a term.
    pub price: Money,
    /// Whether new subscriptions may use it.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whom the plan was made for; a label.
    pub company_name: String,
    /// Last day of the offer; a label.
    pub expiry_date: Option<Date>,
}

/// What a new plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    /// One of the nine names.
    pub name: PlanName,
    /// At least 1.
    pub max_agents: i32,
    /// Above zero.
    pub price: Money,
    /// A label.
    pub company_name: String,
    /// A label.
    pub expiry_date: Option<Date>,
}

/// Which plans a page shows; every part narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Part of the company name, case ignored.
    pub search: Option<String>,
    /// Exactly this name.
    pub name: Option<PlanName>,
    /// Made on this day or later.
    pub created_from: Option<Date>,
    /// Made on this day or earlier.
    pub created_to: Option<Date>,
}

/// Makes a plan, active from now on.
///
/// # Errors
/// Only when the store fails.
pub fn create<S>(store: &mut S, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError>
where
    S: Plans + Audit + ?Sized,
{
    let plan = store.insert_plan(plan, now)?;
    store.record(Action::PlanCreated, Object::Plan(plan.id));
    Ok(plan)
}

/// The installation's plans, for the platform door.
pub trait Plans {
    /// Stores a plan, active from now on.
    fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError>;

    /// A plan of any state.
    fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError>;

    /// All active plans, by name, then price, then id.
    fn active_plans(&mut self) -> Result<Vec<Plan>, StoreError>;

    /// The active plans a filter lets through, newest first: how many there are, and the
    /// rows from `offset` on, at most `limit`.
    fn page_of_plans(&mut self, filter: &PlanFilter, offset: i64, limit: i64) -> Result<(i64, Vec<Plan>), StoreError>;
}
