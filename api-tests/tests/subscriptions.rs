//! Subscriptions of companies: listing, changing, cancelling, renewing, upgrading.
#![cfg(test)]

use std::{future::IntoFuture as _, time::Duration};

use api_tests::prelude::*;

on_each_database!(
    an_assignment_names_its_company_by_the_owner,
    assignments_are_listed_newest_first_and_by_admin,
    another_plan_keeps_the_expiry,
    a_change_of_plan_is_refused_for_each_reason,
    a_cancelled_subscription_takes_the_reason_and_the_seats,
    cancelling_needs_an_active_assignment,
    a_renewal_starts_now_for_a_year_or_as_told,
    a_row_of_any_status_is_renewed,
    an_upgrade_replaces_an_active_row,
    an_expired_assignment_is_not_active,
    renewals_at_once_leave_one_active_row,
    only_the_superadmin_handles_subscriptions,
);

const DAY: Duration = Duration::from_hours(24);

async fn plan(superadmin: &Superadmin, name: &str, seats: i64) -> i64 {
    let plan = json!({"plan_name": name, "max_agents": seats, "price": "250"});
    superadmin.create_plan(&plan).await.created()["id"].as_i64().unwrap()
}

/// Returns the newest assignment of a company.
async fn newest(superadmin: &Superadmin, company: &Company) -> Value {
    superadmin.list_assignments(&[("user_id", &company.admin.id.to_string())]).await.ok()[0].clone()
}

async fn statuses(superadmin: &Superadmin, company: &Company) -> Vec<String> {
    let rows = superadmin.list_assignments(&[("user_id", &company.admin.id.to_string())]).await.ok();
    rows.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect()
}

async fn an_assignment_names_its_company_by_the_owner(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    world.clock.advance(Duration::from_secs(1));
    let mut row = newest(&superadmin, &tesla).await;
    assert!(row["id"].is_i64());
    let start = "2026-11-23T02:52:03.458070Z";
    let wanted = json!({
        "id": row["id"].take(), "user": tesla.admin.id,
        "user_details": {"id": tesla.admin.id, "username": tesla.admin.email.split('@').next(),
            "email": tesla.admin.email, "role": "ADMIN"},
        "plan": tesla.plan,
        "plan_details": {"id": tesla.plan, "plan_name": "Basic", "max_agents": 10, "price": "99.99"},
        "start_date": start, "expiry_date": "2027-11-23T02:52:03.458070Z", "status": "active",
        "status_display": "Active", "days_remaining": 364, "is_expired": false, "notes": "", "created_at": start,
    });
    row["id"] = wanted["id"].clone();
    assert_eq!(row, wanted);
}

