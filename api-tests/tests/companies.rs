//! Companies, their codes and their admins.
#![cfg(test)]

use std::{collections::HashSet, time::Duration};

use api_tests::prelude::*;

on_each_database!(
    a_code_is_made_from_the_name_and_counts_up,
    companies_opened_at_once_get_different_codes,
    an_opened_company_is_described,
    a_second_admin_joins_an_existing_company,
    an_admin_is_refused_for_each_bad_field,
    an_admins_user_name_is_the_local_part_with_a_number_when_taken,
    the_list_of_admins_pages_with_links,
    the_list_of_admins_is_searched_and_ordered,
    one_admin_is_a_bare_row,
    only_the_superadmin_manages_companies,
);

async fn open(superadmin: &Superadmin, plan: &Value, name: &str, email: &str) -> Value {
    superadmin.create_admin(&json!({"name": name, "email": email, "plan_id": plan})).await.created()
}

async fn plan(superadmin: &Superadmin) -> Value {
    let plan = json!({"plan_name": "basic", "max_agents": 5, "price": "99.99"});
    superadmin.create_plan(&plan).await.created()["id"].clone()
}

async fn a_code_is_made_from_the_name_and_counts_up(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    let names = [
        ("Tesla Motors", "TES001"),
        ("tesla again", "TES002"),
        ("SpaceX", "SPA001"),
        ("AI Solutions", "AIS001"),
        ("A1B2C3", "ABC001"),
        ("AB", "ABX001"),
        ("4 U", "UXX001"),
        ("!!!", "XXX001"),
        ("\u{c9}cole 12", "COL001"),
    ];
    for (at, (name, code)) in names.into_iter().enumerate() {
        let opened = open(&superadmin, &plan, name, &format!("a{at}@t.example")).await;
        assert_eq!(opened["company_id"], code, "{name}");
    }
}

async fn companies_opened_at_once_get_different_codes(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    let opening = |at: i32| json!({"name": "Tesla", "email": format!("a{at}@t.example"), "plan_id": plan});
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..8 {
        calls.spawn(superadmin.create_admin(&opening(at)).into_future());
    }
    let codes: HashSet<_> =
        calls.join_all().await.into_iter().map(|reply| reply.created()["company_id"].to_string()).collect();
    let expected: HashSet<_> = (1..=8).map(|n| format!("\"TES00{n}\"")).collect();
    assert_eq!(codes, expected);
}

async fn an_opened_company_is_described(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    let opening = json!({"name": "Tesla Motors", "email": "ann@t.example", "plan_id": plan, "company_id": "",
        "phone_number": "555-TEST", "address": null});
    let opened = superadmin.create_admin(&opening).await.created();
    assert_eq!((&opened["name"], &opened["email"]), (&json!("Tesla Motors"), &json!("ann@t.example")));
    assert_eq!(opened["plan"], json!({"id": plan, "name": "Basic", "max_agents": 5, "price": "99.99"}));
    let password = opened["password"].as_str().unwrap();
    assert_eq!(password.chars().count(), 16);
    assert!(!password.contains(['0', 'O', 'o', '1', 'l', 'I']), "{password}");

    world.clock.advance(Duration::from_secs(1));
    let row = &superadmin.list_admins(&[]).await.ok()["results"][0];
    let current = &row["current_plan"];
    assert_eq!(
        (&current["plan_id"], &current["plan_name"], &current["days_remaining"]),
        (&plan, &json!("Basic"), &json!(364))
    );
    assert_eq!(
        (&current["max_agents"], &current["price"], &current["status"]),
        (&json!(5), &json!("99.99"), &json!("active"))
    );
    assert_eq!(current["expiry_date"], "2027-11-23T02:52:03.458070Z");
    assert_eq!(row["company"], json!({"id": "TES001", "name": "Tesla Motors", "status": "active"}));
    assert_eq!((&row["phone_number"], &row["is_active"]), (&json!("555-TEST"), &json!(true)));
    for absent in ["username", "first_name", "last_name"] {
        assert!(row.get(absent).is_none(), "{absent}");
    }
    assert!(row.get("generated_password").is_some());
}

