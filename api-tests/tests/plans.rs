//! Plans.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_plan_needs_a_name_seats_and_a_price,
    every_plan_name_has_a_display_name,
    a_plan_is_refused_for_each_bad_field,
    plans_are_a_bare_list_by_name_then_price,
    plans_page_newest_first_when_asked,
    an_expired_subscription_stops_hiring_but_no_visitor,
);

async fn a_plan_needs_a_name_seats_and_a_price(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = superadmin.create_plan(&json!({"plan_name": "basic", "max_agents": 5, "price": 99.99})).await.created();
    assert_eq!((&plan["plan_name"], &plan["plan_name_display"]), (&json!("basic"), &json!("Basic")));
    assert_eq!((&plan["max_agents"], &plan["price"], &plan["is_active"]), (&json!(5), &json!("99.99"), &json!(true)));
    assert_eq!((&plan["company_name"], &plan["expiry_date"]), (&json!("Default Company"), &Value::Null));
    assert_eq!(plan["created_at"], "2026-11-23T02:52:03.458070Z");

    let full = json!({"plan_name": "custom", "max_agents": "7", "price": "10", "company_name": "Tesla",
        "expiry_date": "2027-01-31"});
    let plan = superadmin.create_plan(&full).await.created();
    assert_eq!((&plan["max_agents"], &plan["price"]), (&json!(7), &json!("10.00")));
    assert_eq!((&plan["company_name"], &plan["expiry_date"]), (&json!("Tesla"), &json!("2027-01-31")));
}

async fn every_plan_name_has_a_display_name(world: &World) {
    let superadmin = world.superadmin().await;
    for name in ["basic", "pro", "premium", "bronze", "silver", "gold", "platinum", "diamond", "custom"] {
        let plan = superadmin.create_plan(&json!({"plan_name": name, "max_agents": 1, "price": 1})).await.created();
        let display = plan["plan_name_display"].as_str().unwrap();
        assert_eq!((display.to_lowercase().as_str(), &display[..1]), (name, name[..1].to_uppercase().as_str()));
    }
}

async fn a_plan_is_refused_for_each_bad_field(world: &World) {
    let superadmin = world.superadmin().await;
    for (key, value, message) in [
        ("plan_name", json!("iron"), "\"iron\" is not a valid choice."),
        ("plan_name", json!("Basic"), "\"Basic\" is not a valid choice."),
        ("max_agents", json!(0), "Max agents must be greater than 0."),
        ("max_agents", json!(-3), "Max agents must be greater than 0."),
        ("max_agents", json!(5.5), "A valid integer is required."),
        ("max_agents", json!(true), "A valid integer is required."),
        ("max_agents", json!(""), "A valid integer is required."),
        ("price", json!(0), "Price must be greater than 0."),
        ("price", json!("-1.00"), "Price must be greater than 0."),
        ("price", json!("free"), "A valid number is required."),
        ("price", json!("NaN"), "A valid number is required."),
        ("price", json!("1.999"), "Ensure that there are no more than 2 decimal places."),
        ("price", json!("123456789.00"), "Ensure that there are no more than 10 digits in total."),
    ] {
        let mut body = json!({"plan_name": "basic", "max_agents": 5, "price": "1.00"});
        body[key] = value;
        superadmin.create_plan(&body).await.field_error(key, message);
    }
    let all = superadmin.create_plan(&json!({"plan_name": "iron", "max_agents": 0, "price": 0})).await.expect(400);
    for (key, message) in [
        ("plan_name", "\"iron\" is not a valid choice."),
        ("max_agents", "Max agents must be greater than 0."),
        ("price", "Price must be greater than 0."),
    ] {
        assert_eq!(all.body[key], json!([message]));
    }
    for date in ["2027-02-30", "31/01/2027", ""] {
        let body = json!({"plan_name": "basic", "max_agents": 5, "price": "1.00", "expiry_date": date});
        let reply = superadmin.create_plan(&body).await.expect(400);
        assert!(reply.body["expiry_date"].is_array(), "{reply:?}");
    }
    assert_eq!(superadmin.list_plans(&[]).await.ok(), json!([]));
}