async fn assignments_are_listed_newest_first_and_by_admin(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let space = world.company("SpaceX").await;
    let joining = json!({"name": "Second Admin", "email": "second@t.example", "company_id": "TES001"});
    superadmin.create_admin(&joining).await.created();
    let bo = tesla.agent("Bo Agent").await.profile().await.ok();
    let users = async |query: &[(&str, &str)]| {
        let rows = superadmin.list_assignments(query).await.ok();
        rows.as_array().unwrap().iter().map(|row| row["user"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(users(&[]).await, [space.admin.id, tesla.admin.id]);
    let second = superadmin.list_admins(&[("search", "second")]).await.ok()["results"][0]["id"].to_string();
    assert_eq!(users(&[("user_id", &second)]).await, [tesla.admin.id]);
    for not_admin in ["999999", &bo["id"].to_string()] {
        assert_eq!(users(&[("user_id", not_admin)]).await, [0; 0]);
    }
    assert_eq!(users(&[("user_id", "x"), ("user_id", &space.admin.id.to_string())]).await, [space.admin.id]);
    for bad in ["x", "1.5"] {
        let reply = superadmin.list_assignments(&[("user_id", bad)]).await;
        reply.error(400, "bad_request", "Invalid user_id parameter");
    }
}

async fn another_plan_keeps_the_expiry(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let gold = plan(&superadmin, "gold", 2).await;
    world.clock.advance(10 * DAY);
    let superadmin = world.superadmin().await;
    let body = json!({"new_plan_id": gold.to_string(), "reason": " Growing ", "company_id": "XXX999"});
    let changed = superadmin.change_admin_plan(tesla.admin.id, &body).await.ok();
    let row = &changed["new_assignment"];
    assert_eq!(
        (&row["start_date"], &row["expiry_date"]),
        (&json!("2026-12-03T02:52:03.458070Z"), &json!("2027-11-23T02:52:03.458070Z"))
    );
    assert_eq!((&row["notes"], &row["plan"], &row["days_remaining"]), (&json!("Growing"), &json!(gold), &json!(354)));
    assert_eq!(changed["admin"]["current_plan"]["assignment_id"], row["id"]);
    assert_eq!((&changed["admin"]["id"], changed["message"].is_string()), (&json!(tesla.admin.id), true));
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "upgraded"]);
    assert_eq!(tesla.admin.signed_in_again().await.profile().await.ok()["current_plan"]["name"], "Gold");
}

async fn a_change_of_plan_is_refused_for_each_reason(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let gold = plan(&superadmin, "gold", 2).await;
    let admin = tesla.admin.id;
    let to = |plan: i64| json!({"new_plan_id": plan});
    let bo = tesla.agent("Bo Agent").await.profile().await.ok()["id"].as_i64().unwrap();
    for not_admin in [999_999, bo] {
        superadmin.change_admin_plan(not_admin, &to(gold)).await.error(404, "not_found", "Admin not found");
    }
    let reply = superadmin.change_admin_plan(admin, &to(tesla.plan)).await;
    reply.error(400, "bad_request", "Admin is already on this plan");
    let reply = superadmin.change_admin_plan(admin, &to(999_999)).await;
    reply.field_error("new_plan_id", "Invalid plan ID or plan is not active.");
    let reply = superadmin.change_admin_plan(admin, &json!({})).await;
    reply.field_error("new_plan_id", "This field is required.");
    let reply = superadmin.change_admin_plan(admin, &json!({"new_plan_id": gold, "reason": "x".repeat(501)})).await;
    reply.field_error("reason", "Ensure this field has no more than 500 characters.");
    superadmin.client().post("/api/auth/change-admin-plan/abc/", &to(gold)).await.expect(404);
    assert_eq!(statuses(&superadmin, &tesla).await, ["active"]);

    let id = newest(&superadmin, &tesla).await["id"].clone();
    superadmin.cancel_subscription(&json!({"assignment_id": id})).await.ok();
    let reply = superadmin.change_admin_plan(admin, &to(gold)).await;
    reply.error(400, "bad_request", "Admin has no active plan assignment");
}

async fn a_cancelled_subscription_takes_the_reason_and_the_seats(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let id = newest(&superadmin, &tesla).await["id"].clone();
    let cancelled = superadmin.cancel_subscription(&json!({"assignment_id": id, "reason": "Too dear"})).await.ok();
    let row = &cancelled["assignment"];
    assert_eq!((&row["id"], &row["notes"]), (&id, &json!("Too dear")));
    assert_eq!((&row["status"], &row["status_display"]), (&json!("cancelled"), &json!("Cancelled")));
    assert_eq!((&row["days_remaining"], &row["is_expired"]), (&json!(0), &json!(true)));
    let refused = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.expect(403);
    assert_eq!((&refused.body["code"], &refused.body["is_cancelled"]), (&json!("agent_limit_reached"), &json!(true)));
    // The owner sees the newest assignment of any status, but a cancelled one is not the current plan.
    assert_eq!(tesla.admin.profile().await.ok()["current_plan"]["status"], "cancelled");
    let admin = superadmin.list_admins(&[("admin_id", &tesla.admin.id.to_string())]).await.ok();
    assert_eq!(admin["current_plan"], Value::Null);
}

async fn cancelling_needs_an_active_assignment(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let id = newest(&superadmin, &tesla).await["id"].clone();
    for missing in [json!({}), json!({"assignment_id": null}), json!({"assignment_id": 999_999})] {
        let reply = superadmin.cancel_subscription(&missing).await;
        reply.error(404, "not_found", "Active assignment not found");
    }
    for bad in [json!("x"), json!(""), json!(true), json!(1.5)] {
        let reply = superadmin.cancel_subscription(&json!({"assignment_id": bad})).await;
        reply.field_error("assignment_id", "A valid integer is required.");
    }
    let form = [("assignment_id", id.to_string())];
    let form: Vec<_> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let cancel = superadmin.client().call(reqwest::Method::POST, "/api/auth/cancel-subscription").form(&form);
    assert_eq!(cancel.await.ok()["assignment"]["notes"], "");
    let reply = superadmin.cancel_subscription(&json!({"assignment_id": id})).await;
    reply.error(404, "not_found", "Active assignment not found");
}

async fn a_renewal_starts_now_for_a_year_or_as_told(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let first = newest(&superadmin, &tesla).await["id"].clone();
    world.clock.advance(DAY);
    let superadmin = world.superadmin().await;
    let renewed = superadmin.renew_subscription(&json!({"assignment_id": first})).await.created();
    let row = &renewed["new_assignment"];
    assert_eq!(
        (&row["start_date"], &row["expiry_date"]),
        (&json!("2026-11-24T02:52:03.458070Z"), &json!("2027-11-24T02:52:03.458070Z"))
    );
    assert_eq!((&row["notes"], &row["plan"]), (&json!("Subscription renewed"), &json!(tesla.plan)));
    assert_eq!(row["days_remaining"], 364);
    let until = json!({"assignment_id": row["id"], "expiry_date": "2027-01-31T12:00:00+05:45"});
    let row = superadmin.renew_subscription(&until).await.created()["new_assignment"].clone();
    assert_eq!(row["expiry_date"], "2027-01-31T06:15:00.000000Z");
    let day = json!({"assignment_id": row["id"], "expiry_date": "2030-01-01"});
    let row = superadmin.renew_subscription(&day).await.created()["new_assignment"].clone();
    assert_eq!(row["expiry_date"], "2030-01-01T00:00:00.000000Z");
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "upgraded", "upgraded", "upgraded"]);

    for past in ["2026-11-24T02:52:03.458070Z", "2020-01-01"] {
        let reply = superadmin.renew_subscription(&json!({"assignment_id": first, "expiry_date": past})).await;
        reply.field_error("expiry_date", "Expiry date must be in the future.");
    }
    let reply =
        superadmin.renew_subscription(&json!({"assignment_id": first, "expiry_date": "soon"})).await.expect(400);
    assert!(reply.body["expiry_date"][0].as_str().unwrap().starts_with("Datetime has wrong format."));
    let reply = superadmin.renew_subscription(&json!({"assignment_id": 999_999})).await;
    reply.error(404, "not_found", "Assignment not found");
    let reply = superadmin.renew_subscription(&json!({})).await;
    reply.field_error("assignment_id", "This field is required.");
    assert_eq!(statuses(&superadmin, &tesla).await.len(), 4);
}

