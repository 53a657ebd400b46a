//! Visitor profiles as staff see them.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    profiles_are_listed_newest_first_under_both_keys,
    profiles_are_paged,
    profiles_are_searched_and_filtered,
    profiles_are_found_however_they_are_spelt,
    profiles_are_filtered_by_days_of_a_zone_and_by_moments,
    a_profile_shows_its_session_and_the_last_fifty_messages,
    a_person_who_comes_back_keeps_one_id,
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
        (vec![("created_from", ""), ("created_to", "")], vec!["C_d", "Bina", "Asha"]),
    ] {
        assert_eq!(names(&tesla, &query).await, expected, "{query:?}");
    }
}

async fn profiles_are_found_however_they_are_spelt(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    visitor(&tesla, "Ren\u{e9}e Gro\u{df}", "0151 7777777", "+49", Some("renee@one.example")).await;
    visitor(&tesla, "\u{130}pek I\u{15f}\u{131}k", "5321234567", "+90", None).await;
    for (query, expected) in [
        ("renee   gross", vec!["Ren\u{e9}e Gro\u{df}"]),
        ("GROSS REN\u{c9}E", vec!["Ren\u{e9}e Gro\u{df}"]),
        ("renee isik", vec![]),
        ("ipek ISIK", vec!["\u{130}pek I\u{15f}\u{131}k"]),
        ("\u{131}\u{15f}\u{131}k", vec!["\u{130}pek I\u{15f}\u{131}k"]),
        ("0151 7777777", vec!["Ren\u{e9}e Gro\u{df}"]),
        ("+49 151 7777777", vec!["Ren\u{e9}e Gro\u{df}"]),
        ("491517777777", vec!["Ren\u{e9}e Gro\u{df}"]),
        ("0532 123 45 67", vec!["\u{130}pek I\u{15f}\u{131}k"]),
        ("\u{200b}", vec![]),
    ] {
        assert_eq!(names(&tesla, &[("search", query)]).await, expected, "{query}");
    }
    // A plus that was not percent-encoded.
    for (path, count) in
        [("country_code=+49", 1), ("country_code=+90", 1), ("country_code=+4", 0), ("search=+49+151", 1)]
    {
        let page = tesla.admin.client().get(&format!("/api/admin-dashboard/user-profiles/?{path}")).await.ok();
        assert_eq!(page["count"], count, "{path}");
    }
}

async fn profiles_are_filtered_by_days_of_a_zone_and_by_moments(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut at = Vec::new();
    for name in ["First", "Second"] {
        visitor(&tesla, name, "9841234567", "+977", None).await;
        let row = &tesla.admin.profiles(&[]).await.ok()["results"][0];
        at.push(row["created_at"].as_str().unwrap().to_owned());
        world.clock.advance(Duration::from_secs(60));
    }
    // Both were created on the 23rd in UTC, at about three in the morning, which is the 22nd in New York.
    let new_york = ("tz", "America/New_York");
    for (query, expected) in [
        (vec![("created_from", "2026-11-23"), ("created_to", "2026-11-23")], 2),
        (vec![("created_from", "2026-11-23"), new_york], 0),
        (vec![("created_from", "2026-11-22"), ("created_to", "2026-11-22"), new_york], 2),
        (vec![("created_from", &at[0]), ("created_to", &at[0]), new_york], 1),
        (vec![("created_from", &at[1])], 1),
        (vec![("created_to", &at[1])], 2),
    ] {
        assert_eq!(names(&tesla, &query).await.len(), expected, "{query:?}");
    }
    // A plus in an offset that was not percent-encoded.
    let path = "/api/admin-dashboard/user-profiles/?created_from=2026-11-23T00:00:00+14:00";
    assert_eq!(tesla.admin.client().get(path).await.ok()["count"], 2);
    for bad in [
        ("created_from", "2026-02-30"),
        ("created_from", "yesterday"),
        ("created_to", "2026-11-23T25:00:00Z"),
        ("created_to", "23.11.2026"),
        ("tz", "Mars/Phobos"),
    ] {
        for supervisor in [tesla.admin.client(), world.superadmin().await.client()] {
            let path = format!("/api/admin-dashboard/user-profiles/?{}={}", bad.0, bad.1);
            let message = supervisor.get(&path).await.expect(400).body["error"].to_string();
            assert!(message.contains(&format!("Invalid {} parameter.", bad.0)), "{message}");
        }
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

async fn a_person_who_comes_back_keeps_one_id(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let mut sessions = Vec::new();
    for (name, phone, email) in [
        ("One", "0151 7777777", Some("ann@b.example")),
        ("Two", "+49 151 7777777", None),
        ("Three", "0151 8888888", Some("Ann@B.Example")),
        ("Bo", "0151 9999999", Some("bo@b.example")),
    ] {
        sessions.push(visitor(&tesla, name, phone, "+49", email).await.session);
        world.clock.advance(Duration::from_secs(60));
    }
    visitor(&space, "Elsewhere", "0151 7777777", "+49", Some("ann@b.example")).await;
    let rows = tesla.admin.profiles(&[]).await.ok()["results"].clone();
    let [bo, three, two, one] = [0, 1, 2, 3].map(|at| rows[at].clone());
    let id = |row: &Value| row["persistent_user_id"].as_str().unwrap().to_owned();
    assert_eq!([id(&two), id(&three)], [id(&one), id(&one)]);
    let elsewhere = &space.admin.profiles(&[]).await.ok()["results"][0];
    assert!(id(&bo) != id(&one) && id(elsewhere) != id(&one) && id(elsewhere) != id(&bo));
    let earlier = async |row: &Value| {
        let detail = tesla.admin.visitor_profile(row["id"].as_i64().unwrap()).await.ok();
        let list = detail["earlier_sessions"].as_array().unwrap().clone();
        assert!(list.iter().all(|row| row["status"] == "active" && row["created_at"].is_string()));
        list.iter().map(|row| row["session_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(earlier(&three).await, [sessions[1].clone(), sessions[0].clone()]);
    assert_eq!(earlier(&two).await, [sessions[0].clone()]);
    assert_eq!((earlier(&one).await.len(), earlier(&bo).await.len()), (0, 0));
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
