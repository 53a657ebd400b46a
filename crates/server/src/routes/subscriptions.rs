//! Companies' subscriptions, for the superadmin.

use actix_web::web::{self, Json};
use identity::subscriptions::{self, CancelError, ChangePlanError, RenewError, UpgradeError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{AssignmentId, PlanId, Timestamp, UserId, access::Superadmin, audit::Action};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        created::Created,
        describe::parameter,
        error::ApiError,
        params::Params,
        paths::PathId,
        rules::{integer, text, timestamp},
    },
    views::{AdminRow, AssignmentRow},
};

const KEEPS_EXPIRY: &str = "The new assignment starts now and keeps the expiry date of the one it replaces.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/list-user-plan-assignments/")
            .get("Lists the subscriptions of all companies, newest first.", list)
            .query(parameter("user_id", "Only subscriptions of this admin's company.", json!({ "type": "integer" })))
            .refuses(ApiError::invalid_parameter("user_id")),
        at("/api/auth/change-admin-plan/{id:[0-9]+}/")
            .post("Changes the plan of an admin's company.", change)
            .about(KEEPS_EXPIRY)
            .refuses(ChangePlanError::AdminNotFound)
            .refuses(ChangePlanError::NoActivePlan)
            .refuses(ChangePlanError::SamePlan),
        at("/api/auth/cancel-subscription/")
            .post("Cancels an active subscription.", cancel)
            .about("The reason is added to the assignment's notes.")
            .refuses(CancelError::NotFound),
        at("/api/auth/renew-subscription/")
            .post("Renews the plan of an assignment.", renew)
            .about(
                "An assignment of any status can be renewed. The new assignment replaces the active one, if there is \
                 one, and lasts 365 days unless `expiry_date` is sent.",
            )
            .refuses(RenewError::NotFound),
        at("/api/auth/upgrade-plan/")
            .post("Changes the plan of the company of an active assignment.", upgrade)
            .about(KEEPS_EXPIRY)
            .refuses(UpgradeError::NotFound)
            .refuses(UpgradeError::PlanNotFound),
    ]
}

body! {
    /// The new plan of an admin's company.
    struct ChangePlanBody {
        new_plan_id: i64 = integer(),
        reason: Option<String> = text().max(500).optional(),
    }
}

body! {
    /// The subscription to cancel. Without an id the answer is the 404 of an unknown one.
    struct CancelBody {
        assignment_id: Option<i64> = integer().optional(),
        reason: Option<String> = text().optional(),
    }
}

body! {
    /// The assignment to renew.
    struct RenewBody {
        assignment_id: i64 = integer(),
        expiry_date: Option<Timestamp> = timestamp().optional(),
    }
}

body! {
    /// The active assignment, and its new plan.
    struct UpgradeBody {
        assignment_id: i64 = integer(),
        new_plan_id: i64 = integer(),
        reason: Option<String> = text().optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct ChangedPlan {
    message: &'static str,
    admin: AdminRow,
    new_assignment: AssignmentRow,
}

#[derive(Serialize, JsonSchema)]
struct CancelledSubscription {
    message: &'static str,
    assignment: AssignmentRow,
}

#[derive(Serialize, JsonSchema)]
struct NewAssignment {
    message: &'static str,
    new_assignment: AssignmentRow,
}

/// Lists every company's assignments, or those of one admin's company.
async fn list(
    Auth(superadmin): Auth<Superadmin>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<Vec<AssignmentRow>>, ApiError> {
    let (of, now) = (params.integer("user_id")?.map(UserId::new), app.now());
    let rows = app.db.platform_read(superadmin, move |platform| subscriptions::list(platform, of, now)).await?;
    Ok(Json(rows.iter().map(|row| AssignmentRow::new(row, now)).collect()))
}

/// Changes the plan of an admin's company.
async fn change(
    Auth(superadmin): Auth<Superadmin>,
    PathId(id): PathId,
    Valid(body): Valid<ChangePlanBody>,
    app: web::Data<App>,
) -> Result<Json<ChangedPlan>, ApiError> {
    let (admin, plan, now) = (UserId::new(id), PlanId::new(body.new_plan_id), app.now());
    let reason = given(body.reason);
    let changed = app.db.platform(superadmin, Action::SubscriptionUpgraded, move |platform| {
        subscriptions::change_plan(platform, admin, plan, reason.as_deref(), now)
    });
    let (admin, subscription) = changed.await?;
    Ok(Json(ChangedPlan {
        message: "Plan changed successfully",
        admin: AdminRow::new(&admin, now),
        new_assignment: AssignmentRow::new(&subscription, now),
    }))
}

/// Cancels an active assignment.
async fn cancel(
    Auth(superadmin): Auth<Superadmin>,
    Valid(body): Valid<CancelBody>,
    app: web::Data<App>,
) -> Result<Json<CancelledSubscription>, ApiError> {
    let id = body.assignment_id.map(AssignmentId::new).ok_or(CancelError::NotFound)?;
    let (reason, now) = (given(body.reason), app.now());
    let cancelled = app.db.platform(superadmin, Action::SubscriptionCancelled, move |platform| {
        subscriptions::cancel(platform, id, reason.as_deref(), now)
    });
    let assignment = AssignmentRow::new(&cancelled.await?, now);
    Ok(Json(CancelledSubscription { message: "Subscription cancelled successfully", assignment }))
}

/// Renews the plan of an assignment.
async fn renew(
    Auth(superadmin): Auth<Superadmin>,
    Valid(body): Valid<RenewBody>,
    app: web::Data<App>,
) -> Result<Created<NewAssignment>, ApiError> {
    let (id, expiry, now) = (AssignmentId::new(body.assignment_id), body.expiry_date, app.now());
    let renewed = app.db.platform(superadmin, Action::SubscriptionRenewed, move |platform| {
        subscriptions::renew(platform, id, expiry, now)
    });
    let new_assignment = AssignmentRow::new(&renewed.await?, now);
    Ok(Created(NewAssignment { message: "Subscription renewed successfully", new_assignment }))
}

/// Changes the plan of the company of an active assignment.
async fn upgrade(
    Auth(superadmin): Auth<Superadmin>,
    Valid(body): Valid<UpgradeBody>,
    app: web::Data<App>,
) -> Result<Created<NewAssignment>, ApiError> {
    let (id, plan, now) = (AssignmentId::new(body.assignment_id), PlanId::new(body.new_plan_id), app.now());
    let reason = given(body.reason);
    let upgraded = app.db.platform(superadmin, Action::SubscriptionUpgraded, move |platform| {
        subscriptions::upgrade(platform, id, plan, reason.as_deref(), now)
    });
    let new_assignment = AssignmentRow::new(&upgraded.await?, now);
    Ok(Created(NewAssignment { message: "Plan upgraded successfully", new_assignment }))
}

/// Returns the reason; a blank one counts as missing.
fn given(reason: Option<String>) -> Option<String> {
    reason.filter(|reason| !reason.is_empty())
}