async fn a_row_of_any_status_is_renewed(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let first = newest(&superadmin, &tesla).await["id"].clone();
    superadmin.cancel_subscription(&json!({"assignment_id": first})).await.ok();
    superadmin.renew_subscription(&json!({"assignment_id": first})).await.created();
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "cancelled"]);
    superadmin.renew_subscription(&json!({"assignment_id": first})).await.created();
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "upgraded", "cancelled"]);
    world.clock.advance(366 * DAY);
    let superadmin = world.superadmin().await;
    assert_eq!(statuses(&superadmin, &tesla).await, ["expired", "upgraded", "cancelled"]);
    superadmin.renew_subscription(&json!({"assignment_id": first})).await.created();
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "expired", "upgraded", "cancelled"]);
    let agent = json!({"name": "Bo", "phone": "555-TEST", "email": "bo@t.example", "specialization": "All"});
    tesla.admin.signed_in_again().await.create_agent(&agent).await.created();
}

async fn an_upgrade_replaces_an_active_row(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let first = newest(&superadmin, &tesla).await["id"].clone();
    let gold = plan(&superadmin, "gold", 20).await;
    world.clock.advance(DAY);
    let superadmin = world.superadmin().await;
    let body = json!({"assignment_id": first, "new_plan_id": gold, "reason": "More seats"});
    let row = superadmin.upgrade_plan(&body).await.created()["new_assignment"].clone();
    assert_eq!((&row["plan_details"]["plan_name"], &row["plan_details"]["price"]), (&json!("Gold"), &json!("250.00")));
    assert_eq!((&row["expiry_date"], &row["notes"]), (&json!("2027-11-23T02:52:03.458070Z"), &json!("More seats")));
    let reply = superadmin.upgrade_plan(&body).await;
    reply.error(404, "not_found", "Active assignment not found");
    let unknown = json!({"assignment_id": row["id"], "new_plan_id": 999_999});
    superadmin.upgrade_plan(&unknown).await.error(404, "not_found", "New plan not found");
    let unknown = json!({"assignment_id": 999_999, "new_plan_id": gold});
    superadmin.upgrade_plan(&unknown).await.error(404, "not_found", "Active assignment not found");
    let reply = superadmin.upgrade_plan(&json!({})).await.expect(400);
    for field in ["assignment_id", "new_plan_id"] {
        assert_eq!(reply.body[field], json!(["This field is required."]));
    }
    assert_eq!(statuses(&superadmin, &tesla).await, ["active", "upgraded"]);
}

