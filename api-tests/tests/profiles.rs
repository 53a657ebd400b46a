//! Visitor profiles as staff see them.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    profiles_are_listed_newest_first_under_both_keys,
    profiles_are_paged,
    profiles_are_searched_and_filtered,
    a_profile_shows_its_session_and_the_last_fifty_messages,
    statistics_count_the_own_company,
    a_deleted_profile_takes_its_session_along,
    another_companys_profile_is_like_one_that_does_not_exist,
    profiles_are_for_those_who_run_companies,
);

/// Adds a visitor whose profile is created by `create-profile/`, without the intake.
async fn visitor(company: &Company, name: &str, phone: &str, code: &str, email: Option<&str>) -> Visitor {
    let mut visitor = company.stranger();
    visitor.say("Hello").await;
    let body =
        json!({"session_id": visitor.session, "name": name, "phone": phone, "country_code": code, "email": email});
    visitor.create_profile(&body).await.ok();
    visitor
}

async fn names(company: &Company, query: &[(&str, &str)]) -> Vec<String> {
    let page = company.admin.profiles(query).await.ok();
    assert_eq!(page["profiles"], page["results"]);
    page["results"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

async fn profiles_are_listed_newest_first_under_both_keys(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    visitor(&tesla, "Asha", "9841234567", "+977", None).await;
    let mut bina = visitor(&tesla, "Bina", "9801234567", "+977", Some("bina@example.com")).await;
    bina.ask_for_a_person(&tesla.admin).await;
    assert_eq!(names(&tesla, &[]).await, ["Bina", "Asha"]);
    let row = &tesla.admin.profiles(&[]).await.ok()["results"][0];
    let info = &row["session_info"];
    assert_eq!((&info["session_id"], &info["status"]), (&json!(bina.session), &json!("escalated")));
    assert_eq!((&info["is_escalated"], &info["profile_completed"]), (&json!(true), &json!(true)));
    assert!(info["created_at"].is_string() && row["last_used"].is_string());
}

async fn profiles_are_paged(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for name in ["One", "Two", "Three"] {
        visitor(&tesla, name, "9841234567", "+977", None).await;
    }
    let page = tesla.admin.profiles(&[("page", "2"), ("per_page", "2")]).await.ok();
    let numbers = ["count", "total_pages", "current_page", "per_page"].map(|key| page[key].as_i64().unwrap());
    assert_eq!(numbers, [3, 2, 2, 2]);
    assert_eq!((&page["has_next"], &page["has_previous"]), (&json!(false), &json!(true)));
    assert_eq!(names(&tesla, &[("page", "2"), ("per_page", "2")]).await, ["One"]);
    let beyond = tesla.admin.profiles(&[("page", "9"), ("per_page", "2")]).await.ok();
    assert_eq!((&beyond["current_page"], &beyond["results"], &beyond["profiles"]), (&json!(9), &json!([]), &json!([])));
    assert_eq!(tesla.admin.profiles(&[("per_page", "500")]).await.ok()["per_page"], 100);
    assert_eq!(names(&tesla, &[("page", "x"), ("per_page", "y")]).await.len(), 3);
}

async fn profiles_are_searched_and_filtered(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    visitor(&tesla, "Asha", "9841234567", "+977", Some("asha@one.example")).await;
    visitor(&tesla, "Bina", "5551234567", "+1", Some("bina@two.example")).await;
    visitor(&tesla, "C_d", "2079460958", "+44", None).await;
    for (query, expected) in [
        (vec![("search", "ASH")], vec!["Asha"]),
        (vec![("search", "555123")], vec!["Bina"]),
        (vec![("search", "two.example")], vec!["Bina"]),
        (vec![("search", "_")], vec!["C_d"]),
        (vec![("search", "%")], vec![]),
        (vec![("search", "")], vec!["C_d", "Bina", "Asha"]),
        (vec![("country_code", "+977")], vec!["Asha"]),
        (vec![("country_code", "+9")], vec![]),
        (vec![("country_code", "+1"), ("search", "asha")], vec![]),
        (vec![("created_from", "2026-11-23"), ("created_to", "2026-11-23")], vec!["C_d", "Bina", "Asha"]),
        (vec![("created_from", "2026-11-24")], vec![]),
        (vec![("created_to", "2026-11-22")], vec![]),
        (vec![("created_from", "yesterday"), ("created_to", "")], vec!["C_d", "Bina", "Asha"]),
    ] {
        assert_eq!(names(&tesla, &query).await, expected, "{query:?}");
    }
}

async fn a_profile_shows_its_session_and_the_last_fifty_messages(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = visitor(&tesla, "Asha", "9841234567", "+977", None).await;
    for at in 0..26 {
        visitor.say(&format!("zzz {at}")).await;
    }
    let id = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    let detail = tesla.admin.visitor_profile(id).await.ok();
    assert_eq!((&detail["profile"]["id"], &detail["profile"]["phone"]), (&json!(id), &json!("+977-9841234567")));
    let info = &detail["session_info"];
    assert_eq!((&info["profile_collection_state"], &info["profile_completed"]), (&json!("complete"), &json!(true)));
    assert!(info["created_at"].is_string() && info["updated_at"].is_string());
    let seqs: Vec<_> =
        detail["chat_history"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (5..=54).collect::<Vec<_>>());
    let last = &detail["chat_history"][48];
    assert_eq!((&last["message_type"], &last["content"]), (&json!("user"), &json!("zzz 25")));
    let superadmin = world.superadmin().await;
    assert_eq!(superadmin.visitor_profile(id).await.ok()["profile"], detail["profile"]);
}

async fn statistics_count_the_own_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    visitor(&space, "Elsewhere", "9841234567", "+977", None).await;
    visitor(&tesla, "Asha", "9841234567", "+977", Some("asha@example.com")).await;
    world.clock.advance(Duration::from_hours(8 * 24));
    visitor(&tesla, "Bina", "5551234567", "+1", None).await;
    visitor(&tesla, "Chen", "9801234567", "+977", None)
        .await
        .ask_for_a_person(&tesla.admin.signed_in_again().await)
        .await;
    let admin = tesla.admin.signed_in_again().await;
    let stats = admin.profile_stats().await.ok();
    for (key, expected) in [
        ("total_profiles", json!(3)),
        ("profiles_today", json!(2)),
        ("profiles_this_week", json!(2)),
        ("profiles_this_month", json!(2)),
        ("by_country", json!({"+1": 1, "+977": 2})),
        ("with_email", json!(1)),
        ("without_email", json!(2)),
        ("escalated_sessions", json!(1)),
        ("total_users", json!(3)),
        ("favorite_users", json!(0)),
        ("active_users", json!(2)),
        ("new_users_today", json!(2)),
        ("timezone", json!("UTC")),
        ("current_time", json!("2026-12-01T02:52:03.458070Z")),
    ] {
        assert_eq!(stats[key], expected, "{key}: {stats}");
    }
    assert_eq!(world.superadmin().await.profile_stats().await.ok()["total_profiles"], 4);
}

async fn a_deleted_profile_takes_its_session_along(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut asha = visitor(&tesla, "Asha", "9841234567", "+977", None).await;
    let file = asha.share("cv.pdf", b"%PDF-").await;
    asha.send(&json!({"message": "my cv", "attachment_ids": [file["id"]]})).await.ok();
    let handoff = asha.ask_for_a_person(&tesla.admin).await;
    let id = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    tesla
        .admin
        .client()
        .call(reqwest::Method::DELETE, &format!("/api/admin-dashboard/user-profiles/{id}/"))
        .await
        .expect(405);
    tesla.admin.delete_profile(id).await.ok();
    tesla.admin.visitor_profile(id).await.error(404, "not_found", "User profile not found");
    tesla.admin.delete_profile(id).await.error(404, "not_found", "User profile not found");
    asha.session_status(&asha.session).await.error(404, "not_found", "Session not found");
    tesla.admin.resolve(handoff, "").await.error(404, "not_found", "Handoff session not found");
    assert_eq!(tesla.admin.handoffs(&[]).await.ok(), json!([]));
    asha.client().get(file["file_url"].as_str().unwrap()).await.expect(404);
    // The visitor's next message opens a new session.
    let old = asha.session.clone();
    assert_eq!(asha.say("Hello").await["collecting"], "name");
    assert_ne!(asha.session, old);
}

async fn another_companys_profile_is_like_one_that_does_not_exist(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    visitor(&tesla, "Asha", "9841234567", "+977", None).await;
    let id = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    space.admin.visitor_profile(id).await.error(404, "not_found", "User profile not found");
    space.admin.visitor_profile(id).await.same_as(&space.admin.visitor_profile(999_999).await);
    space.admin.delete_profile(id).await.same_as(&space.admin.delete_profile(999_999).await);
    assert_eq!(names(&space, &[("company_id", "TES001")]).await, [""; 0]);
    assert_eq!(names(&tesla, &[]).await, ["Asha"]);
    assert_eq!(world.superadmin().await.profiles(&[]).await.ok()["count"], 1);
}

async fn profiles_are_for_those_who_run_companies(world: &World) {
    let agent = world.company("Tesla Motors").await.agent("Bo Agent").await;
    for call in [
        |who: &Client| who.profiles(&[]),
        |who: &Client| who.visitor_profile(1),
        |who: &Client| who.profile_stats(),
        |who: &Client| who.delete_profile(1),
    ] {
        call(&world.anybody()).await.asks_for_a_token();
        call(agent.client()).await.refuses_the_role();
    }
}
