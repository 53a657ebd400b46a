//! Changes and deletion of agents, and the seat limits of plans.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    only_what_is_sent_of_an_agent_changes,
    put_is_partial_too_and_takes_forms,
    names_are_disarmed_and_shown_to_the_agent,
    a_change_is_refused_for_each_bad_field,
    an_inactive_agent_is_out_at_once_and_comes_back,
    a_deleted_agent_frees_its_address,
    another_companys_agent_is_like_none,
    the_limit_is_told_in_each_case,
    stays_are_listed_newest_first,
    the_superadmin_manages_agents_of_every_company,
    agents_and_strangers_manage_nobody,
);

const GONE: &str = "Agent not found or does not belong to your company";

async fn only_what_is_sent_of_an_agent_changes(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let before = tesla.admin.list_agents().await.ok()[0].clone();
    let reply = tesla.admin.update_agent(bo.id, &json!({"phone": "555-DELETE"})).await.ok();
    assert!(reply["message"].is_string());
    let mut expected = before;
    expected["phone"] = "555-DELETE".into();
    expected["sn"] = 0.into();
    assert_eq!(reply["agent"], expected);
    assert_eq!(tesla.admin.update_agent(bo.id, &json!({})).await.ok()["agent"], expected);
    // Unknown keys, including company_id, have no effect.
    let surplus = json!({"company_id": "SPA001", "status": "BUSY", "id": 1});
    assert_eq!(tesla.admin.update_agent(bo.id, &surplus).await.ok()["agent"], expected);
    bo.profile().await.ok();

    let body = json!({"email": "bo.new@t.example", "specialization": "Repairs"});
    let agent = tesla.admin.update_agent(bo.id, &body).await.ok()["agent"].clone();
    assert_eq!((&agent["email"], &agent["specialization"]), (&json!("bo.new@t.example"), &json!("Repairs")));
    // The address is also the user name, and the old address is not a login any more.
    let profile = bo.profile().await.ok();
    assert_eq!((&profile["username"], &profile["email"]), (&json!("bo.new@t.example"), &json!("bo.new@t.example")));
    world.anybody().login("bo.new@t.example", &bo.password).await.ok();
    world.anybody().login(&bo.email, &bo.password).await.expect(400);
}

async fn put_is_partial_too_and_takes_forms(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let path = format!("/api/admin-dashboard/update-agent/{}", bo.id);
    let put = || tesla.admin.client().call(reqwest::Method::PUT, &path);
    let agent = put().form(&[("name", "Bo Form")]).await.ok()["agent"].clone();
    assert_eq!((&agent["name"], &agent["phone"]), (&json!("Bo Form"), &json!("555-TEST")));
    let agent = put().multipart(&[("phone", "12"), ("is_active", "off")]).await.ok()["agent"].clone();
    assert_eq!(
        (&agent["name"], &agent["phone"], &agent["is_active"]),
        (&json!("Bo Form"), &json!("12"), &json!(false))
    );
}

async fn names_are_disarmed_and_shown_to_the_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let agent = tesla.admin.update_agent(bo.id, &json!({"name": "<b>Ann Mary Ray"})).await.ok()["agent"].clone();
    assert_eq!(agent["name"], "< b>Ann Mary Ray");
    tesla.admin.update_agent(bo.id, &json!({"name": "Ann Mary Ray", "phone": "555-9"})).await.ok();
    let profile = bo.profile().await.ok();
    assert_eq!((&profile["first_name"], &profile["last_name"]), (&json!("Ann"), &json!("Mary Ray")));
    assert_eq!((&profile["name"], &profile["phone_number"]), (&json!("Ann Mary Ray"), &json!("555-9")));
}