async fn a_second_admin_joins_an_existing_company(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let joining = json!({"name": "Second Admin", "email": "second@t.example", "company_id": "TES001"});
    let joined = superadmin.create_admin(&joining).await.created();
    assert_eq!((&joined["company_id"], &joined["plan"]["id"]), (&json!("TES001"), &json!(tesla.plan)));
    let signed_in = world.anybody().login("second@t.example", joined["password"].as_str().unwrap()).await.ok();
    assert_eq!(signed_in["user"]["company"]["name"], "Tesla Motors");
    assert_eq!(superadmin.list_admins(&[("search", "TES001")]).await.ok()["count"], 2);

    for code in ["TES002", "tes001", "NOPE"] {
        let joining = json!({"name": "Third", "email": "third@t.example", "company_id": code});
        superadmin.create_admin(&joining).await.field_error("company_id", "Company not found or not active.");
    }
    let joining = json!({"name": "Third", "email": "third@t.example", "company_id": "TES001", "plan_id": 9999});
    superadmin.create_admin(&joining).await.field_error("plan_id", "Invalid plan ID or plan is not active.");
}

async fn an_admin_is_refused_for_each_bad_field(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    open(&superadmin, &plan, "Tesla", "ann@t.example").await;
    let with = |key: &str, value: Value| {
        let mut body = json!({"name": "Other", "email": "other@t.example", "plan_id": plan});
        body[key] = value;
        body
    };
    let long = "x".repeat(101);
    for (key, value, message) in [
        ("email", json!("ANN@T.example"), "A user with this email already exists."),
        ("email", json!("not an address"), "Enter a valid email address."),
        ("email", json!("ann@t"), "Enter a valid email address."),
        ("email", json!("an..n@t.example"), "Enter a valid email address."),
        ("email", json!(""), "This field may not be blank."),
        ("email", json!(null), "This field may not be null."),
        ("plan_id", json!(9999), "Invalid plan ID or plan is not active."),
        ("plan_id", json!("x"), "A valid integer is required."),
        ("plan_id", json!(null), "This field may not be null."),
        ("name", json!("   "), "This field may not be blank."),
        ("name", json!(long), "Ensure this field has no more than 100 characters."),
        ("name", json!(true), "Not a valid string."),
        ("contact_number", json!("123456789012345678901"), "Ensure this field has no more than 20 characters."),
    ] {
        superadmin.create_admin(&with(key, value)).await.field_error(key, message);
    }
    let all = superadmin.create_admin(&json!({})).await.expect(400);
    for key in ["name", "email", "plan_id"] {
        assert_eq!(all.body[key], json!(["This field is required."]), "{all:?}");
    }
    // Refused requests leave no rows and use up no code: the next company is the second one.
    assert_eq!(superadmin.list_admins(&[]).await.ok()["count"], 1);
    assert_eq!(open(&superadmin, &plan, "Tesla", "other@t.example").await["company_id"], "TES002");
}

async fn an_admins_user_name_is_the_local_part_with_a_number_when_taken(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    for (host, name) in [("a.example", "ann"), ("b.example", "ann1"), ("c.example", "ann2")] {
        let opened = open(&superadmin, &plan, "Solo", &format!("ann@{host}")).await;
        let user = &world.anybody().login(name, opened["password"].as_str().unwrap()).await.ok()["user"];
        assert_eq!((&user["username"], &user["email"]), (&json!(name), &opened["email"]));
        assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Solo"), &json!("Admin")));
    }
}

