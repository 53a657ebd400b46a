//! Plans: creating and listing them.

use std::convert::Infallible;

use actix_web::web::{self, Json};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{
    Date, Money,
    access::Superadmin,
    audit::Action,
    plans::{self, NewPlan, PlanFilter, PlanName, Plans as _},
};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        created::Created,
        describe::{created_from, created_to, page, page_size, parameter, zone},
        error::ApiError,
        field_errors::FieldError,
        page::{Paging, PlainPage},
        params::Params,
        rules::{Single as _, choice, date, decimal, integer, name},
    },
    views::PlanRow,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/create-plan/").post("Creates a plan.", create),
        at("/api/auth/list-plans/")
            .get("Lists the active plans.", list)
            .about(
                "Without parameters the reply is an array of all active plans. With any parameter it is a page, newest \
                 first. Pages: `page`, `page_size` (10, at most 100).",
            )
            .query(page())
            .query(page_size())
            .query(parameter("search", "Part of `company_name`.", json!({ "type": "string" })))
            .query(parameter("plan_name", "A plan's name.", json!({ "type": "string" })))
            .query(created_from())
            .query(created_to())
            .query(zone())
            .refuses(ApiError::not_a_date("created_from"))
            .refuses(ApiError::not_a_zone("tz")),
    ]
}

body! {
    /// A plan to be created.
    struct CreatePlanBody {
        plan_name: PlanName = choice(PlanName::parse, PlanName::WORDS),
        max_agents: i32 = integer().then(seats),
        price: Money = decimal().then(above_zero),
        company_name: String = name().optional().or("Default Company"),
        expiry_date: Option<Date> = date().optional(),
    }
}

impl From<CreatePlanBody> for NewPlan {
    fn from(body: CreatePlanBody) -> Self {
        Self {
            name: body.plan_name,
            max_agents: body.max_agents,
            price: body.price,
            company_name: body.company_name,
            expiry_date: body.expiry_date,
        }
    }
}

fn above_zero(price: Money) -> Result<Money, FieldError> {
    if price > Money::from_cents(0) { Ok(price) } else { Err(FieldError::new("Price must be greater than 0.")) }
}

fn seats(wanted: i64) -> Result<i32, FieldError> {
    if wanted <= 0 {
        return Err(FieldError::new("Max agents must be greater than 0."));
    }
    i32::try_from(wanted)
        .map_err(|_| FieldError::new(format!("Ensure this value is less than or equal to {}.", i32::MAX)))
}

/// Creates a plan, which is active at once.
async fn create(
    Auth(superadmin): Auth<Superadmin>,
    Valid(body): Valid<CreatePlanBody>,
    app: web::Data<App>,
) -> Result<Created<PlanRow>, ApiError> {
    let new = NewPlan::from(body);
    let now = app.now();
    let plan =
        app.db.platform(superadmin, Action::PlanCreated, move |platform| plans::create(platform, &new, now)).await?;
    Ok(Created(PlanRow::from(&plan)))
}

/// The parameters that turn the array into pages.
const PAGED: [&str; 6] = ["page", "page_size", "search", "plan_name", "created_from", "created_to"];

/// All active plans, or a page of them.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum PlanList {
    All(Vec<PlanRow>),
    Page(PlainPage<PlanRow>),
}

/// Lists the active plans.
async fn list(
    Auth(superadmin): Auth<Superadmin>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<PlanList>, ApiError> {
    if !params.has_any(&PAGED) {
        let plans = app.db.platform_read(superadmin, |platform| platform.active_plans()).await?;
        return Ok(Json(PlanList::All(plans.iter().map(PlanRow::from).collect())));
    }
    let created = params.created()?;
    let paging = Paging::plain(&params);
    let name = match params.text("plan_name") {
        None => None,
        Some(word) => match PlanName::parse(word) {
            Some(name) => Some(name),
            None => {
                let Ok(nothing) = paging.fetch(|_, _| Ok::<_, Infallible>((0, Vec::<PlanRow>::new())));
                return Ok(Json(PlanList::Page(PlainPage::from(nothing))));
            }
        },
    };
    let filter = PlanFilter {
        search: params.text("search").map(str::to_owned),
        name,
        created_from: created.from,
        created_before: created.before,
    };
    let read = app.db.platform_read(superadmin, move |platform| {
        paging.fetch(|offset, limit| platform.page_of_plans(&filter, offset, limit))
    });
    let page = read.await?.map(|plan| PlanRow::from(&plan));
    Ok(Json(PlanList::Page(PlainPage::from(page))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_seats_and_a_price() {
        assert_eq!((seats(1), seats(i64::from(i32::MAX))), (Ok(1), Ok(i32::MAX)));
        assert_eq!(above_zero(Money::from_cents(1)), Ok(Money::from_cents(1)));
        for none in [0, -1] {
            assert_eq!(seats(none), Err(FieldError::new("Max agents must be greater than 0.")));
            assert_eq!(above_zero(Money::from_cents(none)), Err(FieldError::new("Price must be greater than 0.")));
        }
        let too_many = FieldError::new("Ensure this value is less than or equal to 2147483647.");
        assert_eq!(seats(i64::from(i32::MAX) + 1), Err(too_many));
    }
}