async fn plans_are_a_bare_list_by_name_then_price(world: &World) {
    let superadmin = world.superadmin().await;
    for (name, price) in [("pro", "5.00"), ("basic", "100.00"), ("basic", "20.00"), ("gold", "1.00")] {
        superadmin.create_plan(&json!({"plan_name": name, "max_agents": 1, "price": price})).await.created();
    }
    let plans = superadmin.list_plans(&[]).await.ok();
    let order: Vec<_> = plans
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| (plan["plan_name"].as_str().unwrap(), plan["price"].as_str().unwrap()))
        .collect();
    assert_eq!(order, [("basic", "20.00"), ("basic", "100.00"), ("gold", "1.00"), ("pro", "5.00")]);
    assert!(plans[0]["id"].is_i64());
}

async fn plans_page_newest_first_when_asked(world: &World) {
    let superadmin = world.superadmin().await;
    for (name, company) in [("pro", "Tesla Motors"), ("basic", "Space"), ("gold", "tesla again")] {
        let body = json!({"plan_name": name, "max_agents": 1, "price": "5", "company_name": company});
        superadmin.create_plan(&body).await.created();
        world.clock.advance(Duration::from_secs(60));
    }
    let names = async |query: &[(&str, &str)]| {
        let page = superadmin.list_plans(query).await.ok();
        let names: Vec<_> = page["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|plan| plan["plan_name"].as_str().unwrap().to_owned())
            .collect();
        (page["count"].as_i64().unwrap(), page["current_page"].as_i64().unwrap(), names.join(" "))
    };
    assert_eq!(names(&[("page", "1")]).await, (3, 1, "gold basic pro".into()));
    assert_eq!(names(&[("page", "2"), ("page_size", "2")]).await, (3, 2, "pro".into()));
    assert_eq!(names(&[("page", "9"), ("page_size", "2")]).await, (3, 1, "gold basic".into()));
    assert_eq!(names(&[("page", "x")]).await, (3, 1, "gold basic pro".into()));
    assert_eq!(names(&[("search", "TESLA")]).await, (2, 1, "gold pro".into()));
    assert_eq!(names(&[("plan_name", "basic")]).await, (1, 1, "basic".into()));
    assert_eq!(names(&[("created_from", "2026-11-24")]).await, (0, 1, String::new()));
    assert_eq!(names(&[("created_to", "2026-11-23")]).await, (3, 1, "gold basic pro".into()));
    assert_eq!(names(&[("created_to", "2026-11-23"), ("tz", "Asia/Tokyo")]).await.0, 3);
    for bad in [("created_from", "tomorrow"), ("created_to", "2026-02-30"), ("tz", "Mars/Phobos")] {
        let message = superadmin.list_plans(&[("page", "1"), bad]).await.expect(400).body["error"].to_string();
        assert!(message.contains(&format!("Invalid {} parameter.", bad.0)), "{message}");
    }
    let page = superadmin.list_plans(&[("page_size", "2")]).await.ok();
    let rest = ["total_pages", "has_next", "has_previous"].map(|key| page[key].to_string());
    assert_eq!(rest, ["2", "true", "false"]);
}

async fn an_expired_subscription_stops_hiring_but_no_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.clock.advance(Duration::from_hours(24 * 364 - 1));
    let row = &world.superadmin().await.list_admins(&[]).await.ok()["results"][0];
    assert_eq!(row["current_plan"]["days_remaining"], 1);
    world.clock.advance(Duration::from_hours(25));
    let admin = tesla.admin.signed_in_again().await;
    assert_eq!(world.superadmin().await.list_admins(&[]).await.ok()["results"][0]["current_plan"], Value::Null);
    assert_eq!(admin.profile().await.ok()["current_plan"]["status"], "expired");
    let refused = admin.create_agent(&tesla.agent_body("Bo Agent")).await.expect(403);
    assert_eq!((&refused.body["code"], &refused.body["upgrade_needed"]), (&json!("agent_limit_reached"), &json!(true)));
    assert!(refused.body.get("max_allowed").is_none(), "{refused:?}");
    tesla.visitor().await;
}