async fn a_change_is_refused_for_each_bad_field(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    tesla.agent("Cy Agent").await;
    space.agent("Di Agent").await;
    let before = tesla.admin.list_agents().await.ok();
    let (long_name, long_special) = ("x".repeat(101), "x".repeat(201));
    for (key, value, message) in [
        ("email", json!(tesla.address("Cy Agent").to_uppercase()), "agent with this email already exists."),
        ("email", json!(space.address("Di Agent")), "This email is already in use."),
        ("email", json!(tesla.admin.email), "This email is already in use."),
        ("email", json!("bo at home"), "Enter a valid email address."),
        ("email", Value::Null, "This field may not be null."),
        ("name", json!(""), "This field may not be blank."),
        ("name", json!(long_name), "Ensure this field has no more than 100 characters."),
        ("phone", json!("123456789012345678901"), "Ensure this field has no more than 20 characters."),
        ("specialization", json!(long_special), "Ensure this field has no more than 200 characters."),
        ("is_active", json!("maybe"), "Must be a valid boolean."),
    ] {
        let mut body = json!({"specialization": "changed"});
        body[key] = value;
        tesla.admin.update_agent(bo.id, &body).await.field_error(key, message);
    }
    assert_eq!(tesla.admin.list_agents().await.ok(), before);
    // The agent's own address in a different case is no conflict.
    let uppercase = bo.email.to_uppercase();
    tesla.admin.update_agent(bo.id, &json!({"email": uppercase})).await.ok();
    tesla.admin.client().get("/api/admin-dashboard/update-agent/x/").await.detail(404, "not_found", "Not found.");
}

async fn an_inactive_agent_is_out_at_once_and_comes_back(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 1).await;
    let bo = tesla.agent("Bo Agent").await;
    let agent = tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok()["agent"].clone();
    assert_eq!((&agent["is_active"], &agent["status"]), (&json!(false), &json!("OFFLINE")));
    bo.profile().await.detail(401, "user_inactive", "User is inactive");
    world.anybody().refresh(&bo.refresh).await.expect(401);
    let refused = world.anybody().login(&bo.email, &bo.password).await;
    refused.wrong_credentials("Invalid credentials or inactive account.");
    world.anybody().agent_login(&bo.email, &bo.password).await.same_as(&refused);
    assert_eq!(tesla.admin.list_agents().await.ok(), json!([]));
    // The seat remains taken, and the password cannot be reset.
    assert_eq!(tesla.admin.check_agent_limit().await.ok()["current_count"], 1);
    let reset = tesla.admin.reset_agent_password(bo.id).await;
    reset.field_error("agent_id", "Agent not found or inactive.");

    tesla.admin.update_agent(bo.id, &json!({"is_active": "yes"})).await.ok();
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["id"], bo.id);
    // Reactivating the agent does not make its old tokens valid again.
    bo.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
    world.anybody().refresh(&bo.refresh).await.expect(401);
    bo.signed_in_again().await.profile().await.ok();
}

async fn a_deleted_agent_frees_its_address(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 1).await;
    let bo = tesla.agent("Bo Agent").await;
    let reply = tesla.admin.delete_agent(bo.id).await.ok();
    assert!(reply["message"].is_string());
    tesla.admin.delete_agent(bo.id).await.error(404, "not_found", "Agent not found");
    bo.profile().await.detail(401, "user_not_found", "User not found");
    world.anybody().refresh(&bo.refresh).await.expect(401);
    let refused = world.anybody().login(&bo.email, &bo.password).await;
    refused.wrong_credentials("Invalid credentials or inactive account.");
    tesla.admin.update_agent(bo.id, &json!({"is_active": true})).await.error(404, "not_found", GONE);
    assert_eq!(tesla.admin.activities(&[]).await.ok(), json!([]));
    assert_eq!(tesla.admin.agent_sessions(&[]).await.ok(), json!([]));
    // Seat and address are free again, for other companies too. Ids are not reused.
    let again = tesla.agent("Bo Agent").await;
    assert!(again.id > bo.id);
    bo.profile().await.detail(401, "user_not_found", "User not found");
    tesla.admin.delete_agent(again.id).await.ok();
    let space = world.company("SpaceX").await;
    let mut body = space.agent_body("Bo Agent");
    body["email"] = bo.email.clone().into();
    space.admin.create_agent(&body).await.created();
}