async fn an_expired_assignment_is_not_active(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.clock.advance(365 * DAY);
    let superadmin = world.superadmin().await;
    let gold = plan(&superadmin, "gold", 20).await;
    let row = newest(&superadmin, &tesla).await;
    assert_eq!((&row["status"], &row["status_display"]), (&json!("expired"), &json!("Expired")));
    assert_eq!((&row["days_remaining"], &row["is_expired"]), (&json!(0), &json!(true)));
    let of = json!({"assignment_id": row["id"], "new_plan_id": gold});
    superadmin.cancel_subscription(&of).await.error(404, "not_found", "Active assignment not found");
    superadmin.upgrade_plan(&of).await.error(404, "not_found", "Active assignment not found");
    let reply = superadmin.change_admin_plan(tesla.admin.id, &of).await;
    reply.error(400, "bad_request", "Admin has no active plan assignment");
    // An expired subscription does not stop visitors.
    tesla.visitor().await;
}

async fn renewals_at_once_leave_one_active_row(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let body = json!({"assignment_id": newest(&superadmin, &tesla).await["id"]});
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..6 {
        calls.spawn(superadmin.renew_subscription(&body).into_future());
    }
    calls.join_all().await.into_iter().for_each(|reply| drop(reply.created()));
    let statuses = statuses(&superadmin, &tesla).await;
    assert_eq!((statuses.len(), statuses.iter().filter(|status| *status == "active").count()), (7, 1));
}

async fn only_the_superadmin_handles_subscriptions(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    for call in [
        |who: &Client| who.list_assignments(&[]),
        |who: &Client| who.change_admin_plan(1, &json!({})),
        |who: &Client| who.cancel_subscription(&json!({})),
        |who: &Client| who.renew_subscription(&json!({})),
        |who: &Client| who.upgrade_plan(&json!({})),
        |who: &Client| who.update_admin(1, &json!({})),
        |who: &Client| who.delete_admin(1),
        |who: &Client| who.reset_admin_password(1),
    ] {
        call(&world.anybody()).await.asks_for_a_token();
        call(agent.client()).await.refuses_the_role();
        call(tesla.admin.client()).await.refuses_the_role();
    }
}