async fn the_list_of_admins_pages_with_links(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    for at in 0..5 {
        open(&superadmin, &plan, &format!("Firm {at}"), &format!("a{at}@t.example")).await;
    }
    let page = superadmin.list_admins(&[("page", "2"), ("page_size", "2"), ("ordering", "name")]).await.ok();
    let numbers = ["count", "total_pages", "current_page", "page_size", "requested_page_size"]
        .map(|key| page[key].as_i64().unwrap());
    assert_eq!(numbers, [5, 3, 2, 2, 2]);
    assert_eq!((&page["results"][0]["name"], &page["results"][1]["name"]), (&json!("Firm 2"), &json!("Firm 3")));
    for (key, number) in [("next", "page=3"), ("previous", "page=1")] {
        let link = page[key].as_str().unwrap();
        assert!(link.starts_with("https://chat.example.com/api/auth/list-admins"), "{link}");
        assert!(link.contains(number) || (number == "page=1" && !link.contains("page=2")), "{link}");
        assert!(link.contains("page_size=2") && link.contains("ordering=name"), "{link}");
    }
    let last = superadmin.list_admins(&[("page", "last"), ("page_size", "2")]).await.ok();
    assert_eq!((&last["current_page"], &last["page_size"], &last["next"]), (&json!(3), &json!(1), &Value::Null));
    assert_eq!(superadmin.list_admins(&[("page_size", "1000")]).await.ok()["requested_page_size"], 100);
    for bad in ["4", "0", "-1", "x"] {
        superadmin.list_admins(&[("page", bad), ("page_size", "2")]).await.detail(404, "not_found", "Invalid page.");
    }
}

async fn the_list_of_admins_is_searched_and_ordered(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = plan(&superadmin).await;
    for (name, email) in [("Beta", "z@one.example"), ("alpha", "y@two.example"), ("Gamma", "x@three.example")] {
        open(&superadmin, &plan, name, email).await;
        world.clock.advance(Duration::from_secs(1));
    }
    let names = async |query: &[(&str, &str)]| {
        let found = superadmin.list_admins(query).await.ok();
        found["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&[]).await, ["Gamma", "alpha", "Beta"]);
    assert_eq!(names(&[("ordering", "nonsense")]).await, ["Gamma", "alpha", "Beta"]);
    assert_eq!(names(&[("ordering", "date_joined")]).await, ["Beta", "alpha", "Gamma"]);
    assert_eq!(names(&[("ordering", "email")]).await, ["Gamma", "alpha", "Beta"]);
    assert_eq!(names(&[("ordering", "-company_id")]).await, ["Gamma", "Beta", "alpha"]);
    assert_eq!(names(&[("search", "LPH")]).await, ["alpha"]);
    assert_eq!(names(&[("search", "three")]).await, ["Gamma"]);
    assert_eq!(names(&[("search", "bet001")]).await, ["Beta"]);
    assert_eq!(names(&[("search", "%")]).await, [""; 0]);
    assert_eq!(names(&[("search", "alpha"), ("search", "beta")]).await, ["Beta"]);
}

async fn one_admin_is_a_bare_row(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await.profile().await.ok();
    let row = superadmin.list_admins(&[("admin_id", &tesla.admin.id.to_string())]).await.ok();
    assert_eq!((&row["id"], &row["company_id"]), (&json!(tesla.admin.id), &json!("TES001")));
    for id in ["999999", &agent["id"].to_string()] {
        let reply = superadmin.list_admins(&[("admin_id", id)]).await;
        reply.error(404, "not_found", "Admin not found with the given ID.");
    }
    for id in ["x", "1.5"] {
        let reply = superadmin.list_admins(&[("admin_id", id)]).await;
        reply.error(400, "bad_request", "Invalid admin_id parameter. Must be a number.");
    }
}

async fn only_the_superadmin_manages_companies(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    for call in [
        |who: &Client| who.create_plan(&json!({})),
        |who: &Client| who.list_plans(&[]),
        |who: &Client| who.create_admin(&json!({})),
        |who: &Client| who.list_admins(&[]),
    ] {
        call(&world.anybody()).await.asks_for_a_token();
        call(agent.client()).await.refuses_the_role();
        call(tesla.admin.client()).await.refuses_the_role();
    }
}