async fn another_companys_agent_is_like_none(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let off = json!({"is_active": false});
    let foreign = space.admin.update_agent(bo.id, &off).await;
    foreign.error(404, "not_found", GONE);
    foreign.same_as(&space.admin.update_agent(999_999, &off).await);
    let foreign = space.admin.delete_agent(bo.id).await;
    foreign.error(404, "not_found", "Agent not found");
    foreign.same_as(&space.admin.delete_agent(999_999).await);
    assert_eq!(space.admin.agent_sessions(&[("agent_id", &bo.id.to_string())]).await.ok(), json!([]));
    assert_eq!(space.admin.agent_sessions(&[]).await.ok(), json!([]));
    bo.profile().await.ok();
}

async fn the_limit_is_told_in_each_case(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 2).await;
    tesla.agent("Bo Agent").await;
    let room = json!({"can_create": true, "current_count": 1, "max_allowed": 2, "plan_name": "Basic"});
    assert_eq!(tesla.admin.check_agent_limit().await.ok(), room);
    tesla.agent("Cy Agent").await;
    let full = tesla.admin.check_agent_limit().await.ok();
    assert_eq!((&full["can_create"], &full["upgrade_needed"]), (&json!(false), &json!(true)));
    assert_eq!((&full["current_count"], &full["max_allowed"]), (&json!(2), &json!(2)));
    assert!(full["error"].is_string() && full["suggestion"].is_string() && full.get("is_cancelled").is_none());
    let taken = |limit: &Value| -> Vec<Value> {
        limit["seats"].as_array().unwrap().iter().map(|seat| json!([seat["name"], seat["is_active"]])).collect()
    };
    assert_eq!(taken(&full), [json!(["Cy Agent", true]), json!(["Bo Agent", true])]);
    // A deactivated agent keeps its seat and is named too.
    let agents = tesla.admin.list_agents().await.ok();
    let bo = agents[1]["id"].as_i64().unwrap();
    tesla.admin.update_agent(bo, &json!({"is_active": false})).await.ok();
    let full = tesla.admin.check_agent_limit().await.ok();
    assert_eq!(taken(&full), [json!(["Cy Agent", true]), json!(["Bo Agent", false])]);
    assert_eq!(full["seats"][1]["id"], bo);
    world.company("SpaceX").await.agent("Di Agent").await;
    let names = async |staff: &dyn Caller, word: Option<&str>| -> Vec<String> {
        let query: Vec<_> = word.map(|word| ("include_inactive", word)).into_iter().collect();
        let list = staff.client().get("/api/admin-dashboard/list-agents/").query(&query).await.ok();
        list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let root = world.superadmin().await;
    for word in ["1", "true", "yes"] {
        assert_eq!(names(&tesla.admin, Some(word)).await, ["Cy Agent", "Bo Agent"]);
        assert_eq!(names(&root, Some(word)).await, ["Di Agent", "Cy Agent", "Bo Agent"]);
    }
    for word in [None, Some("0"), Some("false")] {
        assert_eq!(names(&tesla.admin, word).await, ["Cy Agent"]);
        assert_eq!(names(&root, word).await, ["Di Agent", "Cy Agent"]);
    }
    let odd = tesla.admin.list_agents().query(&[("include_inactive", "perhaps")]).await;
    odd.error(400, "bad_request", "Invalid include_inactive parameter");
    let limit = world.superadmin().await.check_agent_limit().await.ok();
    assert_eq!((&limit["can_create"], &limit["plan_name"]), (&json!(true), &json!("Unlimited")));
    assert_eq!((&limit["current_count"], &limit["max_allowed"]), (&json!(0), &json!(999)));
    assert!(limit["message"].is_string());
    // An expired subscription is reported like a missing one.
    world.clock.advance(Duration::from_hours(365 * 24));
    let expired = tesla.admin.signed_in_again().await.check_agent_limit().await.ok();
    assert_eq!((&expired["can_create"], &expired["plan_name"]), (&json!(false), &json!("No Plan")));
    assert_eq!((&expired["current_count"], &expired["max_allowed"]), (&json!(2), &json!(0)));
    assert!(expired["error"].is_string() && expired.get("suggestion").is_none());
}

