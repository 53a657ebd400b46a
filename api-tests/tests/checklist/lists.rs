//! Guarantees about lists and rows. See docs/compatibility.md: Pages, Accounts and companies, Object shapes.

use api_tests::prelude::*;

on_each_database!(
    plans_agents_sessions_and_activities_are_bare_arrays,
    list_admins_has_its_page_keys_404_out_of_range_and_one_bare_row,
    admin_rows_have_no_names_of_users_and_profile_lists_carry_both_keys,
    create_plan_works_with_three_fields_alone,
    staff_phones_are_free_text,
    generated_password_is_still_a_key_now_null,
    company_codes_count_from_001_and_a_superadmin_cannot_create_agents,
);

async fn plans_agents_sessions_and_activities_are_bare_arrays(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    tesla.visitor().await.ask_for_a_person(&bo).await;
    assert_eq!(world.superadmin().await.list_plans(&[]).await.ok()[0]["id"], tesla.plan);
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["email"], bo.email.as_str());
    assert!(tesla.admin.handoffs(&[]).await.ok()[0]["id"].is_i64());
    assert_eq!(tesla.admin.activities(&[]).await.ok()[0]["activity_type"], "login");
}

async fn list_admins_has_its_page_keys_404_out_of_range_and_one_bare_row(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let page = superadmin.list_admins(&[]).await.ok();
    let numbers = ["count", "total_pages", "current_page"].map(|key| page[key].as_i64().unwrap());
    assert_eq!(numbers, [1, 1, 1]);
    superadmin.list_admins(&[("page", "2")]).await.expect(404);
    let row = superadmin.list_admins(&[("admin_id", &tesla.admin.id.to_string())]).await.ok();
    assert_eq!(row, page["results"][0]);
}

async fn admin_rows_have_no_names_of_users_and_profile_lists_carry_both_keys(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let row = &superadmin.list_admins(&[]).await.ok()["results"][0];
    for absent in ["username", "first_name", "last_name"] {
        assert!(row.get(absent).is_none(), "{row}");
    }
    tesla.visitor().await;
    let page = tesla.admin.profiles(&[]).await.ok();
    assert_eq!(page["profiles"].as_array().unwrap().len(), 1);
    assert_eq!(page["profiles"], page["results"]);
}

async fn create_plan_works_with_three_fields_alone(world: &World) {
    let plan = json!({"plan_name": "silver", "max_agents": 5, "price": "49.99"});
    let plan = world.superadmin().await.create_plan(&plan).await.created();
    assert_eq!((&plan["plan_name_display"], &plan["price"]), (&json!("Silver"), &json!("49.99")));
    assert_eq!((&plan["company_name"], &plan["expiry_date"]), (&json!("Default Company"), &Value::Null));
}

async fn staff_phones_are_free_text(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let mut body = tesla.agent_body("Bo Agent");
    for phone in ["555-DELETE", "ask at the desk", "0"] {
        body["phone"] = phone.into();
        body["email"] = format!("{}@t.example", phone.len()).into();
        assert_eq!(tesla.admin.create_agent(&body).await.created()["agent"]["phone"], phone);
    }
    let opening = json!({"name": "Space", "email": "sam@space.example", "plan_id": tesla.plan,
        "phone_number": "555-DELETE", "contact_number": "555-DELETE"});
    superadmin.create_admin(&opening).await.created();
    let row = &superadmin.list_admins(&[("search", "sam@space")]).await.ok()["results"][0];
    assert_eq!((&row["phone_number"], &row["contact_number"]), (&json!("555-DELETE"), &json!("555-DELETE")));
}

async fn generated_password_is_still_a_key_now_null(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    for row in [
        &tesla.admin.list_agents().await.ok()[0],
        &world.superadmin().await.list_admins(&[]).await.ok()["results"][0],
        &tesla.admin.profile().await.ok(),
    ] {
        assert_eq!(row.get("generated_password"), Some(&Value::Null), "{row}");
    }
}

async fn company_codes_count_from_001_and_a_superadmin_cannot_create_agents(world: &World) {
    let mut codes = Vec::new();
    for name in ["Tesla Motors", "SpaceX", "AI Solutions", "AB", "!!!", "Tesla Motors"] {
        codes.push(world.company(name).await.id);
    }
    assert_eq!(codes, ["TES001", "SPA001", "AIS001", "ABX001", "XXX001", "TES002"]);
    let agent =
        json!({"name": "Bo", "phone": "1", "email": "bo@t.example", "specialization": "x", "company_id": "TES001"});
    world.superadmin().await.create_agent(&agent).await.error(
        400,
        "bad_request",
        "Admin user must have a company_id to create agents. Please contact SuperAdmin.",
    );
}
