//! The installation's plans.

use diesel::{dsl::count_star, prelude::*};
use tenancy::{
    Date, Money, PlanId, StoreError, Timestamp,
    plans::{NewPlan, Plan, PlanFilter, PlanName, Plans},
};

use super::search::{contains, folded};
use crate::{
    conn::AnyBackend,
    error::{IntoStoreError as _, decode_enum},
    schema::plans,
    store::PlatformStore,
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = plans)]
pub(super) struct PlanRow {
    id: i64,
    name: String,
    max_agents: i32,
    price_cents: i64,
    is_active: bool,
    company_name: String,
    expiry_date: Option<String>,
    created_at: At,
}

impl PlanRow {
    pub(super) fn into_plan(self) -> Result<Plan, StoreError> {
        let day = |text: &str| decode_enum(Date::parse(text).ok(), "date");
        Ok(Plan {
            id: PlanId::new(self.id),
            name: decode_enum(PlanName::parse(&self.name), "plan name")?,
            max_agents: self.max_agents,
            price: Money::from_cents(self.price_cents),
            is_active: self.is_active,
            created_at: self.created_at.0,
            company_name: self.company_name,
            expiry_date: self.expiry_date.as_deref().map(day).transpose()?,
        })
    }
}

impl Plans for PlatformStore<'_> {
    fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError> {
        let id: i64 = diesel::insert_into(plans::table)
            .values((
                plans::name.eq(plan.name.as_str()),
                plans::max_agents.eq(plan.max_agents),
                plans::price_cents.eq(plan.price.cents()),
                plans::is_active.eq(true),
                plans::company_name.eq(&plan.company_name),
                plans::search_key.eq(folded(&plan.company_name)),
                plans::expiry_date.eq(plan.expiry_date.map(|day| day.to_string())),
                plans::created_at.eq(At(now)),
            ))
            .returning(plans::id)
            .get_result(self.conn)
            .into_store_error()?;
        Ok(Plan {
            id: PlanId::new(id),
            name: plan.name,
            max_agents: plan.max_agents,
            price: plan.price,
            is_active: true,
            created_at: now,
            company_name: plan.company_name.clone(),
            expiry_date: plan.expiry_date,
        })
    }

    fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let row: Option<PlanRow> =
            plans::table.find(id.get()).select(PlanRow::as_select()).first(self.conn).optional().into_store_error()?;
        row.map(PlanRow::into_plan).transpose()
    }

    fn active_plans(&mut self) -> Result<Vec<Plan>, StoreError> {
        let rows: Vec<PlanRow> = active(&PlanFilter::default())
            .order((plans::name, plans::price_cents, plans::id))
            .select(PlanRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(PlanRow::into_plan).collect()
    }

    fn page_of_plans(&mut self, filter: &PlanFilter, offset: i64, limit: i64) -> Result<(i64, Vec<Plan>), StoreError> {
        let count = active(filter).select(count_star()).first(self.conn).into_store_error()?;
        let rows: Vec<PlanRow> = active(filter)
            .order((plans::created_at.desc(), plans::id.desc()))
            .offset(offset)
            .limit(limit)
            .select(PlanRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        let page = rows.into_iter().map(PlanRow::into_plan).collect::<Result<_, _>>()?;
        Ok((count, page))
    }
}

/// Selects the active plans that match a filter.
fn active(filter: &PlanFilter) -> plans::BoxedQuery<'static, AnyBackend> {
    let mut query = plans::table.filter(plans::is_active.eq(true)).into_boxed();
    if let Some(part) = &filter.search {
        query = query.filter(plans::search_key.like(contains(part)).escape('\\'));
    }
    if let Some(name) = filter.name {
        query = query.filter(plans::name.eq(name.as_str()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(plans::created_at.ge(At(from)));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(plans::created_at.lt(At(before)));
    }
    query
}