async fn stays_are_listed_newest_first(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    world.clock.advance(Duration::from_secs(630));
    bo.agent_logout(&json!({})).await.ok();
    let cy = tesla.agent("Cy Agent").await;
    let rows = tesla.admin.agent_sessions(&[]).await.ok();
    let closed = json!({"id": rows[1]["id"], "agent_name": "Bo Agent", "login_time": "2026-11-23T02:52:03.458070Z",
        "logout_time": "2026-11-23T03:02:33.458070Z", "duration_minutes": 10, "ip_address": "127.0.0.1"});
    assert_eq!(rows[1], closed);
    assert_eq!((&rows[0]["agent_name"], &rows[0]["logout_time"]), (&json!("Cy Agent"), &Value::Null));
    assert_eq!(rows[0].get("duration_minutes"), Some(&Value::Null));
    let of_bo = tesla.admin.agent_sessions(&[("agent_id", &bo.id.to_string())]).await.ok();
    assert_eq!(of_bo, json!([closed]));
    let bad = tesla.admin.agent_sessions(&[("agent_id", "x")]).await;
    bad.error(400, "bad_request", "Invalid agent_id parameter");
    // Deactivating an agent ends its open session.
    world.clock.advance(Duration::from_secs(61));
    tesla.admin.update_agent(cy.id, &json!({"is_active": false})).await.ok();
    assert_eq!(tesla.admin.agent_sessions(&[]).await.ok()[0]["duration_minutes"], 1);
}

async fn the_superadmin_manages_agents_of_every_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, di) = (tesla.agent("Bo Agent").await, space.agent("Di Agent").await);
    let root = world.superadmin().await;
    let agent = root.update_agent(bo.id, &json!({"name": "Bo Root"})).await.ok()["agent"].clone();
    assert_eq!((&agent["name"], &agent["company_id"]), (&json!("Bo Root"), &json!("TES001")));
    let taken = root.update_agent(bo.id, &json!({"email": di.email})).await;
    taken.field_error("email", "This email is already in use.");
    assert_eq!(root.agent_sessions(&[]).await.ok().as_array().unwrap().len(), 2);
    let of_di = root.agent_sessions(&[("agent_id", &di.id.to_string())]).await.ok();
    assert_eq!((of_di.as_array().unwrap().len(), &of_di[0]["agent_name"]), (1, &json!("Di Agent")));
    root.delete_agent(di.id).await.ok();
    root.delete_agent(di.id).await.error(404, "not_found", "Agent not found");
    root.update_agent(999_999, &json!({})).await.error(404, "not_found", GONE);
    assert_eq!(space.admin.list_agents().await.ok(), json!([]));
}

async fn agents_and_strangers_manage_nobody(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let cy = tesla.agent("Cy Agent").await;
    for call in [
        |who: &Client, agent: i64| who.update_agent(agent, &json!({"is_active": false})),
        |who: &Client, agent: i64| who.delete_agent(agent),
        |who: &Client, _: i64| who.check_agent_limit(),
        |who: &Client, _: i64| who.agent_sessions(&[]),
    ] {
        call(&world.anybody(), cy.id).await.asks_for_a_token();
        call(bo.client(), cy.id).await.refuses_the_role();
        call(bo.client(), bo.id).await.refuses_the_role();
    }
    cy.profile().await.ok();
}
